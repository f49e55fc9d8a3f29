"""Every change of the profile: when, by whom, what; one taken back, or all of it brought back to what it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from agent.business import Business
from agent.errors import BadBusiness, NotFound
from server import profile_hangs
from server.http import sessions
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.profile_parts import refuse
from server.http.profile_words import Said, said, value
from server.http.twilio import TheHouse
from server.http.version_words import Author, authors
from server.profile_changes import change
from server.profile_diffs import Plain, differences
from server.profile_drafts import Refused
from server.profile_undo import Undone, undo, with_places
from server.store import accounts, business_versions
from server.store.business_versions import Version
from server.wiring import House

router = APIRouter(prefix="/business/history")

_LARGEST_ID = 2**53 - 1
VersionId = Annotated[int, Path(le=_LARGEST_ID)]
Before = Annotated[int | None, Query(le=_LARGEST_ID)]
Make = Callable[[sa.Connection, Business], Plain]

A_PAGE = 50
_TOLD = 3
"""Changes of a version that the list tells."""
_TAKEN = "Another business here has one of these numbers now."
_AS_IT_WAS = "Nothing to do: it is as it was already."
_NO_PROFILE = (
    "What it was then does not go together with what it is now. Change it by hand, under Edit."
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A version in the list."""

    id: int
    author: Author
    changes: Sequence[Said]
    more: int
    is_first: bool
    was_added: bool
    """The business came to be with it."""


@router.get("")
def history_page(
    request: Request, house: TheHouse, owner: Owner, before: Before = None
) -> HTMLResponse:
    """Newest first, fifty a page; `before` is the last version of the page before."""
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        found = business_versions.newest(connection, business.slug, A_PAGE + 1, below=before)
        rows = _rows(connection, business, found)
    return page(
        request,
        "history.html",
        csrf=csrf_token(request),
        business=business,
        rows=rows[:A_PAGE],
        older=rows[A_PAGE - 1].id if len(found) > A_PAGE else 0,
        is_newest=before is None,
        told=sessions.told(request),
    )


@router.get("/{version_id}")
def version_page(
    request: Request, house: TheHouse, owner: Owner, version_id: VersionId
) -> HTMLResponse:
    return _page(request, house, owner, version_id)


@router.post("/{version_id}/undo", dependencies=[OwnForm])
def undo_change(request: Request, house: TheHouse, owner: Owner, version_id: VersionId) -> Response:
    """Take one change back, where nothing has come after it."""

    def undone(connection: sa.Connection, held: Business) -> Plain:
        found = _undone(connection, held, version_id)
        if found.clashes:
            raise Refused({"": ["Some of it has changed again since, so nothing was taken back."]})
        return found.profile

    return _make(request, house, owner, version_id, undone)


@router.post("/{version_id}/restore", dependencies=[OwnForm])
def restore(request: Request, house: TheHouse, owner: Owner, version_id: VersionId) -> Response:
    """Bring everything back to what it was then, apart from where calendars live."""

    def restored(connection: sa.Connection, held: Business) -> Plain:
        version = _version(connection, held.slug, version_id)
        return with_places(version.profile, held.model_dump(mode="json"))

    return _make(request, house, owner, version_id, restored)


def _make(
    request: Request, house: House, owner: accounts.Account, version_id: int, make: Make
) -> Response:
    try:
        with house.database.begin() as connection:
            now = house.clock.now()

            made = partial(_made, connection, make, owner, now)
            change(connection, owner.business, made, by=owner.login, now=now)
    except Refused as refused:
        return _page(request, house, owner, version_id, problems=refused.errors[""])
    except BadBusiness:
        return _page(request, house, owner, version_id, problems=[_TAKEN])
    except ValidationError:
        return _page(request, house, owner, version_id, problems=[_NO_PROFILE])
    sessions.tell(request, "Done. It is the newest change below, and can be undone too.")
    return RedirectResponse(router.prefix, status_code=303)


def _made(
    connection: sa.Connection, make: Make, owner: accounts.Account, now: datetime, held: Business
) -> Business:
    """Raises Refused: it may not be so, or is so already."""
    changed = Business.model_validate(make(connection, held))
    if changed == held:
        raise Refused({"": [_AS_IT_WAS]})
    refuse(connection, held, changed, owner, now)
    profile_hangs.settle(connection, held, changed)
    return changed


def _page(
    request: Request,
    house: House,
    owner: accounts.Account,
    version_id: int,
    problems: Sequence[str] = (),
) -> HTMLResponse:
    business = business_of(house, owner.business)
    now = business.model_dump(mode="json")
    with house.database.connect() as connection:
        version = _version(connection, business.slug, version_id)
        before = business_versions.before(connection, business.slug, version_id)
        (author,) = authors(connection, business, [version])
        is_newest = business_versions.newest_id(connection, business.slug) == version_id
        found = _undone(connection, business, version_id) if before else None
    back = with_places(version.profile, now)
    return page(
        request,
        "history_version.html",
        status=400 if problems else 200,
        csrf=csrf_token(request),
        business=business,
        version=version,
        author=author,
        changes=_changes(before.profile, version.profile) if before else [],
        is_first=before is None,
        was_added=before is None and version.by != "",
        is_newest=is_newest,
        undone=found,
        clashes=_clashes(found, before.profile, version.profile) if found and before else [],
        back=_changes(now, back),
        problems=problems,
    )


def _rows(connection: sa.Connection, business: Business, versions: Sequence[Version]) -> list[Row]:
    """Each with what it changed; the last one's comes from the one before it."""
    told = authors(connection, business, versions)
    rows = []
    for place, version in enumerate(versions):
        before = (
            versions[place + 1]
            if place + 1 < len(versions)
            else business_versions.before(connection, business.slug, version.id)
        )
        changes = _changes(before.profile, version.profile) if before else []
        rows.append(
            Row(
                id=version.id,
                author=told[place],
                changes=changes[:_TOLD],
                more=max(len(changes) - _TOLD, 0),
                is_first=before is None,
                was_added=before is None and version.by != "",
            )
        )
    return rows


def _changes(before: Plain, after: Plain) -> list[Said]:
    return [said(one, before, after) for one in differences(before, after)]


def _clashes(found: Undone, before: Plain, after: Plain) -> list[tuple[Said, str]]:
    """What has changed again since, with what it is now."""
    return [(said(one, before, after), value(is_now)) for one, is_now in found.clashes]


def _undone(connection: sa.Connection, held: Business, version_id: int) -> Undone:
    """Raises NotFound: no such version, or nothing was before it."""
    version = _version(connection, held.slug, version_id)
    before = business_versions.before(connection, held.slug, version_id)
    if before is None:
        raise NotFound("Nothing was before this.")
    return undo(before.profile, version.profile, held.model_dump(mode="json"))


def _version(connection: sa.Connection, slug: str, version_id: int) -> Version:
    """Raises NotFound: the business has no such version."""
    found = business_versions.get(connection, slug, version_id)
    if found is None:
        raise NotFound("There is no such change.")
    return found
