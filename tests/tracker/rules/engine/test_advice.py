"""What a patient reads at once."""

from __future__ import annotations

import pytest

from tests.tracker.rules.diaries import (
    at,
    checklist,
    compress,
    date,
    entry,
    intake,
    medicine,
    outcome,
)


def codes(*records, **parts) -> list[str]:
    return [each.code for each in outcome(list(records), **parts).advice]


@pytest.mark.parametrize(
    ("records", "asks"),
    [
        pytest.param([entry(1, 8)], False, id="8"),
        pytest.param([entry(1, 9)], True, id="9"),
        pytest.param([entry(1, 3), entry(2, 5)], False, id="a rise of 2"),
        pytest.param([entry(1, 3), entry(2, 6)], True, id="a rise of 3"),
        pytest.param([entry(1, None), entry(2, 6)], False, id="no score the day before"),
        pytest.param([entry(1, 1, walking=4)], False, id="walks a little"),
        pytest.param([entry(1, 1, walking=5)], True, id="could not walk"),
        pytest.param([entry(1)], False, id="nothing said"),
    ],
)
def test_the_checklist_is_asked_for(records, asks):
    assert ("CHECKLIST" in codes(*records)) is asks


@pytest.mark.parametrize(
    ("kind", "minutes", "wrap", "tells"),
    [
        ("cold", 20, False, False),
        ("cold", 21, False, True),
        ("hot", 30, False, False),
        ("hot", 31, False, True),
        ("hot", 480, True, False),
        ("hot", None, False, False),
    ],
)
def test_a_compress_that_was_on_too_long(kind, minutes, wrap, tells):
    assert ("TH-LONG" in codes(compress(1, kind, minutes, wrap=wrap))) is tells


@pytest.mark.parametrize(
    ("answers", "urgency"),
    [
        ({"saddle_numbness": "yes"}, "emergency"),
        ({"leg_weakness": "yes"}, "today"),
        ({"weight_loss": "yes"}, None),
    ],
    ids=["P0", "P1", "P2"],
)
def test_red_flags_tell_the_patient_what_to_do(answers, urgency):
    advice = outcome([{**checklist(1, **answers), "id": "c1"}]).advice

    assert [each.urgency for each in advice] == ([urgency] if urgency else [])
    assert all(each.record_id == "c1" for each in advice)


def test_every_urgent_checklist_is_answered_not_only_the_first():
    advice = codes(checklist(1, chest_pain="yes"), checklist(2, chest_pain="yes"))

    assert advice == ["RF-CARD", "RF-CARD"]


@pytest.mark.parametrize(("mg", "tells"), [(2000, False), (2001, True)], ids=["3000", "3001"])
def test_acetaminophen_over_3000_mg(mg, tells):
    given = codes(intake(1, 8, "acetaminophen", 1000), intake(1, 14, "acetaminophen", mg))

    assert ("MED-ACETAMINOPHEN" in given) is tells


@pytest.mark.parametrize(
    ("name", "mg", "product", "hours", "tells"),
    [
        ("ibuprofen", 200, "Advil", 4, False),
        ("ibuprofen", 200, "Advil", 3.9, True),
        ("aspirin", 325, "Bayer", 3.9, True),
        ("acetaminophen", 650, "Tylenol", 4, False),
        ("acetaminophen", 650, "Tylenol", 3.9, True),
        ("acetaminophen", 1000, "Tylenol Extra Strength", 6, False),
        ("acetaminophen", 1000, "Tylenol Extra Strength", 5.9, True),
        ("acetaminophen", 650, "Tylenol 8 HR Arthritis", 8, False),
        ("acetaminophen", 650, "Tylenol 8 HR Arthritis", 7.9, True),
        ("acetaminophen", 650, "Tylenol 8 HR", 7.9, True),
        ("acetaminophen", 650, "Arthritis Pain", 7.9, True),
        ("acetaminophen", 650, "Acetaminophen Extended-Release", 7.9, True),
        ("acetaminophen", 650, "Acetaminophen ER", 7.9, True),
        ("acetaminophen", 650, "Erlenmeyer's", 7.9, False),
        ("naproxen sodium", 220, "Aleve", 8, False),
        ("naproxen sodium", 220, "Aleve", 7.9, True),
        ("naproxen sodium", 220, "Aleve", 1, False),
        ("naproxen sodium", 220, "Aleve", 1.1, True),
        ("tramadol", 50, "Ultram", 1, False),
        ("kratom", 50, "Kratom", 1, False),
    ],
)
def test_a_dose_too_soon(name, mg, product, hours, tells):
    given = codes(
        intake(1, 6, name, mg, product=product), intake(1, 6 + hours, name, mg, product=product)
    )

    assert ("MED-INT" in given) is tells


def test_each_ingredient_has_an_interval_of_its_own():
    contents = [{"name": "caffeine", "mg": 65}, {"name": "aspirin", "mg": 500}]
    given = [intake(1, hour, "Mixed", ingredients=contents) for hour in (6, 8)]

    assert codes(*given).count("MED-INT") == 1


def test_two_products_at_the_same_time_are_too_soon():
    first = intake(1, 6, "ibuprofen", 200, product="Advil")
    second = intake(1, 6, "ibuprofen", 200, product="Motrin", submitted_at=at(1, 7))

    assert codes(first, second) == ["MED-INT"]


def test_a_third_naproxen_in_the_first_hour_is_too_soon():
    given = [intake(1, 6 + i / 4, "naproxen sodium", 220) for i in range(3)]

    assert codes(*given).count("MED-INT") == 1


def test_prescribed_intervals_are_the_clinics():
    given = [intake(1, hour, "ibuprofen", 200, prescribed=True) for hour in (6, 7)]

    assert "MED-INT" not in codes(*given)


@pytest.mark.parametrize(
    ("aspirin", "tells"), [(1, True), (81, True), (100, True), (325, False)], ids=str
)
def test_ibuprofen_beside_aspirin_for_the_heart(aspirin, tells):
    given = codes(intake(1, 8, "aspirin", aspirin), intake(1, 9, "ibuprofen", 200))

    assert ("MED-ASPIRIN-IBUPROFEN" in given) is tells
    assert "MED-ASPIRIN-IBUPROFEN" not in codes(intake(1, 8, "aspirin", aspirin))


def patch(day: int, name: str = "fentanyl", **fields):
    worn = [{"name": name, "mcg_per_hour": 12}]
    return intake(day, 9, name, ingredients=worn, route="transdermal", **fields)


PLANNED = {
    "measure": "medication",
    "ingredients": [{"name": "fentanyl", "mcg_per_hour": 12}],
    "route": "transdermal",
    "prescribed": True,
}


@pytest.mark.parametrize(
    ("records", "plan", "tells"),
    [
        pytest.param([patch(1), compress(3)], [], True, id="a patch of two days ago"),
        pytest.param([patch(1), compress(4)], [], False, id="a patch of 72 hours ago"),
        pytest.param([patch(1), compress(3, "cold")], [], False, id="cold"),
        pytest.param([compress(3)], [], False, id="no patch"),
        pytest.param([patch(1, "buprenorphine"), compress(3)], [], False, id="another patch"),
        pytest.param([intake(1, 9, "fentanyl"), compress(3)], [], False, id="no patch of fentanyl"),
        pytest.param([compress(3)], [PLANNED], True, id="a patch in the plan"),
        pytest.param(
            [compress(3)], [PLANNED | {"from": date(4).isoformat()}], False, id="a patch later"
        ),
        pytest.param([compress(3)], [medicine("fentanyl")], False, id="fentanyl, but no patch"),
    ],
)
def test_heat_beside_a_fentanyl_patch(records, plan, tells):
    assert ("FENTANYL-HEAT" in codes(*records, plan=plan)) is tells


def test_a_dose_logged_too_late_gives_no_advice():
    assert codes(intake(1, 8, "ibuprofen", 9000, submitted_at=at(10, 8))) == []


def test_advice_says_when_it_is_for():
    (advice,) = outcome([compress(2, minutes=60)]).advice

    assert (advice.at.isoformat(), advice.date) == (at(2, 9), date(2))


def test_a_dangerous_dose_names_poison_control():
    advice = outcome([intake(1, 8, "ibuprofen", 3300)]).advice

    assert [("1-800-222-1222" in each.text, each.urgency) for each in advice] == [(True, "today")]


def test_advice_never_tells_to_stop_a_medicine():
    records = [
        patch(1),
        intake(1, 8, "oxycodone", 80),
        intake(1, 9, "diazepam", 5),
        intake(1, 10, "ibuprofen", 3300),
        intake(1, 11, "acetaminophen", 4500),
        compress(1, "hot", 60, skin_reaction=True),
        checklist(1, chest_pain="yes", leg_weakness="yes"),
    ]

    texts = " ".join(each.text.lower() for each in outcome(records).advice)

    assert "stop" not in texts
    assert "you are fine" not in texts
