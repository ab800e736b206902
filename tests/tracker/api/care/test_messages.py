from __future__ import annotations

from datetime import timedelta

from tests.api_client import code_of
from tests.fixtures import MONDAY_EVENING
from tracker.models import Message


def test_messages_are_paged_newest_first_and_marked_when_read(alice, clinics):
    Message.objects.bulk_create(
        Message(
            clinic=clinics.clinic,
            patient=clinics.alice,
            by=clinics.nora,
            sent_at=MONDAY_EVENING - timedelta(hours=n // 2),  # two at each hour
            text=f"Message {n}",
        )
        for n in range(70)
    )

    first = alice.get("messages").json()
    second = alice.get(f"messages?before={first['next_before']}").json()

    ids = [each["id"] for page in (first, second) for each in page["messages"]]
    assert (len(first["messages"]), len(ids), len(set(ids))) == (50, 70, 70)
    assert second["next_before"] is None
    read = alice.post(f"messages/{ids[0]}/read").json()
    assert read["read_at"] is not None
    assert ids[0] not in [each["id"] for each in alice.get("now").json()["messages"]]


def test_an_unknown_or_invalid_query_parameter_is_refused(alice):
    assert code_of(alice.get("messages?page=10000000000")) == "invalid_query"
    assert code_of(alice.get("messages?before=1")) == "invalid_query"
