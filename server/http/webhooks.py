"""The owner's webhooks: where events go, and what came of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput
from server.events import CATALOGUE, Kind, sample
from server.http import sessions
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store import accounts, webhook_deliveries, webhook_endpoints, webhook_events
from server.store.webhook_deliveries import Listed
from server.store.webhook_endpoints import Endpoint
from server.webhooks import KEPT, NotTold, as_sent
from server.wiring import House

router = APIRouter(prefix="/business/webhooks")

MOST = 10
"""Endpoints of one business."""
_LARGEST_ID = 2**53 - 1
_STATES = {"waiting": ("amber", "Waiting"), "delivered": ("green", "Delivered"), "failed": ("red", "Failed")}  # fmt: skip


@router.get("")
def webhooks_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    return _page(request, house, owner, told=sessions.told(request))


@router.post("", dependencies=[OwnForm])
def add_endpoint(
    request: Request,
    house: TheHouse,
    owner: Owner,
    url: Annotated[str, Form()] = "",
    event: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """The page with the new secret on it; no browser keeps it."""
    kinds = _kinds(event)
    try:
        name, secret = _added(house, owner, url, kinds)
    except BadInput as error:
        return _page(request, house, owner, error=str(error), url=url, chosen=kinds)
    return _with_secret(request, house, owner, name, secret, is_new=True)


@router.post("/{endpoint_id}", dependencies=[OwnForm])
def change_endpoint(
    request: Request,
    house: TheHouse,
    owner: Owner,
    endpoint_id: str,
    url: Annotated[str, Form()] = "",
    event: Annotated[list[str] | None, Form()] = None,
) -> Response:
    _known(house, owner, endpoint_id)
    kinds = _kinds(event)
    try:
        address = _checked(house, url)
    except BadInput as error:
        return _page(request, house, owner, wrong=(endpoint_id, str(error), url, kinds))
    with house.database.begin() as connection:
        webhook_endpoints.change(connection, owner.business, endpoint_id, address, kinds)
    return _back(request, "Saved.")


@router.post("/{endpoint_id}/secret", dependencies=[OwnForm])
def secret_page(
    request: Request,
    house: TheHouse,
    owner: Owner,
    endpoint_id: str,
    wanted: Annotated[Literal["shown", "new"], Form()],
) -> Response:
    """The page with the secret on it, a new one where that is wanted; no browser keeps it."""
    endpoint, now = _known(house, owner, endpoint_id), house.clock.now()
    keeper = house.webhooks.keeper
    found = webhook_endpoints.opened(keeper, endpoint, now)
    if wanted == "shown" and found:
        return _with_secret(request, house, owner, endpoint_id, found[0])
    with house.database.begin() as connection:
        secret = webhook_endpoints.rotate(connection, keeper, endpoint, now)
    return _with_secret(request, house, owner, endpoint_id, secret, is_rotated=True)


@router.post("/{endpoint_id}/switch", dependencies=[OwnForm])
def switch_endpoint(
    request: Request,
    house: TheHouse,
    owner: Owner,
    endpoint_id: str,
    to: Annotated[Literal["on", "off"], Form()],
) -> Response:
    _known(house, owner, endpoint_id)
    with house.database.begin() as connection:
        if to == "on":
            webhook_endpoints.switch_on(connection, owner.business, endpoint_id)
        else:
            why, now = f"Switched off by {owner.login}.", house.clock.now()
            webhook_endpoints.switch_off(connection, owner.business, endpoint_id, why, now)
    words = "Switched on. What happens from now on is sent." if to == "on" else "Switched off. Nothing is sent there any more."  # fmt: skip
    return _back(request, words)


@router.post("/{endpoint_id}/remove", dependencies=[OwnForm])
def remove_endpoint(request: Request, house: TheHouse, owner: Owner, endpoint_id: str) -> Response:
    _known(house, owner, endpoint_id)
    with house.database.begin() as connection:
        webhook_endpoints.remove(connection, owner.business, endpoint_id)
    return _back(request, "Removed.")


@router.post("/{endpoint_id}/test", dependencies=[OwnForm])
def test_endpoint(request: Request, house: TheHouse, owner: Owner, endpoint_id: str) -> Response:
    _on(house, owner, endpoint_id)
    with house.database.begin() as connection:
        now = house.clock.now()
        webhook_events.send_test(connection, owner.business, endpoint_id, now)
    return _back(request, "A test is on its way. Reload this page in a few seconds to see what came of it.")  # fmt: skip


@router.post("/{endpoint_id}/failed", dependencies=[OwnForm])
def send_failed(
    request: Request,
    house: TheHouse,
    owner: Owner,
    endpoint_id: str,
    days: Annotated[int, Form(ge=1, le=30)] = 7,
) -> Response:
    _on(house, owner, endpoint_id)
    now = house.clock.now()
    with house.database.begin() as connection:
        since = now - timedelta(days=days)
        count = webhook_deliveries.send_failed(connection, owner.business, endpoint_id, since, now)
    return _back(request, f"{count} sent again." if count else "Nothing had failed since then.")


@router.post("/sent/{delivery_id}/again", dependencies=[OwnForm])
def send_again(
    request: Request,
    house: TheHouse,
    owner: Owner,
    delivery_id: Annotated[int, Path(ge=1, le=_LARGEST_ID)],
) -> Response:
    with house.database.begin() as connection:
        now = house.clock.now()
        if not webhook_deliveries.send_again(connection, owner.business, delivery_id, now):
            raise HTTPException(404, "This cannot be sent again: it is on its way, or its webhook is off or gone.")  # fmt: skip
    return _back(request, "It is sent again.")


def _added(house: House, owner: accounts.Account, url: str, kinds: list[str]) -> tuple[str, str]:
    """Its id and its secret.

    Raises:
        BadInput: nothing may be sent there, or there are too many.
    """
    address, now = _checked(house, url), house.clock.now()
    with house.database.begin() as connection:
        if len(webhook_endpoints.of(connection, owner.business)) >= MOST:
            raise BadInput(f"{MOST} webhooks are the most. Remove one first.")
        return webhook_endpoints.add(
            connection, house.webhooks.keeper, owner.business, address, kinds, now
        )


def _with_secret(
    request: Request,
    house: House,
    owner: accounts.Account,
    name: str,
    secret: str,
    *,
    is_new: bool = False,
    is_rotated: bool = False,
) -> Response:
    answer = _page(
        request, house, owner, secret=(name, secret), is_new=is_new, is_rotated=is_rotated
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _checked(house: House, url: str) -> str:
    address = url.strip()
    try:
        house.webhooks.poster.check(address)
    except NotTold as error:
        raise BadInput(str(error)) from error
    return address


def _kinds(given: Sequence[str] | None) -> list[str]:
    """None chosen, or all of them: every kind, also those that are still to come."""
    chosen = [kind.value for kind in Kind if kind.value in (given or ())]
    return [] if len(chosen) == len(Kind) else chosen


def _known(house: House, owner: accounts.Account, endpoint_id: str) -> Endpoint:
    with house.database.connect() as connection:
        found = webhook_endpoints.get(connection, owner.business, endpoint_id)
    if found is None:
        raise HTTPException(404, "There is no such webhook.")
    return found


def _on(house: House, owner: accounts.Account, endpoint_id: str) -> None:
    if _known(house, owner, endpoint_id).off_at:
        raise BadInput("This webhook is off. Switch it on first.")


def _back(request: Request, words: str) -> Response:
    sessions.tell(request, words)
    return RedirectResponse(router.prefix, status_code=303)


def _page(
    request: Request,
    house: House,
    owner: accounts.Account,
    *,
    told: str = "",
    error: str = "",
    url: str = "",
    chosen: Sequence[str] = (),
    wrong: tuple[str, str, str, list[str]] | None = None,
    secret: tuple[str, str] = ("", ""),
    is_new: bool = False,
    is_rotated: bool = False,
) -> HTMLResponse:
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        endpoints = webhook_endpoints.of(connection, owner.business)
        sent = webhook_deliveries.latest(connection, owner.business)

    def local(at: datetime | None) -> str:
        return f"{at.astimezone(business.zone):%b %-d, %-I:%M %p}" if at else ""

    return page(
        request,
        "webhooks.html",
        status=400 if error or wrong else 200,
        csrf=csrf_token(request),
        business=business,
        endpoints=endpoints,
        sent=[_line(one, local) for one in sent],
        shown=webhook_deliveries.SHOWN,
        kept_days=KEPT.days,
        kinds={kind.value: told_of.title for kind, told_of in CATALOGUE.items()},
        sample=as_sent(sample(Kind.THREAD_REPLIED, business.slug)),
        local=local,
        told=told,
        error=error,
        url=url,
        chosen=chosen,
        wrong=wrong,
        secret_of=secret[0],
        secret=secret[1],
        is_new=is_new,
        is_rotated=is_rotated,
        more=len(endpoints) < MOST,
    )


def _line(one: Listed, local: Any) -> dict[str, Any]:
    color, state = _STATES.get(one.state, ("", one.state))
    tries = f" after {one.tries} tries" if one.tries > 1 and one.state != "waiting" else ""
    later = f"Next try {local(one.next_at)}." if one.tries and one.next_at else ""
    return {
        "id": one.id,
        "at": local(one.at),
        "kind": one.kind,
        "host": urlsplit(one.url).netloc,
        "color": color,
        "state": f"{state}{tries}",
        "words": " ".join(filter(None, [one.error, later])),
        "status": one.status,
        "can_repeat": one.next_at is None,
    }
