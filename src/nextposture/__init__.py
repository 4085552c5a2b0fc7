"""Next Posture: open software for people who sit for hours and whose back hurts."""

__version__ = "0.1.0"
