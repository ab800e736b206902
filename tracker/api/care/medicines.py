"""The medicines that the rules know, for the app's picker."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care import schemas
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.rules.medicines.catalog import INGREDIENTS, base_of, counted_names, otc_hours
from tracker.rules.medicines.products import PRODUCTS, Product, as_written


def _ingredient(name: str) -> schemas.IngredientResponse:
    known = INGREDIENTS[base_of(name)]
    limits = known.limits
    return schemas.IngredientResponse(
        name=name,
        base=known.name,
        drug_class=known.drug_class,
        otc_max_mg=limits.otc if limits else None,
        prescription_max_mg=limits.prescription if limits else None,
        otc_min_hours=otc_hours(known.name),
        source=limits.source if limits else known.source,
    )


def _product(product: Product) -> schemas.ProductResponse:
    return schemas.ProductResponse(
        name=product.name,
        ingredients=[
            schemas.ProductIngredient(
                name=name, mg=as_written(mg), counted=base_of(name) in INGREDIENTS
            )
            for name, mg in product.ingredients
        ],
        otc=product.is_otc,
        source=product.source,
    )


MEDICINES = schemas.MedicineListResponse(
    ingredients=[_ingredient(name) for name in counted_names()],
    products=[_product(product) for product in PRODUCTS],
)


class MedicinesView(PatientView):
    """Ingredients, their limits by the label, and usual products with their strengths."""

    spec = {"GET": EndpointSpec(schemas.MedicineListResponse)}

    def get(self, request: Request) -> HttpResponse:
        self.query()
        return json_response(MEDICINES)
