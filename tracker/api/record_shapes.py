"""Records as the API has them: the rules' own forms, with what a phone adds to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Union
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, defstruct

from tracker import rules
from tracker.api.decoding import decode, field_error
from tracker.api.problems import FieldError, invalid
from tracker.api.shapes import Answer, Form, Instant, MustReadNow, Uuid
from tracker.api.text import name, note
from tracker.models import RecordKind, Revision
from tracker.services.records.kinds import KINDS, Kind
from tracker.services.records.ledger import Status, Submission

BaseRevision = Annotated[
    int, Meta(ge=0, le=1_000_000, description="The revision that this one replaces; 0 = none.")
]
SubmittedAt = Annotated[
    Instant, Meta(description="When the phone saved it; left out: when it arrived.")
]
Note = Annotated[str, Meta(max_length=2000, description="In the patient's own words.")]
Reason = Annotated[str, Meta(max_length=200, description="Why it was corrected.")]

#: what a phone adds to every record
ADDED: list[tuple[str, Any, Any]] = [
    ("submitted_at", SubmittedAt | None, None),
    ("base_revision", BaseRevision, 0),
    ("note", Note | None, None),
    ("reason", Reason | None, None),
]
IN_ADDRESS = {"id", "replaces"}


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of one kind of record."""

    kind: Kind
    #: of a PUT; the address says the rest
    body: type[Struct]
    #: of an item of a batch
    item: type[Struct]
    #: as read back
    shown: type[Struct]
    page: type[Struct]
    written: type[Struct]


def _shapes(kind: Kind) -> Shapes:
    title = kind.form.__name__
    own = [
        _field(each) for each in msgspec.structs.fields(kind.form) if each.name not in IN_ADDRESS
    ]
    is_diary = kind.name == RecordKind.DIARY_ENTRY
    sent = [each for each in own if each[0] != "submitted_at"]
    in_body = [each for each in sent if not (is_diary and each[0] == "date")]
    id_field: list[Any] = [("id", Uuid)]
    doc = {"__doc__": kind.form.__doc__ or title}
    tag = str(kind.name)
    shown_as = defstruct(
        title,
        [
            *id_field,
            ("revision", int),
            *((each[0], each[1]) for each in own),
            ("note", str),
            ("received_at", Instant),
            ("retracted", bool),
        ],
        bases=(Answer,),
        kw_only=True,
        namespace=doc,
        tag_field="kind",
        tag=tag,
    )
    return Shapes(
        kind,
        body=defstruct(
            f"{title}Body",
            [*(id_field if is_diary else []), *in_body, *ADDED],
            bases=(Form,),
            kw_only=True,
            namespace=doc,
        ),
        item=defstruct(
            f"{title}Item",
            [*id_field, *sent, *ADDED],
            bases=(Form,),
            kw_only=True,
            tag_field="kind",
            tag=tag,
        ),
        shown=shown_as,
        page=defstruct(f"{title}Page", [("records", list[shown_as])], bases=(Answer,)),  # type: ignore[valid-type]
        written=defstruct(
            f"{title}Written",
            [("status", Status), ("record", shown_as), ("must_read", MustReadNow)],
            bases=(Answer,),
            kw_only=True,
            namespace={"__doc__": "What was stored, and what the patient must read now."},
        ),
    )


def _field(each: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    if each.default is msgspec.NODEFAULT:
        return (each.encode_name, each.type)
    return (each.encode_name, each.type, each.default)


SHAPES: dict[RecordKind, Shapes] = {name: _shapes(kind) for name, kind in KINDS.items()}


class RetractionItem(Form, tag_field="kind", tag="retraction"):
    """Takes a record back. It stays in the ledger; the rules no longer read it."""

    id: Uuid
    of: Literal[tuple(str(kind) for kind in RecordKind)]  # type: ignore[valid-type]
    base_revision: Annotated[int, Meta(ge=1, le=1_000_000)]
    submitted_at: Instant | None = None
    reason: Reason | None = None


def submission(
    kind: RecordKind, sent: Any, *, at: datetime, path: str = "", **address: str
) -> Submission:
    """A record from a PUT's body or a batch's item; `address` is what its URL says of it."""
    shapes = SHAPES[kind]
    added: Any = decode(sent, shapes.item if path else shapes.body, at=path)
    uuid = UUID(address.pop("id", "") or added.id)
    own = {"kind": str(kind), **address}
    own |= {key: value for key, value in sent.items() if key in shapes.kind.document_fields}
    if own.get("submitted_at") is None:
        own["submitted_at"] = at.isoformat()
    if own.get("product") is not None:
        own["product"] = name(own["product"], path=_join(path, "product"))
    try:
        record = rules.parse_record(own)
    except rules.InvalidHistory as error:
        raise invalid([field_error(error.code, path=_join(path, error.path))]) from None
    return Submission(
        uuid=uuid,
        kind=kind,
        base_revision=added.base_revision,
        record=record,
        submitted_at=rules.submitted_at(record),
        note=note(added.note, path=_join(path, "note")),
        reason=note(added.reason, path=_join(path, "reason")),
    )


def batch_item(sent: Any, *, at: datetime, path: str) -> Submission:
    kind = sent.get("kind") if isinstance(sent, dict) else None
    if kind == "retraction":
        return _retraction(decode(sent, RetractionItem, at=path), at=at)
    if kind not in RecordKind.values:
        raise invalid([FieldError(_join(path, "kind"), "not_allowed", "Not a kind of record.")])
    return submission(RecordKind(kind), sent, at=at, path=path)


def _retraction(item: RetractionItem, *, at: datetime) -> Submission:
    return Submission(
        uuid=UUID(item.id),
        kind=RecordKind(item.of),
        base_revision=item.base_revision,
        record=None,
        submitted_at=item.submitted_at or at,
        reason=note(item.reason),
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def shown(revision: Revision) -> Struct:
    """A stored version as it is read back, in the words it was sent in."""
    shapes = SHAPES[RecordKind(revision.kind)]
    form = msgspec.convert(revision.content, shapes.kind.form)
    own = {key: getattr(form, key) for key in form.__struct_fields__ if key not in IN_ADDRESS}
    return shapes.shown(
        id=str(revision.uuid),
        revision=revision.number,
        note=revision.note,
        received_at=revision.received_at,
        retracted=revision.retracted,
        **own,
    )


RecordShown: Any = Union[tuple(shapes.shown for shapes in SHAPES.values())]  # noqa: UP007
Item: Any = Union[(*(shapes.item for shapes in SHAPES.values()), RetractionItem)]


class BatchBody(Form):
    items: Annotated[list[Item], Meta(max_length=200)]


class BatchOutcome(Answer):
    """What became of one item. Send `invalid` ones again only when they have changed."""

    id: str | None
    status: Status
    code: str | None = None
    errors: list[FieldError] = []
    #: the version that is stored
    record: RecordShown | None = None
    #: with a conflict: what stands; build on its revision
    current: RecordShown | None = None


class BatchAnswer(Answer):
    items: list[BatchOutcome]
    must_read: MustReadNow
