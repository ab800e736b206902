"""Find which column of the file holds which field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tracker.rules.history.records import DiaryEntry
from tracker.services.imports.problems import UnusableFile, UnusableOption

#: The scores of a diary entry by the short name of the option, as `--column pain=vas`.
SCORES = {
    "pain": "pain_average",
    "pain_worst": "pain_worst",
    "standing": "standing",
    "walking": "walking",
    "sleep": "sleep",
    "activity": "activity",
}
REQUIRED = ("patient", "date", "pain")
FIELDS = ("patient", "date", *SCORES, "site", "note")

#: Read without a `--column` option. The other scores are not: a column that happens to be called
#: "activity" may be on any scale.
DEFAULTS = {name: name for name in (*REQUIRED, "site")}


def tops() -> dict[str, int]:
    """Return the maximum of each scale in a record, by the option's short name."""
    form = msgspec.json.schema(DiaryEntry)["$defs"]["DiaryEntry"]["properties"]
    return {name: form[field]["anyOf"][0]["maximum"] for name, field in SCORES.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of the file, and the position of each field in it."""

    header: tuple[str, ...]
    index: Mapping[str, int]

    def title(self, field: str) -> str:
        return self.header[self.index[field]]

    def scores(self) -> list[str]:
        return [name for name in SCORES if name in self.index]


def parsed(options: Iterable[str]) -> dict[str, str]:
    """Parse `["pain=vas", "site="]` to a mapping; an empty column name ignores the field."""
    given: dict[str, str] = {}
    for option in options:
        field, equals, title = option.partition("=")
        if not equals or field not in FIELDS:
            raise UnusableOption(
                f"--column {option}: expected FIELD=COLUMN, with a field of {', '.join(FIELDS)}."
            )
        if field in given:
            raise UnusableOption(f"--column {field} is given twice.")
        given[field] = title.strip()
    return given


def found(header: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Return the position of each field. Raises UnusableFile or UnusableOption."""
    titles = tuple(title.strip() for title in header)
    _refuse_duplicates(titles)
    index: dict[str, int] = {}
    for field, title in {**DEFAULTS, **given}.items():
        if title in titles and title:
            index[field] = titles.index(title)
        elif field in REQUIRED or (field in given and title):
            raise UnusableFile("missing_column", _missing(field, title, titles))
    taken_twice = [i for i, uses in Counter(index.values()).items() if uses > 1]
    if taken_twice:
        raise UnusableOption(f"Column {titles[taken_twice[0]]!r} is named for two fields.")
    return Columns(titles, index)


def _refuse_duplicates(titles: tuple[str, ...]) -> None:
    for title, uses in Counter(titles).items():
        if uses > 1 and title:
            raise UnusableFile(
                "duplicate_header",
                f"Line 1: {uses} columns are called {title!r}; which one is meant?",
            )


def _missing(field: str, title: str, titles: tuple[str, ...]) -> str:
    wanted = f"Line 1: there is no column {title!r}" if title else f"{field} needs a column"
    hint = ""
    if len(titles) == 1:
        for mark, name in ((";", ";"), ("\t", "tab")):
            if mark in titles[0]:
                hint = f" Are the columns parted by {name}? Say --delimiter '{name}'."
    return f"{wanted} for {field}; the file has {', '.join(titles)}.{hint}"
