"""What patients are asked: scales and the red-flag checklist."""

from __future__ import annotations
