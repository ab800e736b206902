from __future__ import annotations

from .audit import AuditEvent
from .care import Episode, ExcusedPeriod, PlannedMeasure
from .clinic import CareTeam, CareTeamMembership, Clinic, Holiday, StaffedHours
from .escalation import (
    Acknowledgement,
    Escalation,
    EscalationPolicy,
    EscalationPolicyStep,
    EscalationStep,
    HandOver,
    Snooze,
)
from .flags import Advice, Evaluation, Flag, Priority
from .people import Clinician, Consent, Invitation, Patient, PatientTimeZone
from .records import (
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
from .reminder import Reminder, ReminderSlot
from .review import Message, Order, Referral, Review, Visit
from .rotation import Rotation, RotationMember, RotationOverride
from .rulesets import RulesetAdoption, ShadowFinding, ShadowTrial, ThresholdChange
from .session_token import SessionToken
from .user import User

__all__ = [
    "Acknowledgement",
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
