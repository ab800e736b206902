"""The OpenAPI description, made from the same shapes that parse and answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from tracker.api.contract import Contract

REFERENCE = "#/components/schemas/{name}"
PATH_TYPES = {"day": {"type": "string", "format": "date"}}
UUID_TYPE = {"type": "string", "format": "uuid"}
#: every endpoint may answer these
COMMON = (400, 406, 429, 500, 503)
SIGNED_IN = (401, 403)
WITH_BODY = (413, 415)
TOKEN = {"token": {"type": "http", "scheme": "bearer"}}


class OpenAPI(AutoSchema):
    """Describes an endpoint by its contract."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any] | None:
        describe: Callable[[], dict[str, Contract]] = self.view.contracts  # type: ignore[attr-defined]
        contract = describe().get(method)
        if contract is None:
            return None
        self.registry = registry
        is_open = not self.view.permission_classes
        operation: dict[str, Any] = {
            "operationId": operation_id(path, method),
            "summary": summary(self.view, method),
            "tags": [path.removeprefix("/api/v1/").split("/")[0]],
            "parameters": parameters(path, contract),
            "responses": self._responses(path, contract, is_open=is_open),
            "security": [] if is_open else [{"token": []}],
        }
        if contract.body is not None:
            content = {"application/json": {"schema": self._reference(contract.body)}}
            operation["requestBody"] = {"required": True, "content": content}
        return operation

    def _responses(self, path: str, contract: Contract, *, is_open: bool) -> dict[str, Any]:
        from tracker.api.problems import ProblemBody

        good: dict[str, Any] = {"description": HTTPStatus(contract.status).phrase}
        if contract.answer is not None:
            good["content"] = {"application/json": {"schema": self._reference(contract.answer)}}
        found = {str(contract.status): good}
        if contract.creates:
            found["201"] = {**good, "description": HTTPStatus.CREATED.phrase}
        problem = {"application/problem+json": {"schema": self._reference(ProblemBody)}}
        statuses = {*COMMON, *contract.refusals}
        statuses |= set() if is_open else set(SIGNED_IN)
        statuses |= set(WITH_BODY) if contract.body is not None else set()
        statuses |= {404} if "{" in path else set()
        for status in sorted(statuses):
            found[str(status)] = {
                "description": HTTPStatus(status).phrase,
                "content": problem,
            }
        return found

    def _reference(self, shape: Any) -> dict[str, Any]:
        """The shape's schema; every component that it needs is registered."""
        (schema,), components = msgspec.json.schema_components([shape], ref_template=REFERENCE)
        for name, each in components.items():
            component = ResolvedComponent(  # type: ignore[no-untyped-call]
                name=name, type=ResolvedComponent.SCHEMA, schema=each, object=name
            )
            self.registry.register_on_missing(component)
        found: dict[str, Any] = schema
        return found


def operation_id(path: str, method: str) -> str:
    words = re.sub(r"[{}]", "", path.removeprefix("/api/v1/"))
    return "_".join([method.lower(), *re.split(r"[/-]", words)])


def summary(view: Any, method: str) -> str:
    handler = getattr(view, method.lower())
    words = handler.__doc__ or type(view).__doc__ or ""
    return " ".join(words.split())


def parameters(path: str, contract: Contract) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": PATH_TYPES.get(name, UUID_TYPE)}
        for name in re.findall(r"{(\w+)}", path)
    ]
    in_query = [
        {"name": name, "in": "query", "required": name in contract.required, "schema": schema}
        for name, schema in contract.query.items()
    ]
    return [*in_path, *in_query]


def add_security(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """spectacular's hook: say once how the token is sent."""
    result.setdefault("components", {})["securitySchemes"] = TOKEN
    return result
