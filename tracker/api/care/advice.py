"""Advice that the rules gave to the patient."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care import presenters, schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.services.queries import patient_data


class AdviceReadView(PatientView):
    """Mark advice as read."""

    spec = {"POST": EndpointSpec(schemas.AdviceResponse)}

    def post(self, request: Request, advice_id: UUID) -> HttpResponse:
        row = patient_data.mark_advice_read(self.context, patient=self.patient, advice_id=advice_id)
        return json_response(presenters.advice(row))
