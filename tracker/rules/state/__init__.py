"""What is known of a patient at one moment, and how rules look at one day or dose."""

from __future__ import annotations
