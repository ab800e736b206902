"""Contact points: the addresses of a recipient."""
