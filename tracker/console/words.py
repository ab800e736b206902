"""The words that people read for what is stored as a code."""

from __future__ import annotations

from tracker.rules.measures import labels

PRIORITIES = {
    "P0": "Emergency",
    "P1": "Same day",
    "P2": "One business day",
    "P3": "Five business days",
    "P4": "For information",
}
ROLES = {
    "physician": "Physician",
    "nurse": "Nurse",
    "physical_therapist": "Physical therapist",
    "administrator": "Administrator (sees no diaries)",
}
MEASURES = labels()
WAIVED = {
    "contraindicated": "Contraindicated",
    "unavailable": "Not available",
    "not_tolerated": "Not tolerated",
}
ROUTES = {
    "oral": "By mouth",
    "topical": "On the skin",
    "transdermal": "Patch",
    "rectal": "Rectal",
    "injection": "Injection",
    "nasal": "Nasal",
    "sublingual": "Under the tongue",
}
CONDITIONS = {
    "osteoporosis": "Osteoporosis",
    "long_term_steroid": "Long-term steroid",
    "immunosuppressed": "Immunosuppressed",
    "iv_drug_use": "Intravenous drug use",
    "dialysis": "Dialysis",
    "recent_spinal_procedure": "Recent spinal procedure",
    "cancer_history": "History of cancer",
    "known_aortic_aneurysm": "Known aortic aneurysm",
    "ulcer_or_gi_bleed": "Ulcer or gastrointestinal bleed",
    "chronic_kidney_disease": "Chronic kidney disease",
    "heart_failure": "Heart failure",
    "cirrhosis": "Cirrhosis",
    "pregnancy_20_weeks": "Pregnant, 20 weeks or more",
    "long_term_opioid": "Long-term opioid",
}
DECISIONS = {
    "continue_care": "Continue the care as planned",
    "change_plan": "Change the care plan",
    "order_tests": "Order tests",
    "refer": "Refer",
    "see_patient": "See the patient",
    "send_to_emergency": "Send to emergency care",
    "no_action": "No action needed",
}
TESTS = {
    "x_ray": "X-ray",
    "ct": "CT",
    "mri": "MRI",
    "myelogram": "Myelogram",
    "emg_ncs": "EMG/NCS",
    "hla_b27": "Blood test for HLA-B27",
}
SPECIALTIES = {
    "physiatry": "Physiatry",
    "pain_management": "Pain management",
    "physical_therapy": "Physical therapy",
    "spine_surgery": "Spine surgery",
}
VISITS = {"in_person": "In person", "video": "By video"}
USEFULNESS = {
    "acted_on": "I acted on it",
    "useful": "Useful to know",
    "noise": "Noise",
}
SEXES = {
    "female": "Female",
    "male": "Male",
    "intersex": "Intersex",
    "other": "Other",
    "unknown": "Not recorded",
}
FLAG_STATES = {
    "open": "Open",
    "cleared": "Cleared by itself",
    "closed": "Closed",
    "withdrawn": "Withdrawn: its evidence was corrected",
}
ESCALATION_STATES = {
    "active": "Waiting for someone",
    "acknowledged": "Acknowledged",
    "snoozed": "Snoozed",
    "exhausted": "Nobody answered",
    "resolved": "Resolved by a review",
    "withdrawn": "Withdrawn",
}
SNOOZE_REASONS = {
    "waiting_for_patient": "Waiting to hear from the patient",
    "waiting_for_result": "Waiting for a result",
    "waiting_for_colleague": "Waiting for a colleague's opinion",
    "visit_arranged": "The patient will be seen",
}
HAND_OVER_REASONS = {
    "end_of_shift": "End of my shift",
    "knows_the_patient": "Knows the patient",
    "other_profession": "Needs another profession",
    "unavailable": "I am not available",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: as templates name them
LEXICON = {
    "priority": PRIORITIES,
    "role": ROLES,
    "measure": MEASURES,
    "waived": WAIVED,
    "route": ROUTES,
    "condition": CONDITIONS,
    "decision": DECISIONS,
    "test": TESTS,
    "specialty": SPECIALTIES,
    "visit": VISITS,
    "usefulness": USEFULNESS,
    "sex": SEXES,
    "flag_state": FLAG_STATES,
    "escalation_state": ESCALATION_STATES,
    "snooze_reason": SNOOZE_REASONS,
    "hand_over_reason": HAND_OVER_REASONS,
}


def say(kind: str, code: str) -> str:
    """The words for a code; one that has none is shown as it stands, never hidden."""
    return LEXICON[kind].get(code) or code.replace("_", " ").capitalize()
