"""URL converters."""

from __future__ import annotations

from datetime import date


class DateConverter:
    """A local date as 2026-03-08; any other text is not found."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)
