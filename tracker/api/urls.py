from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from drf_spectacular.views import SpectacularJSONAPIView

from tracker.api import records
from tracker.api.accounts import devices, enrolment, profile, sign_in
from tracker.api.care import advice, care_plan, medicines, messages, now, questions, reminders
from tracker.api.http.converters import DateConverter
from tracker.models import RECORD_KINDS, RecordKind

register_converter(DateConverter, "local_date")


def _record_paths(kind: RecordKind) -> list[URLPattern]:
    one = (
        path(f"{kind.resource}/<local_date:day>", records.RecordOfDayView.as_view(kind=kind))
        if kind.is_one_per_day
        else path(f"{kind.resource}/<uuid:uuid>", records.RecordView.as_view(kind=kind))
    )
    return [path(kind.resource, records.RecordsView.as_view(kind=kind)), one]


urlpatterns = [
    path("auth/login", sign_in.LoginView.as_view()),
    path("auth/session", sign_in.SessionView.as_view()),
    path("auth/password/request", sign_in.PasswordRequestView.as_view()),
    path("auth/password/change", sign_in.PasswordChangeView.as_view()),
    path("consent-text", enrolment.ConsentTextView.as_view()),
    path("enrolment", enrolment.EnrolmentView.as_view()),
    path("now", now.NowView.as_view()),
    path("me", profile.ProfileView.as_view()),
    path("devices", devices.DevicesView.as_view()),
    path("devices/<uuid:device_id>", devices.DeviceView.as_view()),
    path("reminders", reminders.RemindersView.as_view()),
    path("reminders/<uuid:slot_id>/snooze", reminders.SnoozeView.as_view()),
    path("care-plan", care_plan.CarePlanView.as_view()),
    path("red-flag-questions", questions.RedFlagQuestionsView.as_view()),
    path("scales", questions.ScalesView.as_view()),
    path("medicines", medicines.MedicinesView.as_view()),
    path("messages", messages.MessagesView.as_view()),
    path("messages/<uuid:message_id>/read", messages.MessageReadView.as_view()),
    path("advice/<uuid:advice_id>/read", advice.AdviceReadView.as_view()),
    path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("sync", records.SyncView.as_view()),
    *(one for kind in RECORD_KINDS.values() for one in _record_paths(kind)),
]
