"""Servers by other people, out of npm: `make peers` installs them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
START_SECONDS = 90


@contextmanager
def running_node(*command: str, ready: str) -> Iterator[str]:
    """The origin of a server started by `node {command}`, where `{port}` is its port."""
    node = shutil.which("node")
    if node is None or not (MODULES / ".package-lock.json").exists():
        pytest.skip("needs servers out of npm: make peers")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [each.replace("{port}", str(port)) for each in command]
    process = subprocess.Popen(
        [node, *arguments],
        cwd=FOLDER,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    try:
        origin = f"http://localhost:{port}"
        wait_until_answered(process, f"{origin}{ready}")
        yield origin
    finally:
        process.terminate()
        process.wait(10)


def wait_until_answered(process: subprocess.Popen, url: str) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        assert process.poll() is None, "the server did not start"
        try:
            urllib.request.urlopen(url, data=b"", timeout=5).close()
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def ask(url: str, value: object) -> dict:
    request = urllib.request.Request(
        url, json.dumps(value).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")
