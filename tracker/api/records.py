"""What a patient logs, one by one or as a batch."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from tracker.api.care.presenters import pending_advice
from tracker.api.http.base_views import PatientView, json_response
from tracker.api.http.endpoint_spec import EndpointSpec
from tracker.api.http.openapi import UUID_TYPE
from tracker.api.http.problems import FieldError, Problem, invalid
from tracker.api.http.strict_json import BATCH_LIMIT
from tracker.api.record_schemas import (
    SCHEMAS,
    BatchBody,
    BatchOutcome,
    BatchResponse,
    batch_item,
    shown,
    submission,
)
from tracker.models import RecordKind, Revision
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.services.queries import patient_data
from tracker.services.records import store
from tracker.services.records.checks import RecordRefused
from tracker.services.records.ledger import Outcome, Status, Submission

MAX_ITEMS = 200
MAX_DAYS = 92
DEFAULT_DAYS = 30
DATE_TYPE = {"type": "string", "format": "date"}


class RecordsView(PatientView):
    """The records of a span of days."""

    kind: RecordKind = DIARY_ENTRY  # as_view() says which

    def specs(self) -> dict[str, EndpointSpec]:
        page = EndpointSpec(
            SCHEMAS[self.kind.code].page, query={"from": DATE_TYPE, "until": DATE_TYPE}
        )
        return {"GET": page}

    def get(self, request: Request) -> HttpResponse:
        asked = self.query(**{"from": date.fromisoformat, "until": date.fromisoformat})
        until = asked.get("until") or self.at.date() + timedelta(days=1)
        first = asked.get("from") or until - timedelta(days=DEFAULT_DAYS)
        if until < first or (until - first).days > MAX_DAYS:
            error = FieldError("from", "span", f"Ask for at most {MAX_DAYS} days, in order.")
            raise Problem(400, "invalid_query", "The query is not valid.", errors=[error])
        found = patient_data.records(
            self.context, patient=self.patient, kind=self.kind, from_date=first, until_date=until
        )
        page = SCHEMAS[self.kind.code].page
        return json_response(page(records=[shown(each) for each in found]))


class WritingView(PatientView):
    #: what a DELETE must say besides the address
    named_by: dict[str, Any] = {}
    kind: RecordKind = DIARY_ENTRY  # as_view() says which

    def specs(self) -> dict[str, EndpointSpec]:
        schemas = SCHEMAS[self.kind.code]
        put = EndpointSpec(schemas.written, creates=True, request=schemas.body, errors=(409,))
        delete = EndpointSpec(
            schemas.written,
            query={"base_revision": {"type": "integer", "minimum": 1}, **self.named_by},
            required=frozenset({"base_revision", *self.named_by}),
            errors=(409,),
        )
        return {"GET": EndpointSpec(schemas.shown), "PUT": put, "DELETE": delete}

    def write(self, sent: Submission) -> HttpResponse:
        verb = "retract" if sent.record is None else "record"
        submitted = store.submit(
            self.context,
            patient=self.patient,
            submissions=[sent],
            action=f"{sent.kind.code}.{verb}",
        )
        (outcome,) = submitted.outcomes
        version = _kept(outcome)
        is_new = outcome.status == Status.STORED and version.number == 1
        written = SCHEMAS[sent.kind.code].written(
            status=outcome.status,
            record=shown(version),
            must_read=pending_advice(submitted.now),
        )
        return json_response(written, status=201 if is_new else 200)

    def retraction(self, uuid: UUID, base_revision: int) -> Submission:
        return Submission(
            uuid=uuid,
            kind=self.kind,
            base_revision=base_revision,
            record=None,
            submitted_at=self.at,
        )


class RecordView(WritingView):
    """One record by its id, which the phone made."""

    def get(self, request: Request, uuid: UUID) -> HttpResponse:
        self.query()
        found = patient_data.record(self.context, patient=self.patient, kind=self.kind, uuid=uuid)
        return json_response(shown(found))

    def put(self, request: Request, uuid: UUID) -> HttpResponse:
        return self.write(submission(self.kind, self.json(), at=self.at, id=uuid))

    def delete(self, request: Request, uuid: UUID) -> HttpResponse:
        """Take the record back. It stays in the ledger; the rules no longer read it."""
        asked = self.query(base_revision=int)
        return self.write(self.retraction(uuid, asked.get("base_revision", 0)))


class RecordOfDayView(WritingView):
    """The diary entry of one local date: there is one a day."""

    named_by = {"id": UUID_TYPE}

    def get(self, request: Request, day: date) -> HttpResponse:
        self.query()
        found = patient_data.record_of_day(
            self.context, patient=self.patient, kind=self.kind, day=day
        )
        return json_response(shown(found))

    def put(self, request: Request, day: date) -> HttpResponse:
        return self.write(submission(self.kind, self.json(), at=self.at, date=day))

    def delete(self, request: Request, day: date) -> HttpResponse:
        """Take the day's entry back; the day is free for another one."""
        asked = self.query(id=UUID, base_revision=int)
        if "id" not in asked:
            error = FieldError("id", "required", "Name the entry that is taken back.")
            raise Problem(400, "invalid_query", "The query is not valid.", errors=[error])
        return self.write(self.retraction(asked["id"], asked.get("base_revision", 0)))


class SyncView(PatientView):
    """A batch from a phone that was offline: each item has its own outcome."""

    body_limit = BATCH_LIMIT
    spec = {"POST": EndpointSpec(BatchResponse, request=BatchBody)}

    def post(self, request: Request) -> HttpResponse:
        items = self._items()
        outcomes: list[BatchOutcome | None] = []
        submissions: list[Submission] = []
        for position, item in enumerate(items):
            try:
                submissions.append(batch_item(item, at=self.at, path=f"items[{position}]"))
                outcomes.append(None)
            except Problem as problem:
                outcomes.append(_invalid(item, problem))
        submitted = store.submit(
            self.context,
            patient=self.patient,
            submissions=submissions,
            action="records.sync",
        )
        judged = iter(submitted.outcomes)
        merged = [given or _outcome(next(judged)) for given in outcomes]
        return json_response(BatchResponse(items=merged, must_read=pending_advice(submitted.now)))

    def _items(self) -> list[object]:
        sent = self.json()
        if not isinstance(sent, dict) or not isinstance(sent.get("items"), list):
            raise invalid([FieldError("items", "required", "Send an object with items.")])
        if unknown := sent.keys() - {"items"}:
            name = sorted(unknown)[0][:60]
            raise invalid([FieldError(name, "unknown_field", "There is no such field.")])
        if len(sent["items"]) > MAX_ITEMS:
            raise Problem(413, "too_large", f"More than {MAX_ITEMS} items.")
        items: list[object] = sent["items"]
        return items


def _kept(outcome: Outcome) -> Revision:
    """Return the stored version of a submission; raise its refusal."""
    if refusal := outcome.refusal:
        if refusal.status == 404:
            raise refusal
        raise invalid([_field_error(refusal)])
    if outcome.revision is None:
        raise Problem(
            409,
            "conflict",
            "This does not build on the current version. Both are kept.",
            current=shown(outcome.current) if outcome.current else None,
        )
    return outcome.revision


def _field_error(refusal: RecordRefused) -> FieldError:
    return FieldError(path=refusal.path, code=refusal.code, message=refusal.detail)


def _outcome(outcome: Outcome) -> BatchOutcome:
    refusal = outcome.refusal
    code = refusal.code if refusal else None
    return BatchOutcome(
        id=str(outcome.uuid),
        status=outcome.status,
        code="conflict" if outcome.status == Status.CONFLICT else code,
        errors=[_field_error(refusal)] if refusal else [],
        record=shown(outcome.revision) if outcome.revision else None,
        current=shown(outcome.current) if outcome.current else None,
    )


def _invalid(item: object, problem: Problem) -> BatchOutcome:
    name = item.get("id") if isinstance(item, dict) else None
    return BatchOutcome(
        id=name if isinstance(name, str) and len(name) == 36 else None,
        status=Status.INVALID,
        code=problem.code,
        errors=list(problem.errors),
    )
