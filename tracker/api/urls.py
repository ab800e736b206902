from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from drf_spectacular.views import SpectacularJSONAPIView

from tracker.api import devices, enrolment, medicines, patients, records, reminders, sign_in
from tracker.api.converters import DateConverter
from tracker.models import RecordKind

register_converter(DateConverter, "local_date")

RESOURCES = {
    "compress-uses": RecordKind.COMPRESS_USE,
    "medication-intakes": RecordKind.MEDICATION_INTAKE,
    "therapy-sessions": RecordKind.THERAPY_SESSION,
    "red-flag-checklists": RecordKind.RED_FLAG_CHECKLIST,
    "peg-scores": RecordKind.PEG,
}


def _resource(name: str, kind: RecordKind) -> list[URLPattern]:
    return [
        path(name, records.RecordsView.as_view(kind=kind)),
        path(f"{name}/<uuid:uuid>", records.RecordView.as_view(kind=kind)),
    ]


urlpatterns = [
    path("auth/login", sign_in.LoginView.as_view()),
    path("auth/session", sign_in.SessionView.as_view()),
    path("auth/password/request", sign_in.PasswordRequestView.as_view()),
    path("auth/password/change", sign_in.PasswordChangeView.as_view()),
    path("consent-text", enrolment.ConsentTextView.as_view()),
    path("enrolment", enrolment.EnrolmentView.as_view()),
    path("now", patients.NowView.as_view()),
    path("me", patients.MeView.as_view()),
    path("devices", devices.DevicesView.as_view()),
    path("devices/<uuid:device_id>", devices.DeviceView.as_view()),
    path("reminders", reminders.RemindersView.as_view()),
    path("reminders/<uuid:slot_id>/snooze", reminders.SnoozeView.as_view()),
    path("care-plan", patients.CarePlanView.as_view()),
    path("red-flag-questions", patients.RedFlagQuestionsView.as_view()),
    path("scales", patients.ScalesView.as_view()),
    path("medicines", medicines.MedicinesView.as_view()),
    path("messages", patients.MessagesView.as_view()),
    path("messages/<uuid:message_id>/read", patients.MessageReadView.as_view()),
    path("advice/<uuid:advice_id>/read", patients.AdviceReadView.as_view()),
    path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("sync", records.SyncView.as_view()),
    path("diary", records.RecordsView.as_view(kind=RecordKind.DIARY_ENTRY)),
    path("diary/<local_date:day>", records.DiaryDayView.as_view()),
    *(one for name, kind in RESOURCES.items() for one in _resource(name, kind)),
]
