"""Numbers as people read them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tracker.rules.wording import brief


@pytest.mark.parametrize(
    ("number", "read"),
    [(7, "7"), (Fraction(4), "4"), (Fraction(7, 2), "3.5"), (Fraction(22, 3), "7.3")],
    ids=str,
)
def test_a_number_in_a_sentence_has_a_decimal_only_where_it_needs_one(number, read):
    assert brief(number) == read
