"""The kinds of records that a patient can log: each is declared in a file of its own.

To add one, write its file and add it to `RECORD_KINDS`; `manage.py makemigrations` makes its
table. Addresses, schemas, choices, reminders and checks follow from the declaration.
"""

from __future__ import annotations

from tracker.models.record_kinds.base import RecordKind
from tracker.models.record_kinds.compress_use import COMPRESS_USE
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.models.record_kinds.medication_intake import MEDICATION_INTAKE
from tracker.models.record_kinds.peg_score import PEG_SCORE
from tracker.models.record_kinds.red_flag_checklist import RED_FLAG_CHECKLIST
from tracker.models.record_kinds.therapy_session import THERAPY_SESSION
from tracker.rules.history.records import RecordForm

#: By code.
RECORD_KINDS: dict[str, RecordKind] = {
    kind.code: kind
    for kind in (
        DIARY_ENTRY,
        COMPRESS_USE,
        MEDICATION_INTAKE,
        THERAPY_SESSION,
        RED_FLAG_CHECKLIST,
        PEG_SCORE,
    )
}

#: By the planned measure whose reminder it answers.
ANSWERING_KINDS: dict[str, RecordKind] = {
    measure: kind for kind in RECORD_KINDS.values() for measure in kind.answers
}

#: A history may hold these too; the rules do not read them.
FORMS_NOT_EVALUATED: tuple[type[RecordForm], ...] = tuple(
    kind.form for kind in RECORD_KINDS.values() if not kind.is_evaluated
)
