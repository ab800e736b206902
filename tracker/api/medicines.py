"""The medicines that the rules know, for phones to pick from."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api import shapes
from tracker.api.contract import Contract
from tracker.api.door import PatientView, answer
from tracker.rules.medicines.catalog import INGREDIENTS, base_of, counted_names, otc_hours
from tracker.rules.medicines.products import PRODUCTS, Product, as_written


def _ingredient(name: str) -> shapes.IngredientShown:
    known = INGREDIENTS[base_of(name)]
    limits = known.limits
    return shapes.IngredientShown(
        name=name,
        base=known.name,
        drug_class=known.drug_class,
        otc_max_mg=limits.otc if limits else None,
        prescription_max_mg=limits.prescription if limits else None,
        otc_min_hours=otc_hours(known.name),
        source=limits.source if limits else known.source,
    )


def _product(product: Product) -> shapes.ProductShown:
    return shapes.ProductShown(
        name=product.name,
        ingredients=[
            shapes.ProductIngredient(
                name=name, mg=as_written(mg), counted=base_of(name) in INGREDIENTS
            )
            for name, mg in product.ingredients
        ],
        otc=product.is_otc,
        source=product.source,
    )


MEDICINES = shapes.Medicines(
    ingredients=[_ingredient(name) for name in counted_names()],
    products=[_product(product) for product in PRODUCTS],
)


class MedicinesView(PatientView):
    """Ingredients, their limits by the label, and usual products with their strengths."""

    contract = {"GET": Contract(shapes.Medicines)}

    def get(self, request: Request) -> HttpResponse:
        self.query()
        return answer(MEDICINES)
