"""Where descents start: designs, and the starts of a user's own file."""
