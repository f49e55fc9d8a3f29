"""Earlier versions of a document: looked at, and brought back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from agent.errors import NotFound
from server.http.auth import Owner, OwnForm, Viewer
from server.http.document_turns import InTurn
from server.http.document_views import change, changed, documents_page, versions
from server.http.owner import business_of
from server.http.twilio import TheHouse
from server.store import document_versions

router = APIRouter(prefix="/{name}/versions/{number}")


@router.get("")
def version_page(
    request: Request, house: TheHouse, viewer: Viewer, name: str, number: int
) -> HTMLResponse:
    """What an earlier version said."""
    business = business_of(house, viewer.business)
    kept = [one for one in versions(house, business, name) if one.number == number]
    if not kept:
        raise NotFound(f"Version {number} of {name!r} is not kept here.")
    with house.database.connect() as connection:
        said = document_versions.said(connection, business.slug, name, number)
    return documents_page(
        request,
        house,
        viewer,
        "document_version.html",
        business=business,
        version=kept[0],
        passages=said,
        more=kept[0].passages - len(said),
    )


@router.post("/restore", dependencies=[OwnForm, InTurn])
def restore(
    request: Request,
    house: TheHouse,
    owner: Owner,
    name: str,
    number: int,
    look: Annotated[bool, Form()] = False,
) -> Response:
    """Use an earlier version again; the present one becomes an earlier one itself."""
    with house.database.connect() as connection:
        content = document_versions.content(connection, owner.business, name, number)
    return changed(request, change(house, owner, name, content, look=look), look=look)
