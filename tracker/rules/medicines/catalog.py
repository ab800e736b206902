"""What is known of medicines, each row with its source.

An ingredient that is not here is kept, and shown as "not counted".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tracker.rules.thresholds import Number


class DrugClass(StrEnum):
    NSAID = "NSAID"
    ACETAMINOPHEN = "acetaminophen"
    OPIOID = "opioid"
    BENZODIAZEPINE = "benzodiazepine"
    MUSCLE_RELAXANT = "muscle relaxant"
    GABAPENTINOID = "gabapentinoid"
    SLEEP_DRUG = "sleep drug"
    ALCOHOL = "alcohol"
    STEROID = "steroid"
    ANTICOAGULANT = "anticoagulant"
    ANTIPLATELET = "antiplatelet"


#: With an opioid, these slow breathing (benzodiazepines have a rule of their own).
SEDATING = frozenset(
    {
        DrugClass.MUSCLE_RELAXANT,
        DrugClass.GABAPENTINOID,
        DrugClass.ALCOHOL,
        DrugClass.SLEEP_DRUG,
    }
)
ANALGESIC = frozenset({DrugClass.NSAID, DrugClass.ACETAMINOPHEN, DrugClass.OPIOID})
#: Planned for other reasons than back pain.
NOT_BACK_CARE = frozenset(
    {
        DrugClass.ANTICOAGULANT,
        DrugClass.ANTIPLATELET,
        DrugClass.ALCOHOL,
        DrugClass.SLEEP_DRUG,
    }
)

#: Routes that no medication rule sees; a patch of an opioid is systemic all the same.
LOCAL_ROUTES = frozenset(
    {
        "topical", "cutaneous", "nasal", "intranasal", "inhaled", "inhalation",
        "eye", "ophthalmic", "ear", "otic",
    }
)  # fmt: skip
PATCH_ROUTES = frozenset({"transdermal", "patch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseLimits:
    """Milligrams of the base in a rolling 24 hours; None is not tested."""

    #: The over-the-counter label.
    otc: int
    #: A prescription that names no maximum of its own.
    prescription: int | None
    #: Above this the flag is for the same day.
    danger: int
    source: str


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A base, its class and what is known of its doses."""

    name: str
    drug_class: DrugClass
    source: str
    limits: DoseLimits | None = None
    #: Morphine equivalents of one milligram by mouth (CDC 2022).
    mme_factor: Fraction | None = None


_CLASSES = "clinical rules, section 13, Classes [P]"
_CDC = "CDC 2022, MMWR Recomm Rep 2022;71(3) [V]"

_MEMBERS: dict[DrugClass, str] = {
    DrugClass.NSAID: """ibuprofen naproxen aspirin diclofenac celecoxib meloxicam ketorolac
        indomethacin etodolac nabumetone piroxicam ketoprofen oxaprozin sulindac diflunisal""",
    DrugClass.ACETAMINOPHEN: "acetaminophen",
    DrugClass.OPIOID: """codeine hydrocodone hydromorphone methadone morphine oxycodone
        oxymorphone tapentadol tramadol fentanyl buprenorphine""",
    DrugClass.BENZODIAZEPINE: """alprazolam chlordiazepoxide clobazam clonazepam diazepam
        lorazepam midazolam oxazepam temazepam triazolam""",
    DrugClass.MUSCLE_RELAXANT: """baclofen carisoprodol chlorzoxazone cyclobenzaprine
        dantrolene metaxalone methocarbamol orphenadrine tizanidine""",
    DrugClass.GABAPENTINOID: "gabapentin pregabalin",
    DrugClass.SLEEP_DRUG: "zolpidem zopiclone eszopiclone zaleplon diphenhydramine doxylamine",
    DrugClass.ALCOHOL: "alcohol",
    DrugClass.STEROID: "prednisone prednisolone methylprednisolone dexamethasone hydrocortisone",
    DrugClass.ANTICOAGULANT: """warfarin apixaban rivaroxaban dabigatran edoxaban enoxaparin
        dalteparin heparin fondaparinux""",
    DrugClass.ANTIPLATELET: "clopidogrel prasugrel ticagrelor dipyridamole cilostazol",
}

_LIMITS = {
    "ibuprofen": DoseLimits(
        otc=1200, prescription=3200, danger=3200, source="NDC 66267-115 [V]; 3200 label [K]"
    ),
    # 660 mg of naproxen sodium is 600 mg of naproxen.
    "naproxen": DoseLimits(
        otc=600, prescription=1000, danger=1500, source="NDC 43598-058 [V]; label copy [V]"
    ),
    "acetaminophen": DoseLimits(
        otc=4000, prescription=4000, danger=4000, source="getreliefresponsibly.com [V]"
    ),
    "aspirin": DoseLimits(
        otc=3900, prescription=None, danger=4000, source="12 x 325, goodrx.com [V]"
    ),
}

#: The ConversionFactors.cql beside the CDC table still carries 2016 values: not used.
_MME_FACTORS = {
    "codeine": Fraction("0.15"),
    "hydrocodone": Fraction(1),
    "hydromorphone": Fraction(5),
    "methadone": Fraction("4.7"),
    "morphine": Fraction(1),
    "oxycodone": Fraction("1.5"),
    "oxymorphone": Fraction(3),
    "tapentadol": Fraction("0.4"),
    "tramadol": Fraction("0.2"),
}
#: Morphine equivalents a day of one microgram an hour through the skin.
FENTANYL_PATCH_FACTOR = Fraction("2.4")
#: Has no factor by design, so it is shown and never flagged.
UNCOUNTED_OPIOID = "buprenorphine"
#: Up to this much in 24 hours aspirin is for the heart and no pain reliever.
LOW_DOSE_ASPIRIN_MG = 100

#: Name as logged -> (base, milligrams of base in one milligram of it).
_SALTS = {
    "naproxen sodium": ("naproxen", Fraction(200, 220)),
    "paracetamol": ("acetaminophen", Fraction(1)),
    "acetylsalicylic acid": ("aspirin", Fraction(1)),
}

INGREDIENTS: dict[str, Ingredient] = {
    name: Ingredient(
        name,
        drug_class,
        _CDC if name in _MME_FACTORS else _CLASSES,
        _LIMITS.get(name),
        _MME_FACTORS.get(name),
    )
    for drug_class, names in _MEMBERS.items()
    for name in names.split()
}


def counted_names() -> tuple[str, ...]:
    """Every name by which a dose is counted: bases, salts and synonyms."""
    return tuple(sorted({*INGREDIENTS, *_SALTS}))


def otc_hours(base: str) -> int | None:
    """Least hours between OTC doses, where the label has one number for all tablets."""
    return _INTERVALS.get(base)


def base_of(name: str) -> str:
    """The base that doses are summed by: naproxen for naproxen sodium."""
    return _SALTS[name][0] if name in _SALTS else name


def base_mg(name: str, mg: Number) -> Number:
    """Milligrams of the base in a dose as logged."""
    return mg * _SALTS[name][1] if name in _SALTS else mg


def not_counted(names: Iterable[str]) -> tuple[str, ...]:
    """Those ingredients that no rule knows, for showing beside what was counted."""
    return tuple(sorted({n for n in names if base_of(n) not in INGREDIENTS}))


def is_systemic(ingredient: Ingredient | None, route: str, *, is_patch: bool) -> bool:
    """Whether a dose reaches the whole body, as the medication rules see it."""
    is_opioid = ingredient is not None and ingredient.drug_class is DrugClass.OPIOID
    if is_opioid and (is_patch or route in PATCH_ROUTES):
        return True
    return route not in LOCAL_ROUTES and route not in PATCH_ROUTES


#: Hours between OTC doses, from the labels named above.
_INTERVALS = {"ibuprofen": 4, "naproxen": 8, "aspirin": 4}


def least_hours(base: str, mg: Number | None, product: str) -> int | None:
    """Hours between OTC doses; for acetaminophen they depend on the tablet."""
    if base != "acetaminophen":
        return _INTERVALS.get(base)
    if "8 h" in product or "extended" in product or " er" in product or "arthritis" in product:
        return 8
    return 6 if mg is not None and mg % 500 == 0 else 4


def mme_of(
    ingredient: Ingredient, route: str, mg: Number | None, mcg_per_hour: Number | None
) -> Number | None:
    """Morphine equivalents of one dose of an opioid; None where there is no factor."""
    if mcg_per_hour is not None:
        is_fentanyl = ingredient.name == "fentanyl"
        return mcg_per_hour * FENTANYL_PATCH_FACTOR if is_fentanyl else None
    if route != "oral" or ingredient.mme_factor is None or mg is None:
        return None
    return mg * ingredient.mme_factor
