"""The JSON API under `/api/v1`: token auth, documented by its own OpenAPI document."""

from functools import cache
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from server.http.api import (
    appointments,
    callers,
    calls,
    documents,
    metrics,
    opt_outs,
    profile,
    provider,
    tasks,
    threads,
)
from server.http.api.problems import ApiRoute, Problem

_WORDS = """What Ringback knows and does for a business, for its other systems.

Every request needs a token (`Authorization: Bearer rb_...`), which an owner makes under *Business, API*.
A business's token is good for that business alone; a token of the installation for every one.
Times are ISO 8601 with the business's offset, numbers E.164, lists go on from `next` with `cursor`.
Every error is a problem document (RFC 9457). A token may ask 600 times a minute; 429 says when to ask again.
The events that are sent to webhooks stand in the documentation, docs/integrations.md.
"""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
for _part in (
    profile,
    threads,
    calls,
    appointments,
    tasks,
    opt_outs,
    documents,
    metrics,
    callers,
    provider,
):
    router.include_router(_part.router)


@router.get("/openapi.json", include_in_schema=False)
def openapi() -> JSONResponse:
    """The whole API, described; it holds nothing of any business."""
    return JSONResponse(_described())


@router.api_route("/{rest:path}", methods=_METHODS, include_in_schema=False)
def nowhere(request: Request) -> None:
    """An address that is none, or a method that it does not take: told as a problem, like all else."""
    taken = _taken(request.url.path) - {request.method}
    if taken:
        allowed = {"Allow": ", ".join(sorted(taken))}
        raise HTTPException(405, f"This address takes {allowed['Allow']}.", allowed)
    raise HTTPException(404, "There is no such address. /api/v1/openapi.json lists them all.")


def _taken(path: str) -> set[str]:
    """The methods of the routes at an address, without those of `nowhere`."""
    return {
        method
        for one in iter_route_contexts(router.routes)
        if one.endpoint is not nowhere and compile_path(str(one.path))[0].match(path)
        for method in one.methods or ()
    }


@cache
def _described() -> dict[str, Any]:
    told = get_openapi(
        title="Ringback",
        version="1",
        openapi_version="3.1.0",
        description=_WORDS,
        routes=router.routes,
    )
    schemas = told.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return told
