"""Services: every write of this app, in packages by noun."""
