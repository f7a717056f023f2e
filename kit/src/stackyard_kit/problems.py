"""Errors as RFC 9457 problem documents, the same shape for every failure and never with internals in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from stackyard_kit import correlation
from stackyard_kit.breaker import DependencyAwayError
from stackyard_kit.database import DatabaseAwayError
from stackyard_kit.deadline import DeadlinePassedError

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = 2
"""What a client is asked to wait when a dependency is away."""


class ProblemError(Exception):
    """A failure to tell the client. `kind` names it for programs ("out-of-stock"), `detail` for people."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        title: str = "",
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.title = title
        self.errors = errors or []
        self.headers = dict(headers or {})


def document(problem: ProblemError, instance: str) -> dict[str, Any]:
    """The problem as the JSON object that RFC 9457 describes; `instance` is the path that was asked for."""
    body: dict[str, Any] = {
        "type": f"urn:problem:{problem.kind}" if problem.kind else "about:blank",
        "title": problem.title or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "correlation_id": correlation.current(),
    }
    if problem.errors:
        body["errors"] = problem.errors
    return body


def install(app: FastAPI) -> None:
    """Make every failure of `app` a problem document."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    for kind in (DatabaseAwayError, OperationalError, InterfaceError, DBAPIError, PoolTimeout, TimeoutError):
        app.add_exception_handler(kind, _on_database)
    app.add_exception_handler(DependencyAwayError, _on_dependency)
    app.add_exception_handler(DeadlinePassedError, _on_deadline)
    app.add_exception_handler(Exception, _on_anything)


async def _on_problem(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, ProblemError)
    return _answer(request, failure)


async def _on_http(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, HTTPException)
    details = {404: "There is nothing at this address.", 405: "This address does not know that method."}
    detail = details.get(failure.status_code, str(failure.detail))
    return _answer(request, ProblemError(failure.status_code, detail, headers=failure.headers))


async def _on_validation(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, RequestValidationError)
    errors = [{"pointer": _pointer(item["loc"]), "detail": item["msg"]} for item in failure.errors()]
    return _answer(request, ProblemError(422, "Some values cannot be used.", kind="validation", errors=errors))


def _pointer(location: tuple[int | str, ...]) -> str:
    # A body is addressed by JSON pointer from its root; a parameter by where it stood and its name.
    parts = location[1:] if location[0] == "body" else location
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


async def _on_database(request: Request, failure: Exception) -> JSONResponse:
    if not is_absence(failure):
        raise failure
    headers = {"Retry-After": str(RETRY_SECONDS)}
    detail = "The database does not answer at the moment. Please try again."
    return _answer(request, ProblemError(503, detail, kind="database-away", headers=headers))


def is_absence(failure: Exception) -> bool:
    """Whether `failure` says that the database is away or busy, rather than that a statement was wrong."""
    if isinstance(failure, DBAPIError) and not isinstance(failure, OperationalError | InterfaceError):
        # SQLSTATE classes 53 (no resources), 57 (stopped by an operator) and 08 (connection) are nobody's bug here.
        state = str(getattr(failure.orig, "sqlstate", "") or "")
        return failure.connection_invalidated or state[:2] in ("08", "53", "57")
    return True


async def _on_dependency(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, DependencyAwayError)
    headers = {"Retry-After": str(max(1, math.ceil(failure.wait)))}
    detail = "Another service that is needed for this does not answer at the moment. Please try again."
    return _answer(request, ProblemError(503, detail, kind="dependency-away", headers=headers))


async def _on_deadline(request: Request, failure: Exception) -> JSONResponse:
    del failure
    return _answer(request, ProblemError(504, "This took longer than you wanted to wait.", kind="deadline-passed"))


async def _on_anything(request: Request, failure: Exception) -> JSONResponse:
    del failure  # the outer layer logs it
    return _answer(request, ProblemError(500, "Something went wrong here. The correlation id finds it in the logs."))


def _answer(request: Request, problem: ProblemError) -> JSONResponse:
    headers = {"Cache-Control": "no-store", **problem.headers}
    body = document(problem, request.url.path)
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)
