"""From what the computer can tell of someone, and what they answered, to when to move next."""
