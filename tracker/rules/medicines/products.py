"""Products as they are bought or prescribed: what one tablet holds, each row with its source.

A help for typing, and no rule: doses are counted by the ingredients that a record names.
Grades: [V] the strength stands in the document named, [K] general knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tracker.rules.thresholds import Number, exact

_NDC_IBUPROFEN = "label, NDC 66267-115 [V]"
_NDC_NAPROXEN = "label, NDC 43598-058 [V]"
_TYLENOL = "getreliefresponsibly.com, adult dosing [V]"
_LABEL = "product label [K]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One dose unit; a combination counts for each of its ingredients."""

    name: str
    #: (ingredient as labels name it, milligrams in one unit)
    ingredients: tuple[tuple[str, Number], ...]
    is_otc: bool
    source: str


def _product(name: str, contents: str, source: str = _LABEL, *, is_otc: bool = False) -> Product:
    """`contents`: "hydrocodone 5, acetaminophen 325"."""
    parts = (part.rpartition(" ") for part in contents.split(", "))
    ingredients = tuple((ingredient, exact(mg)) for ingredient, _, mg in parts)
    return Product(name=name, ingredients=ingredients, is_otc=is_otc, source=source)


def _otc(name: str, contents: str, source: str = _LABEL) -> Product:
    return _product(name, contents, source, is_otc=True)


PRODUCTS: tuple[Product, ...] = (
    _otc("Advil", "ibuprofen 200", _NDC_IBUPROFEN),
    _otc("Motrin IB", "ibuprofen 200", _NDC_IBUPROFEN),
    _otc("Aleve", "naproxen sodium 220", _NDC_NAPROXEN),
    _otc("Tylenol Regular Strength", "acetaminophen 325", _TYLENOL),
    _otc("Tylenol Extra Strength", "acetaminophen 500", _TYLENOL),
    _otc("Tylenol 8 HR Arthritis", "acetaminophen 650", _TYLENOL),
    _otc("Bayer Aspirin", "aspirin 325", "12 x 325, goodrx.com [V]"),
    _otc("Aspirin low dose", "aspirin 81"),
    _otc("Excedrin Extra Strength", "acetaminophen 250, aspirin 250, caffeine 65"),
    _otc("Advil Dual Action", "ibuprofen 125, acetaminophen 250"),
    _otc("Advil PM", "ibuprofen 200, diphenhydramine 38"),
    _otc("Aleve PM", "naproxen sodium 220, diphenhydramine 25"),
    _otc("Tylenol PM", "acetaminophen 500, diphenhydramine 25"),
    _product("Ibuprofen 400", "ibuprofen 400"),
    _product("Ibuprofen 600", "ibuprofen 600"),
    _product("Ibuprofen 800", "ibuprofen 800"),
    _product("Naprosyn 250", "naproxen 250"),
    _product("Naprosyn 500", "naproxen 500"),
    _product("Mobic 7.5", "meloxicam 7.5"),
    _product("Mobic 15", "meloxicam 15"),
    _product("Celebrex 200", "celecoxib 200"),
    _product("Diclofenac 50", "diclofenac 50"),
    _product("Norco 5/325", "hydrocodone 5, acetaminophen 325"),
    _product("Norco 10/325", "hydrocodone 10, acetaminophen 325"),
    _product("Percocet 5/325", "oxycodone 5, acetaminophen 325"),
    _product("Percocet 10/325", "oxycodone 10, acetaminophen 325"),
    _product("Tylenol with codeine 3", "codeine 30, acetaminophen 300"),
    _product("Ultram 50", "tramadol 50"),
    _product("Ultracet", "tramadol 37.5, acetaminophen 325"),
    _product("Flexeril 5", "cyclobenzaprine 5"),
    _product("Flexeril 10", "cyclobenzaprine 10"),
    _product("Zanaflex 4", "tizanidine 4"),
    _product("Robaxin 500", "methocarbamol 500"),
    _product("Baclofen 10", "baclofen 10"),
    _product("Soma 350", "carisoprodol 350"),
    _product("Neurontin 300", "gabapentin 300"),
    _product("Lyrica 75", "pregabalin 75"),
    _product("Medrol 4", "methylprednisolone 4"),
    _product("Prednisone 10", "prednisone 10"),
)


def as_written(number: Number) -> int | float:
    return float(number) if isinstance(number, Fraction) else number
