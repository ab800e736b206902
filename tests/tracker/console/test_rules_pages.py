"""The desk's pages about the rules: versions, numbers, trials, what flags are worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.tracker.console import scenes
from tests.tracker.console.conftest import NOW
from tracker.models import (
    Flag,
    RulesetAdoption,
    ShadowFinding,
    ShadowTrial,
    ThresholdChange,
)

TOMORROW = date(2026, 3, 31)


def text(answer) -> str:
    return answer.content.decode()


def change(client, url="/console/clinic/thresholds/", **fields):
    typed = {"name": "severe_days", "value": "4", "from_date": "2026-03-31", "reason": "Quieter."}
    return client.post(url, {**typed, **fields}, follow=True)


class TestNumbers:
    def test_an_administrator_changes_one_with_its_reason(self, clinics, ada):
        answer = change(ada)

        row = ThresholdChange.objects.get()
        assert (row.name, row.value, row.from_date) == ("severe_days", 4, TOMORROW)
        assert (row.changed_by, row.reason, row.patient) == (clinics.ada, "Quieter.", None)
        assert "It decides from that day on." in text(answer)
        assert "Quieter." in text(answer)

    def test_the_page_shows_bounds_source_and_who_says_so(self, clinics, ada):
        ThresholdChange.objects.create(
            clinic=clinics.clinic,
            name="fever_c",
            value=Decimal("38.5"),
            from_date=date(2026, 3, 2),
            changed_by=clinics.ada,
            changed_at=NOW,
            reason="As the ward has it.",
        )
        html = text(ada.get("/console/clinic/thresholds/?name=fever_c"))

        assert "<strong>38.5</strong> °C</td><td>the clinic</td><td>38</td><td>37 to 39" in html
        assert "severe days of seven" in html
        assert '<option value="fever_c" selected>' in html

    def test_what_is_out_of_bounds_is_said_and_kept_for_correction(self, ada):
        answer = change(ada, value="9")

        assert answer.status_code == 422
        assert "severe_days: Expected 3 to 7" in text(answer)
        assert 'value="Quieter."' in text(answer)
        assert not ThresholdChange.objects.exists()

    def test_today_is_too_soon(self, ada):
        assert "takes effect tomorrow or later" in text(change(ada, from_date="2026-03-30"))

    def test_a_clinician_changes_one_patients(self, clinics, nora):
        change(nora, f"/console/patients/{clinics.alice.id}/thresholds/")

        row = ThresholdChange.objects.get()
        assert (row.patient, row.changed_by) == (clinics.alice, clinics.nora)

    def test_who_only_administers_does_not_change_a_patients(self, clinics, ada):
        assert change(ada, f"/console/patients/{clinics.alice.id}/thresholds/").status_code == 404
        assert not ThresholdChange.objects.exists()


class TestVersions:
    def test_the_page_shows_what_is_in_force_and_since_when(self, ada):
        html = text(ada.get("/console/clinic/rules/"))

        assert "Ruleset 2026.1 is in force" in html
        assert "The clinic opened with it." in html

    def test_a_version_is_adopted_from_a_day_on(self, clinics, ada):
        fields = {"version": "2026.1", "from_date": "2026-04-01", "reason": "Reviewed in March."}
        ada.post("/console/clinic/rules/", fields)

        row = RulesetAdoption.objects.get(clinic=clinics.clinic, from_date=date(2026, 4, 1))
        assert (row.adopted_by, row.reason) == (clinics.ada, "Reviewed in March.")


class TestTrials:
    def start(self, client, **fields):
        typed = {"version": "2026.1", "name_1": "severe_pain", "value_1": "8", "reason": "Fewer?"}
        return client.post("/console/clinic/rules/trial/", {**typed, **fields}, follow=True)

    def test_a_trial_is_started_seen_and_stopped(self, clinics, ada):
        answer = self.start(ada)
        trial = ShadowTrial.objects.get()
        assert (trial.thresholds, trial.from_date) == ({"severe_pain": 8}, TOMORROW)
        assert "Stop the trial" in text(answer)

        answer = ada.post("/console/clinic/rules/trial/stop/", follow=True)
        trial.refresh_from_db()
        assert trial.stopped_by == clinics.ada
        assert "Start a trial" in text(answer)

    def test_its_findings_stand_beside_the_flags_of_its_days(self, clinics, ada):
        self.start(ada)
        trial = ShadowTrial.objects.get()
        Flag.objects.filter(rule="SEV-SUST").update(local_date=TOMORROW)
        ShadowFinding.objects.create(
            clinic=clinics.clinic,
            trial=trial,
            patient=clinics.alice,
            episode=clinics.episode,
            rule="WORSE",
            priority="P2",
            day=30,
            local_date=TOMORROW,
            opened_at=NOW,
            explanation="Worse.",
        )
        html = text(ada.get("/console/clinic/rules/"))

        assert "SEV-SUST</span></th><td>1</td><td>0</td><td>0</td>" in html
        assert "WORSE</span></th><td>0</td><td>1</td><td>0</td>" in html
        assert "Alice" not in html

    def test_half_a_number_and_nothing_to_try_are_asked_for_again(self, ada):
        assert "Give both, or neither." in text(self.start(ada, value_1=""))
        refused = self.start(ada, name_1="", value_1="")
        assert refused.status_code == 422
        assert "name another version, or a number" in text(refused)
        assert not ShadowTrial.objects.exists()

    def test_stopping_nothing_is_said(self, ada):
        answer = ada.post("/console/clinic/rules/trial/stop/", follow=True)

        assert "There is no such thing" in text(answer)


class TestAlertBurden:
    def test_who_administers_sees_numbers_and_no_name(self, clinics, ada):
        Flag.objects.filter(rule="SEV-SUST").update(usefulness="useful")
        html = text(ada.get("/console/alerts/"))

        assert "SEV-SUST</span></th><td>1" in html
        assert "<td>100%</td><td>0, 1, 0</td>" in html
        assert "Alice" not in html

    def test_a_clinician_chooses_the_days(self, clinics, nora):
        assert "No flag in these days" in text(nora.get("/console/alerts/?since=2026-04-01"))
        assert "All rules" in text(nora.get("/console/alerts/?since=2026-03-01"))
        assert "All rules" in text(nora.get("/console/alerts/?since=nonsense"))

    def test_another_clinics_flags_are_not_counted(self, clinics, ada):
        scenes.raise_flag(clinics.carol, at=NOW, rule="MED-DUP")

        assert "MED-DUP" not in text(ada.get("/console/alerts/"))


class TestMedicines:
    def add(self, clinics, client, **fields):
        typed = {
            "measure": "medication",
            "from_date": "2026-03-30",
            "route": "oral",
            "prescribed": "on",
            "doses_per_day": "2",
        }
        return client.post(f"/console/patients/{clinics.alice.id}/plan/add/", {**typed, **fields})

    def test_products_and_ingredients_are_offered(self, clinics, nora):
        html = text(nora.get(f"/console/patients/{clinics.alice.id}/plan/add/"))

        assert '<option value="Norco 5/325">hydrocodone 5 mg, acetaminophen 325 mg</option>' in html
        assert '<option value="naproxen sodium"></option>' in html
        assert 'list="products"' in html

    def test_a_known_product_brings_its_ingredients(self, clinics, nora):
        self.add(clinics, nora, product="ultracet")

        line = clinics.episode.planned_measures.get(product="ultracet")
        assert line.ingredients == [
            {"name": "tramadol", "mg": 37.5},
            {"name": "acetaminophen", "mg": 325.0},
        ]

    def test_what_was_typed_stands_over_the_list(self, clinics, nora):
        self.add(clinics, nora, product="Ultracet", name_1="tramadol", mg_1="75")

        line = clinics.episode.planned_measures.get(product="Ultracet")
        assert line.ingredients == [{"name": "tramadol", "mg": 75.0}]

    def test_an_unknown_ingredient_is_shown_as_not_counted(self, clinics, nora):
        self.add(clinics, nora, product="Willow", name_1="salicin", mg_1="120")

        html = text(nora.get(f"/console/patients/{clinics.alice.id}/"))
        assert "salicin 120 mg (not counted)" in html
        assert "naproxen 500 mg," in html
