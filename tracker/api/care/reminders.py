"""Reminders of the diary and the care plan, and their snooze."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care import presenters, schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.services.queries import patient_data
from tracker.services.reminders import reminders


class RemindersView(PatientView):
    """The wall times of the reminders of the diary and the care plan."""

    spec = {"GET": EndpointSpec(schemas.ReminderListResponse)}

    def get(self, request: Request) -> HttpResponse:
        found = patient_data.reminders(self.context, patient=self.patient)
        return json_response(
            schemas.ReminderListResponse(reminders=[presenters.reminder(each) for each in found])
        )


class SnoozeView(PatientView):
    """Remind again later, on the same day."""

    spec = {
        "POST": EndpointSpec(
            schemas.ReminderResponse, request=schemas.SnoozeRequest, errors=(409,)
        ),
    }

    def post(self, request: Request, slot_id: UUID) -> HttpResponse:
        sent = self.body(schemas.SnoozeRequest)
        found = reminders.snooze(
            self.context, patient=self.patient, slot_id=slot_id, minutes=sent.minutes
        )
        return json_response(presenters.reminder(patient_data.slot_shown(found.slot, found)))
