"""Delivers notifications to people. This app knows nothing of the clinical domain."""
