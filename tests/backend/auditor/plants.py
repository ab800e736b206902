"""Each law, broken by hand: what a bug would leave behind, past all services.

Where a constraint of the schema forbids it, the constraint is dropped first: the auditor is
for the day on which somebody drops it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from tests.backend.auditor.conftest import Scene
from tracker.models import Acknowledgement, Flag

#: Plants the violation; returns the ids that must be named.
Plant = Callable[[Scene], list[object]]

PLANTS: dict[str, Plant] = {}


def breaks(law: str) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        assert law not in PLANTS
        PLANTS[law] = plant
        return plant

    return keep


def sql(statement: str, **values: object) -> list[object]:
    """The ids of the rows written; a statement that touches none plants nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} RETURNING id", values)
        ids = [row[0] for row in cursor.fetchall()]
    assert ids, statement
    return ids


def without(*, constraint: str = "", of: str = "", index: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            f"DROP INDEX {index}" if index else f"ALTER TABLE {of} DROP CONSTRAINT {constraint}"
        )


def copy(table: str, changes: str = "", *, where: str, **values: object) -> list[object]:
    """The row again under an id of its own, with `changes` (`column = value, ...`)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        columns = [column.name for column in cursor.description]
        cursor.execute(f"SELECT pg_typeof(id) = 'uuid'::regtype FROM {table} LIMIT 1")
        (is_uuid,) = cursor.fetchone()
    new = dict(pair.split(" = ") for pair in changes.split(", ") if pair)
    new["id"] = "gen_random_uuid()" if is_uuid else f"1000 + (SELECT max(id) FROM {table})"
    chosen = ", ".join(new.get(name, name) for name in columns)
    return sql(f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE {where}", **values)


# I1


@breaks("versions_without_gap")
def a_version_is_missing(scene):
    sql("DELETE FROM tracker_revision WHERE uuid = %(id)s AND number = 1", id=scene.diary)
    return revisions_of(scene)


@breaks("current_row_is_newest_version")
def an_edit_did_not_reach_the_row(scene):
    sql("UPDATE tracker_diaryentry SET pain_average = 4 WHERE uuid = %(id)s", id=scene.diary)
    return revisions_of(scene)


@breaks("current_row_has_its_version")
def a_row_that_nobody_said(scene):
    (made,) = copy("tracker_compressuse", "uuid = gen_random_uuid()", where="true")
    return [f"compress_use {made}"]


def revisions_of(scene):
    statement = "UPDATE tracker_revision SET reason = '' WHERE uuid = %(id)s AND number = 2"
    return sql(statement, id=scene.diary)


# I2


@breaks("flag_open_once")
def the_flag_stands_twice(scene):
    without(index="flag_one_open_per_rule")
    made = copy("tracker_flag", where="id = %(id)s", id=scene.live.flag_id)
    return [scene.live.flag_id, *made]


@breaks("flag_has_its_escalation")
def nobody_is_sought(scene):
    sql(
        "UPDATE tracker_escalation SET state = 'withdrawn', ended_at = now(), next_step_at = NULL"
        " WHERE id = %(id)s",
        id=scene.live.pk,
    )
    return [scene.live.flag_id]


@breaks("escalation_live_once")
def two_ladders_for_one_flag(scene):
    without(index="escalation_one_live_per_flag")
    return [scene.live.pk, *copy("tracker_escalation", where="id = %(id)s", id=scene.live.pk)]


@breaks("escalation_of_a_decided_flag")
def the_ladder_goes_on_after_the_review(scene):
    return sql(
        "UPDATE tracker_escalation SET state = 'active', ended_at = NULL, next_step_at = now()"
        " WHERE id = %(id)s",
        id=scene.decided.pk,
    )


@breaks("urgent_flag_ended_by_a_clinician")
def a_red_flag_clears_by_itself(scene):
    return sql(
        "UPDATE tracker_flag SET state = 'cleared', ended_at = now() WHERE id = %(id)s",
        id=scene.live.flag_id,
    )


@breaks("escalation_ended_by_a_clinician")
def a_red_flags_ladder_is_withdrawn(scene):
    nobody_is_sought(scene)
    return [scene.live.pk]


# I3, I4


@breaks("ladder_step_on_time")
def a_step_is_not_heard(scene):
    return past("tracker_escalation", "next_step_at", "61 seconds", scene.live.pk)


@breaks("review_deadline_on_time")
def a_promise_is_forgotten(scene):
    sql(
        "UPDATE tracker_escalation SET state = 'acknowledged', next_step_at = NULL,"
        " review_by = now(), owner_id = %(nora)s WHERE id = %(id)s",
        id=scene.live.pk,
        nora=scene.cast.nora.pk,
    )
    return past("tracker_escalation", "review_by", "61 seconds", scene.live.pk)


@breaks("snooze_ends_on_time")
def a_snooze_is_not_heard(scene):
    sql(
        "UPDATE tracker_escalation SET state = 'snoozed', next_step_at = NULL, wake_at = now(),"
        " priority = 'P1' WHERE id = %(id)s",
        id=scene.live.pk,
    )
    return past("tracker_escalation", "wake_at", "61 seconds", scene.live.pk)


@breaks("day_close_on_time")
def a_day_is_not_closed(scene):
    return past("tracker_episode", "next_close_at", "16 minutes", scene.cast.episode.pk)


@breaks("ladder_skipped_nobody")
def the_second_is_told_and_not_the_first(scene):
    sql(
        "UPDATE tracker_escalationstep SET fired_at = now(), reached = 1"
        " WHERE escalation_id = %(id)s AND position = 2",
        id=scene.live.pk,
    )
    sql(
        "UPDATE tracker_escalationstep SET fired_at = NULL, reached = NULL"
        " WHERE escalation_id = %(id)s AND position = 1",
        id=scene.live.pk,
    )
    return [scene.live.pk]


@breaks("ladder_stands_where_it_fired")
def the_ladder_lost_its_place(scene):
    return sql("UPDATE tracker_escalation SET position = 2 WHERE id = %(id)s", id=scene.live.pk)


@breaks("ladder_waits_for_something")
def a_ladder_without_a_timer(scene):
    without(constraint="escalation_active_has_a_next_step", of="tracker_escalation")
    statement = "UPDATE tracker_escalation SET next_step_at = NULL WHERE id = %(id)s"
    return sql(statement, id=scene.live.pk)


@breaks("unreachable_step_gave_way")
def nobody_reached_and_nobody_else_told(scene):
    sql(
        "UPDATE tracker_escalationstep SET reached = 0, fired_at = fired_at - interval '1 hour'"
        " WHERE escalation_id = %(id)s AND position = 1",
        id=scene.live.pk,
    )
    return [scene.live.pk]


# I5, I6


@breaks("no_attempt_after_cancel")
def a_canceled_delivery_is_begun(scene):
    sql(f"UPDATE notifications_delivery SET state = 'cancelled' WHERE {ANNOUNCED}", **to_bob(scene))
    return sql(f"UPDATE notifications_attempt SET code = '' WHERE {TRIED}", **to_bob(scene))


@breaks("no_attempt_after_acknowledgement")
def a_page_after_the_acknowledgement(scene):
    first = Acknowledgement.objects.get()
    return sql(
        "UPDATE notifications_attempt SET started_at = %(at)s + interval '31 seconds',"
        f" ended_at = %(at)s + interval '32 seconds' WHERE {TRIED}",
        at=first.at,
        group=scene.decided.group,
    )


@breaks("nothing_pending_after_cancel")
def a_canceled_notice_is_still_to_be_sent(scene):
    sql(
        "UPDATE notifications_notification SET cancelled_at = now() WHERE group_name = %(group)s",
        **to_bob(scene),
    )
    return pending(scene)


@breaks("delivery_ended_by_its_expiry")
def a_page_that_nobody_ended(scene):
    (waiting,) = pending(scene)
    return past("notifications_delivery", "expires_at", "91 seconds", waiting)


@breaks("delivery_ended_with_its_attempts")
def no_attempt_is_left(scene):
    (waiting,) = pending(scene)
    sql(
        "UPDATE notifications_delivery SET attempts_allowed = attempts WHERE id = %(id)s",
        id=waiting,
    )
    return past("notifications_delivery", "next_attempt_at", "61 seconds", waiting)


@breaks("urgent_delivery_finds_a_hand")
def nobody_takes_a_page(scene):
    (waiting,) = pending(scene)
    return past("notifications_delivery", "next_attempt_at", "121 seconds", waiting)


@breaks("delivery_finds_a_hand")
def a_dead_worker_keeps_a_message(scene):
    (waiting,) = pending(scene)
    sql(
        "UPDATE notifications_delivery SET urgency = 2, state = 'claimed',"
        " next_attempt_at = next_attempt_at - interval '1 day', lease_until = now()"
        " WHERE id = %(id)s",
        id=waiting,
    )
    return past("notifications_delivery", "lease_until", "16 minutes", waiting)


@breaks("one_delivery_per_address")
def one_notice_two_keys(scene):
    without(constraint="delivery_once_per_address", of="notifications_delivery")
    found = sql(
        f"UPDATE notifications_delivery SET fallback_level = 0 WHERE {ANNOUNCED}", **to_bob(scene)
    )
    return [*found, *copy("notifications_delivery", where=ANNOUNCED, **to_bob(scene))]


@breaks("every_attempt_had_its_claim")
def two_attempts_under_one_number(scene):
    without(constraint="attempt_once_per_claim", of="notifications_attempt")
    found = sql(f"UPDATE notifications_attempt SET code = '' WHERE {TRIED}", **to_bob(scene))
    return [*found, *copy("notifications_attempt", where=TRIED, **to_bob(scene))]


# I7


@breaks("no_storm_of_messages")
def eleven_pages_in_ten_minutes(scene):
    (carrier,) = sql(f"UPDATE notifications_attempt SET code = '' WHERE {TRIED}", **to_bob(scene))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_attempt (delivery_id, claim_no, channel, credential,"
            " started_at, ended_at, outcome, code) SELECT delivery_id, claim_no + n, channel,"
            " credential, started_at + n * interval '50 seconds', ended_at, outcome, code"
            " FROM notifications_attempt, generate_series(1, 10) n WHERE id = %s"
            " RETURNING id, claim_no",
            [carrier],
        )
        made = cursor.fetchall()
    return [max(made, key=lambda row: row[1])[0]]


@breaks("bundle_is_of_one_address")
def one_message_for_two_people(scene):
    return sql(
        "UPDATE notifications_delivery SET contact_point_id ="
        " (SELECT id FROM notifications_contactpoint WHERE recipient_id = %(phil)s)"
        " WHERE bundle_leader_id IS NOT NULL",
        phil=scene.cast.phil.recipient_id,
    )


@breaks("sent_was_said")
def told_in_the_books_only(scene):
    sql("UPDATE notifications_attempt SET outcome = 'outage'")
    return sql("UPDATE notifications_delivery SET last_code = '' WHERE state = 'sent'")


ANNOUNCED = (
    "notification_id IN (SELECT id FROM notifications_notification WHERE group_name = %(group)s)"
)
TRIED = f"delivery_id IN (SELECT id FROM notifications_delivery WHERE {ANNOUNCED})"


def to_bob(scene) -> dict[str, object]:
    return {"group": scene.live.group}


def pending(scene) -> list[object]:
    return sql(
        f"UPDATE notifications_delivery SET state = 'pending', ended_at = NULL WHERE {ANNOUNCED}",
        **to_bob(scene),
    )


# I9, I10, I12


@breaks("record_in_the_trail")
def a_write_that_left_no_line(scene):
    sql("DELETE FROM tracker_auditevent WHERE subject_id = %(id)s", id=str(scene.diary))
    statement = "UPDATE tracker_revision SET reason = '' WHERE uuid = %(id)s"
    return sql(statement, id=scene.diary)


@breaks("acknowledgement_in_the_trail")
def an_acknowledgement_that_left_no_line(scene):
    sql("DELETE FROM tracker_auditevent WHERE action = 'escalation.acknowledge'")
    return [scene.decided.pk]


@breaks("review_in_the_trail")
def a_review_by_somebody_else(scene):
    sql("UPDATE tracker_auditevent SET actor_id = NULL WHERE action = 'review.create'")
    return [scene.review.pk]


@breaks("flags_follow_from_records")
def a_flag_is_lost(scene):
    Flag.objects.filter(pk=scene.live.flag_id).update(retracted_at=scene.live.opened_at)
    return [scene.cast.bob.episodes.get().pk]


@breaks("reminded_once_a_day")
def two_reminders_of_a_day(scene):
    without(constraint="reminder_once_a_day", of="tracker_reminder")
    found = sql("UPDATE tracker_reminder SET outcome = 'sent'")
    return [*found, *copy("tracker_reminder", where="true")]


@breaks("reminder_sent_once")
def one_reminder_two_notices(scene):
    kind = "kind = 'diary_reminder'"
    found = sql(f"UPDATE notifications_notification SET urgency = 2 WHERE {kind}")
    return [*found, *copy("notifications_notification", where=kind)]


@breaks("reminder_on_time")
def a_reminder_is_not_heard(scene):
    slot = scene.cast.alice.reminder_slots.get()
    return past("tracker_reminderslot", "remind_at", "16 minutes", slot.pk)


@breaks("snoozed_reminder_on_time")
def a_snoozed_reminder_is_not_heard(scene):
    (reminder,) = sql("UPDATE tracker_reminder SET outcome = 'sent', answered_at = NULL")
    return past("tracker_reminder", "again_at", "16 minutes", reminder)


@breaks("message_chased_on_time")
def nobody_asks_after_a_message(scene):
    return past("tracker_message", "chase_at", "16 minutes", scene.review.message.pk)


def past(table: str, column: str, span: str, pk: object) -> list[object]:
    """The timer ran out so long before the present."""
    moved = f"{column} = lumbar_now() - %(span)s::interval"
    return sql(f"UPDATE {table} SET {moved} WHERE id = %(id)s", span=span, id=pk)
