"""The errors with which a service refuses a request."""

from __future__ import annotations


class ServiceError(Exception):
    """A refusal with a stable code. Its docstring is the sentence that people read."""

    code = "refused"
    status = 400

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        super().__init__(self.detail)


class Conflict(ServiceError):
    """This was changed in the meantime. Reload and try again."""

    code = "conflict"
    status = 409


class NotFound(ServiceError):
    """There is no such thing, or it is not yours to see."""

    code = "not_found"
    status = 404
