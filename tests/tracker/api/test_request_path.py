"""How many of our files and functions one request enters."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tests.api_client import entry

ROOT = Path(__file__).parents[3]
PACKAGES = ("backend", "clock", "notifications", "tracker")
AT_MOST_FILES, AT_MOST_FUNCTIONS = 62, 188

Functions = dict[str, set[str]]


@contextmanager
def entered_functions() -> Iterator[Functions]:
    """The functions of ours that are entered meanwhile, by file."""
    found: Functions = defaultdict(set)

    def note(frame: FrameType, event: str, _arg: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT)):
            file = Path(code.co_filename).relative_to(ROOT)
            if file.parts[0] in PACKAGES and not code.co_qualname.endswith(INNER):
                found[str(file)].add(code.co_qualname)

    before: Callable[..., Any] | None = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


#: Comprehensions are read within their function.
INNER = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>", "<lambda>")


def snapshot(found: Functions) -> str:
    """The functions grouped by package."""
    lines = []
    sizes: Counter[str] = Counter()
    for file in sorted(found):
        package = "/".join(Path(file).parent.parts[:3])
        sizes[package] += len(found[file])
        lines.append(f"{file}: {', '.join(sorted(found[file]))}")
    totals = [f"{count:4} {package}" for package, count in sorted(sizes.items())]
    return "\n".join([*lines, *totals])


def test_a_diary_entry_goes_through_few_files_and_functions(alice):
    alice.put("diary/2026-03-01", entry())  # caches are warm, as in a server that runs

    with entered_functions() as found:
        stored = alice.put("diary/2026-03-02", entry())

    functions = sum(len(each) for each in found.values())
    sys.stdout.write(f"{snapshot(found)}\n{functions} functions in {len(found)} files\n")
    assert stored.status_code == 201
    assert len(found) <= AT_MOST_FILES
    assert functions <= AT_MOST_FUNCTIONS
