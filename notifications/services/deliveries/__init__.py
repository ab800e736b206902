"""Deliveries: claimed, bundled, sent, retried, and brought to an end."""
