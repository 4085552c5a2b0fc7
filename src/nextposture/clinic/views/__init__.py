"""The pages of a clinic's server."""
