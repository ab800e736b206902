from __future__ import annotations

import re
from datetime import timedelta

import pytest

import clock
from notifications import outbox
from notifications.models import ContactPoint, Delivery, Notification, Verification
from notifications.services.deliveries.sending import deliver
from notifications.services.notifications.prune import prune
from notifications.services.notifications.verification import CODE_LASTS, CODES_WITHIN, MAX_TRIES
from tests.outgoing import PHONE_NUMBER

OTHER = "+15005550007"


@pytest.fixture
def at(db):
    return clock.now()


@pytest.fixture
def ask(recipient, twilio, at):
    """Ask for a code to a number and return the code that arrives there."""

    def ask(number: str = PHONE_NUMBER, *, later: timedelta = timedelta(0)) -> str:
        now = at + later
        outbox.send_code(
            recipient_id=recipient.pk, channel="sms", address=number, link="/here/", at=now
        )
        twilio.answer(201, {"sid": "SM1"})
        waiting = Delivery.objects.filter(channel="sms", state="pending").get()
        assert deliver(delivery_id=waiting.pk, at=now)
        assert twilio.calls[-1].form["To"] == number
        return re.search(r"\d{6}", twilio.calls[-1].form["Body"])[0]

    return ask


@pytest.fixture
def confirm(recipient, at):
    def confirm(code: str, *, later: timedelta = timedelta(0)) -> bool:
        return outbox.confirm_code(recipient_id=recipient.pk, code=code, at=at + later)

    return confirm


def addresses(recipient) -> list[str]:
    return [point.address for point in outbox.addresses(recipient.pk, "sms")]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_number_is_used_once_its_code_came_back(ask, confirm, recipient):
    code = ask()
    assert addresses(recipient) == []

    assert confirm(code)
    assert addresses(recipient) == [PHONE_NUMBER]
    assert not confirm(code)


def test_the_former_number_is_used_until_the_new_one_is_confirmed(ask, confirm, recipient):
    confirm(ask())
    code = ask(OTHER)
    assert addresses(recipient) == [PHONE_NUMBER]

    confirm(code)
    assert addresses(recipient) == [OTHER]


def test_a_code_is_good_for_ten_minutes(ask, confirm):
    assert not confirm(ask(), later=CODE_LASTS)


def test_a_code_can_be_tried_five_times_at_most(ask, confirm, recipient):
    code = ask()
    assert not any(confirm(wrong(code)) for _ in range(MAX_TRIES))

    assert not confirm(code)
    assert addresses(recipient) == []


def test_a_newer_code_ends_the_former(ask, confirm):
    former, newer = ask(), ask(later=timedelta(seconds=1))

    assert former == newer or not confirm(former, later=timedelta(seconds=2))
    assert confirm(newer, later=timedelta(seconds=2))


def test_three_codes_an_hour_and_no_more(ask, at, recipient):
    for _ in range(3):
        ask()

    with pytest.raises(outbox.TooManyCodes):
        ask()
    ask(later=CODES_WITHIN)


def test_a_code_confirms_only_the_address_it_was_sent_to(ask, at):
    code = ask()

    assert code not in Verification.objects.get().code_hash
    assert Notification.objects.get().code == code
    prune(at=at, limit=10)
    assert Notification.objects.get().code == ""


def test_an_unconfirmed_number_gets_nothing_but_its_code(ask, enqueue, at):
    ask()

    assert enqueue().channel == "email"
    assert ContactPoint.objects.get(channel="sms").verified_at is None


def test_a_malformed_number_gets_no_code(ask):
    with pytest.raises(outbox.UnusableAddress):
        ask("12")
