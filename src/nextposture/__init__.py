"""Next Posture: open software for people whose back hurts because they sit."""

__version__ = "0.1.0"
