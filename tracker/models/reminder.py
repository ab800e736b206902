from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tracker.models.base import ClinicLedger, ClinicRow, same_clinic


class ReminderSlot(ClinicRow):
    """A wall time at which a patient is reminded, of the diary or of a planned measure."""

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="reminder_slots")
    #: null = the diary
    planned_measure = models.ForeignKey(
        "tracker.PlannedMeasure", models.CASCADE, null=True, related_name="reminder_slots"
    )
    wall_time = models.TimeField()
    #: 0 is Monday; none = every day
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)
    is_on = models.BooleanField(default=True)
    #: the timer: the next reminder is due
    remind_at = models.DateTimeField(null=True)
    #: the local day it is of, which a clock change at midnight may have moved it out of
    remind_date = models.DateField(null=True)
    #: reminders sent since this was logged last; the more, the fewer follow
    unanswered = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["wall_time", "id"]
        constraints = [
            *ClinicRow.Meta.constraints,
            *same_clinic("patient", "planned_measure"),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(planned_measure=None),
                name="reminder_slot_one_of_the_diary",
            ),
            models.UniqueConstraint(
                fields=["planned_measure", "wall_time"], name="reminder_slot_one_per_wall_time"
            ),
            models.CheckConstraint(
                condition=Q(remind_at=None, remind_date=None)
                | Q(remind_at__isnull=False, remind_date__isnull=False, is_on=True),
                name="reminder_slot_due_on_a_day",
            ),
        ]
        indexes = [
            # The dispatcher's poll for reminders.
            models.Index(
                fields=["remind_at"],
                condition=Q(remind_at__isnull=False),
                name="reminder_slot_due",
            ),
        ]


class Reminder(ClinicLedger):
    """One slot of one local day at which a patient was reminded, or needed no reminder."""

    class Outcome(models.TextChoices):
        SENT = "sent"
        ALREADY_LOGGED = "already_logged"
        UNREACHABLE = "unreachable"
        MISSED = "missed"  # the day was over before it could be sent

    patient = models.ForeignKey("tracker.Patient", models.CASCADE, related_name="reminders")
    slot = models.ForeignKey(ReminderSlot, models.CASCADE, related_name="reminders")
    local_date = models.DateField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    answered_at = models.DateTimeField(null=True)  #: what it asked for was logged
    snoozes = models.PositiveSmallIntegerField(default=0)
    #: the timer: the patient asked to be reminded again
    again_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-local_date", "-at"]
        constraints = [
            *same_clinic("patient", "slot"),
            # I12: one a local day and slot, also when the day has 25 hours.
            models.UniqueConstraint(fields=["slot", "local_date"], name="reminder_once_a_day"),
            models.CheckConstraint(
                condition=Q(again_at=None) | Q(outcome="sent", answered_at=None),
                name="reminder_again_while_unanswered",
            ),
        ]
        indexes = [
            # Serves the record service: what is under way when something is logged.
            models.Index(fields=["patient", "local_date"], name="reminder_of_a_day"),
            # The dispatcher's poll for snoozed reminders.
            models.Index(
                fields=["again_at"],
                condition=Q(again_at__isnull=False),
                name="reminder_again_due",
            ),
        ]
