"""Documents in the words of their pages, and the ways in that these pages share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from agent.business import Business
from agent.errors import NotFound
from knowledge.library import Document
from knowledge.progress import Told, silent
from server.document_drafts import drafted_content, stage
from server.documents import PASTED_MAX, Outcome, counted, drop, take
from server.http.auth import csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.store import accounts, document_drafts, document_versions
from server.store.document_versions import Version
from server.wiring import House

LIST = "/business/documents"
DRAFT = f"{LIST}/draft"
_KINDS = {
    "csv": "FAQ table",
    "markdown": "Markdown",
    "text": "Plain text",
    "html": "Web page",
    "pdf": "PDF",
    "docx": "Word",
}
_MB = 1_000_000
_EDITABLE = {"csv", "markdown", "text"}
_TOLD = "told"
"""Where the session keeps words for the next page."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One document in a list."""

    name: str
    kind: str
    passages: str
    added: str


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One earlier version."""

    name: str
    number: int
    kind: str
    size: str
    words: str
    """When it was in use, and who changed it."""
    passages: int


def documents_page(
    request: Request, house: House, viewer: accounts.Account, template: str, **values: Any
) -> HTMLResponse:
    """A page of an owner's documents, or a part of one, with what all of them show."""
    is_fragment = template.startswith("_")
    return page(
        request,
        template,
        csrf=csrf_token(request),
        business=values.pop("business", None) or business_of(house, viewer.business),
        may_change=is_owner(viewer),
        told="" if is_fragment else request.session.pop(_TOLD, ""),
        **values,
    )


def tell(request: Request, words: str) -> None:
    """Say this on the next page."""
    request.session[_TOLD] = words


def change(
    house: House,
    owner: accounts.Account,
    name: str,
    content: bytes | None,
    *,
    look: bool,
    told: Told = silent,
) -> Outcome:
    """Publish a change of one document, or with `look` keep it until the owner has seen what it does."""
    if look:
        return stage(house, owner.business, name, content, owner.staff, told)
    if content is None:
        return drop(house.library, owner.business, name, by=owner.staff)
    return take(house.library, owner.business, name, content, by=owner.staff, told=told)


def changed(request: Request, outcome: Outcome, *, look: bool) -> RedirectResponse:
    """To the page where the change is seen, or where it is said why there is none."""
    is_to_see = look and outcome.is_taken
    if not is_to_see:
        tell(request, outcome.words)
    return RedirectResponse(DRAFT if is_to_see else LIST, status_code=303)


def document_of(house: House, business: str, name: str) -> Document:
    """The document of this name.

    Raises:
        NotFound: this business has none.
    """
    for document in house.library.documents(business):
        if document.name == name:
            return document
    raise NotFound(f"There is no document {name!r} here.")


def row(document: Document, business: Business) -> Row:
    added = moment(datetime.fromisoformat(document.added_at), business)
    return Row(
        name=document.name,
        kind=kind_words(document.kind),
        passages=counted(document.passages),
        added=added + _by(business, document.added_by),
    )


def version_row(version: Version, business: Business) -> VersionRow:
    since, until = (moment(at, business) for at in (version.added_at, version.ended_at))
    return VersionRow(
        name=version.name,
        number=version.number,
        kind=kind_words(version.kind),
        size=size_words(version.size),
        words=f"added {since}{_by(business, version.added_by)}, "
        f"{version.ended} {until}{_by(business, version.ended_by)}",
        passages=version.passages,
    )


def versions(house: House, business: Business, name: str) -> list[VersionRow]:
    """Of one document, newest first."""
    with house.database.connect() as connection:
        found = document_versions.of_document(connection, business.slug, name)
    return [version_row(version, business) for version in found]


def removed(house: House, business: Business) -> list[VersionRow]:
    """The last version of each removed document."""
    with house.database.connect() as connection:
        found = document_versions.removed(connection, business.slug)
    return [version_row(version, business) for version in found]


def drafted(house: House, business: str) -> list[str]:
    """Names of the documents whose change is not published yet."""
    with house.database.connect() as connection:
        return document_drafts.names(connection, business, house.clock.now())


def editable_text(house: House, document: Document, business: str) -> str | None:
    """The text of a document that can be edited on a page, its draft's if it has one; None: it cannot."""
    if document.kind not in _EDITABLE:
        return None
    drafted = drafted_content(house, business, document.name)
    kept = house.shelf.content(business, document.name) if drafted is None else drafted
    try:
        text = kept.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if len(text) <= PASTED_MAX and "\x00" not in text else None


def kind_words(kind: str) -> str:
    return _KINDS.get(kind, kind)


def moment(at: datetime, business: Business) -> str:
    return at.astimezone(business.zone).strftime("%b %-d, %Y, %-I:%M %p")


def size_words(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= _MB else f"{max(round(size / 1e3), 1)} KB"


def _by(business: Business, staff: str) -> str:
    person = business.person(staff) if staff else None
    return f" by {person.name if person else staff}" if staff else ""
