from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications import outbox
from notifications.models import ContactPoint, Delivery
from notifications.services.deliveries.sending import deliver

ADDRESS = "someone@example.org"


@pytest.fixture
def dead(tell, smtp, at) -> Delivery:
    smtp.answer_data(ADDRESS, "554 not today")
    delivery = tell()
    deliver(delivery_id=delivery.pk, at=at)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DEAD
    return delivery


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("dead_letters", *arguments, stdout=said)
    return said.getvalue()


def test_the_operator_sees_what_died_of_what(dead):
    line, count = run().splitlines()

    assert all(word in line for word in (str(dead.pk), "email", "urgent", "smtp_554", "escalation"))
    assert ADDRESS not in line
    assert count == "1 dead"


def test_the_operator_can_try_it_again(dead, smtp, at):
    assert "on its way" in run("--retry", str(dead.pk))

    dead.refresh_from_db()
    assert deliver(delivery_id=dead.pk, at=dead.next_attempt_at)
    assert len(smtp.mails) == 1
    assert run() == "0 dead\n"


def test_what_was_acknowledged_meanwhile_is_not_brought_back(dead, at):
    outbox.cancel(group="ladder:1", at=at)

    with pytest.raises(CommandError, match="cancelled"):
        run("--retry", str(dead.pk))


def test_what_is_too_late_is_not_brought_back(dead, at):
    Delivery.objects.update(expires_at=at)

    assert "(too late)" in run()
    with pytest.raises(CommandError, match="too late"):
        run("--retry", str(dead.pk))


def test_an_address_that_is_used_no_more_is_not_tried_again(dead, at):
    ContactPoint.objects.all().disable(ContactPoint.DisabledReason.OPTED_OUT, at)

    with pytest.raises(CommandError, match="address"):
        run("--retry", str(dead.pk))


def test_what_is_not_dead_is_not_tried_again(tell):
    with pytest.raises(CommandError, match="not dead"):
        run("--retry", str(tell().pk))


def test_what_does_not_exist_is_not_tried_again(db):
    with pytest.raises(CommandError):
        run("--retry", "00000000-0000-0000-0000-000000000007")
