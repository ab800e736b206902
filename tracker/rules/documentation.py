"""docs/clinical-rules.md, written from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.rules.instruments.questions import QUESTIONS
from tracker.rules.medicines.catalog import INGREDIENTS, DrugClass, Ingredient
from tracker.rules.messages import brief
from tracker.rules.rule import (
    AcuteRule,
    AnyRule,
    CloseRule,
    CompressRule,
    DoseRule,
    RedFlagRule,
)
from tracker.rules.ruleset import LIVE, Ruleset
from tracker.rules.thresholds import Bounds, Number, bounds

_WHEN: dict[type[AnyRule], str] = {
    RedFlagRule: "Red flags: evaluated at every checklist",
    AcuteRule: "Acute: evaluated at every on-time diary entry, and at the close of the day",
    CloseRule: "Trends and silence: evaluated at the close of the day (12:00 on the next)",
    DoseRule: "Medicines: evaluated at every intake",
    CompressRule: "Compresses: evaluated at every use",
}

_HEAD = """\
# Clinical rules

<!-- Written by `manage.py rules_docs` from tracker/rules. Do not edit. -->

Ruleset **{version}**. A flag asks a clinician to look; it never says what to do. None of this has
been validated on patients. Grades of sources: **[V]** read in the document named (many are
abstracts or secondary pages), **[K]** general knowledge, **[P]** a proposal that a clinician must
approve.

Priorities: P0 emergency, P1 same day, P2 one business day, P3 five business days, P4 worklist
only. Red flags and every P0 or P1 flag are closed by a clinician only; others clear after seven
evaluated days on which their rule is false, and then rest for 3 (P2) or 14 days (P3, P4).

New here? [From three clinical criteria to rules](clinical-introduction.md) explains criteria (a)
to (c). "Section N" below is a section of the [clinical definitions](clinical-sections.md).
"""


def clinical_rules(ruleset: Ruleset = LIVE) -> str:
    """The whole document as Markdown."""
    parts = [_HEAD.format(version=ruleset.version), *_rules(ruleset), *_thresholds(ruleset)]
    return "\n".join([*parts, *_medicines(), *_questions()]).rstrip() + "\n"


def _rules(ruleset: Ruleset) -> Iterator[str]:
    for kind, heading in _WHEN.items():
        yield f"## {heading}\n"
        for rule in ruleset.rules:
            if isinstance(rule, kind):
                yield from _rule(rule)


def _rule(rule: AnyRule) -> Iterator[str]:
    yield f"### {rule.id}: {rule.title}\n"
    yield f"{rule.intent}\n"
    yield f"- Priority: {rule.priorities}"
    if rule.clears_itself:
        yield f"- A day counts for clearing if there is: {rule.needs.value}"
    yield f"- {rule.clears_when}"
    if rule.is_muted_by_surgery:
        yield "- Muted for six weeks from the day of an operation"
    yield f"- Cannot see: {rule.cannot_see}"
    yield from (f"- Source: {source}" for source in rule.sources)
    yield ""


def _thresholds(ruleset: Ruleset) -> Iterator[str]:
    yield "## Thresholds\n"
    yield "A clinic may move a value within its bounds; each change is audited.\n"
    yield "| Name | Meaning | Value | Bounds | Source |"
    yield "|---|---|---|---|---|"
    for name, limit in bounds().items():
        yield _threshold(name, getattr(ruleset.thresholds, name), limit)
    yield ""


def _threshold(name: str, value: Number, limit: Bounds) -> str:
    shown = f"{brief(value)} {limit.unit}".rstrip()
    return f"| `{name}` | {limit.meaning} | {shown} | {limit.low}-{limit.high} | {limit.source} |"


def _medicines() -> Iterator[str]:
    yield "## Medicines\n"
    yield 'An ingredient that is not in this table is kept and shown as "not counted".\n'
    yield "| Class | Ingredient | OTC mg/24 h | Prescribed | P1 above | MME per mg | Source |"
    yield "|---|---|---|---|---|---|---|"
    for drug_class in DrugClass:
        members = (each for each in INGREDIENTS.values() if each.drug_class is drug_class)
        yield from (_ingredient(each) for each in members)
    yield ""


def _ingredient(each: Ingredient) -> str:
    limits, factor = each.limits, each.mme_factor
    doses = (limits.otc, limits.prescription, limits.danger) if limits else (None, None, None)
    numbers = [*doses, None if factor is None else float(factor)]
    cells = " | ".join("" if number is None else f"{number:g}" for number in numbers)
    source = limits.source if limits else each.source
    return f"| {each.drug_class.value} | {each.name} | {cells} | {source} |"


def _questions() -> Iterator[str]:
    yield "## Questions of the checklist\n"
    yield "Only those whose answer can change what a rule finds are asked.\n"
    yield from (f"- `{question.id}`: {question.text}" for question in QUESTIONS)
    yield ""
