"""A whole clinic with 24 invented patients, from nothing: `make demo`.

cohort, pen, stories, people   who they are and what they log; pure, by a seed
clinic, phone, desk            how it gets in: by the doors that everybody uses
walk                           eight weeks on the shifted clock, up to today
mailbox, processes, live       what runs while one looks at it
"""

from __future__ import annotations
