"""What the app shows when it opens."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.accounts.presenters import clinic
from tracker.api.care import presenters, schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.local_time import parse_time_zone
from tracker.services.queries import patient_data


class NowView(PatientView):
    """What the app shows when it opens."""

    spec = {"GET": EndpointSpec(schemas.NowResponse, query={"time_zone": {"type": "string"}})}

    def get(self, request: Request) -> HttpResponse:
        """With the phone's `time_zone`, the response asks whether to follow it."""
        phone_zone = self.query(time_zone=parse_time_zone).get("time_zone")
        found = patient_data.now(self.context, patient=self.patient, phone_zone=phone_zone)
        prompt = found.time_zone_prompt
        return json_response(
            schemas.NowResponse(
                at=self.at,
                local_date=found.local_date,
                logged_today=found.logged_today,
                must_read=presenters.pending_advice(found.pending_advice),
                messages=[presenters.message(row) for row in found.messages],
                reviews=[presenters.review(row) for row in found.reviews],
                clinic=clinic(self.patient.clinic, found.hours),
                zone_question=presenters.time_zone_prompt(prompt) if prompt else None,
            )
        )
