from __future__ import annotations

import pytest

from tests.api_client import ApiClient


@pytest.fixture
def medicines(alice) -> dict:
    answer = alice.get("medicines")
    assert answer.status_code == 200
    return answer.json()


def named(rows: list[dict], name: str) -> dict:
    return next(row for row in rows if row["name"] == name)


def test_an_ingredient_tells_its_class_its_limits_and_their_source(medicines):
    ibuprofen = named(medicines["ingredients"], "ibuprofen")

    assert ibuprofen == {
        "name": "ibuprofen",
        "base": "ibuprofen",
        "drug_class": "NSAID",
        "otc_max_mg": 1200,
        "prescription_max_mg": 3200,
        "otc_min_hours": 4,
        "source": "NDC 66267-115 [V]; 3200 label [K]",
    }


def test_a_salt_names_the_base_that_it_counts_as(medicines):
    assert named(medicines["ingredients"], "naproxen sodium")["base"] == "naproxen"


def test_a_combination_names_each_ingredient_and_what_is_not_counted(medicines):
    excedrin = named(medicines["products"], "Excedrin Extra Strength")

    assert excedrin["otc"] is True
    assert [(each["name"], each["mg"], each["counted"]) for each in excedrin["ingredients"]] == [
        ("acetaminophen", 250, True),
        ("aspirin", 250, True),
        ("caffeine", 65, False),
    ]


def test_a_strength_may_have_a_fraction(medicines):
    (tramadol, _) = named(medicines["products"], "Ultracet")["ingredients"]

    assert tramadol["mg"] == 37.5


def test_medicines_need_a_session(db):
    assert ApiClient().get("medicines").status_code == 401
