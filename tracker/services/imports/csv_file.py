"""Split a CSV file into rows, each with the number of its first line."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from tracker.services.imports.problems import UnusableFile, UnusableOption

MAX_BYTES = 256 * 1024 * 1024
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: list[str]


def rows(content: bytes, *, encoding: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows, header first, without empty lines. Raises UnusableFile."""
    if len(delimiter) != 1 or delimiter in '"\r\n ':
        raise UnusableOption(f"--delimiter {delimiter!r}: one character, such as ; or tab.")
    text = _decoded(content, encoding)
    # strict: otherwise the rest of the file after an unclosed quote would be one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield Row(begins, cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnusableFile(
            "malformed_csv",
            f"Line {begins}: {error}. Is a quotation mark on this line not closed?",
        ) from None


def _decoded(content: bytes, encoding: str) -> str:
    if len(content) > MAX_BYTES:
        raise UnusableFile("too_large", f"More than {MAX_BYTES >> 20} MB; split it by patient.")
    name = _codec(encoding)
    if name == "utf-8":
        name = "utf-8-sig"
        for mark, other in _OTHER_MARKS:
            if content.startswith(mark):
                raise UnusableFile("wrong_encoding", f"This is {other}: say --encoding {other}.")
    try:
        return content.decode(name)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = content.count(b"\n", 0, start) + 1
        byte = start - (content.rfind(b"\n", 0, start) + 1) + 1
        raise UnusableFile(
            "wrong_encoding",
            f"Line {line}, byte {byte}: not {encoding}. If the file came from an older "
            "spreadsheet, try --encoding cp1252 (or latin-1), and look at the names.",
        ) from None


def _codec(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise UnusableOption(f"--encoding {encoding}: no such encoding.") from None
    if not codec._is_text_encoding:
        raise UnusableOption(f"--encoding {encoding}: not an encoding of text.")
    return codec.name
