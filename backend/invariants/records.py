"""I1: each record is stored exactly once, and its row holds its newest version."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant
from tracker.models import RECORD_KINDS

#: The records of the newest versions.
_RECENT = """
    recent AS (
        SELECT DISTINCT patient_id, uuid
        FROM (SELECT * FROM tracker_revision ORDER BY id DESC LIMIT %(newest)s) version
    )
"""

#: The current row of each record, of every kind.
_CURRENT = " UNION ALL ".join(
    f"SELECT '{kind.code}' AS kind, id, patient_id, uuid, revision, to_jsonb(d) AS row"
    f" FROM {kind.model._meta.db_table} d"
    for kind in RECORD_KINDS.values()
)

#: The newest rows of each kind.
_NEWEST_ROWS = " UNION ALL ".join(
    f"(SELECT '{kind.code}' AS kind, id, patient_id, uuid, revision"
    f" FROM {kind.model._meta.db_table} ORDER BY id DESC LIMIT %(newest)s)"
    for kind in RECORD_KINDS.values()
)

INVARIANTS = (
    SqlInvariant(
        name="versions_without_gap",
        code="I1",
        description="the accepted versions of a record are numbered 1, 2, 3 without a gap",
        rationale="the patient: no version of a record is lost",
        sql=f"""
            WITH {_RECENT}
            SELECT max(id) FROM tracker_revision JOIN recent USING (patient_id, uuid)
            WHERE number IS NOT NULL
            GROUP BY patient_id, uuid
            HAVING min(number) <> 1 OR max(number) <> count(*)
        """,
    ),
    SqlInvariant(
        name="current_row_is_newest_version",
        code="I1",
        description="the row of a record equals its newest accepted version",
        rationale="the clinician: pages show the row, and the rules read the version",
        sql=f"""
            WITH {_RECENT},
            newest AS (
                SELECT DISTINCT ON (patient_id, uuid) tracker_revision.*
                FROM tracker_revision JOIN recent USING (patient_id, uuid)
                WHERE number IS NOT NULL
                ORDER BY patient_id, uuid, number DESC
            )
            SELECT newest.id FROM newest
            LEFT JOIN ({_CURRENT}) standing USING (patient_id, uuid, kind)
            WHERE standing.id IS NULL
            OR standing.revision <> newest.number
            OR (standing.row->>'retracted_at' IS NOT NULL) <> newest.retracted
            OR (standing.row->>'submitted_at')::timestamptz <> newest.submitted_at
            OR (standing.row->>'at')::timestamptz <> (newest.content->>'at')::timestamptz
            OR standing.row->>'local_date' <> newest.content->>'date'
            OR EXISTS (
                SELECT FROM jsonb_each(newest.content - '{{at,submitted_at}}'::text[]) said
                WHERE standing.row ? said.key AND standing.row->said.key <> said.value
            )
            OR EXISTS (
                SELECT FROM jsonb_each(
                    standing.row - '{{id,clinic_id,patient_id,uuid,revision,local_date,time_zone,
                        submitted_at,received_at,note,retracted_at,at}}'::text[]
                ) kept
                WHERE NOT newest.content ? kept.key
                AND kept.value NOT IN ('null', 'false', '""')
            )
        """,
    ),
    SqlInvariant(
        name="current_row_has_its_version",
        code="I1",
        description="the row of a record has its version in the ledger, of the same kind",
        rationale="the patient: nothing is evaluated that they did not log",
        sql=f"""
            WITH standing AS ({_NEWEST_ROWS})
            SELECT kind || ' ' || id FROM standing
            WHERE NOT EXISTS (
                SELECT FROM tracker_revision said
                WHERE said.patient_id = standing.patient_id AND said.uuid = standing.uuid
                AND said.number = standing.revision AND said.kind = standing.kind
            )
        """,
    ),
)
