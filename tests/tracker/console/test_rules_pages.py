"""The pages about the rules: versions, thresholds, trials, alert burden."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.tracker.console import clinic_data
from tests.tracker.console.clinic_data import NOW
from tests.tracker.console.console_client import html_of
from tracker.models import (
    Flag,
    RulesetAdoption,
    ShadowFinding,
    ShadowTrial,
    ThresholdChange,
)

TOMORROW = date(2026, 3, 31)


def change(client, url="/console/clinic/thresholds/", **fields):
    typed = {"name": "severe_days", "value": "4", "from_date": "2026-03-31", "reason": "Quieter."}
    return client.post(url, {**typed, **fields}, follow=True)


class TestThresholds:
    def test_an_administrator_changes_a_threshold_with_a_reason(self, clinics, ada):
        answer = change(ada)

        row = ThresholdChange.objects.get()
        assert (row.name, row.value, row.from_date) == ("severe_days", 4, TOMORROW)
        assert (row.changed_by, row.reason, row.patient) == (clinics.ada, "Quieter.", None)
        assert "The new value applies from that date." in html_of(answer)
        assert "Quieter." in html_of(answer)

    def test_the_page_shows_bounds_source_and_who_set_it(self, clinics, ada):
        ThresholdChange.objects.create(
            clinic=clinics.clinic,
            name="fever_c",
            value=Decimal("38.5"),
            from_date=date(2026, 3, 2),
            changed_by=clinics.ada,
            changed_at=NOW,
            reason="As the ward has it.",
        )
        html = html_of(ada.get("/console/clinic/thresholds/?name=fever_c"))

        assert "<strong>38.5</strong> °C</td><td>the clinic</td><td>38</td><td>37 to 39" in html
        assert "severe days of seven" in html
        assert '<option value="fever_c" selected>' in html

    def test_a_value_out_of_bounds_is_refused_and_the_form_kept(self, ada):
        answer = change(ada, value="9")

        assert answer.status_code == 422
        assert "severe_days: Expected 3 to 7" in html_of(answer)
        assert 'value="Quieter."' in html_of(answer)
        assert not ThresholdChange.objects.exists()

    def test_a_change_cannot_start_today(self, ada):
        assert "Choose a date from tomorrow on" in html_of(change(ada, from_date="2026-03-30"))

    def test_a_clinician_changes_a_threshold_of_one_patient(self, clinics, nora):
        change(nora, f"/console/patients/{clinics.alice.id}/thresholds/")

        row = ThresholdChange.objects.get()
        assert (row.patient, row.changed_by) == (clinics.alice, clinics.nora)

    def test_an_administrator_cannot_change_a_patients_threshold(self, clinics, ada):
        assert change(ada, f"/console/patients/{clinics.alice.id}/thresholds/").status_code == 404
        assert not ThresholdChange.objects.exists()


class TestVersions:
    def test_the_page_shows_what_is_in_force_and_since_when(self, ada):
        html = html_of(ada.get("/console/clinic/rules/"))

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
        assert "Stop the trial" in html_of(answer)

        answer = ada.post("/console/clinic/rules/trial/stop/", follow=True)
        trial.refresh_from_db()
        assert trial.stopped_by == clinics.ada
        assert "Start a trial" in html_of(answer)

    def test_findings_are_compared_with_the_flags_of_the_same_days(self, clinics, ada):
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
        html = html_of(ada.get("/console/clinic/rules/"))

        assert "SEV-SUST</span></th><td>1</td><td>0</td><td>0</td>" in html
        assert "WORSE</span></th><td>0</td><td>1</td><td>0</td>" in html
        assert "Alice" not in html

    def test_an_incomplete_trial_is_refused(self, ada):
        assert "Give both, or neither." in html_of(self.start(ada, value_1=""))
        refused = self.start(ada, name_1="", value_1="")
        assert refused.status_code == 422
        assert "Choose another version or change a threshold" in html_of(refused)
        assert not ShadowTrial.objects.exists()

    def test_stopping_without_a_trial_is_refused(self, ada):
        answer = ada.post("/console/clinic/rules/trial/stop/", follow=True)

        assert "There is no such thing" in html_of(answer)


class TestAlertBurden:
    def test_an_administrator_sees_counts_and_no_name(self, clinics, ada):
        Flag.objects.filter(rule="SEV-SUST").update(usefulness="useful")
        html = html_of(ada.get("/console/alerts/"))

        assert "SEV-SUST</span></th><td>1" in html
        assert "<td>100%</td><td>0, 1, 0</td>" in html
        assert "Alice" not in html

    def test_a_clinician_chooses_the_period(self, clinics, nora):
        assert "No flags in this period" in html_of(nora.get("/console/alerts/?since=2026-04-01"))
        assert "All rules" in html_of(nora.get("/console/alerts/?since=2026-03-01"))
        assert "All rules" in html_of(nora.get("/console/alerts/?since=nonsense"))

    def test_another_clinics_flags_are_not_counted(self, clinics, ada):
        clinic_data.raise_flag(clinics.carol, at=NOW, rule="MED-DUP")

        assert "MED-DUP" not in html_of(ada.get("/console/alerts/"))
