"""Every code, and path, from a real refusal by msgspec."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from tracker.validation_errors import invalid_field


class Color(Enum):
    RED = "red"


class Item(Struct, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=0, le=10)] = 0


class Order(Struct, forbid_unknown_fields=True):
    number: int
    items: list[Item] = []
    color: Color = Color.RED
    size: Literal["small", "large"] = "small"
    weight: Annotated[float, Meta(gt=0)] = 1.0
    name: Annotated[str, Meta(min_length=1, max_length=3)] = "abc"
    code: Annotated[str, Meta(pattern="^[a-z]+$")] = "a"
    at: Annotated[datetime, Meta(tz=True)] | None = None
    on: date | None = None


def refusal(**given: Any) -> msgspec.ValidationError:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given, Order)
    return caught.value


@pytest.mark.parametrize(
    ("given", "path", "field", "code"),
    [
        pytest.param({}, "", "number", "required", id="missing"),
        pytest.param({"number": 1, "x": 1}, "", "x", "unknown_field", id="unknown"),
        pytest.param(
            {"number": 1, "items": [{}, {"x": 1}]}, "items[1]", "x", "unknown_field", id="nested"
        ),
        pytest.param({"number": 1, "color": "blue"}, "color", None, "not_allowed", id="enum"),
        pytest.param({"number": 1, "size": "tiny"}, "size", None, "not_allowed", id="literal"),
        pytest.param(
            {"number": 1, "at": "2026-01-05T08:00:00"}, "at", None, "offset_required", id="offset"
        ),
        pytest.param({"number": 1, "at": "noon"}, "at", None, "time_invalid", id="time"),
        pytest.param({"number": 1, "on": "2026-02-30"}, "on", None, "time_invalid", id="date"),
        pytest.param({"number": 1, "name": ""}, "name", None, "length", id="too short"),
        pytest.param({"number": 1, "name": "abcd"}, "name", None, "length", id="too long"),
        pytest.param({"number": 1, "code": "A"}, "code", None, "format", id="pattern"),
        pytest.param({"number": "one"}, "number", None, "wrong_type", id="type"),
        pytest.param({"number": None}, "number", None, "wrong_type", id="null"),
        pytest.param(
            {"number": 1, "items": [{"size": 11}]},
            "items[0].size",
            None,
            "out_of_range",
            id="too large",
        ),
        pytest.param({"number": 1, "weight": 0.0}, "weight", None, "out_of_range", id="too small"),
    ],
)
def test_a_refusal_has_a_path_a_field_and_a_code(given, path, field, code):
    found = invalid_field(refusal(**given))

    assert (found.path, found.field, found.code) == (path, field, code)
    assert " - at `" not in found.message


def test_a_refusal_of_another_kind_is_invalid():
    found = invalid_field(msgspec.ValidationError("No such thing - at `$.x[2]`"))

    assert found == ("x[2]", None, "invalid", "No such thing")
