from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from tracker.console.access import Access, ConsoleRequest, page
from tracker.console.patient_lookup import patient_or_404
from tracker.services import audit
from tracker.services.local_time.calendars import calendar_of
from tracker.services.queries.diary_days import diary_days

DAYS_A_PAGE = 28


@require_safe
@page(Access.CLINICIAN)
def show(request: ConsoleRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_or_404(request, patient_id)
    audit.record(request.context, "diary.read", patient)
    last = _date(request.GET.get("until", "")) or calendar_of(patient).today(request.at)
    context = {
        "patient": patient,
        "days": diary_days(patient, last=last, count=DAYS_A_PAGE),
        "earlier": last - timedelta(DAYS_A_PAGE),
        "later": last + timedelta(DAYS_A_PAGE)
        if last < calendar_of(patient).today(request.at)
        else None,
    }
    return render(request, "console/diary.html", context)


def _date(text: str) -> date | None:
    """Only dates that people keep diaries in; anything else is today."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2100 else None
