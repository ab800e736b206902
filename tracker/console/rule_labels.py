"""The names and descriptions of rules, for readers of their flags."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.rules import CATALOG


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    logic: str


def entry(rule: str) -> Entry:
    """A rule that a later version dropped keeps its flags: its id must do for a name."""
    known = CATALOG.get(rule)
    return Entry(known.title, known.intent) if known else Entry(rule, "")
