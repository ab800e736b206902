"""The desk in a browser: the story of a morning, and every page by axe-core."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.fixtures import PASSWORD
from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW
from tracker.models import Message

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

WIDE, PHONE = 1280, 390


def addresses(clinics, person) -> list[str]:
    of_alice = {"patient_id": clinics.alice.id}
    line = clinics.episode.planned_measures.first().id
    if person == clinics.ada:
        team = {"team_id": clinics.team.id}
        return [
            *(
                reverse(f"console:{name}")
                for name in (
                    "people",
                    "invite_clinician",
                    "invitations",
                    "invite_patient",
                    "teams",
                    "clinic",
                    "hours",
                    "holidays",
                    "rules",
                    "thresholds",
                    "alert_burden",
                    "seats",
                    "rotations",
                    "create_rotation",
                    "own_hours",
                )
            ),
            reverse("console:rotation", args=[scenes.make_rotation(clinics, at=NOW).id]),
            reverse("console:clinician", args=[clinics.phil.id]),
            reverse("console:team", kwargs=team),
            reverse("console:ladder", kwargs={**team, "priority": "P0"}),
        ]
    return [
        reverse("console:worklist"),
        reverse("console:patients"),
        reverse("console:flag", args=[clinics.flag.id]),
        *(
            reverse(f"console:{name}", kwargs=of_alice)
            for name in (
                "patient",
                "diary",
                "describe_patient",
                "episode",
                "end_episode",
                "excuse",
                "add_line",
                "patient_thresholds",
            )
        ),
        *(reverse(f"console:{name}", args=[line]) for name in ("change_line", "end_line")),
        reverse("console:waive_line", args=[line]),
    ]


def violations(page) -> list[tuple[str, str]]:
    found = axe.Axe().run(page).response["violations"]
    return [(each["id"], each["impact"]) for each in found]


@pytest.mark.parametrize(
    ("who", "width", "scheme"),
    [
        ("nora", WIDE, "light"),
        ("nora", PHONE, "dark"),
        ("ada", PHONE, "light"),
    ],
    ids=str,
)
def test_no_page_shuts_anyone_out(page_of, clinics, who, width, scheme):
    person = getattr(clinics, who)
    page = page_of(person, width=width, scripts=True, color_scheme=scheme)

    for address in addresses(clinics, person):
        page.goto(address)
        assert violations(page) == [], address
        overflow = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not overflow, address


def test_the_doors_shut_nobody_out(page_of, clinics):
    page = page_of(scripts=True)

    for address in ("/accounts/login/", "/invitation#abc", "/console/join/nonsense"):
        page.goto(address)
        assert violations(page) == [], address


def test_a_nurse_signs_in_acknowledges_and_reviews_without_scripts(page_of, clinics):
    page = page_of()
    page.goto("/console/")
    page.get_by_label("Email").fill(clinics.nora.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="Alice Avery").click()
    page.get_by_role("button", name="Acknowledge").click()
    assert "You acknowledged 2 flags" in page.get_by_role("status").inner_text()

    page.get_by_label("See the patient").check()
    page.get_by_label("Message to the patient").fill("Please come in on Thursday.")
    page.get_by_role("button", name="Save the review").click()

    assert "the patient is told" in page.get_by_role("status").inner_text()
    assert Message.objects.get().text == "Please come in on Thursday."


def test_the_keyboard_alone_is_enough_to_acknowledge(page_of, clinics):
    page = page_of(clinics.nora)
    page.goto(reverse("console:flag", args=[clinics.flag.id]))

    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.get_by_role("button", name="Acknowledge").focus()
    page.keyboard.press("Enter")

    page.get_by_text("Acknowledged, review due").wait_for()


def test_who_acknowledged_snoozes_without_scripts_and_nobody_is_shut_out(page_of, clinics):
    page = page_of(clinics.nora)
    page.goto(reverse("console:flag", args=[clinics.flag.id]))
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_label("Because").select_option("Waiting for a result")
    page.get_by_role("button", name="Snooze").click()
    page.get_by_role("heading", name="Snoozed until").wait_for()

    page = page_of(clinics.nora, scripts=True)
    for button in (None, "Acknowledge it now"):
        page.goto(reverse("console:flag", args=[clinics.flag.id]))
        if button:
            page.get_by_role("button", name=button).click()
        assert violations(page) == []


def test_a_patient_reads_the_code_that_no_server_was_sent(page_of, clinics):
    page = page_of(scripts=True)
    sent = []
    page.on("request", lambda request: sent.append(request.url))

    page.goto("/invitation#the-secret-code")

    assert page.get_by_label("Your code").input_value() == "the-secret-code"
    assert not [url for url in sent if "secret" in url.partition("#")[0]]
