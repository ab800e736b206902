"""The products that people pick from."""

from __future__ import annotations

import re

import pytest

from tracker.rules.medicines import INGREDIENTS, base_of, counted_names, not_counted
from tracker.rules.products import PRODUCTS


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_a_product_names_its_contents_and_its_source(product):
    assert all(0 < mg <= 1000 for _, mg in product.ingredients)
    assert re.search(r"\[[VK]\]$", product.source)
    # Nothing is offered that the rules would not see at all.
    assert not_counted(name for name, _ in product.ingredients) in {(), ("caffeine",)}


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
