"""Bases of the schemas that requests and responses are declared with, and their common fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Uuid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        max_length=36,
        description="A UUID in its canonical form, in lower case.",
    ),
]
Zone = Annotated[str, Meta(max_length=64, description="A name of the IANA time zone database.")]
WallTime = Annotated[
    str,
    Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5, description="As 20:30."),
]
Instant = Annotated[datetime, Meta(tz=True)]


class Request(Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of what a phone sends: unknown fields are refused, never dropped."""


class Response(Struct, kw_only=True):
    """Base of what the API returns; a response may gain fields."""
