"""What a patient reads at once, because of a record just saved.

Separate from the flags, so that a clinic can switch it off: advice to patients may be
what makes software a medical device.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.rules.chart import Chart
from tracker.rules.dosing import DoseMoment
from tracker.rules.intakes import Taken
from tracker.rules.medicines import LOW_DOSE_ASPIRIN_MG, DrugClass
from tracker.rules.outcome import Urgency
from tracker.rules.records import CompressUse, DiaryEntry, MedicationIntake
from tracker.rules.versions import Entry, Version
from tracker.rules.wording import SAME_DAY

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


def notices(chart: Chart, entry: Entry, version: Version) -> Iterator[Notice]:
    """What is to be read because of this version of a record."""
    record = version.record
    if isinstance(record, DiaryEntry):
        if _asks_for_checklist(chart, record):
            yield CHECKLIST
    elif isinstance(record, CompressUse):
        yield from _of_compress(chart, record)
    elif isinstance(record, MedicationIntake):
        taken = chart.taken(entry)
        if taken is not None:
            yield from _of_intake(chart, taken)


def _asks_for_checklist(chart: Chart, entry: DiaryEntry) -> bool:
    """NRS of 9, a rise of 3 in a day, or unable to stand or walk."""
    if entry.pain_average is not None:
        if entry.pain_average >= ASK_PAIN:
            return True
        before = chart.days.get(entry.date.toordinal() - 1)
        if before and before.pain is not None and entry.pain_average - before.pain >= ASK_RISE:
            return True
    return chart.function_of(entry) == ASK_FUNCTION


def _of_compress(chart: Chart, use: CompressUse) -> Iterator[Notice]:
    longest = COLD_MINUTES if use.type == "cold" else HEAT_MINUTES
    if not use.wrap and use.minutes is not None and use.minutes > longest:
        yield TH_LONG
    if use.type == "hot" and _wears_fentanyl(chart, use.at):
        yield FENTANYL_HEAT


def _wears_fentanyl(chart: Chart, at: datetime) -> bool:
    """A patch logged in the last 72 hours, or one in the plan."""
    if any(_is_fentanyl_patch(taken) for taken in chart.intakes.rolling(at, PATCH_WORN)):
        return True
    planned = chart.medicines.on(chart.local_days.day_of(at)).doses
    return any(dose.name == "fentanyl" and dose.mcg_per_hour is not None for dose in planned)


def _is_fentanyl_patch(taken: Taken) -> bool:
    return any(dose.base == "fentanyl" and dose.is_patch for dose in taken.doses)


def _of_intake(chart: Chart, taken: Taken) -> Iterator[Notice]:
    moment = DoseMoment(chart, taken.at)
    if "acetaminophen" in taken.bases and moment.sums["acetaminophen"] > ACETAMINOPHEN_LABEL_MG:
        yield ACETAMINOPHEN
    aspirin = moment.sums.get("aspirin", 0)
    if "ibuprofen" in moment.sums and 0 < aspirin <= LOW_DOSE_ASPIRIN_MG:
        yield ASPIRIN_IBUPROFEN
    yield from _too_soon(moment, taken)


def _too_soon(moment: DoseMoment, taken: Taken) -> Iterator[Notice]:
    """MED-INT: an OTC dose before the label's interval since the last one is over."""
    for dose in taken.doses:
        if dose.least_hours is None or taken.is_prescribed or DrugClass.OPIOID in taken.classes:
            continue
        earlier = [
            each
            for each in moment.rolling
            if each is not taken and each.at <= taken.at and dose.base in each.bases
        ]
        gap = timedelta(hours=dose.least_hours)
        is_early = bool(earlier) and taken.at - earlier[-1].at < gap
        if is_early and not _is_first_naproxen(dose.base, earlier, taken):
            yield Notice(
                "MED-INT",
                f"The label of {dose.base} asks for at least {dose.least_hours} hours between "
                "doses. Please read it before the next one.",
            )


def _is_first_naproxen(base: str, earlier: list[Taken], taken: Taken) -> bool:
    """The label allows a second tablet of naproxen within an hour of the first dose."""
    is_first_hour = taken.at - earlier[0].at <= timedelta(hours=1)
    return base == "naproxen" and len(earlier) == 1 and is_first_hour
