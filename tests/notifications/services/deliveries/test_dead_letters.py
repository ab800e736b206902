from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications import outbox
from notifications.models import ContactPoint, Delivery
from notifications.services.deliveries.sending import deliver

ADDRESS = "someone@example.org"


@pytest.fixture
def dead(enqueue, smtp, at) -> Delivery:
    smtp.answer_data(ADDRESS, "554 not today")
    delivery = enqueue()
    deliver(delivery_id=delivery.pk, at=at)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DEAD
    return delivery


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("dead_letters", *arguments, stdout=said)
    return said.getvalue()


def test_an_operator_sees_the_dead_deliveries_and_their_codes(dead):
    line, count = run().splitlines()

    assert all(word in line for word in (str(dead.pk), "email", "urgent", "smtp_554", "escalation"))
    assert ADDRESS not in line
    assert count == "1 dead"


def test_an_operator_can_retry_a_dead_delivery(dead, smtp, at):
    assert "on its way" in run("--retry", str(dead.pk))

    dead.refresh_from_db()
    assert deliver(delivery_id=dead.pk, at=dead.next_attempt_at)
    assert len(smtp.mails) == 1
    assert run() == "0 dead\n"


def test_a_delivery_that_was_cancelled_meanwhile_is_not_retried(dead, at):
    outbox.cancel(group="escalation:1", at=at)

    with pytest.raises(CommandError, match="cancelled"):
        run("--retry", str(dead.pk))


def test_a_delivery_that_is_too_late_is_not_retried(dead, at):
    Delivery.objects.update(expires_at=at)

    assert "(too late)" in run()
    with pytest.raises(CommandError, match="too late"):
        run("--retry", str(dead.pk))


def test_a_delivery_to_a_disabled_address_is_not_retried(dead, at):
    ContactPoint.objects.all().disable(ContactPoint.DisabledReason.OPTED_OUT, at)

    with pytest.raises(CommandError, match="address"):
        run("--retry", str(dead.pk))


def test_a_delivery_that_is_not_dead_is_not_retried(enqueue):
    with pytest.raises(CommandError, match="not dead"):
        run("--retry", str(enqueue().pk))


def test_an_unknown_delivery_is_not_retried(db):
    with pytest.raises(CommandError):
        run("--retry", "00000000-0000-0000-0000-000000000007")
