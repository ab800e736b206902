"""What a patient reads at once, because of a record just saved.

Separate from the flags, so that a clinic can switch it off: advice to patients may be
what makes software a medical device.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.rules.history.records import CompressUse, DiaryEntry, MedicationIntake
from tracker.rules.history.versions import Version, VersionedRecord
from tracker.rules.medicines.catalog import LOW_DOSE_ASPIRIN_MG, DrugClass
from tracker.rules.medicines.intakes import TakenDose
from tracker.rules.messages import SAME_DAY
from tracker.rules.results import Urgency
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.state.episode_state import EpisodeState

ASK_PAIN = 9
ASK_RISE = 3
ASK_FUNCTION = 5
COLD_MINUTES = 20
HEAT_MINUTES = 30
ACETAMINOPHEN_LABEL_MG = 3000
PATCH_WORN = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Notice:
    code: str
    text: str
    urgency: Urgency = "information"


CHECKLIST = Notice(
    "CHECKLIST",
    "Please answer a few safety questions about your back now. They help to find problems that "
    "need care at once.",
    "today",
)
TH_LONG = Notice(
    "TH-LONG",
    "That is longer than is advised at one time. Keep a compress to 15-20 minutes, with a cloth "
    "between it and your skin, look at your skin, and rest at least as long before the next one.",
)
FENTANYL_HEAT = Notice(
    "FENTANYL-HEAT",
    "Heat near a fentanyl patch can release too much medicine. Keep heat away from the patch. "
    + SAME_DAY,
    "today",
)
ACETAMINOPHEN = Notice(
    "MED-ACETAMINOPHEN",
    "You have logged more than 3000 mg of acetaminophen in 24 hours. Many labels say not to take "
    "more than that in a day. Cold and flu remedies often contain it too: please check them.",
)
ASPIRIN_IBUPROFEN = Notice(
    "MED-ASPIRIN-IBUPROFEN",
    "The label says that ibuprofen may reduce the benefit of aspirin for the heart. Please ask "
    "your clinic or a pharmacist how far apart to take them.",
)


def notices(state: EpisodeState, entry: VersionedRecord, version: Version) -> Iterator[Notice]:
    """What is to be read because of this version of a record."""
    record = version.record
    if isinstance(record, DiaryEntry):
        if _asks_for_checklist(state, record):
            yield CHECKLIST
    elif isinstance(record, CompressUse):
        yield from _of_compress(state, record)
    elif isinstance(record, MedicationIntake):
        dose = state.dose_of(entry)
        if dose is not None:
            yield from _of_intake(state, dose)


def _asks_for_checklist(state: EpisodeState, entry: DiaryEntry) -> bool:
    """NRS of 9, a rise of 3 in a day, or unable to stand or walk."""
    if entry.pain_average is not None:
        if entry.pain_average >= ASK_PAIN:
            return True
        before = state.days.get(entry.date.toordinal() - 1)
        if before and before.pain is not None and entry.pain_average - before.pain >= ASK_RISE:
            return True
    return state.function_of(entry) == ASK_FUNCTION


def _of_compress(state: EpisodeState, use: CompressUse) -> Iterator[Notice]:
    longest = COLD_MINUTES if use.type == "cold" else HEAT_MINUTES
    if not use.wrap and use.minutes is not None and use.minutes > longest:
        yield TH_LONG
    if use.type == "hot" and _wears_fentanyl(state, use.at):
        yield FENTANYL_HEAT


def _wears_fentanyl(state: EpisodeState, at: datetime) -> bool:
    """A patch logged in the last 72 hours, or one in the plan."""
    if any(_is_fentanyl_patch(dose) for dose in state.intakes.rolling(at, PATCH_WORN)):
        return True
    planned = state.medicines.on(state.calendar.day_of(at)).ingredients
    return any(
        ingredient.name == "fentanyl" and ingredient.mcg_per_hour is not None
        for ingredient in planned
    )


def _is_fentanyl_patch(dose: TakenDose) -> bool:
    return any(
        ingredient.base == "fentanyl" and ingredient.is_patch for ingredient in dose.ingredients
    )


def _of_intake(state: EpisodeState, dose: TakenDose) -> Iterator[Notice]:
    moment = DoseContext(state, dose.at)
    if "acetaminophen" in dose.bases and moment.sums["acetaminophen"] > ACETAMINOPHEN_LABEL_MG:
        yield ACETAMINOPHEN
    aspirin = moment.sums.get("aspirin", 0)
    if "ibuprofen" in moment.sums and 0 < aspirin <= LOW_DOSE_ASPIRIN_MG:
        yield ASPIRIN_IBUPROFEN
    yield from _too_soon(moment, dose)


def _too_soon(moment: DoseContext, dose: TakenDose) -> Iterator[Notice]:
    """MED-INT: an OTC dose before the label's interval since the last one is over."""
    for ingredient in dose.ingredients:
        if ingredient.least_hours is None or dose.is_prescribed or DrugClass.OPIOID in dose.classes:
            continue
        earlier = [
            each
            for each in moment.rolling
            if each is not dose and each.at <= dose.at and ingredient.base in each.bases
        ]
        gap = timedelta(hours=ingredient.least_hours)
        is_early = bool(earlier) and dose.at - earlier[-1].at < gap
        if is_early and not _is_first_naproxen(ingredient.base, earlier, dose):
            yield Notice(
                "MED-INT",
                f"The label of {ingredient.base} asks for at least {ingredient.least_hours} hours "
                "between doses. Please read it before the next one.",
            )


def _is_first_naproxen(base: str, earlier: list[TakenDose], dose: TakenDose) -> bool:
    """The label allows a second tablet of naproxen within an hour of the first dose."""
    is_first_hour = dose.at - earlier[0].at <= timedelta(hours=1)
    return base == "naproxen" and len(earlier) == 1 and is_first_hour
