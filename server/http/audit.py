"""Who saw, changed and exported what. For owners."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from agent.business import Business
from agent.rules.phone import spoken
from server.http.auth import Owner, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.spreadsheet import download
from server.http.twilio import TheHouse
from server.store import accounts, audit
from server.store.audit import KINDS, Noted, Wanted

router = APIRouter(prefix="/business/audit")

_PAGE = 100
_MOST = 50_000
"""Lines of one file."""
_HEAD = ("time (UTC)", "login", "did", "what", "about", "network address")


class Asked:
    """What of the log is asked for, as the page's address has it; days are the business's own."""

    def __init__(self, who: str = "", did: str = "", day: str = "") -> None:
        self.who, self.did = who, did if did in KINDS else ""
        self.day = _day(day)

    def wanted(self, business: Business) -> Wanted:
        if self.day is None:
            return Wanted(who=self.who, did=self.did)
        since = datetime.combine(self.day, time(), business.zone)
        until = datetime.combine(self.day + timedelta(days=1), time(), business.zone)
        return Wanted(who=self.who, did=self.did, since=since, until=until)

    def address(self, path: str, **more: str | int) -> str:
        """A page of the log with the same filter."""
        asked = {"who": self.who, "did": self.did, "day": self.day or ""} | more
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path


@router.get("")
def audit_page(
    request: Request,
    house: TheHouse,
    owner: Owner,
    asked: Annotated[Asked, Depends()],
    before: int | None = None,
) -> HTMLResponse:
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        found = audit.entries(connection, business.slug, asked.wanted(business), _PAGE + 1, before)
        people = audit.people(connection, business.slug)
        logins = accounts.of_business(connection, business.slug)
    shown, is_more = found[:_PAGE], len(found) > _PAGE
    return page(
        request,
        "audit.html",
        csrf=csrf_token(request),
        business=business,
        days=_by_day(business, shown),
        names=_names(business, people, logins),
        about=_about(business),
        kinds=KINDS,
        asked=asked,
        older=asked.address("/business/audit", before=shown[-1].id) if is_more else "",
        is_first=before is None,
        newest=asked.address("/business/audit"),
        file=asked.address("/business/audit/log.csv"),
    )


@router.get("/log.csv")
def audit_csv(house: TheHouse, owner: Owner, asked: Annotated[Asked, Depends()]) -> Response:
    """What the page shows and all that is older, at most 50,000 lines; itself a line of the log."""
    business = business_of(house, owner.business)
    with house.database.connect() as connection:
        found = audit.entries(connection, business.slug, asked.wanted(business), _MOST)
    return download(f"log-{business.slug}", _HEAD, map(_line, found))


def _line(one: Noted) -> list[str]:
    at = one.at.isoformat(timespec="seconds")
    return [at, one.who, one.did, one.what, one.about or "", one.address or ""]


def _by_day(business: Business, found: Iterable[Noted]) -> list[tuple[str, list[dict[str, Any]]]]:
    """(Monday, November 23, its entries), the newest first."""
    days: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        local = one.at.astimezone(business.zone)
        entry = {"one": one, "time": local.strftime("%-I:%M %p"), "at": local.isoformat()}
        days.setdefault(local.strftime("%A, %B %-d, %Y"), []).append(entry)
    return list(days.items())


def _names(
    business: Business, people: Iterable[str], logins: Iterable[accounts.Account]
) -> dict[str, str]:
    """Every login of the log, as a person's name where it is known."""
    staff = {one.login: business.person(one.staff) for one in logins}
    return {who: person.name if (person := staff.get(who)) else who for who in people}


def _about(business: Business) -> Any:
    def words(about: str | None) -> str:
        person = business.person(about or "")
        return person.name if person else spoken(about or "")

    return words


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
