"""A violation of each invariant, written past all services as a bug might leave it.

Where a constraint forbids it, the constraint is dropped first: the check is there for the case
that somebody drops one.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from tests.backend.invariants.history import ClinicHistory
from tracker.models import Acknowledgement, Flag

#: Makes the violation; returns the ids that must be reported.
Violate = Callable[[ClinicHistory], list[object]]

VIOLATIONS: dict[str, Violate] = {}


def violates(invariant: str) -> Callable[[Violate], Violate]:
    def keep(violate: Violate) -> Violate:
        assert invariant not in VIOLATIONS
        VIOLATIONS[invariant] = violate
        return violate

    return keep


def sql(statement: str, **values: object) -> list[object]:
    """Execute the statement; return the ids of its rows, of which there must be some."""
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
    """Copy the row under another id, with `changes` (`column = value, ...`)."""
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


@violates("versions_without_gap")
def a_version_is_missing(history):
    sql("DELETE FROM tracker_revision WHERE uuid = %(id)s AND number = 1", id=history.diary)
    return revisions_of(history)


@violates("current_row_is_newest_version")
def an_edit_did_not_reach_the_row(history):
    sql("UPDATE tracker_diaryentry SET pain_average = 4 WHERE uuid = %(id)s", id=history.diary)
    return revisions_of(history)


@violates("current_row_has_its_version")
def a_current_record_without_a_version(history):
    (made,) = copy("tracker_compressuse", "uuid = gen_random_uuid()", where="true")
    return [f"compress_use {made}"]


def revisions_of(history):
    statement = "UPDATE tracker_revision SET reason = '' WHERE uuid = %(id)s AND number = 2"
    return sql(statement, id=history.diary)


# I2


@violates("flag_open_once")
def the_flag_stands_twice(history):
    without(index="flag_one_open_per_rule")
    made = copy("tracker_flag", where="id = %(id)s", id=history.live.flag_id)
    return [history.live.flag_id, *made]


@violates("flag_has_its_escalation")
def nobody_is_sought(history):
    sql(
        "UPDATE tracker_escalation SET state = 'withdrawn', ended_at = now(), next_step_at = NULL"
        " WHERE id = %(id)s",
        id=history.live.pk,
    )
    return [history.live.flag_id]


@violates("escalation_live_once")
def two_escalations_of_one_flag(history):
    without(index="escalation_one_live_per_flag")
    return [history.live.pk, *copy("tracker_escalation", where="id = %(id)s", id=history.live.pk)]


@violates("escalation_of_a_decided_flag")
def the_escalation_continues_after_the_review(history):
    return sql(
        "UPDATE tracker_escalation SET state = 'active', ended_at = NULL, next_step_at = now()"
        " WHERE id = %(id)s",
        id=history.decided.pk,
    )


@violates("urgent_flag_ended_by_a_clinician")
def a_red_flag_clears_by_itself(history):
    return sql(
        "UPDATE tracker_flag SET state = 'cleared', ended_at = now() WHERE id = %(id)s",
        id=history.live.flag_id,
    )


@violates("escalation_ended_by_a_clinician")
def the_escalation_of_a_red_flag_is_withdrawn(history):
    nobody_is_sought(history)
    return [history.live.pk]


# I3, I4


@violates("escalation_step_on_time")
def a_step_is_not_heard(history):
    return past("tracker_escalation", "next_step_at", "61 seconds", history.live.pk)


@violates("review_deadline_on_time")
def a_promise_is_forgotten(history):
    sql(
        "UPDATE tracker_escalation SET state = 'acknowledged', next_step_at = NULL,"
        " review_by = now(), owner_id = %(nora)s WHERE id = %(id)s",
        id=history.live.pk,
        nora=history.clinics.nora.pk,
    )
    return past("tracker_escalation", "review_by", "61 seconds", history.live.pk)


@violates("snooze_on_time")
def a_snooze_is_not_heard(history):
    sql(
        "UPDATE tracker_escalation SET state = 'snoozed', next_step_at = NULL, wake_at = now(),"
        " priority = 'P1' WHERE id = %(id)s",
        id=history.live.pk,
    )
    return past("tracker_escalation", "wake_at", "61 seconds", history.live.pk)


@violates("day_close_on_time")
def a_day_is_not_closed(history):
    return past("tracker_episode", "next_close_at", "16 minutes", history.clinics.episode.pk)


@violates("escalation_skipped_no_step")
def the_second_is_told_and_not_the_first(history):
    sql(
        "UPDATE tracker_escalationstep SET fired_at = now(), reached = 1"
        " WHERE escalation_id = %(id)s AND position = 2",
        id=history.live.pk,
    )
    sql(
        "UPDATE tracker_escalationstep SET fired_at = NULL, reached = NULL"
        " WHERE escalation_id = %(id)s AND position = 1",
        id=history.live.pk,
    )
    return [history.live.pk]


@violates("escalation_at_its_newest_step")
def the_escalation_is_not_at_its_newest_step(history):
    return sql("UPDATE tracker_escalation SET position = 2 WHERE id = %(id)s", id=history.live.pk)


@violates("escalation_has_a_timer")
def an_escalation_without_a_timer(history):
    without(constraint="escalation_active_has_a_next_step", of="tracker_escalation")
    statement = "UPDATE tracker_escalation SET next_step_at = NULL WHERE id = %(id)s"
    return sql(statement, id=history.live.pk)


@violates("unreachable_step_was_passed_over")
def nobody_reached_and_nobody_else_told(history):
    sql(
        "UPDATE tracker_escalationstep SET reached = 0, fired_at = fired_at - interval '1 hour'"
        " WHERE escalation_id = %(id)s AND position = 1",
        id=history.live.pk,
    )
    return [history.live.pk]


# I5, I6


@violates("no_attempt_after_cancel")
def a_canceled_delivery_is_begun(history):
    sql(
        f"UPDATE notifications_delivery SET state = 'cancelled' WHERE {ANNOUNCED}",
        **to_bob(history),
    )
    return sql(f"UPDATE notifications_attempt SET code = '' WHERE {TRIED}", **to_bob(history))


@violates("no_attempt_after_acknowledgement")
def a_page_after_the_acknowledgement(history):
    first = Acknowledgement.objects.get()
    return sql(
        "UPDATE notifications_attempt SET started_at = %(at)s + interval '31 seconds',"
        f" ended_at = %(at)s + interval '32 seconds' WHERE {TRIED}",
        at=first.at,
        group=history.decided.group,
    )


@violates("nothing_pending_after_cancel")
def a_canceled_notice_is_still_to_be_sent(history):
    sql(
        "UPDATE notifications_notification SET cancelled_at = now() WHERE group_name = %(group)s",
        **to_bob(history),
    )
    return pending(history)


@violates("delivery_ended_by_its_expiry")
def a_page_that_nobody_ended(history):
    (waiting,) = pending(history)
    return past("notifications_delivery", "expires_at", "91 seconds", waiting)


@violates("delivery_ended_with_its_attempts")
def no_attempt_is_left(history):
    (waiting,) = pending(history)
    sql(
        "UPDATE notifications_delivery SET attempts_allowed = attempts WHERE id = %(id)s",
        id=waiting,
    )
    return past("notifications_delivery", "next_attempt_at", "61 seconds", waiting)


@violates("urgent_delivery_attempted_in_time")
def nobody_takes_a_page(history):
    (waiting,) = pending(history)
    return past("notifications_delivery", "next_attempt_at", "121 seconds", waiting)


@violates("delivery_attempted_in_time")
def a_dead_worker_keeps_a_message(history):
    (waiting,) = pending(history)
    sql(
        "UPDATE notifications_delivery SET urgency = 2, state = 'claimed',"
        " next_attempt_at = next_attempt_at - interval '1 day', lease_until = now()"
        " WHERE id = %(id)s",
        id=waiting,
    )
    return past("notifications_delivery", "lease_until", "16 minutes", waiting)


@violates("one_delivery_per_address")
def one_notice_two_keys(history):
    without(constraint="delivery_once_per_address", of="notifications_delivery")
    found = sql(
        f"UPDATE notifications_delivery SET fallback_level = 0 WHERE {ANNOUNCED}", **to_bob(history)
    )
    return [*found, *copy("notifications_delivery", where=ANNOUNCED, **to_bob(history))]


@violates("every_attempt_has_its_claim")
def two_attempts_under_one_number(history):
    without(constraint="attempt_once_per_claim", of="notifications_attempt")
    found = sql(f"UPDATE notifications_attempt SET code = '' WHERE {TRIED}", **to_bob(history))
    return [*found, *copy("notifications_attempt", where=TRIED, **to_bob(history))]


# I7


@violates("no_storm_of_messages")
def eleven_pages_in_ten_minutes(history):
    (leader,) = sql(f"UPDATE notifications_attempt SET code = '' WHERE {TRIED}", **to_bob(history))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_attempt (delivery_id, claim_no, channel, credential,"
            " started_at, ended_at, outcome, code) SELECT delivery_id, claim_no + n, channel,"
            " credential, started_at + n * interval '50 seconds', ended_at, outcome, code"
            " FROM notifications_attempt, generate_series(1, 10) n WHERE id = %s"
            " RETURNING id, claim_no",
            [leader],
        )
        made = cursor.fetchall()
    return [max(made, key=lambda row: row[1])[0]]


@violates("bundle_is_of_one_address")
def one_message_for_two_people(history):
    return sql(
        "UPDATE notifications_delivery SET contact_point_id ="
        " (SELECT id FROM notifications_contactpoint WHERE recipient_id = %(phil)s)"
        " WHERE bundle_leader_id IS NOT NULL",
        phil=history.clinics.phil.recipient_id,
    )


@violates("sent_delivery_has_an_attempt")
def told_in_the_books_only(history):
    sql("UPDATE notifications_attempt SET outcome = 'outage'")
    return sql("UPDATE notifications_delivery SET last_code = '' WHERE state = 'sent'")


ANNOUNCED = (
    "notification_id IN (SELECT id FROM notifications_notification WHERE group_name = %(group)s)"
)
TRIED = f"delivery_id IN (SELECT id FROM notifications_delivery WHERE {ANNOUNCED})"


def to_bob(history) -> dict[str, object]:
    return {"group": history.live.group}


def pending(history) -> list[object]:
    return sql(
        f"UPDATE notifications_delivery SET state = 'pending', ended_at = NULL WHERE {ANNOUNCED}",
        **to_bob(history),
    )


# I9, I10, I12


@violates("record_audited")
def a_write_that_left_no_line(history):
    sql("DELETE FROM tracker_auditevent WHERE subject_id = %(id)s", id=str(history.diary))
    statement = "UPDATE tracker_revision SET reason = '' WHERE uuid = %(id)s"
    return sql(statement, id=history.diary)


@violates("acknowledgement_audited")
def an_acknowledgement_that_left_no_line(history):
    sql("DELETE FROM tracker_auditevent WHERE action = 'escalation.acknowledge'")
    return [history.decided.pk]


@violates("review_audited")
def a_review_by_somebody_else(history):
    sql("UPDATE tracker_auditevent SET actor_id = NULL WHERE action = 'review.create'")
    return [history.review.pk]


@violates("flags_match_reevaluation")
def a_flag_is_lost(history):
    Flag.objects.filter(pk=history.live.flag_id).update(retracted_at=history.live.opened_at)
    return [history.clinics.bob.episodes.get().pk]


@violates("reminded_once_a_day")
def two_reminders_of_a_day(history):
    without(constraint="reminder_once_a_day", of="tracker_reminder")
    found = sql("UPDATE tracker_reminder SET outcome = 'sent'")
    return [*found, *copy("tracker_reminder", where="true")]


@violates("reminder_sent_once")
def one_reminder_two_notices(history):
    kind = "kind = 'diary_reminder'"
    found = sql(f"UPDATE notifications_notification SET urgency = 2 WHERE {kind}")
    return [*found, *copy("notifications_notification", where=kind)]


@violates("reminder_on_time")
def a_reminder_is_not_heard(history):
    slot = history.clinics.alice.reminder_slots.get()
    return past("tracker_reminderslot", "remind_at", "16 minutes", slot.pk)


@violates("snoozed_reminder_on_time")
def a_snoozed_reminder_is_not_heard(history):
    (reminder,) = sql("UPDATE tracker_reminder SET outcome = 'sent', answered_at = NULL")
    return past("tracker_reminder", "again_at", "16 minutes", reminder)


@violates("unread_message_on_time")
def nobody_asks_after_a_message(history):
    return past("tracker_message", "chase_at", "16 minutes", history.review.message.pk)


def past(table: str, column: str, span: str, pk: object) -> list[object]:
    """Make the timer due for that long."""
    moved = f"{column} = lumbar_now() - %(span)s::interval"
    return sql(f"UPDATE {table} SET {moved} WHERE id = %(id)s", span=span, id=pk)
