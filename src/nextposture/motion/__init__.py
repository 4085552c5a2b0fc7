"""The moving person: the drawn figure, and what a camera sees of one."""
