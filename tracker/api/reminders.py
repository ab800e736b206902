"""When the patient is reminded, and the snooze."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api import shapes, showing
from tracker.api.contract import Contract
from tracker.api.door import PatientView, answer
from tracker.services.queries import patient_data
from tracker.services.reminders import reminders


class RemindersView(PatientView):
    """The wall times of the diary's reminder and of the care plan's."""

    contract = {"GET": Contract(shapes.RemindersShown)}

    def get(self, request: Request) -> HttpResponse:
        found = patient_data.reminders(self.context, patient=self.patient)
        return answer(shapes.RemindersShown(reminders=[showing.reminder(each) for each in found]))


class SnoozeView(PatientView):
    """Remind again later, on the same day."""

    contract = {
        "POST": Contract(shapes.ReminderSlotShown, body=shapes.SnoozeBody, refusals=(409,)),
    }

    def post(self, request: Request, slot_id: UUID) -> HttpResponse:
        sent = self.body(shapes.SnoozeBody)
        found = reminders.snooze(
            self.context, patient=self.patient, slot_id=slot_id, minutes=sent.minutes
        )
        return answer(showing.reminder(patient_data.slot_shown(found.slot, found)))
