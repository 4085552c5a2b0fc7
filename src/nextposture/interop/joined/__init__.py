"""A person's own installation and a clinic's server: what goes each way, and how it stays in step."""
