"""What was taken, in order of time, also when some of it turns out to be a mistake."""

from __future__ import annotations

import pytest

from tests.tracker.rules.diaries import intake
from tracker.rules import parse_record
from tracker.rules.medicines.catalog import DrugClass
from tracker.rules.medicines.intakes import Intakes, TakenDose


def taken(hour: float, name: str = "ibuprofen", **fields) -> TakenDose:
    return TakenDose.of(parse_record(intake(1, hour, name, **fields)), 1)


@pytest.mark.parametrize("mistake", range(5))
def test_what_is_removed_is_that_intake_and_not_another_of_its_time(mistake):
    given = [taken(6), taken(8), taken(8), taken(8), taken(9)]
    intakes = Intakes()
    for each in given:
        intakes.add(each)

    intakes.remove(given[mistake])

    left = [each for each in given if each is not given[mistake]]
    assert intakes.rolling(given[-1].at) == left


def test_a_class_is_there_as_long_as_something_of_it_was_taken():
    intakes, first, second = Intakes(), taken(6), taken(8)

    assert not intakes.include(DrugClass.NSAID)
    for each in (first, second):
        intakes.add(each)
    intakes.remove(first)
    assert intakes.include(DrugClass.NSAID)
    intakes.remove(second)
    assert not intakes.include(DrugClass.NSAID)


@pytest.mark.parametrize(
    ("product", "known_as"),
    [("Advil  PM ", "advil pm"), (None, "diphenhydramine + ibuprofen")],
    ids=["as written", "nobody wrote one"],
)
def test_a_product_is_compared_without_case_and_by_its_contents_if_it_has_no_name(
    product, known_as
):
    contents = [{"name": "ibuprofen", "mg": 200}, {"name": "diphenhydramine", "mg": 38}]

    assert taken(6, product=product, ingredients=contents).product == known_as
