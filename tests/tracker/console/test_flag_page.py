from __future__ import annotations

import re
from uuid import uuid4

import pytest

from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW, signed_in
from tracker.models import Flag, Message, Review
from tracker.services.escalations import timers


def read(client, flag) -> str:
    answer = client.get(f"/console/flags/{flag.id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def shown_escalations(html: str) -> list[str]:
    return re.findall(r'name="escalation" value="([^"]+)"', html)


def acknowledge(client, flag, ids):
    return client.post(f"/console/flags/{flag.id}/acknowledge/", {"escalation": ids}, follow=True)


def review(client, flag, **fields):
    return client.post(
        f"/console/flags/{flag.id}/review/",
        {"flags": [str(flag.id)], "decision": "continue_care", **fields},
        follow=True,
    )


def test_it_says_why_by_what_and_by_which_rule(nora, flag):
    html = read(nora, flag)

    for words in (
        flag.explanation,
        "Days at 7 or more",
        "sleep",
        flag.clears_when,
        flag.cannot_see,
        "[V] Zelman 2003",
        "ruleset 2026.1",
        "Day 29 of the episode",
    ):
        assert words in html, words


def test_it_tells_who_was_told_and_who_is_next(nora, flag):
    html = read(nora, flag)

    assert re.search(r"Nurse</strong><br>told Mon Mar 30, 9:00 AM, 1\s+person", html)
    assert re.search(r"Physician</strong><br>next, Mon Mar 30, 9:15 AM", html)


def test_acknowledging_names_what_was_shown(clinics, nora, flag):
    shown = shown_escalations(read(nora, flag))
    assert len(shown) == 2

    answer = acknowledge(nora, flag, shown)

    assert "You acknowledged 2 flags" in answer.content.decode()
    assert {each.state for each in clinics.alice.escalations.all()} == {"acknowledged"}
    assert "Acknowledged, review due" in answer.content.decode()


def test_a_newer_flag_stays_live_and_the_page_says_so(clinics, nora, flag):
    shown = shown_escalations(read(nora, flag))
    newer = scenes.raise_flag(clinics.alice, at=NOW, rule="RF-CES", priority="P0")

    answer = acknowledge(nora, flag, shown)

    assert scenes.ladder_of(newer).state == "active"
    assert "1 flag that you had not named still waits" in answer.content.decode()


def test_opening_the_page_acknowledges_nothing(clinics, nora, flag):
    read(nora, flag)

    assert {each.state for each in clinics.alice.escalations.all()} == {"active"}
    assert nora.get(f"/console/flags/{flag.id}/acknowledge/").status_code == 405


@pytest.mark.parametrize("ids", [[], ["nonsense"], [str(uuid4())]])
def test_naming_nothing_that_is_there_acknowledges_nothing(clinics, nora, flag, ids):
    answer = acknowledge(nora, flag, ids)

    assert "There is no such thing" in answer.content.decode()
    assert scenes.ladder_of(flag).state == "active"


def test_another_clinics_ladder_cannot_be_named(clinics, nora, flag):
    theirs = scenes.ladder_of(Flag.objects.get(patient=clinics.carol))

    acknowledge(nora, flag, [str(theirs.id)])

    theirs.refresh_from_db()
    assert theirs.state == "active"


def test_a_review_closes_what_was_ticked_and_tells_the_patient(clinics, nora, flag):
    answer = review(
        nora,
        flag,
        decision="refer",
        orders=["mri"],
        referrals=["physiatry"],
        visit_mode="video",
        visit_by_date="2026-04-02",
        message="We would like to see you on Thursday.",
        note="Radicular?",
        **{f"usefulness_{flag.id}": "acted_on"},
    )

    assert "the patient is told" in answer.content.decode()
    flag.refresh_from_db()
    other = Flag.objects.get(patient=clinics.alice, rule="FUNC-LIMIT")
    assert (flag.state, flag.usefulness, other.state) == ("closed", "acted_on", "open")
    assert scenes.ladder_of(flag).state == "resolved"
    assert Message.objects.get().text == "We would like to see you on Thursday."
    decided = Review.objects.get()
    assert [order.test for order in decided.orders.all()] == ["mri"]
    assert [each.specialty for each in decided.referrals.all()] == ["physiatry"]
    assert [visit.mode for visit in decided.visits.all()] == ["video"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"decision": ""}, "Decision</a>: This field is required"),
        ({"flags": []}, "Tick at least one flag"),
        ({"visit_by_date": "2026-04-02"}, "In person or by video?"),
        ({"flags": [str(uuid4())]}, "is not one of the available choices"),
        ({"decision": "operate"}, "is not one of the available choices"),
    ],
)
def test_a_review_that_says_too_little_is_asked_for_again(clinics, nora, flag, fields, words):
    answer = review(nora, flag, message="Kept while I correct it.", **fields)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert "Kept while I correct it." in html
    assert not Review.objects.exists()


def test_another_patients_flag_cannot_be_closed_along(clinics, nora, flag):
    theirs = Flag.objects.get(patient=clinics.bob)

    answer = review(nora, flag, flags=[str(flag.id), str(theirs.id)])

    assert answer.status_code == 422
    theirs.refresh_from_db()
    assert theirs.state == "open"


def test_a_closed_flag_shows_what_was_decided(nora, flag):
    review(nora, flag, note="No sign of nerve trouble.")

    html = read(nora, flag)

    assert "Continue the care as planned" in html
    assert "No sign of nerve trouble." in html
    assert "Save the review" not in html


def test_a_ladder_outlives_the_flag_that_cleared(clinics, nora, flag):
    Flag.objects.filter(id=flag.id).update(state="cleared", ended_at=NOW)

    assert str(scenes.ladder_of(flag).id) in shown_escalations(read(nora, flag))


def test_an_exhausted_ladder_says_that_nobody_answered(nora, flag):
    from datetime import timedelta

    ladder = scenes.ladder_of(flag)
    for hours in range(1, 12):
        timers.fire_due(at=NOW + timedelta(hours=hours), limit=10)
    ladder.refresh_from_db()
    assert ladder.state == "exhausted"

    assert "Nobody answered" in read(nora, flag)


def test_the_chart_tells_the_same_in_a_table(nora, flag):
    html = read(nora, flag)

    assert "Pain was logged on 25 of 29 days, from 5 to 7" in html
    assert "The baseline is 6.3." in html
    assert html.count('<circle class="pain"') == 25
    assert html.count('<path class="missing"') == 4
    assert "The same as a table" in html


def test_whoever_acknowledged_hands_over_to_a_colleague(clinics, nora, flag):
    html = acknowledge(nora, flag, [str(scenes.ladder_of(flag).id)]).content.decode()
    assert re.findall(r'<option value="[^"]+">([A-Z][a-z]+ [A-Z][a-z]+)</option>', html) == [
        "Phil Physician"
    ]

    answer = nora.post(
        f"/console/flags/{flag.id}/hand-over/",
        {"to": str(clinics.phil.id), "hand_over_reason": "end_of_shift"},
        follow=True,
    )

    assert scenes.ladder_of(flag).owner == clinics.phil
    html = answer.content.decode()
    assert "It is with <strong>Phil Physician</strong>" in html
    assert "to Phil Physician, Mon Mar 30, 9:00 AM: End of my shift" in html


def test_a_snooze_shows_until_when_and_why_and_can_be_ended(nora, flag):
    acknowledge(nora, flag, [str(scenes.ladder_of(flag).id)])

    answer = nora.post(
        f"/console/flags/{flag.id}/snooze/",
        {"hours": "2", "reason": "waiting_for_result"},
        follow=True,
    )
    html = answer.content.decode()
    assert "Snoozed until Mon Mar 30, 11:00 AM" in html
    assert "Waiting for a result" in html

    nora.post(f"/console/flags/{flag.id}/wake/")
    assert scenes.ladder_of(flag).state == "active"


def test_the_worklist_names_who_owes_the_review(clinics, nora, flag):
    acknowledge(nora, flag, [str(each.id) for each in clinics.alice.escalations.all()])

    nora.post(f"/console/flags/{flag.id}/hand-over/", {"to": str(clinics.phil.id)})

    assert "with Nora Nurse, Phil Physician; review due" in nora.get("/console/").content.decode()


def test_a_snoozed_patient_stands_on_the_worklist_with_the_time_it_wakes(clinics, nora, flag):
    acknowledge(nora, flag, [str(each.id) for each in clinics.alice.escalations.all()])
    for each in clinics.alice.flags.all():
        nora.post(f"/console/flags/{each.id}/snooze/", {"hours": "4", "reason": "visit_arranged"})

    html = nora.get("/console/").content.decode()

    assert "Snoozed" in html
    assert re.search(r"wakes\s+<time[^>]*>Mon Mar 30, 1:00 PM", html)


@pytest.mark.parametrize(
    ("url", "typed", "words"),
    [
        ("hand-over", {}, "To: This field is required"),
        ("hand-over", {"to": str(uuid4())}, "To: Select a valid choice"),
        ("snooze", {"hours": "40", "reason": "visit_arranged"}, "For: Select a valid choice"),
        ("snooze", {"hours": "1"}, "Because: This field is required"),
        ("wake", {}, "It is not snoozed, or not any more"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(nora, flag, url, typed, words):
    acknowledge(nora, flag, [str(scenes.ladder_of(flag).id)])

    answer = nora.post(f"/console/flags/{flag.id}/{url}/", typed, follow=True)

    assert words in answer.content.decode()
    assert scenes.ladder_of(flag).state == "acknowledged"


def test_nothing_is_offered_to_whom_it_does_not_belong(clinics, nora, flag):
    acknowledge(nora, flag, [str(scenes.ladder_of(flag).id)])
    phil = signed_in(clinics.phil)

    assert "Hand it over" in read(nora, flag)
    assert "Hand it over" not in read(phil, flag)
    typed = {"hours": "1", "reason": "visit_arranged"}
    answer = phil.post(f"/console/flags/{flag.id}/snooze/", typed, follow=True)
    assert "Only someone who acknowledged this" in answer.content.decode()
