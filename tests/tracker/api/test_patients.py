from __future__ import annotations

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

import clock
from notifications.models import Recipient
from tests.api_client import code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.models import Advice, Message, PatientTimeZone, PlannedMeasure, Review


def test_the_app_opens_with_what_must_be_known(alice, clinics):
    Review.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        by=clinics.nora,
        at=MONDAY_EVENING,
        decision="continue_care",
        note="For clinicians only.",
    )

    before = alice.get("now").json()
    alice.put("diary/2026-03-02", entry())
    after = alice.get("now").json()

    assert before["local_date"] == "2026-03-02"
    assert (before["logged_today"], after["logged_today"]) == (False, True)
    assert before["must_read"] == {"advice": [], "checklist_due": "enrolment"}
    assert before["clinic"]["phone"] == "555-0100"
    assert before["clinic"]["emergency_number"] == "911"
    assert before["clinic"]["crisis_line"] == "988"
    assert before["clinic"]["staffed_hours"][0] == {
        "weekday": 0,
        "opens": "08:00",
        "closes": "17:00",
    }
    (review,) = before["reviews"]
    assert (review["by"], review["decision"]) == ("Nora Nurse", "continue_care")
    assert "clinicians only" not in str(before)


def test_the_checklist_is_due_again_after_a_week(alice):
    alice.put(f"red-flag-checklists/{uuid4()}", {"at": "2026-03-02T20:00:00-05:00", "answers": {}})
    assert alice.get("now").json()["must_read"]["checklist_due"] is None

    clock.shift(timedelta(days=7))

    assert alice.get("now").json()["must_read"]["checklist_due"] == "weekly"


def test_advice_is_shown_until_it_is_read_most_urgent_first(alice, clinics):
    rows = [
        Advice.objects.create(
            clinic=clinics.clinic,
            patient=clinics.alice,
            episode=clinics.episode,
            code=f"A-{urgency}",
            urgency=urgency,
            given_at=MONDAY_EVENING,
            text="Read this.",
        )
        for urgency in ("information", "emergency", "today")
    ]
    shown = alice.get("now").json()["must_read"]["advice"]
    assert [each["urgency"] for each in shown] == ["emergency", "today", "information"]

    first = alice.post(f"advice/{rows[1].id}/read").json()["read_at"]
    again = alice.post(f"advice/{rows[1].id}/read").json()["read_at"]

    assert first == again
    assert len(alice.get("now").json()["must_read"]["advice"]) == 2


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


def test_the_care_plan_is_what_holds_now(alice, clinics):
    common = {"clinic": clinics.clinic, "episode": clinics.episode, "from_date": date(2026, 3, 2)}
    PlannedMeasure.objects.create(
        **common,
        measure="medication",
        ingredients=[{"name": "naproxen", "mg": 500, "max_mg_per_day": 1000}],
        route="oral",
        prescribed=True,
        doses_per_day=2,
    )
    PlannedMeasure.objects.create(**common, measure="massage", until_date=date(2026, 3, 2))

    plan = alice.get("care-plan").json()

    assert plan["episode"]["index_date"] == "2026-03-02"
    (measure,) = plan["measures"]
    assert measure["measure"] == "medication"
    assert measure["ingredients"][0]["max_mg_per_day"] == 1000


def test_another_zone_counts_the_days_that_have_not_begun_there(alice, clinics):
    # 21:01 on March 2 in New York is 15:01 on March 3 in Auckland.
    changed = alice.patch("me", {"time_zone": "Pacific/Auckland"}).json()

    assert changed["time_zone"] == "Pacific/Auckland"
    assert changed["time_zone_today"] == "America/New_York"
    newest = PatientTimeZone.objects.filter(patient=clinics.alice).last()
    assert (newest.from_date, newest.time_zone) == (date(2026, 3, 4), "Pacific/Auckland")
    assert Recipient.objects.get(pk=clinics.alice.recipient_id).time_zone == "Pacific/Auckland"
    assert alice.get("now").json()["local_date"] == "2026-03-02"

    clock.shift(timedelta(hours=3))
    assert alice.get("now").json()["local_date"] == "2026-03-03"
    clock.shift(timedelta(hours=6))
    assert alice.get("now").json()["local_date"] == "2026-03-04"


def test_a_zone_changed_back_before_tomorrow_changes_nothing(alice, clinics):
    alice.patch("me", {"time_zone": "Pacific/Auckland"})
    alice.patch("me", {"time_zone": "America/New_York"})

    clock.shift(timedelta(days=2))

    assert alice.get("me").json()["time_zone_today"] == "America/New_York"


def test_the_time_of_the_reminder_is_set_and_unset(alice, clinics):
    assert alice.patch("me", {"reminder_time": "21:30"}).json()["reminder_time"] == "21:30"
    slot = clinics.alice.reminder_slots.get()
    assert slot.remind_at.astimezone(clinics.alice.zone).time() == time(21, 30)

    assert alice.patch("me", {"reminder_time": None}).json()["reminder_time"] is None
    slot.refresh_from_db()
    assert slot.remind_at is None


def test_what_is_not_given_stays(alice):
    alice.patch("me", {"full_name": " Alice  Avery-Cole "})

    me = alice.get("me").json()
    assert me["full_name"] == "Alice  Avery-Cole"
    assert me["time_zone"] == "America/New_York"


@pytest.mark.parametrize(
    ("sent", "path", "code"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone", "unknown_zone"),
        ({"time_zone": "../../etc/localtime"}, "time_zone", "unknown_zone"),
        ({"full_name": " \u200b "}, "full_name", "blank"),
        ({"full_name": "a\u202eb"}, "full_name", "text_invalid"),
        ({"full_name": "a\r\nBcc: x"}, "full_name", "text_invalid"),
        ({"reminder_time": "24:00"}, "reminder_time", "format"),
        ({"reminder_time": "8:00"}, "reminder_time", "format"),
        ({"clinic_id": str(uuid4())}, "clinic_id", "unknown_field"),
        ({"email": "x@y.test"}, "email", "unknown_field"),
    ],
)
def test_a_change_that_is_not_right_is_refused(alice, sent, path, code):
    assert paths_of(alice.patch("me", sent)) == {path: code}


def test_only_questions_that_a_rule_reads_are_asked(alice, clinics):
    asked = {each["id"] for each in alice.get("red-flag-questions").json()["questions"]}
    assert "saddle_numbness" in asked
    assert "sudden_severe_pain" not in asked

    clinics.alice.conditions = ["known_aortic_aneurysm"]
    clinics.alice.save()

    asked = {each["id"] for each in alice.get("red-flag-questions").json()["questions"]}
    assert "sudden_severe_pain" in asked


def test_the_scales_are_in_words(alice):
    scales = {each["field"]: each for each in alice.get("scales").json()["scales"]}

    assert [level["value"] for level in scales["standing"]["levels"]] == [0, 1, 2, 3, 4, 5]
    assert len(scales["sleep"]["levels"]) == 5
    assert scales["pain_average"]["levels"] == []


def test_a_query_where_none_is_known_is_refused(alice):
    assert code_of(alice.get("messages?page=10000000000")) == "invalid_query"
    assert code_of(alice.get("messages?before=1")) == "invalid_query"
