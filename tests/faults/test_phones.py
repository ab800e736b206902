"""A record that the server has accepted is stored, once, however often it was sent."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from uuid import uuid4

import httpx
import pytest
from django.db import connection

import clock
from tests.api_client import ApiClient, OverHttp
from tests.faults.care_teams import Team, make_teams
from tests.faults.database import holding, until, waits_for_a_lock
from tests.faults.proxy import Connection, running_proxy
from tracker.models import CompressUse, Escalation, Flag, Revision
from tracker.services.people import sessions

pytestmark = pytest.mark.fault

PHONES = 6
RECORDS = 30


class RetryingPhone:
    """Sends each record until the response confirms that it is stored."""

    def __init__(self, team: Team, port: int) -> None:
        self.patient = team.patient
        self._ahead = clock.now() - datetime.now(UTC)  # a phone has its own clock
        token = sessions.begin(
            user=team.patient.user, device_name="phone", at=clock.now() - timedelta(seconds=1)
        )
        self._api = ApiClient(token, OverHttp(f"http://127.0.0.1:{port}", seconds=10))
        self.accepted: dict[str, dict] = {}
        self.retries = 0

    def log(self, resource: str, fields: dict) -> None:
        uuid, at = str(uuid4()), (datetime.now(UTC) + self._ahead).isoformat()
        record = {"at": at, "submitted_at": at, **fields}
        while not self.put(f"{resource}/{uuid}", record):
            self.retries += 1
            sleep(random.uniform(0.05, 0.3))
        self.accepted[uuid] = record

    def put(self, path: str, record: dict) -> bool:
        """Return whether the response confirmed that it is stored."""
        try:
            response = self._api.put(path, record)
        except httpx.TransportError:
            return False
        assert response.status_code in {200, 201, 503}, response.text
        return response.status_code != 503


def stored_wrongly(phone: RetryingPhone) -> list[str]:
    """Return the accepted records that are not stored exactly once as they were sent."""
    rows = list(Revision.objects.filter(patient=phone.patient))
    copies = Counter(str(row.uuid) for row in rows)
    said = {str(row.uuid): row.content for row in rows}
    return [
        uuid
        for uuid, sent in phone.accepted.items()
        if copies[uuid] != 1 or not sent.items() <= {**sent, **_same_time(said[uuid], sent)}.items()
    ]


def _same_time(content: dict, sent: dict) -> dict:
    """Return the stored content without times, which may be written in another zone."""
    return {name: value for name, value in content.items() if name not in {"at", "submitted_at"}}


@pytest.mark.promise("I1")
def test_a_web_server_killed_around_its_commit_stores_all_or_nothing(system, transactional_db):
    web, port = system.web()
    (team,) = make_teams(1, 1, 15)
    said = {"type": "hot", "minutes": 20, "at": clock.now().isoformat()}
    paths = [f"compress-uses/{uuid4()}" for _ in range(2)]

    with running_proxy(port) as proxy:
        phone = RetryingPhone(team, proxy.port)

        # In the middle of the transaction: nothing is kept.
        answers: list[bool] = []
        asking = threading.Thread(target=lambda: answers.append(phone.put(paths[0], said)))
        with holding("SELECT FROM tracker_patient WHERE id = %s FOR UPDATE", team.patient.pk):
            asking.start()
            until(lambda: waits_for_a_lock("web"), "the request at the patient's row", seconds=10)
            web.kill()
        asking.join()
        assert answers == [False]
        assert not Revision.objects.exists()

        # After the commit, before its answer: it is kept, and the retry finds it.
        web.start()
        back = system.until_web_answers(port)
        proxy.resets_response = lambda connection: web.kill() is None
        assert not phone.put(paths[1], said)
        assert Revision.objects.count() == 1
        proxy.resets_response = lambda connection: False

        web.start()
        system.until_web_answers(port)
        assert [phone.put(path, said) for path in (*paths, *paths)] == [True] * 4

    assert Revision.objects.count() == CompressUse.objects.count() == 2
    system.note(
        f"web killed before and after a commit: lost 0, doubled 0; it answers {back:.1f} s later"
    )


def reset_one_in(number: int) -> Callable[[Connection], bool]:
    return lambda connection: random.randrange(number) == 0


@pytest.mark.promise("I1", "I2")
def test_phones_on_unreliable_connections_lose_nothing_while_web_and_database_crash(
    system, transactional_db, cluster
):
    web, port = system.web()
    teams = make_teams(PHONES, 1, 15)
    with running_proxy(port) as proxy:
        proxy.resets_request, proxy.resets_response = reset_one_in(12), reset_one_in(12)
        phones = [RetryingPhone(team, proxy.port) for team in teams]
        # Two phones of the same patient, who says the same red flag on both.
        phones.append(RetryingPhone(teams[0], proxy.port))
        threads = [threading.Thread(target=keep_a_diary, args=[phone]) for phone in phones]
        started = monotonic()
        for thread in threads:
            thread.start()
        for fault in (web.kill, cluster.postgres, web.kill, cluster.postgres):
            half_way = sum(len(phone.accepted) for phone in phones) + PHONES * RECORDS // 6
            until(
                lambda so_far=half_way: sum(len(phone.accepted) for phone in phones) >= so_far,
                "more records",
                seconds=60,
            )
            if fault is cluster.postgres:
                connection.close()
                connection.close_pool()
                fault.restart(mode="immediate")
            else:
                fault()
                web.start()
        for thread in threads:
            thread.join(timeout=120)
        seconds = monotonic() - started

    accepted = sum(len(phone.accepted) for phone in phones)
    wrong = [uuid for phone in phones for uuid in stored_wrongly(phone)]
    system.note(
        f"{len(phones)} phones, web killed twice, PostgreSQL crashed twice,"
        f" {proxy.requests_reset} requests and {proxy.responses_reset} responses cut:"
        f" {accepted} records accepted after {sum(phone.retries for phone in phones)} retries"
        f" in {seconds:.0f} s, lost or doubled {len(wrong)}"
    )
    assert proxy.requests_reset > 5
    assert proxy.responses_reset > 5
    assert accepted == len(phones) * (RECORDS + 1)
    assert wrong == []
    assert Revision.objects.count() == accepted
    flags = Flag.objects.filter(rule="RF-CES", state="open")
    assert flags.count() == flags.values("patient").distinct().count() == PHONES
    live = Escalation.objects.live().filter(flag__in=flags)
    assert live.count() == live.values("flag").distinct().count() == PHONES


def keep_a_diary(phone: RetryingPhone) -> None:
    for number in range(RECORDS):
        phone.log("compress-uses", {"type": "hot", "minutes": 1 + number})
        if number == RECORDS // 2:
            phone.log("red-flag-checklists", {"answers": {"saddle_numbness": "yes"}})
