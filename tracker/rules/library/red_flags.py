"""Section 5: answers that may mean something dangerous.

Each rule is evaluated within one checklist, before anything else, and exempt from baseline,
mute, snooze and cool-down. `unsure` opens RF-CES and RF-MOTOR; elsewhere it is shown.
"""

from __future__ import annotations

from collections.abc import Callable

from tracker.rules.history.calendar import months_before
from tracker.rules.instruments.checklist import (
    CAUDA_EQUINA,
    FRACTURE_RISKS,
    INFECTION_RISKS,
    INFLAMMATORY,
    Checklist,
)
from tracker.rules.messages import EMERGENCY, SAME_DAY, listed, plain
from tracker.rules.results import Evidence, Priority
from tracker.rules.rule import Needs, RedFlagRule, RuleResult
from tracker.rules.thresholds import Thresholds


def rf_ces(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Cauda equina: a yes on saddle, bladder, bowel, both legs or sexual change.

    Hours matter, so not being sure of any of the five is enough for a call today (P1).
    Section 5 [V]; priorities [P].
    """
    yes, unsure = checklist.yes(*CAUDA_EQUINA), checklist.unsure(*CAUDA_EQUINA)
    if not (yes or unsure):
        return None
    priority = Priority.P0 if yes else Priority.P1
    return _result(
        checklist, priority, "Possible cauda equina syndrome", yes or unsure, CAUDA_EQUINA
    )


def rf_motor(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """New weakness of a leg (P1); with both legs, or worse within hours, an emergency (P0).

    Not being sure of the weakness is enough for a call today (P1). Section 5 [V];
    priorities [P].
    """
    asked = ("leg_weakness", "both_legs_symptoms", "weakness_worsening_fast")
    is_sure = bool(checklist.yes("leg_weakness"))
    if not is_sure and not checklist.unsure("leg_weakness"):
        return None
    worse = checklist.yes("both_legs_symptoms", "weakness_worsening_fast") if is_sure else []
    priority = Priority.P0 if worse else Priority.P1
    return _result(checklist, priority, "New leg weakness", ["leg_weakness", *worse], asked)


def rf_fx(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Fracture: a major injury, or a minor one at 70 or over, or with osteoporosis or steroids.

    Steroids count from three months on. P1; with a neurological sign P0. Section 5 [V]; age
    and months [K].
    """
    risks: list[str] = [risk for risk in FRACTURE_RISKS if risk in checklist.conditions]
    if checklist.age is not None and checklist.age >= thresholds.fracture_age:
        risks.append("age")
    major, minor = checklist.yes("major_trauma"), checklist.yes("minor_trauma")
    if not major and not (minor and risks):
        return None
    evidence: Evidence = {
        "age": checklist.age,
        "fracture_age": thresholds.fracture_age,
        "risks": list(risks),
    }
    return _result(
        checklist,
        _urgent(checklist),
        "Possible fracture",
        [*major, *minor],
        ("major_trauma", "minor_trauma"),
        evidence,
    )


def rf_inf(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Infection: fever or rigors, 38 °C or more, or feeling ill with a way in for bacteria.

    A way in is a recent spinal procedure, drugs by vein, weak immunity or dialysis; by itself
    it opens nothing. P1; with a neurological sign P0. Section 5 [V]; 38.0 °C [K].
    """
    temperature = checklist.temperature_c
    is_hot = temperature is not None and temperature >= thresholds.fever_c
    fever, ill = checklist.yes("fever_or_rigors"), checklist.yes("feeling_ill")
    risks = [risk for risk in INFECTION_RISKS if risk in checklist.conditions]
    if not fever and not is_hot and not (ill and risks):
        return None
    evidence: Evidence = {
        "temperature_c": None if temperature is None else plain(temperature),
        "fever_c": plain(thresholds.fever_c),
        "risks": list(risks),
    }
    signs = [*fever, *(["temperature"] if is_hot else []), *ill]
    asked = ("fever_or_rigors", "feeling_ill")
    return _result(checklist, _urgent(checklist), "Possible infection", signs, asked, evidence)


def rf_ca(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """New or changed pain after cancer: the one history that is clearly informative.

    P2; with a neurological sign P0. Section 5 [V]; priorities [P].
    """
    yes = checklist.yes("new_pain_after_cancer")
    if not yes:
        return None
    priority = Priority.P0 if checklist.neurological_signs else Priority.P2
    return _result(checklist, priority, "New pain after cancer", yes, ("new_pain_after_cancer",))


def rf_ca2(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Weight loss of 5 % in six months, or night pain that nothing eases at 51 or over.

    Weak signs of cancer, endorsed by guidelines (P2). Section 5 [V]; 5 % [K].
    """
    asked = ("weight_loss", "night_pain_unrelenting")
    is_older = checklist.age is not None and checklist.age >= thresholds.night_pain_age
    signs = checklist.yes(*asked) if is_older else checklist.yes("weight_loss")
    if not signs:
        return None
    evidence: Evidence = {"age": checklist.age, "night_pain_age": thresholds.night_pain_age}
    return _result(checklist, Priority.P2, "Possible malignancy", signs, asked, evidence)


def rf_aaa(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Aorta: a beating belly, a collapse, or sudden severe pain with a known aneurysm (P0).

    A ruptured aorta feels like back pain. Section 5 [K]; priority [P].
    """
    asked = ("pulsating_abdomen", "collapse", "sudden_severe_pain")
    has_aneurysm = "known_aortic_aneurysm" in checklist.conditions
    signs = checklist.yes(*asked) if has_aneurysm else checklist.yes(*asked[:2])
    if not signs:
        return None
    evidence: Evidence = {"known_aortic_aneurysm": has_aneurysm}
    return _result(checklist, Priority.P0, "Possible aortic emergency", signs, asked, evidence)


def rf_resp(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Overdose: hard to wake, or breathing slowly, whatever was logged (P0).

    Section 5 [V]; priority [P].
    """
    asked = ("hard_to_wake", "slow_breathing")
    signs = checklist.yes(*asked)
    if not signs:
        return None
    return _result(checklist, Priority.P0, "Possible overdose", signs, asked)


def rf_card(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Heart or lung: chest pain, or short of breath or in a cold sweat, with back pain (P0).

    Section 5 [K]; priority [P].
    """
    asked = ("chest_pain", "breathless_or_sweating")
    signs = checklist.yes(*asked)
    if not signs:
        return None
    return _result(checklist, Priority.P0, "Possible heart or lung emergency", signs, asked)


def rf_gib(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Gut bleeding: black or bloody stool or vomit, whatever was logged (P1); faint as well P0.

    Section 5 [V]; priorities [P].
    """
    bleeding, faint = checklist.yes("gi_bleeding"), checklist.yes("faint")
    if not bleeding:
        return None
    priority = Priority.P0 if faint else Priority.P1
    return _result(
        checklist, priority, "Possible gut bleeding", [*bleeding, *faint], ("gi_bleeding", "faint")
    )


def rf_ibp(checklist: Checklist, thresholds: Thresholds) -> RuleResult | None:
    """Inflammatory: 3 months of pain, and 4 of 5: before 40, crept up, and so on (P3).

    The other three: better with exercise, no better with rest, night pain that eases on
    rising. Consider rheumatology and a blood test for HLA-B27; a positive test is not a
    diagnosis. Section 5 [V].
    """
    signs = checklist.yes(*INFLAMMATORY)
    since = months_before(checklist.date, thresholds.inflammatory_months)
    if len(signs) < thresholds.inflammatory_answers or checklist.onset_date > since:
        return None
    evidence: Evidence = {
        "features": len(signs),
        "least_features": thresholds.inflammatory_answers,
        "onset_date": checklist.onset_date.isoformat(),
        "onset_on_or_before": since.isoformat(),
    }
    return _result(
        checklist, Priority.P3, "Possible inflammatory back pain", signs, INFLAMMATORY, evidence
    )


def _urgent(checklist: Checklist) -> Priority:
    """Same day, and an emergency with a neurological sign."""
    return Priority.P0 if checklist.neurological_signs else Priority.P1


def _result(
    checklist: Checklist,
    priority: Priority,
    what: str,
    signs: list[str],
    asked: tuple[str, ...],
    evidence: Evidence | None = None,
) -> RuleResult:
    answers: Evidence = {question: checklist.answer(question) for question in asked}
    texts = {Priority.P0: EMERGENCY, Priority.P1: SAME_DAY}
    shown: Evidence = {"answers": answers, "neurological_signs": [*checklist.neurological_signs]}
    return RuleResult(
        priority=priority,
        explanation=f"{what}: {listed(signs)}.",
        evidence=shown | (evidence or {}),
        missing=tuple(question for question, answer in answers.items() if answer is None),
        patient_text=texts.get(priority),
    )


_GUIDELINE = "Guideline-endorsed, weakly predictive, https://pubmed.ncbi.nlm.nih.gov/25257627/ [V]"
_PRIORITY = "Priority: proposal [P]"


def _rule(
    rule_id: str,
    title: str,
    priorities: str,
    evaluate: Callable[[Checklist, Thresholds], RuleResult | None],
    *sources: str,
) -> RedFlagRule:
    return RedFlagRule(
        id=rule_id,
        title=title,
        priorities=priorities,
        evaluate=evaluate,
        needs=Needs.NOTHING,
        clears_when="Never by itself: a clinician closes it.",
        cannot_see="Anything not asked in this checklist, and free text. A 'no' rules nothing out.",
        sources=(*sources, _PRIORITY),
        clears_itself=False,
    )


RF_CES = _rule(
    "RF-CES",
    "Cauda equina",
    "P0; P1 when unsure",
    rf_ces,
    "BMJ Best Practice; GIRFT national pathway: hospital within hours [V]",
)
RF_MOTOR = _rule(
    "RF-MOTOR",
    "Leg weakness",
    "P1; P0 in both legs or worse over hours",
    rf_motor,
    "BMJ Best Practice; GIRFT national pathway [V]",
)
RF_FX = _rule(
    "RF-FX",
    "Fracture",
    "P1; P0 with a neurological sign",
    rf_fx,
    "Downie 2013: older age, prolonged steroid, severe trauma [V]",
    "Age 70 and three months of steroid [K]",
)
RF_INF = _rule(
    "RF-INF",
    "Infection",
    "P1; P0 with a neurological sign",
    rf_inf,
    _GUIDELINE,
    "38.0 °C [K]",
)
RF_CA = _rule(
    "RF-CA",
    "Pain after cancer",
    "P2; P0 with a neurological sign",
    rf_ca,
    "Downie 2013: only history of cancer is clearly informative [V]",
)
RF_CA2 = _rule("RF-CA2", "Weight loss or night pain", "P2", rf_ca2, _GUIDELINE, "5 % [K]")
RF_AAA = _rule("RF-AAA", "Aorta", "P0", rf_aaa, "General knowledge [K]")
RF_CARD = _rule("RF-CARD", "Heart or lung", "P0", rf_card, "General knowledge [K]")
RF_GIB = _rule("RF-GIB", "Gut bleeding", "P1; P0 when faint", rf_gib, "NSAID labels [V]")
RF_RESP = _rule("RF-RESP", "Overdose", "P0", rf_resp, "FDA boxed warning on opioids [V]")
RF_IBP = _rule(
    "RF-IBP",
    "Inflammatory back pain",
    "P3",
    rf_ibp,
    "ASAS: 4 of 5, sensitivity 79.6 %, specificity 72.4 %, https://empendium.com [V]",
)
