"""The rules themselves, one family to a file."""

from __future__ import annotations
