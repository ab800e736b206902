"""The questions and levels of the diary's scales, written for this project and free to use."""

from __future__ import annotations

PAIN_AVERAGE = "What was your average pain over the last 24 hours? (0 none, 10 the worst)"
PAIN_WORST = "What was your worst pain over the last 24 hours? (0 none, 10 the worst)"

FUNCTION_QUESTION = (
    "Because of your back or leg, about how long could you keep {doing} today before you had to "
    "stop or sit?"
)
STANDING_QUESTION = FUNCTION_QUESTION.format(doing="standing")
WALKING_QUESTION = FUNCTION_QUESTION.format(doing="walking")

_DURATIONS = (
    "an hour or more, or no problem",
    "30-59 minutes",
    "10-29 minutes",
    "5-9 minutes",
)
#: By level; a day on which it was not tried is null, never 0.
STANDING = (*_DURATIONS, "under 5 minutes", "could not stand")
WALKING = (
    *_DURATIONS,
    "under 5 minutes, or only holding on to furniture, a stick or a person when that is new",
    "could not walk",
)
SLEEP_QUESTION = "How did you sleep last night?"
SLEEP = (
    "slept normally",
    "woke a little because of back pain",
    "woke several times because of back pain",
    "slept only a few hours because of back pain",
    "hardly slept because of back pain",
)
ACTIVITY_QUESTION = "How much did your back hold you back today?"
ACTIVITY = (
    "usual day",
    "left out a little",
    "left out about half",
    "did very little",
    "in bed or lying down almost all day because of back pain",
)
