"""The kinds of patients: each story writes one person's diary of about eight weeks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from demo import notes
from demo.habits import NAPROXEN_PLAN, USUAL_PLAN, Habits, write_days
from demo.record_writer import Product, RecordWriter, ZoneChange

ADVIL = Product("Advil Liqui-Gels", "ibuprofen", 400)
MOTRIN = Product("Motrin IB", "ibuprofen", 400)

HOME = "America/New_York"


class Attention(StrEnum):
    """How far the clinic goes with flags of the last two weeks."""

    REVIEWED = "reviewed"
    ACKNOWLEDGED = "acknowledged"  # seen; the review is still to come
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A kind of patient, and the flags that such a patient must have at the end."""

    title: str
    write: Callable[[RecordWriter], None]
    expects: frozenset[str] = frozenset()  #: rules that open at some time
    plan: Sequence[dict[str, Any]] = USUAL_PLAN
    zone_changes: Sequence[ZoneChange] = (ZoneChange(1, HOME),)
    min_days: int = 42
    attention: Attention = Attention.REVIEWED
    offline: tuple[int, int] | None = None
    forgets: bool = False  #: and asked to be reminded
    weeks_of_pain: int = 3  #: before the first day


def recovers(writer: RecordWriter) -> None:
    start, end = writer.rng.choice([(6, 1), (6, 2), (5, 1), (5, 0), (6, 1)])
    write_days(writer, pain=notes.falling(start, end), words=notes.RECOVERING)


def no_response(writer: RecordWriter) -> None:
    write_days(writer, pain=lambda day: 6, words=notes.STUCK, habits=Habits(diligent=True))


def no_response_and_legs(writer: RecordWriter) -> None:
    """Standing in a shop or walking the dog ends after five minutes."""

    def scales(day: int) -> dict[str, int]:
        return {"walking": 3, "standing": 2} if day >= 21 else {}

    write_days(
        writer, pain=lambda day: 6, words=notes.STUCK, habits=Habits(diligent=True), scales=scales
    )


def no_response_and_severe(writer: RecordWriter) -> None:
    def pain(day: int) -> int:
        return 7 if day >= writer.ago(12) and day % 6 else 6

    write_days(writer, pain=pain, words=notes.STUCK, habits=Habits(diligent=True), noise=0)


def never_tried(writer: RecordWriter) -> None:
    write_days(writer, pain=lambda day: 6, words=notes.BUSY, habits=Habits(exercise=0.1, heat=0.05))


def worsens(writer: RecordWriter) -> None:
    """Three bad days, up to yesterday."""
    write_days(writer, until=writer.ago(4), pain=notes.falling(6, 3), words=notes.RECOVERING)
    for day, pain in zip(range(writer.ago(3), writer.yesterday + 1), (7, 8, 8), strict=True):
        note = "Could not get comfortable all night. Something is different." if pain == 8 else ""
        writer.diary(day, pain, note=note, standing=3, walking=3, sleep=4, activity=3)
        writer.heat(day)


def worsened_and_was_helped(writer: RecordWriter) -> None:
    """A bad week, a changed plan, then slowly better."""
    worst, before = writer.ago(22), notes.falling(6, 3)

    def pain(day: int) -> int:
        return before(day) if day < worst else max(2, 8 - max(0, day - worst - 3))

    def scales(day: int) -> dict[str, int]:
        return {"sleep": 4, "activity": 3} if worst <= day < worst + 3 else {}

    write_days(writer, pain=pain, words=notes.RECOVERING, scales=scales, noise=0)


def stops_logging(writer: RecordWriter) -> None:
    write_days(
        writer, until=writer.ago(12), pain=notes.falling(6, 3), words=notes.FADING, every_day=False
    )


def comes_back(writer: RecordWriter) -> None:
    """Ten silent days; the clinic called; the phone had been in the lake."""
    gone, back = writer.ago(30), writer.ago(20)
    write_days(writer, until=gone, pain=notes.falling(6, 4), words=notes.RECOVERING)
    writer.diary(back, 4, note="New phone. The old one is at the bottom of Moosehead Lake.")
    write_days(writer, since=back + 1, pain=lambda day: 3, words=notes.RECOVERING)


def foot_drop(writer: RecordWriter) -> None:
    write_days(writer, pain=notes.falling(6, 3), words=notes.SCIATICA)
    writer.checklist(
        writer.yesterday,
        time(19, 5),
        leg_weakness="yes",
        both_legs_symptoms="no",
        weakness_worsening_fast="no",
        saddle_numbness="no",
        bladder_change="no",
        bowel_change="no",
        note="My left foot slaps on the floor when I walk. I tripped on the rug twice.",
    )


def unsure_about_bladder(writer: RecordWriter) -> None:
    write_days(writer, pain=notes.falling(6, 2), words=notes.RECOVERING)
    writer.checklist(
        writer.ago(34),
        time(10, 20),
        bladder_change="unsure",
        saddle_numbness="no",
        bowel_change="no",
        leg_weakness="no",
        note="Maybe I just drank too much tea. Starting took a while.",
    )


def cauda_equina_tonight(writer: RecordWriter) -> None:
    """Recovers so far; the phone sends the checklist while one watches."""
    write_days(writer, pain=notes.falling(6, 3), words=notes.SCIATICA)


def two_brands(writer: RecordWriter) -> None:
    """Advil in the desk, Motrin in the car: both are ibuprofen."""
    write_days(writer, pain=notes.falling(6, 3), words=notes.RECOVERING, habits=Habits(pills=False))
    for day in (writer.ago(25), writer.ago(24)):
        writer.took(day, ADVIL, time(7), time(13))
        writer.took(day, MOTRIN, time(10), time(17))
    worst = writer.ago(9)
    writer.took(worst, ADVIL, time(5), time(8), time(11), time(14), time(17), at_once=True)
    writer.took(worst, MOTRIN, time(6), time(9), time(12), time(15), at_once=True)


def hard_to_walk(writer: RecordWriter) -> None:
    worse = writer.ago(7)

    def scales(day: int) -> dict[str, int]:
        if day < writer.ago(24):
            return {"walking": 2, "standing": 2}
        return {"walking": 4 if day >= worse else 3, "standing": 3}

    write_days(writer, pain=notes.falling(6, 3), words=notes.LEANING, scales=scales)


def offline_for_two_weeks(writer: RecordWriter) -> None:
    """Inspecting towers in northern Maine: no network, but a diary every night."""

    def pain(day: int) -> int:
        return 7 if OFFLINE_DAYS[0] <= day <= OFFLINE_DAYS[0] + 6 else max(2, 6 - day // 12)

    write_days(writer, pain=pain, words=notes.REMOTE, noise=0)


def travels(writer: RecordWriter) -> None:
    write_days(writer, pain=notes.falling(5, 2), words=notes.TRAVELING)


def corrects_an_entry(writer: RecordWriter) -> None:
    write_days(
        writer,
        pain=notes.falling(5, 2),
        words=notes.RECOVERING,
        skip={writer.ago(16), writer.ago(15)},
    )
    writer.diary(writer.ago(16), 8, sleep=4, activity=2, note="Moved the sofa. Never again.")
    slip = writer.diary(writer.ago(15), 9, sleep=1, activity=1, note="Better already, ice helped.")
    writer.correct(
        slip, after=timedelta(hours=11), reason="Meant 3, my thumb slipped.", pain_average=3,
        pain_worst=4,
    )  # fmt: skip


OFFLINE_DAYS = (33, 46)
OFFLINE = "two weeks without network, then all at once"
CORRECTS = "corrects an entry"
HARDLY_WALKS = "can hardly walk"
TRIED = "care was tried and does not help"
ALARM = "sends a red flag while you watch"

CARE_FAILED = frozenset({"CC-FAIL"})

RECOVERS = Story(title="recovers", write=recovers)

STORIES: tuple[Story, ...] = (
    *[RECOVERS] * 7,
    Story(
        title="care was tried and does not help: surgery to be considered",
        write=no_response_and_legs,
        expects=CARE_FAILED | {"FUNC-LIMIT", "SURG-CONSIDER"},
        plan=NAPROXEN_PLAN,
        weeks_of_pain=8,
    ),
    Story(
        title=TRIED,
        write=no_response,
        expects=CARE_FAILED,
        plan=NAPROXEN_PLAN,
        min_days=49,
        attention=Attention.ACKNOWLEDGED,
    ),
    Story(
        title="care was tried, and the pain is severe",
        write=no_response_and_severe,
        expects=CARE_FAILED | {"SEV-SUST", "SURG-CONSIDER"},
        plan=NAPROXEN_PLAN,
        min_days=54,
        attention=Attention.UNSEEN,
        weeks_of_pain=14,
    ),
    *[
        Story(
            title="care was never really tried",
            write=never_tried,
            expects=frozenset({"CC-NOTTRIED"}),
            plan=NAPROXEN_PLAN,
        )
    ]
    * 2,
    Story(
        title="gets worse right now",
        write=worsens,
        expects=frozenset({"WORSE", "SEV-DEBIL"}),
        attention=Attention.UNSEEN,
    ),
    Story(
        title="got worse, and was helped",
        write=worsened_and_was_helped,
        expects=frozenset({"WORSE", "SEV-DEBIL"}),
    ),
    Story(
        title="stopped logging",
        forgets=True,
        write=stops_logging,
        expects=frozenset({"DATA-GAP"}),
        attention=Attention.UNSEEN,
    ),
    Story(
        title="went silent and came back",
        write=comes_back,
        expects=frozenset({"DATA-GAP"}),
        forgets=True,
    ),
    Story(
        title="a foot drops (red flag)",
        write=foot_drop,
        expects=frozenset({"RF-MOTOR"}),
        attention=Attention.UNSEEN,
    ),
    Story(
        title="was not sure about the bladder (red flag)",
        write=unsure_about_bladder,
        expects=frozenset({"RF-CES"}),
    ),
    Story(title=ALARM, write=cauda_equina_tonight),
    Story(
        title="mixes two brands of ibuprofen",
        write=two_brands,
        expects=frozenset({"MED-DOSE"}),
    ),
    Story(
        title=HARDLY_WALKS,
        write=hard_to_walk,
        expects=frozenset({"FUNC-LIMIT", "FUNC-SEV"}),
        attention=Attention.UNSEEN,
    ),
    Story(
        title=OFFLINE,
        write=offline_for_two_weeks,
        expects=frozenset({"SEV-SUST"}),
        offline=OFFLINE_DAYS,
    ),
    Story(
        title="travels across time zones",
        write=travels,
        zone_changes=(
            ZoneChange(1, HOME),
            ZoneChange(24, "Europe/Lisbon"),
            ZoneChange(33, "Asia/Tokyo"),
            ZoneChange(41, HOME),
        ),
    ),
    Story(title=CORRECTS, write=corrects_an_entry),
)
