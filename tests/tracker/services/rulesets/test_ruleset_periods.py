"""Which version and thresholds hold on a day, and that replay finds the same flags."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from tests.fixtures import TwoClinics, checklist, diary, say
from tracker.models import AuditEvent, Evaluation, Flag, Review, RulesetAdoption, ThresholdChange
from tracker.rules import LIVE, RULESETS, evaluate, parse_history
from tracker.rules.engine.replay import flag_events
from tracker.services.clinics import clinics as clinic_services
from tracker.services.context import OPERATOR, Context
from tracker.services.errors import NotFound
from tracker.services.evaluation import histories
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.services.reviews import reviews
from tracker.services.rulesets import adoption, ruleset_periods, thresholds

FIRST = date(2026, 3, 2)
EVENING = datetime(2026, 3, 3, 2, tzinfo=UTC)  # of the first day
DAY = timedelta(days=1)


@pytest.fixture
def milder(monkeypatch) -> str:
    """A version in which nobody is flagged for being unable to walk."""
    rules = tuple(rule for rule in LIVE.rules if rule.id != "FUNC-UNABLE")
    monkeypatch.setitem(RULESETS, "2026.2", replace(LIVE, version="2026.2", rules=rules))
    return "2026.2"


def adopt(
    clinics: TwoClinics, version: str, from_date: date, at: datetime = EVENING
) -> RulesetAdoption:
    return adoption.adopt(
        Context(clinics.ada, at),
        clinic=clinics.clinic,
        version=version,
        from_date=from_date,
        reason="The board agreed.",
    )


def set_number(clinics: TwoClinics, name: str, value: str | None, *, patient=None, **given):
    return thresholds.change(
        Context(
            given.get("by", clinics.nora if patient else clinics.ada), given.get("at", EVENING)
        ),
        clinic=clinics.clinic,
        patient=patient,
        name=name,
        value=None if value is None else Decimal(value),
        from_date=given.get("from_date", FIRST + DAY),
        reason=given.get("reason", "Too many flags."),
    )


def log(clinics: TwoClinics, pains: list[int], **scores: int) -> None:
    for offset, pain in enumerate(pains):
        say(clinics.alice, diary(FIRST + offset * DAY, pain, **scores))


def evaluate_at(clinics: TwoClinics, at: datetime) -> None:
    evaluate_episode(episode_id=clinics.episode.id, at=at)


def stored() -> list[tuple]:
    flags = Flag.objects.exclude(state=Flag.State.WITHDRAWN)
    return sorted(flags.values_list("rule", "priority", "day", "local_date", "ruleset"))


def replayed(clinics: TwoClinics, until: datetime) -> list[tuple]:
    document = json.loads(
        json.dumps(histories.export(Context(OPERATOR, until), episode=clinics.episode).document)
    )
    found = evaluate(parse_history(document), until=until).flags
    return sorted(
        (state.rule, str(state.priority), state.day, state.date, state.ruleset)
        for state in found
        if state.withdrawn_at is None
    )


class TestRulesets:
    def test_a_flag_names_the_version_that_was_in_force_on_its_day(self, clinics, milder):
        adopt(clinics, milder, FIRST + 2 * DAY)
        log(clinics, [8, 8, 8, 8, 8, 8, 8, 8], walking=5)
        evaluate_at(clinics, EVENING + 8 * DAY)

        versions = dict(Flag.objects.values_list("rule", "ruleset"))
        assert versions["FUNC-UNABLE"] == "2026.1"
        assert versions["SEV-SUST"] == milder

    def test_a_rule_that_was_dropped_opens_no_flag_from_that_day_on(self, clinics, milder):
        adopt(clinics, milder, FIRST + DAY)
        say(clinics.alice, diary(FIRST + DAY, 5, walking=5))
        evaluate_at(clinics, EVENING + DAY)

        assert not Flag.objects.exists()

    def test_a_rise_names_the_version_that_raised_it(self, clinics, milder):
        adopt(clinics, milder, FIRST + DAY)
        say(clinics.alice, checklist(EVENING, leg_weakness="unsure"))
        worse = {"leg_weakness": "yes", "weakness_worsening_fast": "yes"}
        say(clinics.alice, checklist(EVENING + DAY, **worse))

        parsed = histories.history_of(episode=clinics.episode, flags=())
        (state,) = evaluate(parsed, until=EVENING + DAY).flags
        assert (state.ruleset, [rise.ruleset for rise in state.raises]) == ("2026.1", [milder])

    def test_an_evaluation_names_the_version_in_force(self, clinics, milder):
        adopt(clinics, milder, FIRST + DAY)
        evaluate_at(clinics, EVENING)
        evaluate_at(clinics, EVENING + DAY)

        assert [each.ruleset for each in Evaluation.objects.order_by("id")] == ["2026.1", milder]

    def test_a_new_clinic_keeps_the_version_it_opened_with(self, clinics, db):
        clinic = clinic_services.create(
            Context(OPERATOR, EVENING), name="Bay", time_zone="America/New_York"
        )

        (period,) = ruleset_periods.periods_of(clinic_id=clinic.id)
        assert (period.version, period.from_date) == (LIVE.version, FIRST)

    def test_an_adoption_is_audited(self, clinics, milder):
        adopt(clinics, milder, FIRST + DAY)

        event = AuditEvent.objects.get(action="ruleset.adopt")
        assert event.actor_id == clinics.ada.id

    def test_what_is_refused(self, clinics, milder):
        with pytest.raises(adoption.RulesetUnknown):
            adopt(clinics, "1999.1", FIRST + DAY)
        with pytest.raises(adoption.TakesEffectTooSoon):
            adopt(clinics, milder, FIRST)
        with pytest.raises(NotFound):
            adoption.adopt(
                Context(clinics.nora, EVENING),
                clinic=clinics.clinic,
                version=milder,
                from_date=FIRST + DAY,
                reason="I may not.",
            )
        adopt(clinics, milder, FIRST + DAY)
        with pytest.raises(adoption.AlreadyAdopted):
            adopt(clinics, "2026.1", FIRST + DAY)

    def test_the_database_keeps_one_version_a_day_and_each_in_its_clinic(self, clinics):
        known = {
            "clinic": clinics.clinic,
            "from_date": FIRST + DAY,
            "adopted_at": EVENING,
            "reason": "x",
            "version": "2026.1",
        }
        RulesetAdoption.objects.create(**known)
        with pytest.raises(IntegrityError), transaction.atomic():
            RulesetAdoption.objects.create(**known)
        with pytest.raises(IntegrityError, match="same_clinic_adopted_by"), transaction.atomic():
            RulesetAdoption.objects.create(
                **{**known, "from_date": FIRST}, adopted_by=clinics.mallory
            )


class TestThresholds:
    def test_a_clinics_threshold_holds_from_its_date_on(self, clinics):
        set_number(clinics, "severe_days", "7", from_date=FIRST + 2 * DAY)
        log(clinics, [7, 7, 7, 7, 7, 7])
        evaluate_at(clinics, EVENING + 5 * DAY)
        assert not Flag.objects.filter(rule="SEV-SUST").exists()

        say(clinics.alice, diary(FIRST + 6 * DAY, 7))
        evaluate_at(clinics, EVENING + 6 * DAY)
        assert Flag.objects.get(rule="SEV-SUST").day == 7

    def test_a_patients_threshold_overrides_the_clinics(self, clinics):
        set_number(clinics, "severe_days", "7")
        set_number(clinics, "severe_days", "3", patient=clinics.alice)

        def number(patient):
            periods = ruleset_periods.periods_of(clinic_id=clinics.clinic.id, patient_id=patient.id)
            return ruleset_periods.in_force(periods, FIRST + DAY).thresholds

        assert number(clinics.alice) == {"severe_days": 3}
        assert number(clinics.bob) == {"severe_days": 7}

    def test_a_change_can_be_removed(self, clinics):
        set_number(clinics, "severe_days", "7")
        set_number(clinics, "severe_days", "4", patient=clinics.alice)
        set_number(clinics, "severe_days", None, patient=clinics.alice, from_date=FIRST + 3 * DAY)
        set_number(clinics, "severe_days", None, from_date=FIRST + 5 * DAY)

        periods = ruleset_periods.periods_of(
            clinic_id=clinics.clinic.id, patient_id=clinics.alice.id
        )
        of_days = [
            ruleset_periods.in_force(periods, FIRST + n * DAY).thresholds for n in (0, 1, 3, 5)
        ]
        assert of_days == [{}, {"severe_days": 4}, {"severe_days": 7}, {}]

    def test_the_clinics_six_weeks_hold_unless_the_episode_says_otherwise(self, clinics):
        set_number(clinics, "conservative_min_days", "56")

        def limit(days):
            clinics.alice.episodes.update(conservative_min_days=days)
            parsed = histories.history_of(episode=clinics.episode, flags=())
            from tracker.rules.ruleset import timeline_of

            return timeline_of(parsed, None)[-1][1].thresholds.conservative_min_days

        assert (limit(None), limit(30)) == (56, 30)

    def test_each_change_is_kept_and_audited_with_whom_it_is_for(self, clinics):
        set_number(clinics, "severe_days", "4", patient=clinics.alice)

        row = ThresholdChange.objects.get()
        assert (row.value, row.changed_by, row.reason) == (4, clinics.nora, "Too many flags.")
        assert AuditEvent.objects.get(action="threshold.change").patient_id == clinics.alice.id

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            pytest.param("severe_days", "2", id="below its bounds"),
            pytest.param("severe_days", "8", id="above its bounds"),
            pytest.param("severe_days", "4.5", id="half a day"),
            pytest.param("nonsense", "4", id="no such number"),
            pytest.param("nonsense", None, id="no such number to take back"),
            pytest.param("early_first_day", "35", id="after the last day of the early look"),
        ],
    )
    def test_a_number_outside_its_bounds_is_refused(self, clinics, name, value):
        with pytest.raises(thresholds.ThresholdRefused):
            set_number(clinics, name, value)

    @pytest.mark.parametrize("value", ["3", "7"])
    def test_the_bounds_themselves_are_accepted(self, clinics, value):
        assert set_number(clinics, "severe_days", value).value == int(value)

    def test_a_change_needs_a_later_date_and_a_reason(self, clinics):
        with pytest.raises(adoption.TakesEffectTooSoon):
            set_number(clinics, "severe_days", "4", from_date=FIRST)
        with pytest.raises(adoption.ReasonMissing):
            set_number(clinics, "severe_days", "4", reason="  ")

    def test_without_permission_it_is_not_found(self, clinics):
        with pytest.raises(NotFound):
            set_number(clinics, "severe_days", "4", by=clinics.nora)
        with pytest.raises(NotFound):
            set_number(clinics, "severe_days", "4", patient=clinics.alice, by=clinics.mallory)
        with pytest.raises(NotFound):
            set_number(clinics, "severe_days", "4", patient=clinics.alice, by=clinics.ada)


class TestExport:
    def test_its_replay_finds_the_flags_of_production(self, clinics, milder):
        """With a version and numbers that changed on the way, and a review."""
        set_number(clinics, "severe_days", "4", from_date=FIRST + 3 * DAY)
        set_number(clinics, "function_limited_days", "3", patient=clinics.alice)
        adopt(clinics, milder, FIRST + 5 * DAY)
        log(clinics, [8, 8, 7, 7, 8, 8, 8, 8], walking=5)
        evaluate_at(clinics, EVENING + 3 * DAY)
        reviews.review(
            Context(clinics.nora, EVENING + 3 * DAY),
            patient=clinics.alice,
            flag_ids=[Flag.objects.get(rule="FUNC-UNABLE").id],
            decision=Review.Decision.CONTINUE_CARE,
        )
        say(clinics.alice, checklist(EVENING + 4 * DAY, leg_weakness="unsure"))
        until = EVENING + 20 * DAY
        evaluate_at(clinics, until)

        assert {rule for rule, *_ in stored()} >= {"SEV-SUST", "FUNC-LIMIT", "RF-MOTOR", "DATA-GAP"}
        assert {version for *_, version in stored()} == {"2026.1", "2026.2"}
        assert replayed(clinics, until) == stored()

    def test_the_version_option_of_replay_overrides_the_file(self, clinics, milder):
        adopt(clinics, milder, FIRST + DAY)
        say(clinics.alice, diary(FIRST + DAY, 5, walking=5))
        parsed = histories.history_of(episode=clinics.episode, flags=())

        def rules_found(**told):
            return [state.rule for state in evaluate(parsed, until=EVENING + DAY, **told).flags]

        assert (rules_found(), rules_found(ruleset="2026.1")) == ([], ["FUNC-UNABLE"])

    def test_thresholds_that_always_held_have_no_date(self, clinics):
        document = histories.document_of(episode=clinics.episode, flags=())

        assert document["thresholds"] == {}
        assert [each["version"] for each in document["rulesets"]] == [LIVE.version]

    @pytest.mark.parametrize("by", ["patient", "flag"])
    def test_the_command_prints_what_replay_takes(self, clinics, tmp_path, by):
        log(clinics, [5, 5], walking=5)
        evaluate_at(clinics, EVENING + 10 * DAY)
        wanted = {"patient": clinics.alice.id, "flag": Flag.objects.first().id}[by]
        out, err, found = io.StringIO(), io.StringIO(), io.StringIO()

        call_command("export_history", f"--{by}", str(wanted), stdout=out, stderr=err)
        (tmp_path / "history.jsonl").write_text(out.getvalue())
        until = err.getvalue().rpartition(" ")[2].strip()
        call_command("replay", str(tmp_path / "history.jsonl"), "--until", until, stdout=found)

        told = [json.loads(line) for line in found.getvalue().splitlines()]
        assert sorted((line["rule"], line["day"]) for line in told) == [
            (rule, day) for rule, _, day, *_ in stored()
        ]
        assert {line["patient"] for line in told} == {str(clinics.alice.id)}
        assert AuditEvent.objects.get(action="history.export").patient_id == clinics.alice.id

    def test_an_unknown_patient_has_no_history(self, clinics):
        with pytest.raises(CommandError, match="There is no such flag"):
            call_command("export_history", "--patient", str(clinics.clinic.id))

    def test_a_raise_is_printed_as_replay_prints_it(self, clinics):
        say(clinics.alice, checklist(EVENING, leg_weakness="yes"))
        say(clinics.alice, checklist(EVENING + DAY, leg_weakness="yes", both_legs_symptoms="yes"))
        evaluate_at(clinics, EVENING + DAY)

        document = histories.document_of(episode=clinics.episode, flags=())
        parsed = parse_history(document)
        shown = flag_events(parsed, evaluate(parsed, until=EVENING + DAY))
        assert "P1" in [str(line.raised_from) for line in shown]
