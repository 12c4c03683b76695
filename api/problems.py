"""Errors as problem details (RFC 9457): what clients get instead of a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from api.auth.errors import NotAllowed, NotSignedIn
from api.browser_safety import SAFE_HEADERS
from core.authority import NotAuthorised
from core.command.signing import SignatureRefused
from core.command.vault import VaultUnavailable
from core.errors import (
    CommandRefused,
    Conflict,
    InputError,
    LinkError,
    LlamaSpaceError,
    NotFound,
    PhysicsError,
    PlanRejected,
    StoreError,
)
from core.link.cfdp import FileRefused

__all__ = ["PROBLEM_RESPONSES", "Problem", "install_problem_handlers", "problem_of"]

_MEDIA_TYPE: Final = "application/problem+json"
_STATUS: Final[tuple[tuple[type[LlamaSpaceError], HTTPStatus], ...]] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotAuthorised, HTTPStatus.FORBIDDEN),
    (VaultUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (SignatureRefused, HTTPStatus.CONFLICT),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (PlanRejected, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PhysicsError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CommandRefused, HTTPStatus.CONFLICT),
    (FileRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (LinkError, HTTPStatus.BAD_GATEWAY),
    (StoreError, HTTPStatus.INSUFFICIENT_STORAGE),
)
_HTTP_CODES: Final[Mapping[int, str]] = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
_log = structlog.get_logger("api")


class Problem(BaseModel):
    """One problem."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


_DOCUMENTED: Final[Mapping[int, str]] = {
    400: "The request is malformed",
    401: "Nobody is signed in",
    403: "The role does not allow this",
    404: "There is no such thing",
    405: "The method is not allowed here",
    409: "The thing has changed, or its state does not allow this",
    412: "The precondition does not hold",
    413: "The body is too large",
    422: "The request is well-formed but wrong",
    503: "A service that this needs does not answer",
    507: "The data folder cannot take more",
}
PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {_MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
    for status, text in _DOCUMENTED.items()
}


def problem_of(error: LlamaSpaceError) -> Problem:
    """The problem that tells a client of an error."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, Conflict) and error.code == "precondition":
        status = HTTPStatus.PRECONDITION_FAILED
    field = error.facts.get("field")
    return Problem(
        title=status.phrase,
        status=status.value,
        detail=error.message,
        code=error.code,
        field=field if isinstance(field, str) else None,
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(LlamaSpaceError, _named)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _named(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LlamaSpaceError)
    problem = problem_of(error)
    if problem.status >= 500:
        _log.error("request failed", path=request.url.path, code=problem.code, detail=problem.detail)
    return _response(problem)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    malformed = first["type"] == "json_invalid"
    status = HTTPStatus.BAD_REQUEST if malformed else HTTPStatus.UNPROCESSABLE_ENTITY
    detail = f"{where}: {first['msg']}"
    code = "malformed-json" if malformed else "bad-input"
    return _response(Problem(title=status.phrase, status=status.value, detail=detail, code=code, field=where))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    # The names of statuses differ between versions of Python; those that clients meet have a code of their own.
    code = _HTTP_CODES.get(status.value, status.name.lower().replace("_", "-"))
    problem = Problem(title=status.phrase, status=status.value, detail=str(error.detail), code=code)
    return _response(problem, dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.exception("unexpected error", path=request.url.path, error=repr(error))
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "the service failed; nothing of this request was carried out half. The log has the cause."
    return _response(Problem(title=status.phrase, status=status.value, detail=detail, code="internal"))


def _response(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    headers = {**SAFE_HEADERS, **(headers or {})}  # an unexpected error is answered outside the application's guard
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer", **headers}
    return JSONResponse(problem.model_dump(), status_code=problem.status, media_type=_MEDIA_TYPE, headers=headers)
