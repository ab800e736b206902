"""Parse a whole file: the days that it holds, and a problem for every other line."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tracker.services.imports import columns, csv_file, same_day
from tracker.services.imports.line_parser import Line, LineParser, Rounding
from tracker.services.imports.problems import Code, Problem, UnusableFile, UnusableOption
from tracker.services.imports.same_day import SameDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options for parsing the file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    sites: tuple[str, ...] = ()
    rounding: Rounding | None = None
    same_day: SameDay = SameDay.REJECT
    date_format: str | None = None
    missing: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","

    def as_json(self) -> dict[str, object]:
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


@dataclass(slots=True)
class ParsedFile:
    sha256: str
    #: lines that are not empty, without the header
    lines: int = 0
    #: how many lines there are of each site, as the file spells it
    sites: Counter[str] = field(default_factory=Counter)
    other_site: int = 0
    #: the sites that were imported, in lower case
    sites_taken: set[str] = field(default_factory=set)
    days: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(content: bytes, options: Options) -> ParsedFile:
    """Parse the file. Raises UnusableFile or UnusableOption."""
    parsed_file = ParsedFile(hashlib.sha256(content).hexdigest())
    rows = csv_file.rows(content, encoding=options.encoding, delimiter=options.delimiter)
    header = next(rows, None)
    if header is None:
        raise UnusableFile("empty_file", "The file is empty.")
    parser = LineParser(
        columns.found(header.cells, options.columns),
        rounding=options.rounding,
        date_format=options.date_format,
        missing=frozenset(options.missing),
    )
    lines = list(_lines(parsed_file, rows, parser, options.sites))
    if not parsed_file.lines:
        raise UnusableFile("empty_file", "The file has a header and no lines.")
    _check_sites(parsed_file, parser, options.sites)
    parsed_file.days = list(same_day.chosen(lines, options.same_day, parsed_file.problems))
    parsed_file.days.sort(key=lambda line: (line.patient, line.date, line.number))
    return parsed_file


def _lines(
    parsed_file: ParsedFile,
    rows: Iterator[csv_file.Row],
    parser: LineParser,
    sites: Iterable[str],
) -> Iterator[Line]:
    """Yield the non-empty lines of the chosen sites."""
    wanted = {_folded(site) for site in sites}
    for row in rows:
        parsed_file.lines += 1
        site = parser.site(row)
        if site is not None:
            parsed_file.sites[site.strip()] += 1
            if wanted and _folded(site) not in wanted:
                parsed_file.other_site += 1
                continue
            parsed_file.sites_taken.add(_folded(site))
        line = parser.parse(row)
        parsed_file.problems.extend(line.problems)
        if line.says_something:
            yield line
        else:
            message = "No score and no note on this day; nothing to take."
            parsed_file.problems.append(line.problem(Code.NOTHING_LOGGED, message))


def _check_sites(parsed_file: ParsedFile, parser: LineParser, sites: tuple[str, ...]) -> None:
    """Require a choice of sites: a painful knee must not be imported as back pain."""
    if sites and "site" not in parser.columns.index:
        raise UnusableOption("--site needs a column of sites: --column site=COLUMN.")
    known = {_folded(site) for site in parsed_file.sites}
    listed = ", ".join(
        f"{site or '(empty)'!r} ({n})" for site, n in parsed_file.sites.most_common(20)
    )
    for site in sites:
        if _folded(site) not in known:
            raise UnusableOption(f"--site {site!r}: no line has it. Sites: {listed}.")
    if not sites and len(known) > 1:
        raise UnusableOption(f"The file speaks of several sites: {listed}. Choose with --site.")


def _folded(site: str) -> str:
    return site.strip().casefold()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
