"""What the declarations of the record kinds must agree on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tracker.models import RECORD_KINDS, Revision
from tracker.models.record_kinds import FORMS_NOT_EVALUATED
from tracker.models.record_kinds.base import DIARY_REMINDER
from tracker.models.record_kinds.compress_use import COMPRESS_USE
from tracker.models.record_kinds.therapy_session import THERAPY_SESSION
from tracker.rules.history.records import RECORD_TYPES
from tracker.rules.measures import labels

API_DOCUMENT = Path(__file__).parents[3] / "docs/api.md"


def test_each_record_that_the_rules_read_has_a_kind():
    forms = {kind.form for kind in RECORD_KINDS.values()}

    assert set(RECORD_TYPES) == forms - set(FORMS_NOT_EVALUATED)


def test_each_reminder_is_answered_by_exactly_one_kind():
    answered = Counter(measure for kind in RECORD_KINDS.values() for measure in kind.answers)

    assert answered == Counter([DIARY_REMINDER, *labels()])


@pytest.mark.parametrize(
    ("kind", "content", "measures"),
    [
        (COMPRESS_USE, {"type": "hot"}, {"hot_compress"}),
        (COMPRESS_USE, {"type": "cold"}, {"cold_compress"}),
        (THERAPY_SESSION, {"type": "massage"}, {"massage"}),
    ],
)
def test_a_record_answers_the_reminders_of_what_was_done(kind, content, measures):
    assert kind.measures(content) == measures


@pytest.mark.parametrize("kind", RECORD_KINDS.values(), ids=RECORD_KINDS)
def test_a_kind_fits_its_table_and_the_ledger(kind):
    columns = {field.name for field in kind.model._meta.concrete_fields}

    assert {*kind.own_fields, *kind.one_line_fields} <= columns
    assert len(kind.code) <= Revision._meta.get_field("kind").max_length


def test_the_api_document_lists_every_kind():
    rows = [
        f"| `{kind.code}` | `{kind.resource}/{{{'date' if kind.is_one_per_day else 'id'}}}` |"
        f" {kind.label} |"
        for kind in RECORD_KINDS.values()
    ]

    assert "\n".join(["| `kind` | address | |", "|---|---|---|", *rows, ""]) in (
        API_DOCUMENT.read_text()
    )
