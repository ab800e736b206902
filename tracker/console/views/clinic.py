from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tracker.console.access import Access, DeskRequest, page, typed
from tracker.console.forms.clinic import ClinicForm, HolidayForm, StaffedHoursForm
from tracker.models import Holiday
from tracker.services.clinics import clinics

editing = require_http_methods(["GET", "HEAD", "POST"])


@editing
@page(Access.ADMINISTRATOR)
def settings(request: DeskRequest) -> HttpResponse:
    clinic = request.seat.clinic
    names = ("name", "time_zone", "phone", "emergency_number")
    form = ClinicForm(typed(request), initial={name: getattr(clinic, name) for name in names})
    if request.method == "POST" and form.submit(clinics.change, request.context, clinic=clinic):
        messages.success(request, "Saved.")
        return redirect("console:clinic")
    context = {"form": form, "section": "clinic"}
    return render(request, "console/clinic.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def hours(request: DeskRequest) -> HttpResponse:
    clinic = request.seat.clinic
    form = StaffedHoursForm(typed(request), clinic=clinic)
    if request.method == "POST" and form.submit(
        clinics.set_staffed_hours, request.context, clinic=clinic
    ):
        messages.success(request, "The staffed hours are saved.")
        return redirect("console:hours")
    context = {"form": form, "section": "hours"}
    return render(request, "console/hours.html", context, status=422 if form.errors else 200)


@editing
@page(Access.ADMINISTRATOR)
def holidays(request: DeskRequest) -> HttpResponse:
    clinic = request.seat.clinic
    form = HolidayForm(typed(request))
    if request.method == "POST" and form.submit(
        clinics.add_holiday, request.context, clinic=clinic
    ):
        messages.success(request, "Saved.")
        return redirect("console:holidays")
    context = {
        "form": form,
        "section": "holidays",
        "holidays": Holiday.objects.filter(clinic=clinic),
    }
    return render(request, "console/holidays.html", context, status=422 if form.errors else 200)


@require_POST
@page(Access.ADMINISTRATOR)
def remove_holiday(request: DeskRequest, holiday_id: int) -> HttpResponse:
    holiday = get_object_or_404(Holiday, clinic_id=request.seat.clinic_id, id=holiday_id)
    clinics.remove_holiday(request.context, holiday=holiday)
    return redirect("console:holidays")
