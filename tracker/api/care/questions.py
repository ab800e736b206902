"""What the app asks: the red-flag checklist, and the diary's scales."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care import schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.rules.instruments import scales
from tracker.services.queries import patient_data


class RedFlagQuestionsView(PatientView):
    """The red-flag checklist for this patient today: only questions that a rule reads."""

    spec = {"GET": EndpointSpec(schemas.QuestionListResponse)}

    def get(self, request: Request) -> HttpResponse:
        asked = patient_data.red_flag_questions(self.context, patient=self.patient)
        return json_response(
            schemas.QuestionListResponse(
                questions=[
                    schemas.QuestionResponse(id=each.id, text=each.text, kind=each.kind)
                    for each in asked
                ]
            )
        )


class ScalesView(PatientView):
    """The wording of the diary's questions and of their levels."""

    spec = {"GET": EndpointSpec(schemas.ScaleListResponse)}

    def get(self, request: Request) -> HttpResponse:
        return json_response(SCALES)


def _scale(field: str, question: str, levels: tuple[str, ...] = ()) -> schemas.Scale:
    worded = [schemas.Level(value=value, text=words) for value, words in enumerate(levels)]
    return schemas.Scale(field=field, question=question, levels=worded)


SCALES = schemas.ScaleListResponse(
    scales=[
        _scale("pain_average", scales.PAIN_AVERAGE),
        _scale("pain_worst", scales.PAIN_WORST),
        _scale("standing", scales.STANDING_QUESTION, scales.STANDING),
        _scale("walking", scales.WALKING_QUESTION, scales.WALKING),
        _scale("sleep", scales.SLEEP_QUESTION, scales.SLEEP),
        _scale("activity", scales.ACTIVITY_QUESTION, scales.ACTIVITY),
    ]
)
