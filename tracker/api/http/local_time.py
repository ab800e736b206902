"""Time zones and wall times in requests and responses."""

from __future__ import annotations

from datetime import time

from tracker.api.http.problems import FieldError, invalid
from tracker.rules.history.calendar import zone_names


def parse_time_zone(name: str) -> str:
    """The name of an IANA time zone; raises ValueError."""
    if name not in zone_names():
        raise ValueError
    return name


def time_zone_field(name: str, *, path: str = "time_zone") -> str:
    """The name of an IANA time zone in a body; raises a Problem that names its `path`."""
    try:
        return parse_time_zone(name)
    except ValueError:
        raise invalid([FieldError(path, "unknown_zone", "Not an IANA time zone.")]) from None


def parse_wall_time(given: str | None) -> time | None:
    """A wall time as 20:30, which its schema has checked."""
    return time.fromisoformat(given) if given else None


def format_wall_time(wall: time) -> str:
    """A wall time as 20:30."""
    return wall.strftime("%H:%M")
