"""Medicines: what is known of them, what was planned and what was taken."""

from __future__ import annotations
