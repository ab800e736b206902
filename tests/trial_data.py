"""Files for trials that may not be handed on, beside the checkout where there are any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_folder() -> Path | None:
    named = os.environ.get("LUMBAR_SHARED")
    candidates = [Path(named)] if named else [parent / "shared" for parent in ROOT.parents]
    return next((folder for folder in candidates if (folder / "data").is_dir()), None)


def shared_file(name: str, folder: str = "data") -> Path:
    """Return the path of a file of trial data; without it the test is skipped with a reason."""
    shared = shared_folder()
    if shared is None or not (shared / folder / name).exists():
        pytest.skip(f"trial data {name} is not beside this checkout")
    return shared / folder / name
