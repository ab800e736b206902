from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from django import template
from django.http import HttpRequest

from tracker.console import labels, rule_labels
from tracker.models import Clinic, StaffedHours
from tracker.rules.history.calendar import age_on
from tracker.rules.medicines.catalog import not_counted
from tracker.services.queries.diary_days import Logged

register = template.Library()


#: The section of the navigation, for views whose module has another name.
SECTIONS = {
    "flags": "worklist",
    "diary": "patients",
    "episodes": "patients",
    "care_plans": "patients",
    "alert_burden": "alert_burden",
    "patient_thresholds": "patients",
    "rules": "clinic",
    "invitations": "invitations",
    "invite_patient": "invitations",
    "quiet_hours": "quiet_hours",
}


@register.filter
def section(request: HttpRequest) -> str:
    """What the navigation marks as the place where one is."""
    if request.resolver_match is None:
        return ""
    name = request.resolver_match.url_name or ""
    module = request.resolver_match.func.__module__.rpartition(".")[2]
    return SECTIONS.get(name) or SECTIONS.get(module) or module


@register.filter
def label(code: str, kind: str) -> str:
    """Return the label of a code: `{{ priority|label:"priority" }}`."""
    return labels.label_of(kind, code)


@register.filter
def time_left(deadline: datetime, at: datetime) -> str:
    """How long until a deadline, or since it: "2 h 5 min left", "3 days overdue"."""
    left = deadline - at
    word = "left" if left > timedelta() else "overdue"
    return f"{duration(abs(left))} {word}"


@register.filter
def ago(then: datetime, at: datetime) -> str:
    return f"{duration(max(at - then, timedelta()))} ago"


@register.filter
def minutes_in_words(minutes: int) -> str:
    return f"{duration(timedelta(minutes=minutes))} later" if minutes else "at once"


def duration(span: timedelta) -> str:
    """Format a duration, the longer the coarser: minutes do not matter in three days."""
    minutes = int(span.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days >= 2:
        return f"{days} days"
    hours += days * 24
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


@register.filter
def in_words(span: timedelta) -> str:
    return duration(span)


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


@register.filter
def is_past(deadline: datetime | None, at: datetime) -> bool:
    return deadline is not None and deadline <= at


@register.filter
def day_of(day: date, index_date: date) -> int:
    """Day 1 is the index date."""
    return (day - index_date).days + 1


@register.filter
def age(birth_date: date, at: datetime) -> int:
    return age_on(at.date(), birth_date)


@register.filter
def evidence_rows(evidence: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every number that the rule compared, with its name in words."""
    return [(sentence_case(name), plain(value)) for name, value in evidence.items()]


@register.filter
def sentence_case(name: str) -> str:
    return name.replace("_", " ").capitalize()


@register.filter
def plain(value: object) -> str:
    """A JSON value in words."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{sentence_case(str(name))}: {plain(each)}" for name, each in value.items()
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(plain(each) for each in value) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value is None else str(value)


@register.filter
def record_templates(logged: Logged) -> list[str]:
    """Return the template of a record's kind, and the one that shows a record of any kind."""
    return [f"console/records/{logged.kind.code}.html", "console/records/any_kind.html"]


@register.filter
def ingredients(lines: Sequence[Mapping[str, object]]) -> str:
    return ", ".join(map(_dose, lines))


def _dose(each: Mapping[str, object]) -> str:
    """Format a dose; an ingredient that no rule knows is marked, never dropped."""
    rate = each.get("mcg_per_hour")
    amount = f"{plain(each.get('mg'))} mg" if rate is None else f"{plain(rate)} mcg an hour"
    unknown = " (not counted)" if not_counted([str(each["name"])]) else ""
    return f"{each['name']} {amount}{unknown}"


@register.filter
def decimal(number: int | Fraction) -> str:
    return f"{float(number):g}"


@register.filter
def get(mapping: Mapping[object, object], key: object) -> object:
    return mapping.get(key)


@register.filter
def rule_title(rule: str) -> str:
    return rule_labels.entry(rule).title


@register.filter
def answered(answers: Mapping[str, object]) -> str:
    """The answers of a checklist that say something: all but "no"."""
    said = [
        f"{sentence_case(name)}: {plain(value)}" for name, value in answers.items() if value != "no"
    ]
    return "; ".join(said) or "no to all"


@register.filter
def staffed_week(clinic: Clinic) -> list[str]:
    """The week in few words: days with the same hours stand together."""
    week: dict[int, list[str]] = {}
    for span in StaffedHours.objects.filter(clinic=clinic):
        week.setdefault(span.weekday, []).append(f"{span.opens:%H:%M} to {span.closes:%H:%M}")
    lines: list[tuple[list[int], str]] = []
    for weekday, spans in sorted(week.items()):
        hours = ", ".join(spans)
        if lines and lines[-1][1] == hours and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], hours))
    return [f"{_days(days)} {hours}" for days, hours in lines]


def _days(days: Sequence[int]) -> str:
    first, last = labels.WEEKDAYS[days[0]], labels.WEEKDAYS[days[-1]]
    return first if first == last else f"{first} to {last}"
