"""The clinic's side of people's own installations: codes, what they tell, what they are told."""
