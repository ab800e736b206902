"""Enrolment by invitation: the consent text, then the account."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle

from tracker.api.accounts.schemas import (
    ConsentTextRequest,
    ConsentTextResponse,
    EnrolmentRequest,
    EnrolmentResponse,
)
from tracker.api.http.base_views import View, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.local_time import parse_wall_time, time_zone_field
from tracker.models import Invitation
from tracker.services.people import consent, enrolment, invitations


class InvitationThrottle(AnonRateThrottle):
    """Keeps guesses out of the database; a token is too long to be guessed."""

    scope = "invitation"
    rate = "20/min"


class ConsentTextView(View):
    """The consent text, with the hours and telephone numbers of the clinic."""

    spec = {"POST": EndpointSpec(ConsentTextResponse, request=ConsentTextRequest)}

    throttle_classes: Any = [InvitationThrottle]

    def post(self, request: Request) -> HttpResponse:
        sent = self.body(ConsentTextRequest)
        invitation = invitations.find_valid(
            token=sent.token, kind=Invitation.Kind.PATIENT, at=self.at
        )
        text = consent.text(clinic=invitation.clinic)
        return json_response(ConsentTextResponse(text_version=consent.VERSION, text=text))


class EnrolmentView(View):
    """Create an account from an invitation, and sign this phone in."""

    spec = {
        "POST": EndpointSpec(
            EnrolmentResponse, status=201, request=EnrolmentRequest, errors=(403, 409)
        )
    }

    throttle_classes: Any = [InvitationThrottle]

    def post(self, request: Request) -> HttpResponse:
        sent = self.body(EnrolmentRequest)
        enrolled = enrolment.enrol(
            self.context,
            token=sent.token,
            password=sent.password,
            birth_date=sent.birth_date,
            time_zone=time_zone_field(sent.time_zone),
            text_version=sent.consent.text_version,
            reminder_time=parse_wall_time(sent.reminder_time),
            device_name=sent.device_name or "",
        )
        return json_response(
            EnrolmentResponse(token=enrolled.token, patient_id=enrolled.patient.id), status=201
        )
