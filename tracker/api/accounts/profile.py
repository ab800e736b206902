"""The patient's own profile, with their clinic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from functools import partial
from typing import TypeVar

from django.http import HttpResponse
from msgspec import UNSET, UnsetType
from rest_framework.request import Request

from tracker.api.accounts import presenters, schemas
from tracker.api.http import text
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.local_time import parse_wall_time, time_zone_field
from tracker.services.people import profile
from tracker.services.queries import patient_data

T = TypeVar("T")
R = TypeVar("R")


class ProfileView(PatientView):
    """The signed-in patient, and their clinic."""

    spec = {
        "GET": EndpointSpec(schemas.ProfileResponse),
        "PATCH": EndpointSpec(schemas.ProfileResponse, request=schemas.ProfileChangeRequest),
    }

    def get(self, request: Request) -> HttpResponse:
        found = patient_data.profile(self.context, patient=self.patient)
        return json_response(presenters.profile(found))

    def patch(self, request: Request) -> HttpResponse:
        """Change the given fields. Another time zone counts the days from tomorrow on."""
        sent = self.body(schemas.ProfileChangeRequest)
        patient = profile.change(
            self.context,
            patient=self.patient,
            full_name=_if_given(sent.full_name, partial(text.name, path="full_name")),
            time_zone=_if_given(sent.time_zone, time_zone_field),
            declined_time_zone=_if_given(
                sent.declined_time_zone, partial(time_zone_field, path="declined_time_zone")
            ),
            reminder_time=_if_given(sent.reminder_time, parse_wall_time),
            reminds_on_weekends=sent.reminds_on_weekends,
            quiet_hours=_if_given(sent.quiet_hours, _quiet_hours),
        )
        return json_response(
            presenters.profile(patient_data.profile(self.context, patient=patient))
        )


def _if_given(value: T | UnsetType, convert: Callable[[T], R]) -> R | UnsetType:
    return UNSET if value is UNSET else convert(value)


def _quiet_hours(given: schemas.QuietHoursRequest | None) -> tuple[time, time] | None:
    if given is None:
        return None
    return time.fromisoformat(given.from_time), time.fromisoformat(given.until_time)
