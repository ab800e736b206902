from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted(ROOT.glob("requirements*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_every_package_with_hashes_and_names_no_address(lock):
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())

    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,._-]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry
    assert "://" not in lock.read_text()


def test_production_and_development_run_the_same_versions():
    def versions(name):
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    everything = versions("requirements-dev.txt")
    production = versions("requirements.txt")

    assert production
    assert {name: everything.get(name) for name in production} == production


def test_every_dependency_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    names = [
        line
        for line in lines[: lines.index("[tool.pytest.ini_options]")]
        if re.match(r'\s+"[\w.\[\],-]+[~=><]', line)
    ]

    assert len(names) > 30
    assert [line for line in names if "#" not in line] == []


def test_no_file_of_ours_names_a_package_registry():
    tracked = subprocess.run(
        ["git", "grep", "-lE", "pypi[.]org|[p]ythonhosted|[i]ndex-url *[=hf]|registry[.]npmjs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert tracked.stdout.split() == []
