"""The patient's care plan."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care import presenters, schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.services.queries import patient_data


class CarePlanView(PatientView):
    """The conservative care that was agreed."""

    spec = {"GET": EndpointSpec(schemas.CarePlanResponse)}

    def get(self, request: Request) -> HttpResponse:
        return json_response(
            presenters.care_plan(patient_data.care_plan(self.context, patient=self.patient))
        )
