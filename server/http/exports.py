"""Tables for spreadsheets: leads, conversations, appointments and tasks of a period."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from agent.business import Business
from agent.errors import BadInput
from server.http.auth import Viewer, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.spreadsheet import stream
from server.http.twilio import TheHouse
from server.store import accounts, exports

router = APIRouter(prefix="/business/exports")

TABLES = {
    "leads": "Callers who wrote back, with their first words and the visit that was booked.",
    "conversations": "Every conversation in which something was said, with who has it and what came of it.",
    "appointments": "Visits that begin in these days, cancelled ones too.",
    "tasks": "What was owed to callers, when it was due and when it was done.",
}
_USUAL = timedelta(days=29)
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_TASKS = {
    "callback": "call back",
    "question": "question",
    "promise": "promise",
    "undelivered": "text not delivered",
    "phone_caller": "phone the caller",
    "review": "reply to look at",
}


@dataclass(frozen=True, kw_only=True)
class Period:
    """Local days of the business, both included."""

    business: Business
    first: date
    last: date

    @property
    def since(self) -> datetime:
        return _midnight(self.first, self.business.zone)

    @property
    def until(self) -> datetime:
        return _midnight(self.last + timedelta(days=1), self.business.zone)

    def name(self, table: str) -> str:
        return f"{table}-{self.business.slug}-{self.first}-{self.last}"


def period(
    house: TheHouse,
    viewer: Viewer,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
) -> Period:
    """The last thirty days unless others are named.

    Raises:
        BadInput: they are no days, or the last is before the first.
    """
    business = business_of(house, viewer.business)
    until = _day(last) or house.clock.now().astimezone(business.zone).date()
    since = _day(first) or until - _USUAL
    if since > until:
        raise BadInput("The first day comes after the last one. Choose them the other way round.")
    return Period(business=business, first=since, last=until)


ThePeriod = Annotated[Period, Depends(period)]


@router.get("")
def exports_page(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
) -> HTMLResponse:
    business, error = business_of(house, viewer.business), ""
    today = house.clock.now().astimezone(business.zone).date()
    chosen = Period(business=business, first=today - _USUAL, last=today)
    try:
        chosen = period(house, viewer, first, last)
    except BadInput as problem:
        error = str(problem)
    return page(
        request,
        "exports.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        tables=TABLES,
        period=chosen,
        today=today,
        first=first if error else chosen.first.isoformat(),
        last=last if error else chosen.last.isoformat(),
        error=error,
    )


@router.get("/leads.csv")
def leads_csv(house: TheHouse, period: ThePeriod) -> Response:
    head = ("number", "name", "began", "last said", "first words", "state", "with", "outcome", "visit", "opted out")  # fmt: skip
    own, slug = accounts.own_phones(period.business), period.business.slug
    rows = exports.leads(house.database, slug, own, period.since, period.until)
    return stream(period.name("leads"), head, (_lead(row, period) for row in rows))


@router.get("/conversations.csv")
def conversations_csv(house: TheHouse, period: ThePeriod) -> Response:
    head = ("number", "name", "began", "last said", "texts from the caller", "texts to the caller", "state", "with", "why a person", "outcome", "opted out")  # fmt: skip
    own, slug = accounts.own_phones(period.business), period.business.slug
    rows = exports.conversations(house.database, slug, own, period.since, period.until)
    return stream(period.name("conversations"), head, (_conversation(row, period) for row in rows))


@router.get("/appointments.csv")
def appointments_csv(house: TheHouse, period: ThePeriod) -> Response:
    head = ("begins", "ends", "service", "with", "number", "name", "state", "booked by", "booked on")  # fmt: skip
    rows = exports.visits(house.database, period.business.slug, period.since, period.until)
    lines = (_visit(row, name, period.business) for row, name in rows)
    return stream(period.name("appointments"), head, lines)


@router.get("/tasks.csv")
def tasks_csv(house: TheHouse, period: ThePeriod) -> Response:
    head = ("made", "due", "kind", "what", "number", "whose", "done", "done by", "in time")
    rows = exports.tasks(house.database, period.business.slug, period.since, period.until)
    return stream(period.name("tasks"), head, (_task(row, period) for row in rows))


def _lead(row: Any, period: Period) -> list[str]:
    zone = period.business.zone
    return [
        row.caller,
        exports.name_in(row.memory),
        _at(row.episode_at, zone),
        _at(row.last_at, zone),
        row.first_words,
        _state(row),
        _who(row.owner, period.business),
        _words(row.outcome),
        _at(_utc(row.visit), zone),
        _at(row.opted_out_at, zone),
    ]


def _conversation(row: Any, period: Period) -> list[str]:
    zone = period.business.zone
    return [
        row.caller,
        exports.name_in(row.memory),
        _at(row.episode_at, zone),
        _at(row.last_at, zone),
        str(row.came),
        str(row.went),
        _state(row),
        _who(row.owner, period.business),
        _words(row.reason),
        _words(row.outcome),
        _at(row.opted_out_at, zone),
    ]


def _visit(row: Any, name: str, business: Business) -> list[str]:
    zone = business.zone
    mark, _, rest = row.offer.partition(":")
    by = rest.partition(":")[0] if mark == "staff" else "agent"
    return [
        _at(row.start, zone),
        _at(row.start + timedelta(minutes=row.duration_min), zone),
        business.service_name(row.service),
        row.calendar,
        row.thread.partition(":")[2],
        name,
        "booked" if row.state in ("booked", "cancelling") else "cancelled",
        _who(by, business),
        _at(row.created_at, zone),
    ]


def _task(row: Any, period: Period) -> list[str]:
    business, zone = period.business, period.business.zone
    kept = {True: "yes", False: "no", None: ""}
    return [
        _at(row.created_at, zone),
        _at(row.due_at, zone),
        _TASKS.get(row.kind, "other"),
        row.note,
        row.caller or "",
        _who(row.owner or "", business),
        _at(row.done_at, zone),
        _who(row.done_by or "", business),
        kept[row.kept],
    ]


def _state(row: Any) -> str:
    return "done" if row.resolved_at else "open"


def _who(owner: str, business: Business) -> str:
    person = business.person(owner)
    return person.name if person else owner


def _words(value: str | None) -> str:
    return (value or "").replace("_", " ")


def _at(at: datetime | None, zone: ZoneInfo) -> str:
    """2026-03-02 14:03:11-07:00."""
    return at.astimezone(zone).isoformat(sep=" ", timespec="seconds") if at else ""


def _utc(at: datetime | None) -> datetime | None:
    """Of a database that keeps no zone."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(given: str) -> date | None:
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise BadInput("Choose a day like 2026-03-02.") from None
    if not _FIRST <= day <= _LAST:
        raise BadInput("Choose days between 2000 and 2099.")
    return day
