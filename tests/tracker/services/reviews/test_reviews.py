from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from notifications.models import Notification
from tests.tracker.services.escalations.running import (
    MORNING,
    escalated_flag,
    fire,
    told,
)
from tests.tracker.services.reviews.deciding import decide
from tracker.models import AuditEvent, Flag, Message, Order, Referral, Review, Visit
from tracker.services.context import Context
from tracker.services.errors import NotFound
from tracker.services.reviews import reviews

DECISION = Review.Decision


def test_it_closes_the_flag_and_ends_the_escalation(clinics):
    flag = escalated_flag(clinics)
    fire(MORNING)

    decided = decide(clinics, flag)

    flag.refresh_from_db()
    (escalation,) = flag.escalations.all()
    assert (flag.state, flag.review) == ("closed", decided)
    assert (escalation.state, escalation.review) == ("resolved", decided)
    fire(MORNING + timedelta(days=1))
    assert told(escalation) == ["Nora Nurse"]


def test_the_patient_receives_the_clinicians_message(clinics):
    decide(clinics, escalated_flag(clinics), message="Please come in on Thursday.")

    assert Message.objects.get().text == "Please come in on Thursday."
    notice = Notification.objects.get(kind="clinic_message")
    assert notice.recipient_id == clinics.alice.recipient_id


def test_the_patient_receives_a_default_message_without_one(clinics):
    decide(clinics, escalated_flag(clinics))

    assert Message.objects.get().text == reviews.LOOKED


def test_it_orders_tests_refers_and_plans_a_visit(clinics):
    decided = decide(
        clinics,
        escalated_flag(clinics),
        orders=[Order.Test.MRI, Order.Test.HLA_B27],
        referrals=[Referral.Specialty.SPINE_SURGERY],
        visit=reviews.PlannedVisit(mode=Visit.Mode.VIDEO, by_date=date(2026, 3, 6)),
    )

    assert set(decided.orders.values_list("test", "state")) == {
        ("mri", "ordered"),
        ("hla_b27", "ordered"),
    }
    assert decided.referrals.get().specialty == "spine_surgery"
    assert decided.visits.get().mode == "video"


def test_a_flag_that_was_not_named_stays_open_and_its_escalation_runs(clinics):
    seen, newer = escalated_flag(clinics, "SEV-SUST", "P2"), escalated_flag(clinics)

    decide(clinics, seen)
    fire(MORNING)

    newer.refresh_from_db()
    assert newer.state == "open"
    assert told(newer.escalations.get()) == ["Nora Nurse"]


def test_a_cleared_flag_keeps_its_state_and_its_escalation_ends(clinics):
    flag = escalated_flag(clinics, "SEV-SUST", "P2")
    Flag.objects.filter(pk=flag.pk).update(state="cleared", ended_at=MORNING)

    decide(clinics, flag)

    flag.refresh_from_db()
    assert flag.state == "cleared"
    assert flag.escalations.get().state == "resolved"


def test_usefulness_is_kept_per_flag(clinics):
    first, second = escalated_flag(clinics), escalated_flag(clinics, "SEV-SUST", "P2")

    decide(clinics, first, second, usefulness={first.id: Flag.Usefulness.NOISE})

    assert dict(Flag.objects.values_list("rule", "usefulness")) == {
        "RF-CES": "noise",
        "SEV-SUST": "",
    }


def test_what_has_been_reviewed_cannot_be_reviewed_again(clinics):
    flag = escalated_flag(clinics)
    decide(clinics, flag)

    with pytest.raises(reviews.AlreadyReviewed):
        decide(clinics, flag)
    assert Review.objects.count() == 1


@pytest.mark.parametrize("outsider", ["mallory", "ada"])
def test_an_outsider_finds_nothing(clinics, outsider):
    flag = escalated_flag(clinics)

    with pytest.raises(NotFound):
        decide(clinics, flag, by=getattr(clinics, outsider))
    with pytest.raises(NotFound):
        decide(clinics, flag, patient=clinics.bob)
    with pytest.raises(NotFound):
        reviews.review(
            Context(clinics.nora, MORNING),
            patient=clinics.alice,
            flag_ids=[uuid4()],
            decision=DECISION.NO_ACTION,
        )


def test_it_leaves_one_audit_row(clinics):
    decided = decide(clinics, escalated_flag(clinics))

    event = AuditEvent.objects.get(action="review.create")
    assert (event.actor_id, event.patient_id) == (clinics.nora.id, clinics.alice.id)
    assert event.subject_id == str(decided.id)
