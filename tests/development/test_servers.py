from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from development.servers import Cluster, ServerError
from development.servers.home import Account, Home

HOLD = """
import sys
from pathlib import Path
from development.servers import Cluster
from development.servers.home import Home
Cluster("some", Home(Path(sys.argv[1])), is_durable=False).hold()
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    yield home
    Cluster("some", home).remove()
    if home.state != home.path:  # binaries that the servers' account could not read
        shutil.rmtree(home.state, ignore_errors=True)


def cluster_in(home: Home) -> Cluster:
    return Cluster("some", home, is_durable=False)


def holder(home: Home) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


def wait_until_up(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout.readline() == b"up\n"


def end(process: subprocess.Popen[bytes]) -> None:
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def keep(cluster: Cluster, word: str) -> None:
    with psycopg.connect(cluster.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [word])


def kept(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.database_url) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM kept").fetchall()]


def test_starts_from_nothing_and_stops_with_its_last_holder(home):
    with cluster_in(home) as cluster:
        assert cluster.postgres.answers()
        assert cluster.valkey.answers()

    assert not cluster.postgres.answers()
    assert not cluster.valkey.answers()
    assert cluster.postgres.pid is None
    assert cluster.valkey.pid is None


def test_keeps_its_rows_from_one_start_to_the_next(home):
    with cluster_in(home) as cluster:
        keep(cluster, "before")

    with cluster_in(home) as cluster:
        assert kept(cluster) == ["before"]


def test_stays_up_for_the_other_holder(home):
    with cluster_in(home) as cluster:
        other = holder(home)
        wait_until_up(other)
    assert cluster.postgres.answers()

    end(other)

    assert not cluster.postgres.answers()


def test_many_starters_at_once_make_one_cluster(home):
    starters = [holder(home) for _ in range(3)]
    for starter in starters:
        wait_until_up(starter)

    assert cluster_in(home).postgres.answers()

    for starter in starters:
        end(starter)
    assert not cluster_in(home).postgres.answers()


def test_a_killed_holder_does_not_keep_it_up_for_ever(home):
    killed = holder(home)
    wait_until_up(killed)
    killed.kill()
    end(killed)

    with cluster_in(home) as cluster:
        assert cluster.postgres.answers()

    assert not cluster.postgres.answers()


def test_starts_again_after_all_its_processes_were_killed(home):
    cluster = cluster_in(home).hold()
    keep(cluster, "committed")
    for pid in (cluster.postgres.pid, cluster.valkey.pid):
        os.kill(pid, signal.SIGKILL)
    while cluster.postgres.pid or cluster.valkey.pid:
        time.sleep(0.02)
    cluster.release()

    with cluster_in(home) as cluster:
        assert kept(cluster) == ["committed"]


def test_starts_though_another_program_has_the_number_of_its_former_process(home):
    with cluster_in(home) as cluster:
        keep(cluster, "before the power cut")
    pid_file = cluster.postgres.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.postgres.data}\n")

    with cluster_in(home) as cluster:
        assert kept(cluster) == ["before the power cut"]


def test_starts_after_a_first_start_was_cut_off(home):
    cluster = cluster_in(home)
    home.account.own(cluster.postgres.directory)
    half = cluster.postgres.data.with_suffix(".new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18")

    with cluster:
        assert cluster.postgres.answers()


def test_a_claimed_cluster_has_one_holder(home):
    cluster = cluster_in(home)
    assert cluster.claim()

    assert not cluster_in(home).claim()

    cluster.release()
    other = cluster_in(home)
    assert other.claim()
    other.release()


def test_refuses_a_socket_directory_that_somebody_else_put_there(home):
    directory = home.sockets("some")
    directory.symlink_to("/var/tmp")
    try:
        with pytest.raises(ServerError, match="belongs to another account"):
            cluster_in(home).hold()
    finally:
        directory.unlink()


def test_sockets_fit_into_an_address_however_deep_the_home_is(tmp_path):
    deep = Home(tmp_path / ("deep" * 50))

    assert len(str(deep.sockets("development") / ".s.PGSQL.5432.lock")) < 100


def test_files_and_sockets_are_for_the_servers_account_alone(home):
    with cluster_in(home) as cluster:
        for path in (cluster.postgres.data, cluster.postgres.socket_directory, home.private):
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_secret_is_made_once_and_for_us_alone(home):
    secret = home.secret("key")

    assert len(secret) >= 50
    assert home.secret("key") == secret
    assert (home.private / "key.secret").stat().st_mode & 0o077 == 0


def test_an_account_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("DEVPG_USER", "no-such-account")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(ServerError, match="no-such-account"):
        Account.chosen()
