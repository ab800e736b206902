"""Courses of pain, and the notes that patients write."""

from __future__ import annotations

import math
from collections.abc import Callable

RECOVERING = (
    "Slept through for once.",
    "Stiff in the morning, fine by lunch.",
    "Walked to the library and back.",
    "Overdid it in the garden.",
    "Sat in meetings all day. Standing up was slow.",
    "The heat pad before bed really helps.",
    "Carried groceries without thinking about it.",
    "A twinge when I sneezed, gone in a minute.",
    "PT says my hips are moving better.",
    "Drove two hours, had to stop once.",
    "Played on the floor with the kids.",
    "Forgot about my back until the evening.",
)
STUCK = (
    "Did everything on the sheet. Same as last week.",
    "Exercises done, heat done, pills taken. Still there.",
    "I do not see that it is getting anywhere.",
    "Woke at four again, could not lie on my side.",
    "PT changed two exercises. No difference so far.",
    "Had to sit down in the checkout line.",
    "Left work early.",
    "My sister did the laundry, I cannot bend that far.",
)
BUSY = (
    "No time for exercises, double shift.",
    "Missed PT, could not get a sitter.",
    "Forgot the exercises again.",
    "The clinic is an hour by bus.",
    "Heating pad is still in the box.",
    "Too tired to do anything after work.",
)
FADING = ("Same.", "About the same I guess.", "ok", "Not much to say.")
SCIATICA = (
    "Pain runs down the left leg to the calf.",
    "Sitting is the worst, tingling in the foot.",
    "Coughing shoots into the leg.",
    "Better lying on the floor with legs up.",
)
LEANING = (
    "Fine when I lean on the cart, bad when I stand straight.",
    "Had to rest on every bench to the bus stop.",
    "Legs get heavy after five minutes.",
    "Sitting down helps at once.",
)
REMOTE = (
    "No signal again, writing this by flashlight.",
    "Climbed two towers today.",
    "Slept in the truck. My back hates the truck.",
    "Cold night. Hot water bottle did the job.",
)
TRAVELING = (
    "Nine hours in the plane, walked the aisle every hour.",
    "Hotel bed is too soft.",
    "Jet lag, but the back is okay.",
    "Hills and cobblestones, surprisingly good for me.",
    "Heat patch from the airport pharmacy.",
)


def falling(start: float, end: float, *, over: float = 16) -> Callable[[int], int]:
    """Return a course of pain that eases fast at first, then slowly."""

    def pain(day: int) -> int:
        return round(end + (start - end) * math.exp(-max(0, day - 6) / over))

    return pain
