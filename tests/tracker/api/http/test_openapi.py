from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from tests.api_client import ApiClient, entry
from tests.tracker.api.endpoints import endpoints


@pytest.fixture(scope="module")
def schema() -> dict:
    return Client().get("/api/v1/schema/").json()


def test_the_schema_is_open_api_3_1(schema):
    assert schema["openapi"] == "3.1.0"
    assert "token" in schema["components"]["securitySchemes"]


def test_the_schema_describes_exactly_what_is_served(schema):
    described = {
        (path.removeprefix("/api/v1/"), method.upper())
        for path, methods in schema["paths"].items()
        for method in methods
    }

    assert described == {(path, method) for path, method, _ in endpoints()}


def test_references_resolve_and_operation_ids_are_unique(schema):
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schema)))
    operations = [
        each["operationId"] for methods in schema["paths"].values() for each in methods.values()
    ]

    assert references <= schema["components"]["schemas"].keys()
    assert len(set(operations)) == len(operations)


def test_every_operation_has_a_summary_and_its_security(schema):
    for path, methods in schema["paths"].items():
        for each in methods.values():
            assert each["summary"], path
            assert ("401" in each["responses"]) == bool(each["security"])


def test_temporary_refusals_are_described_with_the_time_to_wait(schema):
    for methods in schema["paths"].values():
        for each in methods.values():
            for status in ("429", "503"):
                assert "Retry-After" in each["responses"][status]["headers"]


def test_responses_match_the_schema(schema, alice):
    def check(path: str, method: str, answer) -> None:
        content = schema["paths"][f"/api/v1/{path}"][method]["responses"][str(answer.status_code)][
            "content"
        ]
        media = answer.headers["Content-Type"]
        Draft202012Validator(
            {**content[media]["schema"], "components": schema["components"]}
        ).validate(answer.json())

    sent = entry(pain_average=10, note="Bad.")
    day = "diary/2026-03-02"
    check("diary/{day}", "put", alice.put(day, sent))
    check("diary/{day}", "put", alice.put(day, entry()))
    check("diary/{day}", "get", alice.get(day))
    check("diary", "get", alice.get("diary"))
    check("sync", "post", alice.post("sync", {"items": [{"kind": "diary_entry"}]}))
    for path in ("now", "me", "care-plan", "messages", "scales", "red-flag-questions"):
        check(path, "get", alice.get(path))
    check("me", "get", ApiClient().get("me"))


def test_the_schema_pages_load_nothing_from_elsewhere(client, db):
    page = client.get("/api/docs/")

    assert page.status_code == 200
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert sources
    assert all(source.startswith("/") for source in sources)
    assert b"<style" not in page.content
    script = client.get(next(source for source in sources if "script" in source))
    assert script.headers["Content-Type"].startswith("application/javascript")
