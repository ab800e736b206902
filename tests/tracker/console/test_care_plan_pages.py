"""The care plan: measures, medicines with their ingredients, reminders."""

from __future__ import annotations

from datetime import time

from tests.tracker.console.console_client import html_of, ingredient, post
from tracker.models import (
    PlannedMeasure,
)


def test_a_medicine_is_planned_changed_and_waived(clinics, nora):
    url = f"/console/patients/{clinics.bob.id}/plan/add/"
    medicine = {
        "measure": "medication",
        "from_date": "2026-03-20",
        "product": "Advil",
        "route": "oral",
        **ingredient(name=" Ibuprofen ", mg="400"),
    }
    post(nora, url, **medicine)
    planned = PlannedMeasure.objects.get(product="Advil")
    assert planned.ingredients == [{"name": "ibuprofen", "mg": 400.0}]

    post(
        nora,
        f"/console/plan/{planned.id}/change/",
        **{**medicine, "from_date": "2026-03-25", "doses_per_day": "2"},
    )
    current = PlannedMeasure.objects.current().get(product="Advil")
    post(nora, f"/console/plan/{current.id}/waive/", from_date="2026-03-30", reason="not_tolerated")

    kept = PlannedMeasure.objects.filter(product="Advil").order_by("from_date")
    assert [(line.doses_per_day, line.waived) for line in kept] == [
        (None, ""),
        (2, ""),
        (2, "not_tolerated"),
    ]


def test_an_ingredient_without_milligrams_is_refused(clinics, nora):
    answer = post(
        nora,
        f"/console/patients/{clinics.bob.id}/plan/add/",
        measure="medication",
        from_date="2026-03-20",
        route="oral",
        **ingredient(name="ibuprofen"),
    )

    assert answer.status_code == 422
    assert "How many milligrams are in one dose?" in answer.content.decode()


def test_a_planned_measure_shows_its_reminder_times(clinics, nora):
    line = {
        "measure": "hot_compress",
        "from_date": "2026-03-30",
        "reminder_weekdays": ["0", "2"],
        **ingredient(),
    }
    url = f"/console/patients/{clinics.bob.id}/plan/add/"

    assert nora.post(url, line | {"reminder_times": "8 and 20"}).status_code == 422
    post(nora, url, **line, reminder_times="8:00, 20:00")

    planned = PlannedMeasure.objects.exclude(reminder_times=[]).get()
    assert (planned.reminder_times, planned.reminder_weekdays) == ([time(8), time(20)], [0, 2])
    assert planned.reminder_slots.filter(remind_at__isnull=False).count() == 2
    page = nora.get(f"/console/patients/{clinics.bob.id}/").content.decode()
    assert "reminded at 8:00 AM, 8:00 PM" in page
    form = nora.get(f"/console/plan/{planned.id}/change/").content.decode()
    assert 'value="08:00, 20:00"' in form


def add_medicine(clinics, client, product: str, **typed: str) -> PlannedMeasure:
    medicine = {
        "measure": "medication",
        "from_date": "2026-03-30",
        "route": "oral",
        "prescribed": "on",
        "doses_per_day": "2",
        "product": product,
    }
    post(
        client, f"/console/patients/{clinics.alice.id}/plan/add/", **medicine, **ingredient(**typed)
    )
    return clinics.episode.planned_measures.get(product=product)


def test_products_and_ingredients_are_offered(clinics, nora):
    html = html_of(nora.get(f"/console/patients/{clinics.alice.id}/plan/add/"))

    assert '<option value="Norco 5/325">hydrocodone 5 mg, acetaminophen 325 mg</option>' in html
    assert '<option value="naproxen sodium"></option>' in html
    assert 'list="products"' in html
    assert html.count('list="ingredients"') == 3


def test_a_known_product_brings_its_ingredients(clinics, nora):
    line = add_medicine(clinics, nora, "ultracet")

    assert line.ingredients == [
        {"name": "tramadol", "mg": 37.5},
        {"name": "acetaminophen", "mg": 325.0},
    ]


def test_typed_ingredients_replace_those_of_a_known_product(clinics, nora):
    line = add_medicine(clinics, nora, "Ultracet", name="tramadol", mg="75")

    assert line.ingredients == [{"name": "tramadol", "mg": 75.0}]


def test_an_unknown_ingredient_is_shown_as_not_counted(clinics, nora):
    add_medicine(clinics, nora, "Willow", name="salicin", mg="120")

    html = html_of(nora.get(f"/console/patients/{clinics.alice.id}/"))
    assert "salicin 120 mg (not counted)" in html
    assert "naproxen 500 mg," in html


def test_milligrams_without_an_ingredient_are_refused(clinics, nora):
    answer = nora.post(
        f"/console/patients/{clinics.bob.id}/plan/add/",
        {"measure": "medication", "from_date": "2026-03-20", "route": "oral", **ingredient(mg="9")},
    )

    assert answer.status_code == 422
    assert "Enter the name of the ingredient." in html_of(answer)


def test_a_change_shows_every_ingredient_and_removes_an_emptied_one(clinics, nora):
    planned = add_medicine(clinics, nora, "ultracet")
    url = f"/console/plan/{planned.id}/change/"
    html = html_of(nora.get(url))
    assert 'name="ingredients-INITIAL_FORMS" value="2"' in html
    assert 'name="ingredients-1-name" value="acetaminophen"' in html

    kept = {"ingredients-TOTAL_FORMS": "3", "ingredients-INITIAL_FORMS": "2"}
    kept |= {"ingredients-0-name": "tramadol", "ingredients-0-mg": "50"}
    medicine = {"measure": "medication", "from_date": "2026-03-31", "route": "oral"}
    post(nora, url, **medicine, product="ultracet", **kept)

    current = clinics.episode.planned_measures.current().get(product="ultracet")
    assert current.ingredients == [{"name": "tramadol", "mg": 50.0}]
