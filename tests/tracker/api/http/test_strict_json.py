from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from io import BytesIO
from time import thread_time_ns
from uuid import uuid4

import pytest
from django.test import RequestFactory

from tests.api_client import code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.api.http.problems import Problem
from tracker.api.http.strict_json import BATCH_LIMIT, loads, read_body
from tracker.api.record_schemas import submission
from tracker.models import Revision
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.models.record_kinds.medication_intake import MEDICATION_INTAKE
from tracker.services.records.ledger import Submission

MONDAY = "diary/2026-03-02"


def taken(sent: object) -> Submission:
    return submission(DIARY_ENTRY, sent, at=MONDAY_EVENING, date=date(2026, 3, 2))


def refused(sent: object) -> dict[str, str]:
    with pytest.raises(Problem) as refusal:
        taken(sent)
    assert (refusal.value.status, refusal.value.code) == (400, "invalid")
    return {error.path: error.code for error in refusal.value.errors}


def with_pain(literal: str) -> bytes:
    return json.dumps(entry(pain_average="PAIN")).replace('"PAIN"', literal).encode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json_invalid"),
        (b"{", "json_invalid"),
        (b'{"pain_average": 6', "json_invalid"),
        (b"[" * 100_0 + b"]" * 100_0, "json_too_deep"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "json_too_deep"),
        (b"\xef\xbb\xbf{}", "json_invalid"),
        (b'{"note": "\xff"}', "json_invalid"),
        ('{"note": "a"}'.encode("utf-16"), "json_invalid"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        ('{"\u00e9": 1, "e\u0301": 2}'.encode(), "duplicate_key"),
        (b'{"note": "\\u0000"}', "text_invalid"),
        (b'{"note": ["\\ud800"]}', "text_invalid"),
        (b'{"\\u0000": 1}', "text_invalid"),
        (b'{"%s": 1}' % (b"k" * 65), "key_too_long"),
        (b"NaN", "json_invalid"),
        (b"{} {}", "json_invalid"),
    ],
)
def test_invalid_json_is_refused_with_its_code(body, code):
    with pytest.raises(Problem) as refusal:
        loads(body)

    assert (refusal.value.status, refusal.value.code) == (400, code)


@pytest.mark.parametrize("depth", [100_000, 5_000, 21])
def test_deep_json_is_refused_before_it_is_parsed(alice, depth):
    answer = alice.put(MONDAY, b"[" * min(depth, 16_000) + b"]" * min(depth, 16_000))

    assert answer.status_code == 400
    assert code_of(answer) == "json_too_deep"


def test_brackets_inside_a_text_do_not_count_as_depth():
    assert loads(b'{"note": "' + b"[" * 50 + b'\\"]"}')["note"].startswith("[[")


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_invalid_numbers_are_refused(literal):
    with pytest.raises(Problem, match="json_invalid"):
        loads(with_pain(literal))


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ("-1", "out_of_range"),
        ("11", "out_of_range"),
        ("7.5", "wrong_type"),
        ("7.0", "wrong_type"),
        ('"7"', "wrong_type"),
        ('"\u0667"', "wrong_type"),
        ('"1_0"', "wrong_type"),
        ("true", "wrong_type"),
        ("[7]", "wrong_type"),
        ("{}", "wrong_type"),
    ],
)
def test_a_pain_score_is_a_whole_number_from_0_to_10(literal, code):
    assert refused(loads(with_pain(literal))) == {"pain_average": code}


@pytest.mark.parametrize(("literal", "score"), [("-0", 0), ("0", 0), ("10", 10), ("null", None)])
def test_the_ends_of_the_scale_and_not_asked_are_accepted(literal, score):
    assert taken(loads(with_pain(literal))).record.pain_average == score


def test_a_refused_entry_is_named_and_not_stored(alice):
    answer = alice.put(MONDAY, with_pain("11"))

    assert answer.status_code == 400
    assert code_of(answer) == "invalid"
    assert paths_of(answer) == {"pain_average": "out_of_range"}
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"tenant_id": 1}, "tenant_id", "unknown_field"),
        ({"kind": "diary_entry"}, "kind", "unknown_field"),
        ({"date": "2026-03-02"}, "date", "unknown_field"),
        ({"replaces": "x"}, "replaces", "unknown_field"),
        ({"id": 5}, "id", "wrong_type"),
        ({"id": "urn:uuid:0b6ee28e-7eb1-4ff2-8b20-1d0c1a6e6a6b"}, "id", "length"),
        ({"id": "0B6EE28E-7EB1-4FF2-8B20-1D0C1A6E6A6B"}, "id", "format"),
        ({"submitted_at": "2026-03-02T21:00:00"}, "submitted_at", "offset_required"),
        ({"submitted_at": "2026-W10-1T00:00:00Z"}, "submitted_at", "time_invalid"),
        ({"submitted_at": "2026-03-02T21:00:60Z"}, "submitted_at", "time_invalid"),
        ({"submitted_at": "2026-03-02T21:00:00+25:00"}, "submitted_at", "time_invalid"),
        ({"submitted_at": "2026-02-29T21:00:00Z"}, "submitted_at", "time_invalid"),
        ({"submitted_at": "9999-12-31T23:59:59-12:00"}, "submitted_at", "invalid"),
        ({"submitted_at": "0001-01-01T00:00:00+14:00"}, "submitted_at", "invalid"),
        ({"submitted_at": 1}, "submitted_at", "wrong_type"),
        ({"base_revision": -1}, "base_revision", "out_of_range"),
        ({"note": "x" * 2001}, "note", "length"),
        ({"note": 5}, "note", "wrong_type"),
    ],
)
def test_a_wrong_field_is_named(changed, path, code):
    assert refused(entry(**changed)) == {path: code}


@pytest.mark.parametrize("body", [[], 7, None, "text"])
def test_a_body_that_is_no_object_is_refused(body):
    assert refused(body) == {"": "wrong_type"}


def test_a_missing_id_is_named():
    sent = entry()
    del sent["id"]

    assert refused(sent) == {"id": "required"}


def test_what_was_written_is_never_in_an_error(alice):
    sent = {"at": "2026-03-02T20:00:00-05:00", "type": "CANARY-7731"}

    answer = alice.put("compress-uses/0b6ee28e-7eb1-4ff2-8b20-1d0c1a6e6a6b", sent)

    assert paths_of(answer) == {"type": "not_allowed"}
    assert b"CANARY" not in answer.content


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "",
    ],
)
def test_only_json_in_utf_8_is_read(alice, content_type):
    answer = alice.put(MONDAY, entry(), content_type=content_type)

    assert answer.status_code == 415
    assert code_of(answer) == "unsupported_media_type"


def test_an_encoded_body_is_not_unpacked(alice):
    answer = alice.put(MONDAY, entry(), headers={"Content-Encoding": "gzip"})

    assert code_of(answer) == "unsupported_encoding"


def test_a_body_over_the_limit_is_refused(alice):
    assert alice.put(MONDAY, b" " * 33_000).status_code == 413
    assert code_of(alice.put(MONDAY, b" " * 600_000)) == "too_large"


@pytest.mark.parametrize("kept", [0, 20])
def test_a_body_that_ends_early_is_refused_though_it_be_json(kept):
    body = b'{"a": 1}' + b" " * kept
    request = RequestFactory().put("/", body, content_type="application/json")
    request.META["CONTENT_LENGTH"] = str(len(body) + 1)
    request._stream = BytesIO(body)

    with pytest.raises(Problem, match="json_invalid"):
        read_body(request)


def test_free_text_is_normalized_and_blank_text_is_stored_as_empty(alice):
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    sent = entry(note=f"Cafe\u0301 {family} <script> \u202eesrever")

    kept = alice.put(MONDAY, sent).json()["record"]["note"]

    assert kept == f"Caf\u00e9 {family} <script> \u202eesrever"
    assert alice.put("diary/2026-03-01", entry(note=" \u200b ")).json()["record"]["note"] == ""


def test_text_of_many_bytes_and_a_deceptive_name_are_refused():
    assert refused(entry(note="\U0001f468" * 1999 + "e\u0301")) == {"note": "length"}
    intake = {
        "at": MONDAY_EVENING.isoformat(),
        "product": "Advil\u202elivdA",
        "ingredients": [{"name": "ibuprofen", "mg": 200}],
    }
    with pytest.raises(Problem) as refusal:
        submission(MEDICATION_INTAKE, intake, at=MONDAY_EVENING, id=uuid4())
    assert refusal.value.errors[0].code == "text_invalid"


def test_responses_are_json_whatever_the_accept_header(alice):
    assert code_of(alice.get("diary", headers={"Accept": "text/html"})) == "not_acceptable"
    assert alice.get("diary", headers={"Accept": "*/*"}).status_code == 200
    assert alice.get("diary").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_method_that_an_address_does_not_know_is_named(alice, method):
    answer = alice.request(method, MONDAY)

    assert answer.status_code == 405
    assert code_of(answer) == "method_not_allowed"


def test_a_method_cannot_be_smuggled(alice):
    answer = alice.get(MONDAY, headers={"X-HTTP-Method-Override": "DELETE"})

    assert code_of(answer) == "not_found"


def unterminated_quotes(size: int) -> bytes:
    return b'"' + b'\\"' * (size // 2 - 1)


def many_quotes(size: int) -> bytes:
    return b'"' * size


def lone_backslashes(size: int) -> bytes:
    return b'"' + b"\\" * (size - 1)


def combining_marks_as_key(size: int) -> bytes:
    return b'{"' + "\u0315\u0300".encode() * (size // 4 - 2) + b'": 1}'


def combining_marks_as_keys(size: int) -> bytes:
    key = "\u0315\u0300" * 30
    pairs = (f'"{number:04}{key}": 1' for number in range(size // 134))
    return f"{{{','.join(pairs)}}}".encode()


def long_text(size: int) -> bytes:
    return b'{"note": "' + b"n" * (size - 12) + b'"}'


def escaped_text(size: int) -> bytes:
    return b'{"note": "' + b"\\u0061" * (size // 6 - 2) + b'"}'


def many_items(size: int) -> bytes:
    return b"[" + b"[],{}," * (size // 6 - 1) + b"1]"


def long_number(size: int) -> bytes:
    return b"[" + b"9" * (size - 2) + b"]"


def cpu_seconds(body: bytes) -> float:
    """Return the minimum of several runs: other processes only add to the time."""
    times = []
    for _ in range(7):
        began = thread_time_ns()
        with suppress(Problem):
            loads(body)
        times.append(thread_time_ns() - began)
    return min(times) / 1e9


@pytest.mark.parametrize(
    "shape",
    [
        unterminated_quotes,
        many_quotes,
        lone_backslashes,
        combining_marks_as_key,
        combining_marks_as_keys,
        long_text,
        escaped_text,
        many_items,
        long_number,
    ],
)
def test_twice_the_body_costs_at_most_twice_the_cpu(shape):
    half, whole = shape(BATCH_LIMIT // 2), shape(BATCH_LIMIT)

    # A linear scan of 256 kB takes a few milliseconds; below that the clock's noise decides.
    assert cpu_seconds(whole) <= max(2.3 * cpu_seconds(half), 0.01)
