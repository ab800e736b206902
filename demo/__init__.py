"""A clinic with 24 invented patients, made from nothing: `make demo`.

cohort, record_writer, stories, habits   who the patients are and what they log; pure, by a seed
clinic, api_client, clinic_staff         enter it through the API, commands and services
load, timeline                           eight weeks on the shifted clock, up to today
mailbox, events, guide                   what runs and is shown afterwards
"""

from __future__ import annotations
