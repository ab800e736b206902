"""What code and documents cite exists: sections, links, decision records, files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = "docs/clinical-sections.md"

#: Cited, and there once the change that brings them is merged: remove a line when its path exists.
PLANNED: set[str] = set()

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
NUMBERS = re.compile(r"\bsections?\s+(\d+(?:(?:\s*,\s*|\s+and\s+|\s+to\s+)\d+)*)", re.IGNORECASE)
#: A path in backticks: of a folder of this tree, or a file by its name.
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")
SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".txt"}


def tracked(*patterns: str) -> list[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in found.stdout.split("\n") if name and (ROOT / name).exists())


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


FILES = tracked()
DOCUMENTS = [name for name in FILES if name.endswith(".md")]
SOURCES = [name for name in FILES if name.endswith(".py") and "/migrations/" not in name]
RECORDS = [name for name in FILES if name.startswith("docs/adr/")]
FOLDERS = {str(parent) for name in FILES for parent in Path(name).parents}
TOP = {name.partition("/")[0] for name in FILES if "/" in name}


def anchors(name: str) -> set[str]:
    """The anchors of a document's headings, made as forges and the site make them."""
    headings = HEADING.findall(FENCE.sub("", text_of(name)))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", each) for each in headings)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in plain}


def links(name: str) -> Iterator[tuple[str, str]]:
    """(text, target) of each link to this tree."""
    for text, target, image in LINK.findall(FENCE.sub("", text_of(name))):
        if not re.match(r"[a-z]+:", target or image):
            yield text, target or image


def paths(name: str) -> Iterator[str]:
    for path in PATH.findall(FENCE.sub("", text_of(name))):
        is_in_tree = "/" in path and path.partition("/")[0] in TOP
        if is_in_tree or Path(path).suffix in SUFFIXES:
            yield path


def resolves(name: str, target: str) -> bool:
    path, _, anchor = target.partition("#")
    linked = ((ROOT / name).parent / path if path else ROOT / name).resolve()
    return linked.exists() and (not anchor or anchor in anchors(str(linked.relative_to(ROOT))))


def exists(path: str) -> bool:
    if "/" not in path:
        return any(Path(name).name == path for name in FILES)
    return path in FILES or path.rstrip("/") in FOLDERS


def test_each_numbered_section_is_a_heading_of_the_clinical_definitions():
    headings = set(re.findall(r"^## (\d+)\. ", text_of(SECTIONS), re.MULTILINE))
    cited = [
        (name, number)
        for name in (*SOURCES, *DOCUMENTS)
        for numbers in NUMBERS.findall(text_of(name))
        for number in re.findall(r"\d+", numbers)
    ]

    assert len(cited) > 50
    assert [each for each in cited if each[1] not in headings] == []


def test_each_relative_link_and_anchor_resolves():
    targets = [(name, target) for name in DOCUMENTS for _, target in links(name)]

    assert len(targets) > 50
    assert [each for each in targets if not resolves(*each)] == []


def test_each_decision_record_that_is_cited_exists():
    records = {int(Path(name).name[:4]) for name in RECORDS}
    cited = [
        (name, int(number))
        for name in (*SOURCES, *DOCUMENTS)
        for number in re.findall(r"\bADR\s+(\d+)", text_of(name))
    ]

    assert [each for each in cited if each[1] not in records] == []


def test_the_text_of_a_link_to_a_decision_record_has_its_number():
    cited = [
        (said[1], target)
        for name in DOCUMENTS
        for text, target in links(name)
        if "adr/" in target and (said := re.search(r"\bADR\s+(\d+)", text))
    ]

    assert cited
    assert [each for each in cited if f"/{int(each[0]):04}-" not in each[1]] == []


def test_decision_records_are_numbered_without_a_gap_and_say_their_number():
    for number, name in enumerate(RECORDS, start=1):
        assert Path(name).name.startswith(f"{number:04}-")
        assert text_of(name).startswith(f"# {number}. ")


def test_each_file_that_a_document_names_exists():
    named = [(name, path) for name in DOCUMENTS for path in paths(name)]

    assert len(named) > 50
    assert [each for each in named if not (each[1] in PLANNED or exists(each[1]))] == []


def test_what_is_planned_is_not_there_yet():
    assert [path for path in sorted(PLANNED) if exists(path)] == []


def test_each_document_that_code_names_exists():
    cited = [
        (name, path)
        for name in SOURCES
        for path in re.findall(r"\bdocs/[\w/-]+\.md", text_of(name))
    ]

    assert [each for each in cited if each[1] not in FILES] == []


def test_every_document_is_on_the_site():
    navigation = text_of("zensical.toml")
    pages = [name.removeprefix("docs/") for name in DOCUMENTS if name.startswith("docs/")]

    assert [page for page in pages if f'"{page}"' not in navigation] == []
