from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

import clock
from notifications.channels.base import (
    CredentialRefused,
    Outage,
    PermanentFailure,
    TransientFailure,
)
from notifications.models import Attempt, Breaker, Delivery
from notifications.services.deliveries import attempts, breakers, claims
from notifications.services.deliveries.sending import deliver

DOWN = Outage("smtp_down")
EMAIL = {"channel": "email", "credential": "e"}


def call_ends(at, outcome: Attempt.Outcome, delivery: Delivery, number: int) -> None:
    Attempt.objects.create(
        delivery=delivery,
        claim_no=1000 + number,
        started_at=at,
        ended_at=at + timedelta(milliseconds=number),
        outcome=outcome,
        **EMAIL,
    )


@pytest.fixture
def after(enqueue, at):
    """Record the last of these outcomes, written as S (sent), T (transient) and O (outage)."""
    outcomes = {o.name[0]: o for o in (Attempt.Outcome.SENT, Attempt.Outcome.TRANSIENT)}
    outcomes["O"] = Attempt.Outcome.OUTAGE
    failures = {"S": None, "T": TransientFailure("busy"), "O": DOWN}

    def after(written: str, *, apart=timedelta(seconds=1)) -> bool:
        delivery = enqueue()
        first = at - apart * len(written)
        for number, letter in enumerate(written):
            call_ends(first + apart * (number + 1), outcomes[letter], delivery, number)
        breakers.record_result(**EMAIL, failure=failures[written[-1]], at=at + timedelta(seconds=1))
        return Breaker.objects.exists()

    return after


@pytest.mark.parametrize(
    ("outcomes", "is_open"),
    [
        ("OOOO", False),
        ("OOOOO", True),
        ("OOSOOO", False),
        ("SSSSSOOOOO", True),
        ("SOSOSOSOSOSOSOSOSOSO", True),
        ("SOSOSOSOSOSOSOSOSSSO", False),
        ("TTTTTTTTTTTTTTTTTTTT", False),
    ],
)
def test_outages_in_a_row_or_half_of_the_latest_calls_open_the_breaker(after, outcomes, is_open):
    assert after(outcomes) == is_open


def test_outages_far_apart_do_not_open_the_breaker(after):
    assert not after("OOOOO", apart=timedelta(minutes=5))


def test_a_refused_credential_opens_the_breaker_at_once(at):
    breakers.record_result(**EMAIL, failure=CredentialRefused("smtp_535"), at=at)

    assert Breaker.objects.get().last_code == "smtp_535"


def test_a_breaker_is_open_for_one_credential_only(at):
    breakers.record_result(**EMAIL, failure=CredentialRefused("no"), at=at)

    assert breakers.wait_until(channel="email", credential="new key", at=at) is None
    assert breakers.wait_until(**EMAIL, at=at) > at


def test_one_probe_every_thirty_seconds_is_allowed(at):
    breakers.record_result(**EMAIL, failure=CredentialRefused("no"), at=at)
    due, allowed, barrier = at + breakers.PROBE_EVERY, [], threading.Barrier(6)

    def ask():
        barrier.wait()
        if breakers.wait_until(**EMAIL, at=due) is None:
            allowed.append(1)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert allowed == [1]
    assert breakers.wait_until(**EMAIL, at=due + timedelta(seconds=29)) is not None
    assert breakers.wait_until(**EMAIL, at=due + breakers.PROBE_EVERY) is None


@pytest.mark.parametrize(
    "answer", [None, PermanentFailure("no such user"), TransientFailure("busy")]
)
def test_any_response_of_the_provider_closes_the_breaker(at, answer):
    breakers.record_result(**EMAIL, failure=CredentialRefused("no"), at=at)

    breakers.record_result(**EMAIL, failure=answer, at=at)

    assert breakers.wait_until(**EMAIL, at=at) is None


def test_a_failed_probe_leaves_the_breaker_open(at):
    breakers.record_result(**EMAIL, failure=CredentialRefused("no"), at=at)
    opened_at = Breaker.objects.get().opened_at

    breakers.record_result(
        **EMAIL, failure=CredentialRefused("still no"), at=at + timedelta(minutes=1)
    )

    breaker = Breaker.objects.get()
    assert (breaker.opened_at, breaker.last_code) == (opened_at, "still no")


def test_an_open_breaker_uses_up_no_attempt(enqueue, smtp, at):
    delivery = enqueue()
    breakers.record_result(
        channel="email",
        credential=attempts.credential_of(delivery),
        failure=CredentialRefused("no"),
        at=at,
    )

    deliver(delivery_id=delivery.pk, at=at)

    delivery.refresh_from_db()
    assert smtp.mails == []
    assert (delivery.state, delivery.attempts) == (Delivery.State.PENDING, 0)
    assert delivery.next_attempt_at <= at + breakers.PROBE_EVERY + breakers.SPREAD


def test_after_an_outage_the_waiting_deliveries_are_sent(enqueue, smtp, settings, at):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    waiting = [enqueue() for _ in range(7)]
    for delivery in waiting:
        deliver(delivery_id=delivery.pk, at=at)
    assert Breaker.objects.count() == 1
    assert Attempt.objects.count() == breakers.CONSECUTIVE_OUTAGES

    settings.EMAIL_PORT = port
    Breaker.objects.update(credential=attempts.credential_of(waiting[0]))
    later = at + breakers.PROBE_EVERY + breakers.SPREAD + timedelta(minutes=1)
    clock.shift(later - at)
    for delivery in waiting:
        deliver(delivery_id=delivery.pk, at=later)

    assert len(smtp.mails) == 7
    assert not Breaker.objects.exists()


def test_an_open_breaker_releases_the_claim(enqueue, at):
    delivery = enqueue()
    breakers.record_result(
        channel="email",
        credential=attempts.credential_of(delivery),
        failure=CredentialRefused("no"),
        at=at,
    )
    claim = claims.take(delivery_id=delivery.pk, at=at)

    assert attempts.begin(claim, at=at) is None
    assert not Attempt.objects.exists()
    delivery.refresh_from_db()
    assert delivery.lease_until is None
