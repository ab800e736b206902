"""Dispatch: how due deliveries are handed to workers, and who is alive to take them."""
