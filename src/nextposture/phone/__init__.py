"""A phone sends its angle: the one time that the program opens a port to the local network."""
