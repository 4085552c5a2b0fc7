"""The desktop process that asks for breaks: no web framework, no GUI toolkit, works with no server."""
