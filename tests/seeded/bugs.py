"""Seeded bugs: each violates an invariant (docs/faults.md), and its tests must fail.

`make seeded` applies each one to a copy of the tree and runs its tests.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    name: str
    invariant: str
    path: str
    #: Found exactly once in the file, so that this table keeps step with the code.
    old: str
    new: str
    #: Each of them must fail.
    tests: tuple[str, ...]


BUGS: tuple[Bug, ...] = (
    # I1: an accepted record is durable and there exactly once
    Bug(
        name="a retry is taken for a new version",
        invariant="I1",
        path="tracker/services/records/ledger.py",
        old="if repeated := self._repeated_version(submission, content, current):",
        new="if repeated := None:",
        tests=(
            "tests/tracker/api/test_diary.py::test_the_same_entry_ten_times_is_there_once",
            "tests/faults/test_phones.py"
            "::test_a_web_server_killed_around_its_commit_stores_all_or_nothing",
        ),
    ),
    Bug(
        name="copies that arrive at once do not wait for each other",
        invariant="I1",
        path="tracker/services/records/store.py",
        old='Patient.objects.select_for_update(of=("self",), no_key=True)',
        new="Patient.objects.all()",
        tests=("tests/tracker/api/test_outages.py::test_ten_copies_at_once_are_one_entry",),
    ),
    Bug(
        name="a phone is answered before its record is on the disk",
        invariant="I1",
        path="backend/settings.py",
        old='    "statement_timeout"',
        new='    "synchronous_commit": "off",\n    "statement_timeout"',
        tests=(
            "tests/faults/test_phones.py"
            "::test_phones_on_unreliable_connections_lose_nothing_while_web_and_database_crash",
        ),
    ),
    # I2: one open flag per episode and rule, one live escalation each
    Bug(
        name="a flag opens without an escalation",
        invariant="I2",
        path="tracker/services/evaluation/reconciliation.py",
        old="if change.found.is_live and flag.needs_human:",
        new="if change.found.is_live and flag.needs_human and flag.raised_from:",
        tests=(
            "tests/tracker/services/evaluation/test_evaluate.py::TestOpening"
            "::test_a_red_flag_opens_a_flag_and_its_escalation_and_answers_the_patient",
            "tests/faults/test_phones.py"
            "::test_phones_on_unreliable_connections_lose_nothing_while_web_and_database_crash",
        ),
    ),
    Bug(
        name="a flag that stands is not recognized",
        invariant="I2",
        path="tracker/services/evaluation/flag_matching.py",
        old="for is_same in CRITERIA:",
        new="for is_same in CRITERIA[4:]:",
        tests=(
            "tests/tracker/services/evaluation/test_evaluate.py::TestOpening"
            "::test_the_same_again_opens_nothing",
        ),
    ),
    # I3: every step fires once, in time
    Bug(
        name="urgent work that no worker takes is handed to workers again and again",
        invariant="I3",
        path="backend/dispatcher/scheduler.py",
        old="is_overdue = urgency == Urgency.URGENT and hint.is_repeated",
        new="is_overdue = False",
        tests=(
            "tests/backend/dispatcher/test_scheduler.py"
            "::test_unclaimed_after_twenty_seconds_urgent_is_sent_here_and_routine_hinted_again",
        ),
    ),
    Bug(
        name="two dispatchers fire the same step",
        invariant="I3",
        path="tracker/services/batches.py",
        old="row = locked.first()",
        new="row = still_due.first()",
        tests=(
            "tests/faults/test_escalations.py"
            "::test_every_step_fires_once_and_in_time[one_of_two_dispatchers_frozen]",
        ),
    ),
    Bug(
        name="what the broker did not take counts as published",
        invariant="I3",
        path="backend/dispatcher/broker.py",
        old="""self._connection = _fail_fast(self._app)
            return False""",
        new="""self._connection = _fail_fast(self._app)
            return True""",
        tests=(
            "tests/faults/test_outages.py"
            "::test_a_broker_that_stops_delays_nothing_and_is_used_again_when_back",
        ),
    ),
    # I4: no step is skipped, none ends in silence
    Bug(
        name="a step that reaches nobody is waited for",
        invariant="I4",
        path="tracker/services/escalations/timers.py",
        old="while step is not None and not _fire(escalation, step, at=at):",
        new="while step is not None and _fire(escalation, step, at=at) is None:",
        tests=(
            "tests/tracker/services/escalations/test_lifecycle.py::TestSteps"
            "::test_an_unreachable_step_gives_way_to_the_next_at_once",
        ),
    ),
    Bug(
        name="an exhausted escalation pages nobody",
        invariant="I4",
        path="tracker/services/escalations/timers.py",
        old="clinicians=team_and_administrators(escalation.flag.patient.care_team),",
        new="clinicians=(),",
        tests=(
            "tests/tracker/services/escalations/test_lifecycle.py::TestExhausted"
            "::test_after_the_last_step_everybody_is_paged",
            "tests/faults/test_escalations.py"
            "::test_after_a_day_without_dispatchers_no_step_is_skipped",
        ),
    ),
    Bug(
        name="after an outage the steps come in a burst",
        invariant="I4",
        path="tracker/services/escalations/timers.py",
        old="CATCH_UP = timedelta(minutes=10)",
        new="CATCH_UP = timedelta(0)",
        tests=(
            "tests/tracker/services/escalations/test_lifecycle.py::TestSteps"
            "::test_after_an_outage_the_steps_do_not_come_in_a_burst",
            "tests/faults/test_escalations.py"
            "::test_after_a_day_without_dispatchers_no_step_is_skipped",
        ),
    ),
    Bug(
        name="a step of which nothing arrived is waited for",
        invariant="I4",
        path="notifications/services/deliveries/outcomes.py",
        old="return {group for group, _ in enqueued} - hopeful",
        new="return set()",
        tests=(
            "tests/tracker/services/escalations/test_undelivered_steps.py"
            "::test_when_no_delivery_arrived_the_next_step_is_told_at_once",
        ),
    ),
    Bug(
        name="a turn on call lasts 24 hours whatever the clocks do",
        invariant="I4",
        path="tracker/services/on_call/duty.py",
        old="""day = self.first_date + timedelta(days=turn * self.turn_days)
        return instant_of(day, self.hand_over_time, self.zone)""",
        new="""first = instant_of(self.first_date, self.hand_over_time, self.zone)
        return first + timedelta(days=turn * self.turn_days)""",
        tests=(
            "tests/tracker/services/on_call/test_duty.py::test_the_one_on_duty_is_whose_turn_last_began",
        ),
    ),
    Bug(
        name="who is on duty and cannot be reached is told in vain",
        invariant="I4",
        path="tracker/services/escalations/timers.py",
        old="if person and is_reachable(person):",
        new="if person:",
        tests=(
            "tests/tracker/services/on_call/test_rotations.py::TestInAPolicy"
            "::test_when_nobody_on_duty_can_be_told_the_whole_team_is",
        ),
    ),
    Bug(
        name="a snooze never ends",
        invariant="I4",
        path="tracker/services/escalations/timers.py",
        old="Escalation.objects.filter(wake_at__lte=context.at)",
        new="Escalation.objects.filter(wake_at__lte=context.at, state='active')",
        tests=(
            "tests/tracker/services/escalations/test_snoozes.py"
            "::test_nobody_is_told_until_the_snooze_ends_and_then_the_first_step_fires",
        ),
    ),
    Bug(
        name="what somebody owed who left waits for its deadline",
        invariant="I4",
        path="tracker/services/people/staff.py",
        old="if not (is_active and clinician.sees_diaries):",
        new="if not clinician.sees_diaries:",
        tests=(
            "tests/tracker/services/escalations/test_states.py"
            "::test_each_event_does_what_the_document_says[acknowledged]",
        ),
    ),
    Bug(
        name="who snoozed cannot take it back",
        invariant="I4",
        path="tracker/services/escalations/lifecycle.py",
        old="if escalation.state == State.ACKNOWLEDGED and seen.exists():",
        new="if seen.exists():",
        tests=(
            "tests/tracker/services/escalations/test_states.py"
            "::test_each_event_does_what_the_document_says[snoozed]",
        ),
    ),
    # I5: after an acknowledgement commits, no new attempt starts
    Bug(
        name="an attempt begins without the lock of its delivery",
        invariant="I5",
        path="notifications/services/deliveries/attempts.py",
        old='related.select_for_update(of=("self",)).first()',
        new="related.first()",
        tests=(
            "tests/notifications/services/deliveries/test_sending.py"
            "::test_an_attempt_waits_for_a_cancel_under_way_and_then_does_not_begin",
        ),
    ),
    Bug(
        name="what was canceled is begun",
        invariant="I5",
        path="notifications/models/deliveries.py",
        old="return self.filter(pk=pk, claim_no=claim_no, state=Delivery.State.CLAIMED)",
        new="return self.filter(pk=pk)",
        tests=(
            "tests/notifications/services/deliveries/test_sending.py"
            "::test_a_cancelled_delivery_does_not_begin",
        ),
    ),
    Bug(
        name="what was handed over is told when it is somebody else's",
        invariant="I5",
        path="tracker/services/escalations/notices.py",
        old="outbox.cancel(group=escalation.owner_group, at=at)",
        new="pass",
        tests=(
            "tests/tracker/services/escalations/test_hand_overs.py"
            "::test_when_the_escalation_runs_again_the_notice_is_stopped",
        ),
    ),
    Bug(
        name="an acknowledgement stops the escalation and not its notices",
        invariant="I5",
        path="tracker/services/escalations/notices.py",
        old="outbox.cancel(group=escalation.group, at=at)",
        new="pass",
        tests=(
            "tests/faults/test_escalations.py"
            "::test_no_attempt_starts_after_an_acknowledgement_has_committed",
        ),
    ),
    # I6: every delivery ends; the provider sees one key
    Bug(
        name="a late result is not fenced off",
        invariant="I6",
        path="notifications/models/deliveries.py",
        old="return self.filter(pk=pk, claim_no=claim_no, state=Delivery.State.CLAIMED)",
        new="return self.filter(pk=pk, state=Delivery.State.CLAIMED)",
        tests=(
            "tests/notifications/services/deliveries/test_sending.py"
            "::test_a_late_result_is_written_on_the_attempt_only",
        ),
    ),
    Bug(
        name="a late result is written over what has ended",
        invariant="I6",
        path="notifications/models/deliveries.py",
        old="return self.filter(pk=pk, claim_no=claim_no, state=Delivery.State.CLAIMED)",
        new="return self.filter(pk=pk)",
        tests=(
            "tests/faults/test_outages.py::test_a_worker_that_resumes_after_its_lease_changes_nothing",
        ),
    ),
    Bug(
        name="two claim the same delivery",
        invariant="I6",
        path="notifications/services/deliveries/claims.py",
        old='free.select_for_update(of=("self",), skip_locked=True)',
        new="free",
        tests=(
            "tests/notifications/services/deliveries/test_sending.py"
            "::test_two_claims_at_once_do_not_both_succeed",
        ),
    ),
    Bug(
        name="what a killed process held is never claimed again",
        invariant="I6",
        path="notifications/models/deliveries.py",
        old="Q(lease_until__isnull=True) | Q(lease_until__lt=DatabaseNow())",
        new="Q(lease_until__isnull=True)",
        tests=(
            "tests/notifications/services/deliveries/test_sending.py"
            "::test_a_lease_that_ran_out_is_claimed_again",
            "tests/faults/test_kills.py"
            "::test_a_kill_loses_nothing_and_delays_nobody_by_more_than_a_minute"
            "[worker-after_the_attempt_row]",
        ),
    ),
    Bug(
        name="a poison item is never put aside",
        invariant="I6",
        path="notifications/services/deliveries/expiry.py",
        old='Q(expires_at__lte=at) | Q(attempts__gte=F("attempts_allowed"))',
        new="Q(expires_at__lte=at)",
        tests=(
            "tests/notifications/services/deliveries/test_sending.py"
            "::test_a_delivery_that_kills_its_workers_ends_dead",
            "tests/faults/test_load.py"
            "::test_a_delivery_that_kills_its_process_ends_dead_and_the_others_are_sent",
        ),
    ),
    Bug(
        name="every try is another mail to the provider",
        invariant="I6",
        path="notifications/channels/email.py",
        old='f"<{message.delivery_id}@{domain}>"',
        new='f"<{message.delivery_id}.{message.attempt}@{domain}>"',
        tests=(
            "tests/notifications/channels/test_email.py"
            "::test_every_attempt_of_a_delivery_has_the_same_message_id",
            "tests/faults/test_lost_replies.py"
            "::test_lost_replies_of_a_mail_server_cause_few_copies_with_one_id",
        ),
    ),
    # I12: one reminder per local day
    Bug(
        name="a change of zone reminds twice",
        invariant="I12",
        path="tracker/services/reminders/reminder_slots.py",
        old="return max(begins, latest + timedelta(days=days)) if latest else begins",
        new="return begins",
        tests=(
            "tests/tracker/services/reminders/test_reminders.py"
            "::TestTheDiary::test_a_change_of_zone_in_the_middle_of_a_day_does_not_remind_twice",
        ),
    ),
    Bug(
        name="the day of a reminder is that of Greenwich",
        invariant="I12",
        path="tracker/services/local_time/wall_time.py",
        old="return Occurrence(day, at)",
        new="return Occurrence(at.date(), at)",
        tests=(
            "tests/tracker/services/reminders/test_reminders.py"
            "::TestTheDiary::test_it_is_due_at_the_local_hour_and_not_before",
        ),
    ),
    Bug(
        name="the next reminder comes after 24 hours whatever the clocks do",
        invariant="I12",
        path="tracker/services/local_time/wall_time.py",
        old="return Occurrence(day, at)",
        new="return Occurrence(day, at if not_before == date.min else after + timedelta(days=1))",
        tests=(
            "tests/faults/test_reminders.py"
            "::test_each_patient_is_reminded_once_a_local_day[a day of 23 hours]",
            "tests/faults/test_reminders.py"
            "::test_each_patient_is_reminded_once_a_local_day[a day of 25 hours]",
        ),
    ),
    # I7: no storm
    Bug(
        name="each notice is a message of its own",
        invariant="I7",
        path="notifications/services/deliveries/bundles.py",
        old="return itself | Q(",
        new="return itself & Q(",
        tests=(
            "tests/notifications/services/deliveries/test_bundles.py"
            "::test_three_hundred_flags_at_once_are_one_message_whoever_claims_them",
            "tests/faults/test_load.py"
            "::test_three_hundred_flags_for_one_nurse_are_bundled_into_few_messages",
        ),
    ),
    Bug(
        name="messages to one address are not throttled",
        invariant="I7",
        path="notifications/services/deliveries/bundles.py",
        old="return later if later and later > at else None",
        new="return None",
        tests=(
            "tests/notifications/services/deliveries/test_bundles.py"
            "::test_the_first_goes_at_once_and_an_emergency_after_it_is_told_soon",
        ),
    ),
    # I13: nothing that leaves holds what a patient wrote
    Bug(
        name="an error's message is logged",
        invariant="I13",
        path="backend/logs.py",
        old='found: dict[str, object] = {"error": _name(error), "trace": frames[-12:]}',
        new='found: dict[str, object] = {"error": repr(error), "trace": frames[-12:]}',
        tests=(
            "tests/backend/test_requests.py"
            "::test_an_error_is_logged_by_kind_and_place_without_its_values",
        ),
    ),
    Bug(
        name="a link says why",
        invariant="I13",
        path="tracker/services/escalations/notices.py",
        old='link=f"/console/flags/{escalation.flag_id}/",',
        new='link=f"/console/flags/{escalation.flag_id}/#{escalation.flag.explanation}",',
        tests=(
            "tests/backend/test_canaries.py::test_nothing_that_is_sent_or_logged_contains_health_data",
            "tests/faults/test_leaks.py"
            "::test_nothing_that_is_sent_contains_health_data_even_after_failures",
        ),
    ),
    # I14: checkpoints equal the whole replay
    Bug(
        name="a checkpoint outlives the correction of an older record",
        invariant="I14",
        path="tracker/services/records/store.py",
        old="for uuid in records for each in ledger.versions[uuid]]",
        new="for each in accepted]",
        tests=(
            "tests/tracker/services/evaluation/test_checkpoints.py::TestDeletion"
            "::test_what_a_record_changes_is_deleted[a correction]",
            "tests/tracker/services/evaluation/test_checkpoints.py::TestDeletion"
            "::test_an_older_record_that_is_corrected_changes_what_was_found",
            "tests/tracker/services/evaluation/test_convergence.py"
            "::test_what_is_stored_is_that_of_a_replay_from_scratch",
        ),
    ),
    Bug(
        name="a checkpoint outlives a second PEG score of its date",
        invariant="I14",
        path="tracker/services/records/store.py",
        old="if kind.is_daily and not kind.is_one_per_day:",
        new="if kind.is_one_per_day:",
        tests=(
            "tests/tracker/services/evaluation/test_checkpoints.py::TestDeletion"
            "::test_what_a_record_changes_is_deleted[another PEG score of a date]",
        ),
    ),
    Bug(
        name="a day that closes while a record is written keeps a checkpoint without it",
        invariant="I14",
        path="tracker/services/evaluation/evaluate.py",
        old="    episode = (\n        Episode.objects",
        new="    if changed_from is not None:\n"
        "        checkpoints.delete_from(episode_id, changed_from)\n"
        "        changed_from = None\n    episode = (\n        Episode.objects",
        tests=(
            "tests/tracker/services/evaluation/test_checkpoints.py::TestTwoAtOnce"
            "::test_what_a_close_under_way_has_not_seen_is_not_lost",
        ),
    ),
    # I15: the cost of a request is bounded
    Bug(
        name="the whole history is loaded although a checkpoint stands",
        invariant="I15",
        path="tracker/services/evaluation/evaluate.py",
        old="versions_of(episode, since=None if row is None else row.at)",
        new="versions_of(episode)",
        tests=(
            "tests/tracker/services/evaluation/test_checkpoints.py::TestTheCostOfAWrite"
            "::test_it_does_not_grow_with_the_history",
        ),
    ),
)
