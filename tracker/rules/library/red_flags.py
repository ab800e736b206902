"""Section 5: answers that may mean something dangerous.

Each rule is judged within one checklist, before anything else, and exempt from baseline,
mute, snooze and cool-down. `unsure` opens RF-CES and RF-MOTOR; elsewhere it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Date
from datetime import timedelta

from tracker.rules.checklist import CAUDA_EQUINA, Checklist
from tracker.rules.outcome import Evidence, Priority
from tracker.rules.rule import Hit, Needs, RedFlagRule
from tracker.rules.thresholds import Thresholds
from tracker.rules.wording import EMERGENCY, SAME_DAY, listed, plain

INFECTION_RISKS = ("recent_spinal_procedure", "iv_drug_use", "immunosuppressed", "dialysis")
FRACTURE_RISKS = ("osteoporosis", "long_term_steroid")
INFLAMMATORY = (
    "onset_before_40",
    "insidious_onset",
    "better_with_exercise",
    "not_better_with_rest",
    "night_pain_better_on_rising",
)


def rf_ces(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Cauda equina: a yes on saddle, bladder, bowel, both legs or sexual change.

    Hours matter, so not being sure of any of the five is enough for a call today (P1).
    Section 5 [V]; priorities [P].
    """
    yes, unsure = checklist.yes(*CAUDA_EQUINA), checklist.unsure(*CAUDA_EQUINA)
    if not (yes or unsure):
        return None
    priority = Priority.P0 if yes else Priority.P1
    return _hit(checklist, priority, "Possible cauda equina syndrome", yes or unsure, CAUDA_EQUINA)


def rf_motor(checklist: Checklist, limits: Thresholds) -> Hit | None:
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
    return _hit(checklist, priority, "New leg weakness", ["leg_weakness", *worse], asked)


def rf_fx(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Fracture: a major injury, or a minor one at 70 or over, or with osteoporosis or steroids.

    Steroids count from three months on. P1; with a neurological sign P0. Section 5 [V]; age
    and months [K].
    """
    risks: list[str] = [risk for risk in FRACTURE_RISKS if risk in checklist.conditions]
    if checklist.age is not None and checklist.age >= limits.fracture_age:
        risks.append("age")
    major, minor = checklist.yes("major_trauma"), checklist.yes("minor_trauma")
    if not major and not (minor and risks):
        return None
    evidence: Evidence = {
        "age": checklist.age,
        "fracture_age": limits.fracture_age,
        "risks": list(risks),
    }
    return _hit(
        checklist,
        _urgent(checklist),
        "Possible fracture",
        [*major, *minor],
        ("major_trauma", "minor_trauma"),
        evidence,
    )


def rf_inf(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Infection: fever or rigors, 38 °C or more, or feeling ill with a way in for bacteria.

    A way in is a recent spinal procedure, drugs by vein, weak immunity or dialysis; by itself
    it opens nothing. P1; with a neurological sign P0. Section 5 [V]; 38.0 °C [K].
    """
    temperature = checklist.temperature_c
    is_hot = temperature is not None and temperature >= limits.fever_c
    fever, ill = checklist.yes("fever_or_rigors"), checklist.yes("feeling_ill")
    risks = [risk for risk in INFECTION_RISKS if risk in checklist.conditions]
    if not fever and not is_hot and not (ill and risks):
        return None
    evidence: Evidence = {
        "temperature_c": None if temperature is None else plain(temperature),
        "fever_c": plain(limits.fever_c),
        "risks": list(risks),
    }
    signs = [*fever, *(["temperature"] if is_hot else []), *ill]
    asked = ("fever_or_rigors", "feeling_ill")
    return _hit(checklist, _urgent(checklist), "Possible infection", signs, asked, evidence)


def rf_ca(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """New or changed pain after cancer: the one history that is clearly informative.

    P2; with a neurological sign P0. Section 5 [V]; priorities [P].
    """
    yes = checklist.yes("new_pain_after_cancer")
    if not yes:
        return None
    priority = Priority.P0 if checklist.neurological_signs else Priority.P2
    return _hit(checklist, priority, "New pain after cancer", yes, ("new_pain_after_cancer",))


def rf_ca2(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Weight loss of 5 % in six months, or night pain that nothing eases at 51 or over.

    Weak signs of cancer, endorsed by guidelines (P2). Section 5 [V]; 5 % [K].
    """
    asked = ("weight_loss", "night_pain_unrelenting")
    is_older = checklist.age is not None and checklist.age >= limits.night_pain_age
    signs = checklist.yes(*asked) if is_older else checklist.yes("weight_loss")
    if not signs:
        return None
    evidence: Evidence = {"age": checklist.age, "night_pain_age": limits.night_pain_age}
    return _hit(checklist, Priority.P2, "Possible malignancy", signs, asked, evidence)


def rf_aaa(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Aorta: a beating belly, a collapse, or sudden severe pain with a known aneurysm (P0).

    A ruptured aorta feels like back pain. Section 5 [K]; priority [P].
    """
    asked = ("pulsating_abdomen", "collapse", "sudden_severe_pain")
    has_aneurysm = "known_aortic_aneurysm" in checklist.conditions
    signs = checklist.yes(*asked) if has_aneurysm else checklist.yes(*asked[:2])
    if not signs:
        return None
    evidence: Evidence = {"known_aortic_aneurysm": has_aneurysm}
    return _hit(checklist, Priority.P0, "Possible aortic emergency", signs, asked, evidence)


def rf_resp(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Overdose: hard to wake, or breathing slowly, whatever was logged (P0).

    Section 5 [V]; priority [P].
    """
    asked = ("hard_to_wake", "slow_breathing")
    signs = checklist.yes(*asked)
    if not signs:
        return None
    return _hit(checklist, Priority.P0, "Possible overdose", signs, asked)


def rf_card(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Heart or lung: chest pain, or short of breath or in a cold sweat, with back pain (P0).

    Section 5 [K]; priority [P].
    """
    asked = ("chest_pain", "breathless_or_sweating")
    signs = checklist.yes(*asked)
    if not signs:
        return None
    return _hit(checklist, Priority.P0, "Possible heart or lung emergency", signs, asked)


def rf_gib(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Gut bleeding: black or bloody stool or vomit, whatever was logged (P1); faint as well P0.

    Section 5 [V]; priorities [P].
    """
    bleeding, faint = checklist.yes("gi_bleeding"), checklist.yes("faint")
    if not bleeding:
        return None
    priority = Priority.P0 if faint else Priority.P1
    return _hit(
        checklist, priority, "Possible gut bleeding", [*bleeding, *faint], ("gi_bleeding", "faint")
    )


def rf_ibp(checklist: Checklist, limits: Thresholds) -> Hit | None:
    """Inflammatory: 3 months of pain, and 4 of 5: before 40, crept up, and so on (P3).

    The other three: better with exercise, no better with rest, night pain that eases on
    rising. Consider rheumatology and a blood test for HLA-B27; a positive test is not a
    diagnosis. Section 5 [V].
    """
    signs = checklist.yes(*INFLAMMATORY)
    since = months_before(checklist.date, limits.inflammatory_months)
    if len(signs) < limits.inflammatory_answers or checklist.onset_date > since:
        return None
    evidence: Evidence = {
        "features": len(signs),
        "least_features": limits.inflammatory_answers,
        "onset_date": checklist.onset_date.isoformat(),
        "onset_on_or_before": since.isoformat(),
    }
    return _hit(
        checklist, Priority.P3, "Possible inflammatory back pain", signs, INFLAMMATORY, evidence
    )


def months_before(date: Date, months: int) -> Date:
    """The latest onset that is at least so many calendar months ago.

    Pain that began on 30 November is three months old on the last day of February.
    """
    year, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    next_month = Date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last_day = (next_month - timedelta(days=1)).day
    is_month_end = (date + timedelta(days=1)).day == 1
    return Date(year, month + 1, last_day if is_month_end else min(date.day, last_day))


def _urgent(checklist: Checklist) -> Priority:
    """Same day, and an emergency with a neurological sign."""
    return Priority.P0 if checklist.neurological_signs else Priority.P1


def _hit(
    checklist: Checklist,
    priority: Priority,
    what: str,
    signs: list[str],
    asked: tuple[str, ...],
    evidence: Evidence | None = None,
) -> Hit:
    answers: Evidence = {question: checklist.answer(question) for question in asked}
    texts = {Priority.P0: EMERGENCY, Priority.P1: SAME_DAY}
    shown: Evidence = {"answers": answers, "neurological_signs": [*checklist.neurological_signs]}
    return Hit(
        priority=priority,
        because=f"{what}: {listed(signs)}.",
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
    judge: Callable[[Checklist, Thresholds], Hit | None],
    *sources: str,
) -> RedFlagRule:
    return RedFlagRule(
        id=rule_id,
        title=title,
        priorities=priorities,
        judge=judge,
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
