"""Trial data that is handed round beside the project and is no part of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def trial_data(name: str) -> Path:
    """The file, from LUMBAR_SHARED or a `shared` folder beside a parent; or skip, in words."""
    given = os.environ.get("LUMBAR_SHARED")
    folders = [Path(given)] if given else [each / "shared" for each in Path(__file__).parents]
    for folder in folders:
        if (folder / "data" / name).is_file():
            return folder / "data" / name
    pytest.skip(f"needs the trial data {name} (set LUMBAR_SHARED to the folder that holds data/)")
