"""No name and no heading bears a retired word: each thing has one term, the field's own.

Looked at are modules, classes with their fields, functions, templates, CSS classes, names of
URLs, log events, metrics, constraints, management commands and the headings of the documents.
Migrations and the audit trail's stored codes keep the words of their time.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Retired wherever they stand in a name, also in the plural; and what to write.
RETIRED_WORDS = {
    "auditor": "invariant checker",
    "bell": "wake event",
    "bring_forward": "promote_fallback",
    "carrier": "bundle leader",
    "cast": "what the fixture holds",
    "desk": "console",
    "door": "base view",
    "epoch": "run number",
    "fold": "evaluate, replay",
    "happening": "scheduled action",
    "house": "architecture",
    "joining": "accept_invitation",
    "ladder": "escalation policy, or escalation",
    "law": "invariant",
    "lives": "flag states",
    "must_read": "pending advice",
    "offer": "dispatch hint",
    "own_hours": "quiet hours",
    "pace": "throttle",
    "pen": "record writer",
    "refold": "re-evaluation check",
    "room": "module, package, layer",
    "rulebook": "rule labels",
    "rung": "escalation step, or fallback level",
    "scene": "what the fixture holds",
    "seat": "membership",
    "second_hand": "parallel scheduler",
    "second_reading": "reference implementation",
    "settle": "expire",
    "stage": "what the fixture holds",
    "take_back": "withdraw",
    "tally": "count, prefix sum",
    "tick": "scheduler run",
    "town": "what the fixture holds",
    "travel": "time zone prompt",
    "wording": "messages",
}
#: Retired where they are the whole name.
RETIRED_NAMES = {
    "Answer": "Response",
    "Beside": "BackgroundJob",
    "Chart": "EpisodeState",
    "Ear": "NotifyListener",
    "Form": "Request",
    "Hit": "RuleResult",
    "Life": "FlagState",
    "OwnHands": "executors",
    "Reading": "what was read, such as ParsedFile",
    "Said": "RecordVersion",
    "Taken": "Dose",
    "ThreadHands": "executors",
    "Today": "DayContext",
    "Walk": "Timeline",
    "because": "explanation",
    "contract": "EndpointSpec",
    "correcting": "reassessment",
    "give": "submit",
    "guard": "ssrf",
    "hands": "executors",
    "impatient": "fail_fast",
    "judge": "evaluate",
    "judged": "evaluated",
    "learn": "apply_feedback",
    "life": "flag state",
    "lost": "unreachable",
    "numbers": "phone_verification",
    "pictures": "chart data",
    "reading": "queries",
    "replaying": "replay",
    "rounds": "scheduler",
    "said": "what was sent, stored or printed",
    "says": "description",
    "sealed": "encrypted",
    "serves": "rationale",
    "shapes": "schemas",
    "showing": "presenters",
    "silence": "cancel_notifications",
    "timelines": "ruleset_periods",
    "walk": "timeline",
    "wire": "http_client",
}
#: Names in which such a word is plain English or another field's term; and why.
ALLOWED = {
    r"(test_)?day_close_offers|offer|TestOffers|offer_to_the_broker|test_\w+_offer_\w+": (
        "work is offered to whichever worker takes it: plain English"
    ),
    r"travel_to|test_travels_to_\w+": "time-machine and Rails call a set clock travel, too",
    r"travels|\w+_travel_by_https": "somebody, or a cookie, goes somewhere",
    r"tick|ticks|Tick|_?(day|pain)_ticks": "the ticks of a chart's axis",
    r"judged": "a clinician judged whether a flag was useful",
    r"take_back": "a patient takes back a record, in a property test",
    r"must_read": "a key of the API's JSON",
    r"silence": "the rules about a patient who logs nothing",
}


class Name(NamedTuple):
    text: str
    where: str


def retired(text: str) -> str | None:
    """Return what to write instead, if the name has a retired word."""
    if any(re.fullmatch(pattern, text) for pattern in ALLOWED):
        return None
    name = text.lstrip("_")
    if name in RETIRED_NAMES:
        return f"{name}: write {RETIRED_NAMES[name]}"
    snake = "_".join(_split(name))
    for word, standard in RETIRED_WORDS.items():
        if re.search(rf"(?:^|_)(?:{_plurals(word)})(?:_|$)", snake):
            return f"{word}: write {standard}"
    return None


def _split(name: str) -> Sequence[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def _plurals(word: str) -> str:
    return f"{word}|{word}s|{word[:-1]}ies" if word.endswith("y") else f"{word}|{word}s"


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.check_output(["git", "ls-files", *patterns], cwd=ROOT, text=True)
    return [path for path in listed.split("\n") if path and "/migrations/" not in path]


#: What is called with a `name` that people read: URLs, metrics, timers, constraints.
NAMED = re.compile(r"path|Measure|Timer|Job|(Sql)?Invariant|Index|\w+Constraint")
LOG_METHODS = re.compile(r"debug|info|warning|error|exception")


def python_names(path: str, source: str) -> Iterator[Name]:
    """Yield the names of the module and its packages, and those that it defines or logs."""
    for part in Path(path).with_suffix("").parts:
        yield Name(part, path)
    for node in ast.walk(ast.parse(source)):
        for name in _defined(node):
            yield Name(name, f"{path}:{getattr(node, 'lineno', 0)}")


def _defined(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name, body=body):
            yield name
            yield from _fields(body)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Call(func=ast.Name(id=function) | ast.Attribute(attr=function)):
            yield from _named(function, node)


def _fields(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the columns of a model, the keys of a schema, the fields of a dataclass."""
    for statement in body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name


def _named(function: str, call: ast.Call) -> Iterator[str]:
    named = [each.value for each in call.keywords if each.arg == "name"]
    found = [*named] if NAMED.fullmatch(function) else []
    found += call.args[:1] if LOG_METHODS.fullmatch(function) else []
    for each in found:
        if isinstance(each, ast.Constant):
            yield str(each.value)


def template_names(path: str, source: str) -> Iterator[Name]:
    """Yield the file's name and its CSS classes."""
    for part in Path(path).parts:
        yield Name(part.partition(".")[0], path)
    for classes in re.findall(r'class="([^"{]*)', source):
        for name in classes.split():
            yield Name(name, path)


def stylesheet_names(path: str, source: str) -> Iterator[Name]:
    for name in re.findall(r"\.([a-z][\w-]*)", source):
        yield Name(name, path)


def headings(path: str, source: str) -> Iterator[Name]:
    yield Name(Path(path).stem, path)
    for heading in re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", source)):
        yield Name(heading, path)


READERS = {
    "*.py": python_names,
    "*.html": template_names,
    "*.css": stylesheet_names,
    "*.md": headings,
}


def names_with_retired_words(pattern: str) -> list[str]:
    read = READERS[pattern]
    names = [name for path in tracked(pattern) for name in read(path, (ROOT / path).read_text())]
    assert names
    return sorted({f"{where} {text}: {word}" for text, where in names if (word := retired(text))})


@pytest.mark.parametrize("pattern", READERS)
def test_no_name_has_a_retired_word(pattern):
    assert names_with_retired_words(pattern) == []


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("tracker/console/rulebook.py", "", "rulebook: write rule labels"),
        ("a.py", "class LadderRuns: ...", "ladder: write escalation policy, or escalation"),
        ("a.py", "def _is_on_seat(): ...", "seat: write membership"),
        ("a.py", "async def tallies(): ...", "tally: write count, prefix sum"),
        ("a.py", "class Said: ...", "Said: write RecordVersion"),
        ("a.py", "def _numbers(): ...", "numbers: write phone_verification"),
        ("a.py", "log.info('bell_rung', extra={})", "bell: write wake event"),
        ("a.py", "path('own/', view, name='own_hours')", "own_hours: write quiet hours"),
        ("a.py", "Measure(name='laws_broken')", "law: write invariant"),
        ("a.py", "class A:\n    seat = TextField()", "seat: write membership"),
        ("a.py", "class A:\n    rungs: int", "rung: write escalation step, or fallback level"),
        ("a.py", "models.Index(name='auditor_newest')", "auditor: write invariant checker"),
        ("console/desk.html", "", "desk: write console"),
        ("a.html", '<p class="lead seats">', "seat: write membership"),
        ("a.css", "p, .flag .ladder-steps { }", "ladder: write escalation policy, or escalation"),
        ("a.md", "# Read first\n\n## Who rings the Bell?", "bell: write wake event"),
        ("keep-house.md", "", "house: write architecture"),
    ],
)
def test_a_retired_word_is_found(path, source, found):
    names = READERS[f"*{Path(path).suffix}"](path, source)

    assert [word for name in names if (word := retired(name.text))] == [found]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.py", "def words_in_labels(): ...\nseat = 1"),
        ("a.py", "class Lawful: ...\nclass Judgement: ..."),
        ("a.html", '<a class="{{ ladder }}">The desk</a>'),
        ("a.md", "A house call.\n\n```\n# the law\n```"),
    ],
)
def test_plain_english_and_values_are_no_names(path, source):
    names = READERS[f"*{Path(path).suffix}"](path, source)

    assert [name for name in names if retired(name.text)] == []


def test_each_exception_is_needed(monkeypatch):
    names = {
        name.text
        for pattern, read in READERS.items()
        for path in tracked(pattern)
        for name in read(path, (ROOT / path).read_text())
    }
    monkeypatch.setattr("tests.test_vocabulary.ALLOWED", {})

    assert [
        pattern
        for pattern in ALLOWED
        if not any(re.fullmatch(pattern, name) and retired(name) for name in names)
    ] == []
