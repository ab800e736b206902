"""Notifications: created for any reason, and deleted when they are old."""
