"""What other rules or thresholds would have found in recorded histories."""

from __future__ import annotations
