"""Messages from clinicians to the patient."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care import presenters, schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.openapi import UUID_TYPE
from tracker.services.queries import patient_data
from tracker.services.reviews import clinic_messages


class MessagesView(PatientView):
    """Messages from clinicians, newest first."""

    spec = {
        "GET": EndpointSpec(schemas.MessagePageResponse, query={"before": UUID_TYPE}, errors=(404,))
    }

    def get(self, request: Request) -> HttpResponse:
        before = self.query(before=UUID).get("before")
        rows = patient_data.messages(self.context, patient=self.patient, before=before)
        is_full = len(rows) == patient_data.MESSAGES_PER_PAGE
        return json_response(
            schemas.MessagePageResponse(
                messages=[presenters.message(row) for row in rows],
                next_before=rows[-1].id if is_full else None,
            )
        )


class MessageReadView(PatientView):
    """Mark a message as read."""

    spec = {"POST": EndpointSpec(schemas.MessageResponse)}

    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        row = clinic_messages.mark_read(self.context, patient=self.patient, message_id=message_id)
        return json_response(presenters.message(row))
