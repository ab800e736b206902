"""A kind of record is added by one file and its line in the registry, and by nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
COPIED = (
    *("backend", "clock", "demo", "development", "notifications", "tracker"),
    *("tests", "manage.py", "pyproject.toml"),
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the product in which the walk test is a kind of record."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    kinds = tmp_path / "tracker/models/record_kinds"
    shutil.copy(HERE / "six_minute_walk.py", kinds)
    registry = (kinds / "__init__.py").read_text()
    for line in (
        "from tracker.models.record_kinds.therapy_session import THERAPY_SESSION\n",
        "        THERAPY_SESSION,\n",
    ):
        added = line.replace("therapy_session", "six_minute_walk")
        added = added.replace("THERAPY_SESSION", "WALK_TEST")
        assert registry.count(line) == 1
        registry = registry.replace(line, line + added)
    (kinds / "__init__.py").write_text(registry)
    return tmp_path


def run(tree: Path, environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


def test_everything_follows_from_a_kinds_declaration(tree, child_environment):
    environment = child_environment | {"PYTHONDONTWRITEBYTECODE": "1"}
    url = urlsplit(environment["DATABASE_URL"])
    # The tests in the copy make a database of their own, named after this one.
    environment["DATABASE_URL"] = url._replace(path=f"{url.path}_added_kind").geturl()
    for name in [name for name in environment if name.startswith(("PYTEST_", "COV_"))]:
        del environment[name]

    migration = run(tree, environment, "manage.py", "makemigrations", "tracker", "--dry-run")
    assert "Create model WalkTest" in migration
    checks = "tests/tracker/models/added_kind/checks.py"
    passed = run(tree, environment, "-m", "pytest", "-q", "-p", "no:cacheprovider", checks)
    assert "8 passed" in passed
