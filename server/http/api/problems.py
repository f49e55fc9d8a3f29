"""Errors of the API: every one is a problem document (RFC 9457), never a page or a way to the login."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import sqlalchemy as sa
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from agent.errors import BadInput, NotFound, RingbackError

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "This cannot be done",
    401: "A token is needed",
    403: "The token may not do this",
    404: "There is no such thing",
    405: "This address does not do that",
    409: "It is not possible now",
    412: "It has changed in between",
    413: "It is too large",
    422: "The request is not as described",
    428: "Say which version you change",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Not now",
}

log = structlog.get_logger()


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(
        default="about:blank", description="Always `about:blank`: the status says it."
    )
    title: str = Field(description="In a few words; the same for every problem of this status.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What is wrong here, and the mend.")
    errors: list[str] = Field(
        default_factory=list, description="Of a request that is not as described: each fault."
    )


class ApiRoute(APIRoute):
    """A route whose errors are problem documents."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # Coroutine is an Awaitable
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except (HTTPException, RequestValidationError, RingbackError, sa.exc.SQLAlchemyError) as error:  # fmt: skip
                return _answer(request, error)

        return told


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These problems for a route's `responses`, beside those that every route has."""
    every = sorted({400, 401, 403, 404, 422, 429, 503, *statuses})
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in every
    }


def problem(
    status: int,
    detail: str,
    errors: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    title = _TITLES.get(status, "This cannot be done")
    body = Problem(title=title, status=status, detail=detail, errors=errors or [])
    return JSONResponse(
        body.model_dump(), status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def _answer(request: Request, error: Exception) -> Response:
    match error:
        case HTTPException():
            return problem(error.status_code, str(error.detail), headers=error.headers)
        case RequestValidationError():
            faults = [_fault(one) for one in error.errors()]
            return problem(422, "; ".join(faults) or "The request cannot be read.", faults)
        case NotFound():
            return problem(404, str(error))
        case BadInput():
            return problem(400, str(error))
        case sa.exc.DataError():
            return problem(400, "A value in this request cannot be looked for.")
        case sa.exc.SQLAlchemyError():
            log.error("api.failed", path=request.url.path, error=repr(error))
            words = "The database does not answer. Please try again."
            return problem(503, words, headers={"Retry-After": "5"})
    log.error("api.failed", path=request.url.path, error=repr(error))
    return problem(500, "Something went wrong here.")


def _fault(found: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in found.get("loc", ()))
    return f"{where}: {found.get('msg', 'is wrong')}" if where else str(found.get("msg"))
