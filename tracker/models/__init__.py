from __future__ import annotations

from tracker.models.audit import ActorKind, AuditEvent
from tracker.models.care import Episode, ExcusedPeriod, PlannedMeasure
from tracker.models.clinic import CareTeam, CareTeamMembership, Clinic, Holiday, StaffedHours
from tracker.models.escalation import (
    Acknowledgement,
    Escalation,
    EscalationPolicy,
    EscalationPolicyStep,
    EscalationStep,
    HandOver,
    Snooze,
)
from tracker.models.flags import Advice, Evaluation, Flag, Priority
from tracker.models.people import Clinician, Consent, Invitation, Patient, PatientTimeZone
from tracker.models.records import (
    CompressUse,
    DiaryEntry,
    DiaryImport,
    MedicationIntake,
    PegScore,
    RecordKind,
    RedFlagChecklist,
    Revision,
    TherapySession,
)
from tracker.models.reminder import Reminder, ReminderSlot
from tracker.models.review import Message, Order, Referral, Review, Visit
from tracker.models.rotation import Rotation, RotationMember, RotationOverride
from tracker.models.rulesets import RulesetAdoption, ShadowFinding, ShadowTrial, ThresholdChange
from tracker.models.session_token import SessionToken
from tracker.models.user import User

__all__ = [
    "Acknowledgement",
    "ActorKind",
    "Advice",
    "AuditEvent",
    "CareTeam",
    "CareTeamMembership",
    "Clinic",
    "Clinician",
    "CompressUse",
    "Consent",
    "DiaryEntry",
    "DiaryImport",
    "Episode",
    "Escalation",
    "EscalationPolicy",
    "EscalationPolicyStep",
    "EscalationStep",
    "Evaluation",
    "ExcusedPeriod",
    "Flag",
    "HandOver",
    "Holiday",
    "Invitation",
    "MedicationIntake",
    "Message",
    "Order",
    "Patient",
    "PatientTimeZone",
    "PegScore",
    "PlannedMeasure",
    "Priority",
    "RecordKind",
    "RedFlagChecklist",
    "Referral",
    "Reminder",
    "ReminderSlot",
    "Review",
    "Revision",
    "Rotation",
    "RotationMember",
    "RotationOverride",
    "RulesetAdoption",
    "SessionToken",
    "ShadowFinding",
    "ShadowTrial",
    "Snooze",
    "StaffedHours",
    "TherapySession",
    "ThresholdChange",
    "User",
    "Visit",
]
