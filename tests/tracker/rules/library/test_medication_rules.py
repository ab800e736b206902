"""MED-* and TH-BURN."""

from __future__ import annotations

import pytest

from tests.tracker.rules.diaries import at, compress, entry, found, intake, medicine, outcome, rules


def doses(*mg: float, name: str, **fields) -> list[dict]:
    """Within one day, an hour apart, from one product."""
    return [intake(1, 6 + i, name, each, product="it", **fields) for i, each in enumerate(mg)]


def priority_of(rule: str, records, **parts) -> str | None:
    opened = [priority for name, priority, _ in found(records, **parts) if name == rule]
    return opened[-1] if opened else None


@pytest.mark.parametrize(
    ("name", "mg", "priority"),
    [
        ("ibuprofen", [400, 400, 399], None),
        ("ibuprofen", [400, 400, 400], None),
        ("ibuprofen", [400, 400, 401], "P2"),
        ("ibuprofen", [1600, 1600], "P2"),
        ("ibuprofen", [1600, 1600.5], "P1"),
        ("naproxen sodium", [220, 220, 220], None),
        ("naproxen sodium", [220, 220, 220.1], "P2"),
        ("naproxen sodium", [1650], "P2"),
        ("naproxen sodium", [1651], "P1"),
        ("naproxen", [600], None),
        ("naproxen", [601], "P2"),
        ("naproxen", [1500], "P2"),
        ("naproxen", [1501], "P1"),
        ("acetaminophen", [1000, 1000, 1000, 1000], None),
        ("acetaminophen", [1000, 1000, 1000, 1001], "P1"),
        ("paracetamol", [1000, 1000, 1000, 1001], "P1"),
        ("aspirin", [3900], None),
        ("aspirin", [3901], "P2"),
        ("aspirin", [4000], "P2"),
        ("aspirin", [4001], "P1"),
        ("celecoxib", [99999], None),
    ],
)
def test_the_daily_limit_over_the_counter(name, mg, priority):
    assert priority_of("MED-DOSE", doses(*mg, name=name)) == priority


@pytest.mark.parametrize(
    ("name", "most", "mg", "priority"),
    [
        pytest.param("ibuprofen", 2400, 2400, None, id="at the prescribed maximum"),
        pytest.param("ibuprofen", 2400, 2401, "P2", id="above it"),
        pytest.param("ibuprofen", None, 3200, None, id="no maximum: the ceiling of the table"),
        pytest.param("ibuprofen", None, 3201, "P1", id="above the ceiling"),
        pytest.param("ibuprofen", 800, 801, "P2", id="a lower maximum than over the counter"),
        pytest.param("naproxen", None, 1000, None, id="naproxen at its ceiling"),
        pytest.param("naproxen", None, 1001, "P2", id="naproxen above it"),
        pytest.param("aspirin", None, 9000, None, id="aspirin has no ceiling"),
        pytest.param("aspirin", 5000, 4500, None, id="aspirin under its prescription"),
        pytest.param("acetaminophen", 3000, 3000, None, id="acetaminophen at 3000"),
        pytest.param("acetaminophen", 3000, 3001, "P2", id="acetaminophen above 3000"),
        pytest.param("acetaminophen", 5000, 4001, "P1", id="never more than 4000"),
        pytest.param("acetaminophen", None, 4000, None, id="a prescription without a maximum"),
        pytest.param("tramadol", 400, 401, "P2", id="any ingredient with a maximum"),
        pytest.param("duloxetine", 60, 61, "P2", id="even one that is not in the table"),
    ],
)
def test_the_daily_limit_of_a_prescription(name, most, mg, priority):
    plan = [medicine(name, **({} if most is None else {"most": most}))]

    assert priority_of("MED-DOSE", doses(mg, name=name), plan=plan) == priority


def test_the_largest_of_several_prescriptions_holds():
    plan = [medicine("ibuprofen", most=800), medicine("ibuprofen", most=1600)]

    assert priority_of("MED-DOSE", doses(1600, name="ibuprofen"), plan=plan) is None


def test_a_maximum_in_salt_is_one_in_base():
    plan = [medicine("naproxen sodium", most=1100)]

    assert priority_of("MED-DOSE", doses(1000, name="naproxen"), plan=plan) is None
    assert priority_of("MED-DOSE", doses(1001, name="naproxen"), plan=plan) == "P2"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"prescribed": False}, id="not prescribed"),
        pytest.param({"waived": "not_tolerated"}, id="waived"),
        pytest.param({"until": "2026-01-04"}, id="over"),
        pytest.param({"from": "2026-01-06"}, id="not yet begun"),
        pytest.param({"route": "topical"}, id="a gel"),
    ],
)
def test_only_a_prescription_in_force_raises_the_limit(changes):
    plan = [medicine("ibuprofen", most=2400, **changes)]

    assert priority_of("MED-DOSE", doses(1201, name="ibuprofen"), plan=plan) == "P2"


@pytest.mark.parametrize(("day", "is_over"), [(2, True), (3, False), (5, False), (6, True)])
def test_a_prescription_holds_from_its_first_day_to_its_last(day, is_over):
    plan = [medicine("ibuprofen", most=2400, **{"from": "2026-01-07", "until": "2026-01-09"})]
    other_days = [intake(each, 8, "ibuprofen", 200) for each in (1, 4, 9)]

    opened = found([*other_days, intake(day, 8, "ibuprofen", 1201)], plan=plan)

    assert [each for each in opened if each[0] == "MED-DOSE"] == (
        [("MED-DOSE", "P2", day)] if is_over else []
    )


@pytest.mark.parametrize(
    ("birth_date", "opens"),
    [("2008-01-06", False), ("2008-01-05", True), (None, True)],
    ids=["17", "18 today", "age unknown"],
)
def test_limits_are_for_adults(birth_date, opens):
    opened = rules(doses(1300, name="ibuprofen"), patient={"birth_date": birth_date})

    assert ("MED-DOSE" in opened) is opens


@pytest.mark.parametrize(
    ("hours", "opens"),
    [
        pytest.param(23.99, True, id="just under a day"),
        pytest.param(24, False, id="a day exactly has left the window"),
        pytest.param(24.01, False, id="more than a day"),
    ],
)
def test_the_window_is_a_rolling_day(hours, opens):
    records = [intake(1, 8, "ibuprofen", 800), intake(1, 8 + hours, "ibuprofen", 800)]

    assert ("MED-DOSE" in rules(records)) is opens


def test_the_window_is_24_elapsed_hours_when_clocks_change():
    # 2026-03-08 has 23 hours in New York; both doses at 08:00 by the clock.
    saturday = {**intake(1, 8, "ibuprofen", 800), "at": "2026-03-07T08:00:00-05:00"}
    sunday = {**intake(1, 8, "ibuprofen", 800), "at": "2026-03-08T08:00:00-04:00"}

    assert "MED-DOSE" in rules([saturday, sunday])


def test_local_routes_are_not_seen():
    gel = doses(9999, name="diclofenac", route="topical")
    spray = doses(9999, name="ketorolac", route="nasal")

    assert rules(gel + spray) == set()


def test_a_combination_counts_each_ingredient():
    both = [{"name": "hydrocodone", "mg": 10}, {"name": "acetaminophen", "mg": 2500}]
    records = [
        intake(1, 8, "", ingredients=both, product="Norco"),
        intake(1, 9, "acetaminophen", 1600),
    ]

    assert {("MED-DOSE", "P1"), ("MED-DUP", "P4")} <= {(r, p) for r, p, _ in found(records)}


@pytest.mark.parametrize(
    ("first", "second", "opens"),
    [
        pytest.param(("Advil", "ibuprofen"), ("Motrin", "ibuprofen"), True, id="two products"),
        pytest.param(("Advil", "ibuprofen"), ("ADVIL ", "ibuprofen"), False, id="one product"),
        pytest.param(("Aleve", "naproxen sodium"), ("Naprosyn", "naproxen"), True, id="by base"),
        pytest.param(("A", "kratom"), ("B", "kratom"), False, id="an ingredient not listed"),
        pytest.param(("A", "warfarin"), ("B", "warfarin"), True, id="any listed ingredient"),
    ],
)
def test_the_same_ingredient_twice(first, second, opens):
    records = [
        intake(1, 8, first[1], 10, product=first[0]),
        intake(1, 12, second[1], 10, product=second[0]),
    ]

    assert ("MED-DUP" in rules(records)) is opens


def test_without_a_product_name_its_ingredients_name_it():
    records = [intake(1, 8, "ibuprofen", product=None), intake(1, 9, "ibuprofen", product=None)]

    assert "MED-DUP" not in rules(records)


@pytest.mark.parametrize(
    ("aspirin", "opens"),
    [([50, 50], False), ([50, 50.5], True)],
    ids=["100 mg a day", "over 100 mg a day"],
)
def test_two_nsaids(aspirin, opens):
    records = [*doses(*aspirin, name="aspirin"), intake(1, 9, "ibuprofen", 200)]

    assert ("MED-NSAID2" in rules(records)) is opens


def test_one_nsaid_in_two_salts_is_one():
    records = [intake(1, 8, "naproxen"), intake(1, 9, "naproxen sodium")]

    assert "MED-NSAID2" not in rules(records)


@pytest.mark.parametrize(
    ("plan", "earlier", "opens"),
    [
        pytest.param([medicine("warfarin")], [], True, id="prescribed anticoagulant"),
        pytest.param([medicine("clopidogrel")], [], True, id="prescribed antiplatelet"),
        pytest.param([medicine("warfarin", prescribed=False)], [], False, id="not prescribed"),
        pytest.param([], [intake(2, 8, "apixaban", 5)], True, id="taken six days before"),
        pytest.param([], [intake(1, 8, "apixaban", 5)], False, id="taken seven days before"),
        pytest.param([], [intake(8, 20, "apixaban", 5)], True, id="taken later that day"),
    ],
)
def test_an_nsaid_with_a_blood_thinner(plan, earlier, opens):
    records = [*earlier, intake(8, 9, "aspirin", 81)]

    assert ("MED-NSAID-AC" in rules(records, plan=plan)) is opens


def test_aspirin_is_never_the_blood_thinner():
    assert "MED-NSAID-AC" not in rules([intake(1, 8, "aspirin", 81), intake(1, 9, "ibuprofen")])


@pytest.mark.parametrize(
    ("patient", "priority"),
    [
        ({}, None),
        ({"conditions": ["ulcer_or_gi_bleed"]}, "P3"),
        ({"conditions": ["chronic_kidney_disease"]}, "P3"),
        ({"conditions": ["heart_failure"]}, "P3"),
        ({"conditions": ["cirrhosis"]}, "P3"),
        ({"conditions": ["long_term_steroid"]}, "P3"),
        ({"conditions": ["osteoporosis"]}, None),
        ({"conditions": ["pregnancy_20_weeks"]}, "P2"),
        ({"conditions": ["pregnancy_20_weeks", "cirrhosis"]}, "P2"),
        ({"birth_date": "1961-01-06"}, None),
        ({"birth_date": "1961-01-05"}, "P3"),
        ({"birth_date": None}, None),
    ],
    ids=str,
)
def test_an_nsaid_in_a_patient_at_risk(patient, priority):
    records = [intake(1, 8, "ibuprofen", 200)]

    assert priority_of("MED-NSAID-RISK", records, patient=patient) == priority


def test_a_steroid_is_a_risk_where_planned_or_taken():
    ibuprofen = intake(3, 8, "ibuprofen", 200)

    assert "MED-NSAID-RISK" in rules([ibuprofen], plan=[medicine("prednisone")])
    assert "MED-NSAID-RISK" in rules([intake(1, 8, "prednisone"), ibuprofen])
    cream = medicine("hydrocortisone", route="topical")
    assert "MED-NSAID-RISK" not in rules([ibuprofen], plan=[cream])


def test_low_dose_aspirin_is_no_risk():
    patient = {"conditions": ["cirrhosis"]}

    assert "MED-NSAID-RISK" not in rules([intake(1, 8, "aspirin", 100)], patient=patient)
    assert "MED-NSAID-RISK" in rules([intake(1, 8, "aspirin", 101)], patient=patient)


HEART_ASPIRIN = {"name": "aspirin", "mg": 81}


def otc_days(days, name="ibuprofen", mg=200, **fields) -> list[dict]:
    return [intake(day, 8, name, mg, **fields) for day in days]


@pytest.mark.parametrize(
    ("records", "opens"),
    [
        pytest.param(otc_days(range(1, 11)), False, id="ten days"),
        pytest.param(otc_days(range(1, 12)), True, id="eleven days"),
        pytest.param(otc_days([1, *range(5, 15)]), True, id="eleven of fourteen"),
        pytest.param(otc_days([1, *range(6, 16)]), False, id="eleven of fifteen"),
        pytest.param(otc_days([1] * 5 + list(range(2, 11))), False, id="twice a day"),
        pytest.param(otc_days(range(1, 12), prescribed=True), False, id="prescribed intakes"),
        pytest.param(otc_days(range(1, 12), "acetaminophen"), True, id="acetaminophen"),
        pytest.param(
            otc_days(range(1, 7)) + otc_days(range(7, 12), "acetaminophen"),
            False,
            id="two classes",
        ),
        pytest.param(
            otc_days(range(1, 7)) + otc_days(range(7, 12), "naproxen sodium", 220),
            True,
            id="one class, two NSAIDs",
        ),
        pytest.param(otc_days(range(1, 12), "aspirin", 81), False, id="aspirin for the heart"),
        pytest.param(otc_days(range(1, 12), "aspirin", 325), True, id="aspirin for pain"),
        pytest.param(
            otc_days(range(1, 12), ingredients=[HEART_ASPIRIN, {"name": "calcium", "mg": 300}]),
            False,
            id="aspirin for the heart, buffered",
        ),
        pytest.param(
            otc_days(
                range(1, 12), ingredients=[HEART_ASPIRIN, {"name": "acetaminophen", "mg": 500}]
            ),
            True,
            id="aspirin for the heart with acetaminophen",
        ),
        pytest.param(otc_days(range(1, 12), "tramadol"), False, id="no OTC class"),
    ],
)
def test_over_the_counter_for_more_than_ten_days(records, opens):
    assert ("MED-OTC10" in rules(records)) is opens


@pytest.mark.parametrize(
    ("plan", "opens"),
    [
        pytest.param([medicine("naproxen")], False, id="an NSAID is prescribed"),
        pytest.param([medicine("naproxen", prescribed=False)], True, id="planned, not prescribed"),
        pytest.param([medicine("acetaminophen")], True, id="another class is prescribed"),
        pytest.param([medicine("diclofenac", route="topical")], True, id="a gel is prescribed"),
    ],
)
def test_a_prescription_of_the_class_silences_it(plan, opens):
    assert ("MED-OTC10" in rules(otc_days(range(1, 12)), plan=plan)) is opens


@pytest.mark.parametrize(
    ("name", "mg", "expected"),
    [
        ("morphine", 49.9, set()),
        ("morphine", 50, {("MED-MME50", "P2")}),
        ("morphine", 89.9, {("MED-MME50", "P2")}),
        ("morphine", 90, {("MED-MME50", "P2"), ("MED-MME90", "P1")}),
        ("codeine", 333, set()),
        ("codeine", 334, {("MED-MME50", "P2")}),
        ("hydrocodone", 50, {("MED-MME50", "P2")}),
        ("hydromorphone", 10, {("MED-MME50", "P2")}),
        ("hydromorphone", 9.9, set()),
        ("methadone", 10.6, set()),
        ("methadone", 10.7, {("MED-MME50", "P2")}),
        ("oxycodone", 33.3, set()),
        ("oxycodone", 33.4, {("MED-MME50", "P2")}),
        ("oxymorphone", 16.6, set()),
        ("oxymorphone", 16.7, {("MED-MME50", "P2")}),
        ("tapentadol", 124.9, set()),
        ("tapentadol", 125, {("MED-MME50", "P2")}),
        ("tramadol", 249.9, set()),
        ("tramadol", 250, {("MED-MME50", "P2")}),
        ("buprenorphine", 50, set()),
        ("fentanyl", 1, {("MED-MME-UNK", "P4")}),
    ],
)
def test_morphine_equivalents(name, mg, expected):
    opened = {(rule, priority) for rule, priority, _ in found([intake(1, 8, name, mg)])}

    assert opened == expected


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("oral", {"MED-MME50"}),
        ("injection", {"MED-MME-UNK"}),
        ("sublingual", {"MED-MME-UNK"}),
        ("iv", {"MED-MME-UNK"}),
        ("by pump", {"MED-MME-UNK"}),
        ("nasal", set()),
        ("intranasal", set()),
        ("ophthalmic", set()),
        ("topical", set()),
        ("patch", {"MED-MME-UNK"}),
    ],
)
def test_factors_are_for_the_mouth(route, expected):
    assert rules([intake(1, 8, "morphine", 60, route=route)]) == expected


@pytest.mark.parametrize(
    ("rate", "route", "expected"),
    [
        (20, "transdermal", set()),
        (20.8, "transdermal", set()),
        (21, "transdermal", {"MED-MME50"}),
        (37.5, "patch", {"MED-MME50", "MED-MME90"}),
        (25, "topical", {"MED-MME50"}),
    ],
)
def test_a_fentanyl_patch(rate, route, expected):
    patch = [{"name": "fentanyl", "mcg_per_hour": rate}]

    assert rules([intake(1, 8, "fentanyl", ingredients=patch, route=route)]) == expected


def test_a_patch_of_another_opioid_has_no_factor():
    patch = [{"name": "buprenorphine", "mcg_per_hour": 20}]
    other = [{"name": "morphine", "mcg_per_hour": 20}]

    assert rules([intake(1, 8, "", product="p", ingredients=patch, route="patch")]) == set()
    assert rules([intake(1, 8, "", product="p", ingredients=other, route="patch")]) == {
        "MED-MME-UNK"
    }


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, {"MED-MME50", "MED-MME90"}),
        (0, {"MED-MME50", "MED-MME90"}),
        (99, {"MED-MME50", "MED-MME90"}),
        (100, set()),
    ],
)
def test_an_acknowledged_dose_is_silent(accepted, expected):
    records = [intake(1, 8, "morphine", 100)]

    assert rules(records, patient={"mme_acknowledged": accepted}) == expected


@pytest.mark.parametrize(
    ("hours", "opens"), [(23.9, True), (24, False)], ids=["within a day", "a day apart"]
)
def test_an_opioid_and_a_benzodiazepine(hours, opens):
    records = [intake(1, 8, "diazepam", 5), intake(1, 8 + hours, "oxycodone", 5)]

    assert ("MED-OPI-BZD" in rules(records)) is opens


def test_an_opioid_and_a_planned_benzodiazepine_is_nothing_yet():
    opened = rules([intake(1, 8, "oxycodone", 5)], plan=[medicine("diazepam")])

    assert "MED-OPI-BZD" not in opened


@pytest.mark.parametrize(
    "sedative", ["cyclobenzaprine", "gabapentin", "alcohol", "zolpidem", "diphenhydramine"]
)
def test_an_opioid_and_another_sedative(sedative):
    records = [intake(1, 8, "oxycodone", 5), intake(1, 20, sedative)]

    assert ("MED-OPI-SED", "P2", 1) in found(records)
    assert "MED-OPI-SED" not in rules(records[1:])


def test_diazepam_is_no_relaxant_here():
    records = [intake(1, 8, "oxycodone", 5), intake(1, 20, "diazepam", 5)]

    assert rules(records) == {"MED-OPI-BZD"}


@pytest.mark.parametrize(
    ("days", "opened_on"),
    [
        pytest.param(range(1, 8), [], id="seven days"),
        pytest.param(range(1, 9), [8], id="eight days"),
        pytest.param(range(1, 30, 4), [29], id="not consecutive"),
        pytest.param([1, *range(92, 99)], [], id="91 days between: two courses"),
        pytest.param([1, *range(91, 98)], [97], id="90 days between: one course"),
    ],
)
def test_a_new_course_of_opioids(days, opened_on):
    records = [intake(day, 8, "tramadol", 50) for day in days]

    assert [day for rule, _, day in found(records) if rule == "MED-OPI-7"] == opened_on


@pytest.mark.parametrize(("days", "opens"), [(7, False), (8, True)], ids=["seven", "eight"])
def test_a_day_with_two_doses_is_one_day_of_a_course(days, opens):
    records = [intake(day, hour, "tramadol", 50) for day in range(1, days + 1) for hour in (8, 20)]

    assert ("MED-OPI-7" in rules(records)) is opens


def test_long_term_opioids_are_no_new_course():
    records = [intake(day, 8, "tramadol", 50) for day in range(1, 12)]

    assert "MED-OPI-7" not in rules(records, patient={"conditions": ["long_term_opioid"]})


def test_another_medicine_does_not_prolong_a_course():
    opioids = [intake(day, 8, "tramadol", 50) for day in range(1, 9)]
    others = [intake(day, 8, "gabapentin", 50) for day in range(9, 20)]

    flag = next(f for f in outcome(opioids + others).flags if f.rule == "MED-OPI-7")

    assert flag.cleared_at is not None


def test_a_back_filled_dose_is_evaluated_with_what_came_after_it():
    taken = [intake(2, 8, "ibuprofen", 700)]
    late = intake(1, 20, "ibuprofen", 600, submitted_at=at(5, 8))

    (flag,) = outcome([*taken, late]).flags

    assert (flag.rule, flag.day, flag.opened_at.isoformat()) == ("MED-DOSE", 2, at(5, 8))


@pytest.mark.parametrize(("day", "opens"), [(8, True), (9, False)], ids=["7 days", "8 days"])
def test_back_filling_ends_after_seven_local_days(day, opens):
    late = intake(1, 20, "ibuprofen", 1300, submitted_at=at(day, 1))

    assert ("MED-DOSE" in rules([late])) is opens


def test_a_rise_of_a_dose_is_a_second_line():
    records = doses(4001, name="ibuprofen")
    lower = intake(1, 5, "ibuprofen", 1300, product="it")

    assert found([lower, *records]) == [("MED-DOSE", "P2", 1), ("MED-DOSE", "P1", 1)]


def test_medicines_that_are_not_known_are_named():
    records = [intake(1, 8, "ibuprofen", 1300), intake(1, 9, "kratom", 10)]

    (flag,) = outcome(records).flags

    assert flag.latest.missing == ("kratom: not counted",)


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_a_skin_reaction(kind):
    assert found([compress(1, kind, skin_reaction=True)]) == [("TH-BURN", "P2", 1)]
    assert found([compress(1, kind)]) == []


def test_medication_flags_clear_after_seven_known_days():
    records = [intake(1, 8, "ibuprofen", 1300), *(entry(day, 2) for day in range(2, 9))]

    (flag,) = outcome(records).flags
    assert flag.cleared_at.isoformat() == at(9, 12)

    (flag,) = outcome(records[:-1], until=30).flags[:1]
    assert flag.is_live

    again = intake(5, 8, "ibuprofen", 1300)
    (flag,) = outcome([*records, again, *(entry(day, 2) for day in range(9, 13))]).flags
    assert flag.cleared_at.isoformat() == at(13, 12)


def test_an_opioid_day_that_was_a_mistake_leaves_the_course():
    days = [{**intake(day, 8, "tramadol"), "id": f"d{day}"} for day in range(1, 8)]
    mistake = {**intake(3, 8, "acetaminophen"), "submitted_at": at(7, 9), "replaces": "d3"}

    assert "MED-OPI-7" in rules([*days, intake(8, 8, "tramadol")])
    assert "MED-OPI-7" not in rules([*days, mistake, intake(8, 8, "tramadol")])
    assert "MED-OPI-7" in rules([*days, mistake, *(intake(day, 9, "tramadol") for day in (8, 9))])


def test_one_of_two_opioid_doses_that_was_a_mistake_leaves_the_day_in_the_course():
    days = [{**intake(day, 8, "tramadol"), "id": f"d{day}"} for day in range(1, 9)]
    second = intake(3, 20, "tramadol")
    mistake = {**intake(3, 8, "acetaminophen"), "submitted_at": at(7, 9), "replaces": "d3"}

    assert "MED-OPI-7" in rules([*days, second, mistake])
