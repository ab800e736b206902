"""I9: what a person did with a patient's data is in the audit trail."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant

INVARIANTS = (
    SqlInvariant(
        name="record_audited",
        code="I9",
        description="each version of a record has its line in the audit trail",
        rationale="the patient: they can learn who wrote in their diary",
        sql="""
            SELECT said.id
            FROM (SELECT * FROM tracker_revision ORDER BY id DESC LIMIT %(newest)s) said
            WHERE NOT EXISTS (
                SELECT FROM tracker_auditevent line
                WHERE line.clinic_id = said.clinic_id AND line.patient_id = said.patient_id
                AND line.at = said.received_at
            )
        """,
    ),
    SqlInvariant(
        name="acknowledgement_audited",
        code="I9",
        description="each acknowledgement has its line in the audit trail",
        rationale="the patient: they can learn who acknowledged",
        sql="""
            SELECT said.escalation_id
            FROM (SELECT * FROM tracker_acknowledgement ORDER BY id DESC LIMIT %(newest)s) said
            JOIN tracker_escalation escalation ON escalation.id = said.escalation_id
            WHERE NOT EXISTS (
                SELECT FROM tracker_auditevent line
                WHERE line.clinic_id = said.clinic_id AND line.patient_id = escalation.patient_id
                AND line.at = said.at AND line.actor_id = said.by_id
            )
        """,
    ),
    SqlInvariant(
        name="review_audited",
        code="I9",
        description="each review has its line in the audit trail",
        rationale="the patient: they can learn who decided",
        sql="""
            SELECT said.id
            FROM (SELECT * FROM tracker_review ORDER BY at DESC LIMIT %(newest)s) said
            WHERE NOT EXISTS (
                SELECT FROM tracker_auditevent line
                WHERE line.clinic_id = said.clinic_id AND line.patient_id = said.patient_id
                AND line.at = said.at AND line.actor_id = said.by_id
            )
        """,
    ),
)
