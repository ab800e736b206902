"""I9: what a person did to a patient's data stands in the audit trail."""

from __future__ import annotations

from backend.auditor.check import Check

CHECKS = (
    Check(
        name="record_in_the_trail",
        invariant="I9",
        says="each version of a record came with a line of the audit trail",
        serves="the patient: who wrote in their diary can be told",
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
    Check(
        name="acknowledgement_in_the_trail",
        invariant="I9",
        says="each acknowledgement has its line in the audit trail",
        serves="the patient: who took it on can be told",
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
    Check(
        name="review_in_the_trail",
        invariant="I9",
        says="each review has its line in the audit trail",
        serves="the patient: who decided can be told",
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
