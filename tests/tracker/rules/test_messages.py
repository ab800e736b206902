"""Numbers as people read them."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from tracker.rules.messages import brief, plain


@pytest.mark.parametrize(
    ("number", "read"),
    [(7, "7"), (Fraction(4), "4"), (Fraction(7, 2), "3.5"), (Fraction(22, 3), "7.3")],
    ids=str,
)
def test_a_number_in_a_sentence_has_a_decimal_only_where_it_needs_one(number, read):
    assert brief(number) == read


@pytest.mark.parametrize(
    ("number", "written"),
    [(7, "7"), (Fraction(4), "4"), (Fraction(7, 2), "3.5"), (Fraction(2, 3), "0.6667")],
    ids=str,
)
def test_a_number_in_evidence_is_whole_or_has_four_places(number, written):
    assert json.dumps(plain(number)) == written
