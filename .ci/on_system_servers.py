"""Run a command on the distribution's PostgreSQL and Redis, started for it alone.

As in production they listen on TCP; DATABASE_URL and BROKER_URL name them.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from development.servers.home import Home
from development.servers.postgres import Postgres
from development.servers.valkey import Valkey


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    home = Home(Path(tempfile.mkdtemp(prefix="lumbar-ci-")))
    postgres = Postgres(home, "ci", is_durable=False, port=free_port(), is_system=True)
    valkey = Valkey(home, "ci", is_durable=False, port=free_port(), is_system=True)
    try:
        postgres.start()
        valkey.start()
        print(f"PostgreSQL {postgres.major} and {valkey.binary}", flush=True)  # noqa: T201 - a command speaks
        environment = os.environ | {"DATABASE_URL": postgres.url, "BROKER_URL": valkey.url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    finally:
        valkey.stop()
        postgres.stop()
        for directory in {home.path, home.state, postgres.socket_directory}:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
