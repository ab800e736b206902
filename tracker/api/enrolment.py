"""The only way in: an invitation."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle

from tracker.api.contract import Contract
from tracker.api.door import View, answer
from tracker.api.patients import known_zone, wall_time
from tracker.api.shapes import ConsentText, ConsentTextBody, Enrolment, EnrolmentBody
from tracker.models import Invitation
from tracker.services.context import SYSTEM, Context
from tracker.services.people import consent, enrolment, invitations


class InvitationThrottle(AnonRateThrottle):
    """Tokens cannot be guessed; this keeps the tries out of the database."""

    scope = "invitation"
    rate = "20/min"


class ConsentTextView(View):
    """What the patient is asked to agree to, with the hours and numbers of the clinic."""

    contract = {"POST": Contract(ConsentText, body=ConsentTextBody)}

    throttle_classes: Any = [InvitationThrottle]

    def post(self, request: Request) -> HttpResponse:
        sent = self.body(ConsentTextBody)
        invitation = invitations.find_valid(
            token=sent.token, kind=Invitation.Kind.PATIENT, at=self.at
        )
        words = consent.text(clinic=invitation.clinic)
        return answer(ConsentText(text_version=consent.VERSION, text=words))


class EnrolmentView(View):
    """Make an account from an invitation, and sign this phone in."""

    contract = {"POST": Contract(Enrolment, status=201, body=EnrolmentBody, refusals=(403, 409))}

    throttle_classes: Any = [InvitationThrottle]

    def post(self, request: Request) -> HttpResponse:
        sent = self.body(EnrolmentBody)
        enrolled = enrolment.enrol(
            Context(SYSTEM, self.at, self.request_id),
            token=sent.token,
            password=sent.password,
            birth_date=sent.birth_date,
            time_zone=known_zone(sent.time_zone),
            text_version=sent.consent.text_version,
            reminder_time=wall_time(sent.reminder_time),
            device_name=sent.device_name or "",
        )
        return answer(Enrolment(token=enrolled.token, patient_id=enrolled.patient.id), status=201)
