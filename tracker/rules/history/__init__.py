"""One patient's history: its document, records, versions, calendar and events."""

from __future__ import annotations
