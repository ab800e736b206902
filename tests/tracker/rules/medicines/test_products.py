"""The products that people pick from."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest

from tracker.rules.medicines.catalog import (
    INGREDIENTS,
    base_of,
    counted_names,
    not_counted,
    otc_hours,
)
from tracker.rules.medicines.products import PRODUCTS, as_written


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_a_product_names_its_contents_and_its_source(product):
    assert all(0 < mg <= 1000 for _, mg in product.ingredients)
    assert re.search(r"\[[VK]\]$", product.source)
    # Nothing is offered that the rules would not see at all.
    assert not_counted(name for name, _ in product.ingredients) in {(), ("caffeine",)}


@pytest.mark.parametrize(
    ("name", "is_otc", "source"),
    [
        pytest.param("Advil", True, "label, NDC 66267-115 [V]", id="its own source"),
        pytest.param("Tylenol PM", True, "product label [K]", id="the usual source"),
        pytest.param("Norco 5/325", False, "product label [K]", id="on prescription"),
        pytest.param("Ibuprofen 400", False, "product label [K]", id="too strong for the counter"),
    ],
)
def test_a_product_says_whether_it_is_sold_over_the_counter_and_who_says_so(name, is_otc, source):
    (product,) = (each for each in PRODUCTS if each.name == name)

    assert (product.is_otc, product.source) == (is_otc, source)


def test_no_product_stands_there_twice():
    names = [product.name.casefold() for product in PRODUCTS]

    assert len(set(names)) == len(names)


def test_every_class_of_treatment_has_a_product():
    classes = {
        INGREDIENTS[base_of(name)].drug_class
        for product in PRODUCTS
        for name, _ in product.ingredients
        if name != "caffeine"
    }

    assert classes >= {
        "NSAID",
        "acetaminophen",
        "opioid",
        "muscle relaxant",
        "gabapentinoid",
        "steroid",
    }


def test_salts_and_synonyms_are_names_by_which_a_dose_is_counted():
    assert {"naproxen sodium", "paracetamol", "ibuprofen"} <= set(counted_names())
    assert {base_of(name) for name in counted_names()} == INGREDIENTS.keys()


@pytest.mark.parametrize(
    ("number", "written"), [(200, "200"), (Fraction(75, 10), "7.5"), (Fraction(4), "4.0")], ids=str
)
def test_a_strength_is_written_as_json_has_it(number, written):
    assert json.dumps(as_written(number)) == written


@pytest.mark.parametrize(
    ("base", "hours"),
    [("ibuprofen", 4), ("acetaminophen", None), ("baclofen", None)],
)
def test_only_a_label_with_one_interval_for_all_tablets_has_hours(base, hours):
    assert otc_hours(base) == hours
