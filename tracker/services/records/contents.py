"""The content of a record's version, in the replay contract's form."""

from __future__ import annotations

from typing import Any


def without_nulls(value: Any) -> Any:
    """Drop each null of a JSON value, at any depth: what was not asked is left out."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [without_nulls(each) for each in value]
    return value
