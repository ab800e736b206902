"""What a patient reads, and what they change about themselves."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from msgspec import UNSET
from rest_framework.request import Request

from tracker.api import shapes, showing, text
from tracker.api.contract import Contract
from tracker.api.door import PatientView, answer
from tracker.api.problems import FieldError, invalid
from tracker.api.schema import UUID_TYPE
from tracker.rules.history.calendar import zone_names
from tracker.rules.instruments import scales
from tracker.services.people import profile
from tracker.services.queries import patient_data
from tracker.services.reviews import clinic_messages


class NowView(PatientView):
    """What the app opens with: what must be read, and whether today is logged."""

    contract = {"GET": Contract(shapes.Today, query={"time_zone": {"type": "string"}})}

    def get(self, request: Request) -> HttpResponse:
        """With the phone's `time_zone`, the answer asks whether to follow it."""
        phone_zone = self.query(time_zone=_zone_of_a_phone).get("time_zone")
        found = patient_data.now(self.context, patient=self.patient, phone_zone=phone_zone)
        asked = found.zone_question
        return answer(
            shapes.Today(
                at=self.at,
                local_date=found.local_date,
                logged_today=found.logged_today,
                must_read=showing.must_read(found.must_read),
                messages=[showing.message(row) for row in found.messages],
                reviews=[showing.review(row) for row in found.reviews],
                clinic=showing.clinic(self.patient.clinic, found.hours),
                zone_question=showing.zone_question(asked) if asked else None,
            )
        )


class AdviceReadView(PatientView):
    """The patient has read this advice."""

    contract = {"POST": Contract(shapes.AdviceShown)}

    def post(self, request: Request, advice_id: UUID) -> HttpResponse:
        row = patient_data.mark_advice_read(self.context, patient=self.patient, advice_id=advice_id)
        return answer(showing.advice(row))


class MessagesView(PatientView):
    """What clinicians wrote, newest first."""

    contract = {"GET": Contract(shapes.MessagePage, query={"before": UUID_TYPE}, refusals=(404,))}

    def get(self, request: Request) -> HttpResponse:
        before = self.query(before=UUID).get("before")
        rows = patient_data.messages(self.context, patient=self.patient, before=before)
        is_full = len(rows) == patient_data.MESSAGES_PER_PAGE
        return answer(
            shapes.MessagePage(
                messages=[showing.message(row) for row in rows],
                next_before=rows[-1].id if is_full else None,
            )
        )


class MessageReadView(PatientView):
    """The patient has read this message."""

    contract = {"POST": Contract(shapes.MessageShown)}

    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        row = clinic_messages.mark_read(self.context, patient=self.patient, message_id=message_id)
        return answer(showing.message(row))


class CarePlanView(PatientView):
    """The conservative care that was agreed."""

    contract = {"GET": Contract(shapes.CarePlanShown)}

    def get(self, request: Request) -> HttpResponse:
        return answer(showing.care_plan(patient_data.care_plan(self.context, patient=self.patient)))


class RedFlagQuestionsView(PatientView):
    """The red-flag checklist for this patient today: only questions that some rule reads."""

    contract = {"GET": Contract(shapes.Questions)}

    def get(self, request: Request) -> HttpResponse:
        asked = patient_data.red_flag_questions(self.context, patient=self.patient)
        return answer(
            shapes.Questions(
                questions=[
                    shapes.QuestionShown(id=each.id, text=each.text, kind=each.kind)
                    for each in asked
                ]
            )
        )


class ScalesView(PatientView):
    """The words in which the numbers of the diary are asked for."""

    contract = {"GET": Contract(shapes.Scales)}

    def get(self, request: Request) -> HttpResponse:
        return answer(SCALES)


class MeView(PatientView):
    """Who is signed in, with the clinic that answers for them."""

    contract = {
        "GET": Contract(shapes.Me),
        "PATCH": Contract(shapes.Me, body=shapes.MeBody),
    }

    def get(self, request: Request) -> HttpResponse:
        return answer(showing.me(patient_data.profile(self.context, patient=self.patient)))

    def patch(self, request: Request) -> HttpResponse:
        """Change what is given. Another time zone counts the days from tomorrow on."""
        sent = self.body(shapes.MeBody)
        changes: dict[str, Any] = {}
        if sent.full_name is not UNSET:
            changes["full_name"] = text.name(sent.full_name, path="full_name")
        if sent.time_zone is not UNSET:
            changes["time_zone"] = known_zone(sent.time_zone)
        if sent.declined_time_zone is not UNSET:
            changes["declined_time_zone"] = known_zone(
                sent.declined_time_zone, path="declined_time_zone"
            )
        if sent.reminder_time is not UNSET:
            changes["reminder_time"] = wall_time(sent.reminder_time)
        if sent.reminds_on_weekends is not UNSET:
            changes["reminds_on_weekends"] = sent.reminds_on_weekends
        if sent.quiet_hours is not UNSET:
            changes["quiet_hours"] = _span(sent.quiet_hours)
        patient = profile.change(self.context, patient=self.patient, **changes)
        return answer(showing.me(patient_data.profile(self.context, patient=patient)))


def known_zone(name: str, *, path: str = "time_zone") -> str:
    if name not in zone_names():
        raise invalid([FieldError(path, "unknown_zone", "Not an IANA time zone.")])
    return name


def _zone_of_a_phone(name: str) -> str:
    if name not in zone_names():
        raise ValueError
    return name


def _span(given: shapes.Span | None) -> tuple[time, time] | None:
    if given is None:
        return None
    return time.fromisoformat(given.from_time), time.fromisoformat(given.until_time)


def wall_time(given: str | None) -> time | None:
    return time.fromisoformat(given) if given else None


def _scale(field: str, question: str, levels: tuple[str, ...] = ()) -> shapes.Scale:
    worded = [shapes.Level(value=value, text=words) for value, words in enumerate(levels)]
    return shapes.Scale(field=field, question=question, levels=worded)


SCALES = shapes.Scales(
    scales=[
        _scale("pain_average", scales.PAIN_AVERAGE),
        _scale("pain_worst", scales.PAIN_WORST),
        _scale("standing", scales.STANDING_QUESTION, scales.STANDING),
        _scale("walking", scales.WALKING_QUESTION, scales.WALKING),
        _scale("sleep", scales.SLEEP_QUESTION, scales.SLEEP),
        _scale("activity", scales.ACTIVITY_QUESTION, scales.ACTIVITY),
    ]
)
