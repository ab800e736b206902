"""The schemas of records in the API: the rules' own forms, with what a phone adds to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Union
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, defstruct

from tracker import rules
from tracker.api.care.schemas import PendingAdviceResponse
from tracker.api.http.decoding import decode, field_error
from tracker.api.http.problems import FieldError, invalid
from tracker.api.http.schemas import Instant, Request, Response, Uuid
from tracker.api.http.text import name, note
from tracker.models import RECORD_KINDS, RecordKind, Revision
from tracker.services.records.ledger import Status, Submission

BaseRevision = Annotated[
    int, Meta(ge=0, le=1_000_000, description="The revision that this one replaces; 0 = none.")
]
SubmittedAt = Annotated[
    Instant, Meta(description="When the phone saved it; left out: when it arrived.")
]
Note = Annotated[str, Meta(max_length=2000, description="In the patient's own words.")]
Reason = Annotated[str, Meta(max_length=200, description="Why it was corrected.")]

#: What a phone adds to every record: name, type, default.
ADDED_FIELDS: list[tuple[str, Any, Any]] = [
    ("submitted_at", SubmittedAt | None, None),
    ("base_revision", BaseRevision, 0),
    ("note", Note | None, None),
    ("reason", Reason | None, None),
]


@dataclass(frozen=True, slots=True)
class RecordSchemas:
    """The schemas of one kind of record."""

    #: an item of a batch
    item: type[Struct]
    #: the body of a PUT: an item without the fields that its URL holds
    body: type[Struct]
    #: a record as read back
    shown: type[Struct]
    page: type[Struct]
    written: type[Struct]


def _schemas(kind: RecordKind) -> RecordSchemas:
    title = kind.model.__name__
    document = {"__doc__": kind.form.__doc__ or title}
    form_fields = [
        each for each in msgspec.structs.fields(kind.form) if each.name not in {"id", "replaces"}
    ]
    item_fields = [
        ("id", Uuid),
        *(
            (each.name, each.type) if each.required else (each.name, each.type, each.default)
            for each in form_fields
            if each.name != "submitted_at"
        ),
        *ADDED_FIELDS,
    ]
    in_address = "date" if kind.is_one_per_day else "id"
    body_fields = [each for each in item_fields if each[0] != in_address]
    shown_fields = [
        ("id", Uuid),
        ("revision", int),
        *((each.name, each.type) for each in form_fields),
        ("note", str),
        ("received_at", Instant),
        ("retracted", bool),
    ]
    shown_as = defstruct(
        title,
        shown_fields,
        bases=(Response,),
        kw_only=True,
        namespace=document,
        tag_field="kind",
        tag=kind.code,
    )
    return RecordSchemas(
        item=defstruct(
            f"{title}Item",
            item_fields,
            bases=(Request,),
            kw_only=True,
            tag_field="kind",
            tag=kind.code,
        ),
        body=defstruct(
            f"{title}Body", body_fields, bases=(Request,), kw_only=True, namespace=document
        ),
        shown=shown_as,
        page=defstruct(f"{title}Page", [("records", list[shown_as])], bases=(Response,)),  # type: ignore[valid-type]
        written=defstruct(
            f"{title}Written",
            [("status", Status), ("record", shown_as), ("must_read", PendingAdviceResponse)],
            bases=(Response,),
            kw_only=True,
            namespace={"__doc__": "What was stored, and what the patient must read now."},
        ),
    )


#: By the code of the kind.
SCHEMAS: dict[str, RecordSchemas] = {code: _schemas(kind) for code, kind in RECORD_KINDS.items()}


class RetractionItem(Request, tag_field="kind", tag="retraction"):
    """Takes a record back. It stays in the ledger; the rules no longer read it."""

    id: Uuid
    of: Literal[tuple(RECORD_KINDS)]  # type: ignore[valid-type]
    base_revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    submitted_at: Instant | None = None
    reason: Reason | None = None


def submission(
    kind: RecordKind, sent: Any, *, at: datetime, path: str = "", **address: Any
) -> Submission:
    """A record from a PUT's body, whose URL says its `id` or `date`, or from a batch's item.

    `path` is that of the item in its batch. Raises a Problem.
    """
    schemas = SCHEMAS[kind.code]
    prefix = f"{path}." if path else ""
    request: Any = decode(sent, schemas.item if path else schemas.body, at=path)
    fields = ("date" if kind.is_daily else "at", *kind.own_fields)
    said = {field: address.get(field) or getattr(request, field) for field in fields}
    for field in kind.one_line_fields:
        if said[field] is not None:
            said[field] = name(said[field], path=f"{prefix}{field}")
    submitted_at = request.submitted_at or at
    record = kind.form(submitted_at=submitted_at, **said)
    try:
        rules.check_record(record, "")
    except rules.InvalidHistory as error:
        raise invalid([field_error(error.code, path=f"{prefix}{error.path}")]) from None
    return Submission(
        uuid=address.get("id") or UUID(request.id),
        kind=kind,
        base_revision=request.base_revision,
        record=record,
        submitted_at=submitted_at,
        note=note(request.note, path=f"{prefix}note"),
        reason=note(request.reason, path=f"{prefix}reason"),
    )


def batch_item(sent: Any, *, at: datetime, path: str) -> Submission:
    """A record, or a retraction, from a batch. Raises a Problem."""
    code = sent.get("kind") if isinstance(sent, dict) else None
    if code == "retraction":
        item = decode(sent, RetractionItem, at=path)
        return Submission(
            uuid=UUID(item.id),
            kind=RECORD_KINDS[item.of],
            base_revision=item.base_revision,
            record=None,
            submitted_at=item.submitted_at or at,
            reason=note(item.reason),
        )
    if not isinstance(code, str) or code not in RECORD_KINDS:
        raise invalid([FieldError(f"{path}.kind", "not_allowed", "Not a kind of record.")])
    return submission(RECORD_KINDS[code], sent, at=at, path=path)


def shown(revision: Revision) -> Struct:
    """A stored version as it is read back, in the words it was sent in."""
    record = msgspec.convert(revision.content, RECORD_KINDS[revision.kind].form)
    said = msgspec.structs.asdict(record)
    del said["id"], said["replaces"]
    return SCHEMAS[revision.kind].shown(
        id=str(revision.uuid),
        revision=revision.number,
        note=revision.note,
        received_at=revision.received_at,
        retracted=revision.retracted,
        **said,
    )


RecordShown: Any = Union[tuple(schemas.shown for schemas in SCHEMAS.values())]  # noqa: UP007
Item: Any = Union[(*(schemas.item for schemas in SCHEMAS.values()), RetractionItem)]


class BatchBody(Request):
    items: Annotated[list[Item], Meta(max_length=200)]


class BatchOutcome(Response):
    """What became of one item. Send `invalid` ones again only when they have changed."""

    id: str | None
    status: Status
    code: str | None = None
    errors: list[FieldError] = []
    #: the version that is stored
    record: RecordShown | None = None
    #: with a conflict: the current version; base a correction on its revision
    current: RecordShown | None = None


class BatchResponse(Response):
    items: list[BatchOutcome]
    must_read: PendingAdviceResponse
