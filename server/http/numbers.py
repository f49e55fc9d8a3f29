"""What missed calls came to, in figures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business, WeeklySummary
from agent.errors import BadInput
from server import numbers, numbers_words, weekly
from server.http import charts, numbers_roi, numbers_tables, numbers_views, sessions
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.model_words import prices
from server.http.numbers_period import NAMES, Asked, Period, chosen
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.store import accounts, weekly_summaries
from server.wiring import House

router = APIRouter(prefix="/business/numbers")

_SAVED = "Saved."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The form of the weekly summary, as it is stored or as it was typed."""

    enabled: bool
    people: Collection[str]
    ways: Sequence[str]


@router.get("")
def numbers_page(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    period: Asked = "",
    first: Asked = "",
    last: Asked = "",
) -> HTMLResponse:
    business = business_of(house, viewer.business)
    when = _period(house, business, period, first, last)
    with house.database.connect() as connection:
        report = numbers.report(connection, business, when.first, when.last, now=house.clock.now())
        sides = numbers_views.before_and_after(connection, report)
    rates = prices(house.settings)
    return page(
        request,
        "numbers.html",
        csrf=csrf_token(request),
        business=business,
        period=when,
        periods=NAMES,
        report=report,
        first_figures=numbers_words.first_figures(report),
        heat=charts.heat(report.by_weekday_hour),
        by_day=numbers_views.by_day(report),
        by_reason=numbers_views.by_reason(report),
        by_delay=numbers_views.by_delay(report),
        by_outcome=numbers_views.by_outcome(report),
        templates=numbers_views.compared(report.templates),
        promises=numbers_views.promises(report),
        sides=sides,
        model_cost=rates.words(report.model),
        may_change=is_owner(viewer),
        told=sessions.told(request),
    )


@router.get("/days.csv")
def days_csv(
    house: TheHouse, viewer: Viewer, period: Asked = "", first: Asked = "", last: Asked = ""
) -> Response:
    """A line a day, oldest first."""
    return numbers_tables.days(_report(house, viewer, period, first, last))


@router.get("/episodes.csv")
def episodes_csv(
    house: TheHouse, viewer: Viewer, period: Asked = "", first: Asked = "", last: Asked = ""
) -> Response:
    """A line for each missed call that opened an episode, oldest first."""
    return numbers_tables.episodes(_report(house, viewer, period, first, last))


@router.get("/roi")
def roi_page(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    missed: Asked = "",
    days: Asked = "",
    reply: Asked = "",
    book: Asked = "",
    close: Asked = "",
    ticket: Asked = "",
    cost: Asked = "",
) -> HTMLResponse:
    """What a month could bring, by the owner's own figures."""
    business = business_of(house, viewer.business)
    typed = {
        "missed": missed, "days": days, "reply": reply, "book": book, "close": close, "ticket": ticket, "cost": cost,
    }  # fmt: skip
    when = _period(house, business, "4-weeks", "", "")
    with house.database.connect() as connection:
        report = numbers.report(connection, business, when.first, when.last, now=house.clock.now())
    return page(
        request,
        "numbers_roi.html",
        csrf=csrf_token(request),
        business=business,
        sheet=numbers_roi.sheet(report, typed),
    )


@router.get("/weekly")
def weekly_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    held = business_of(house, viewer.business)
    people = {one.id for one in weekly.people(held)}
    stored = held.weekly_summary
    wanted = Wanted(enabled=stored.enabled, people=people, ways=stored.by)
    return _weekly(request, house, viewer, wanted)


@router.post("/weekly", dependencies=[OwnForm])
def save_weekly(
    request: Request,
    house: TheHouse,
    owner: Owner,
    enabled: Annotated[str, Form(max_length=3)] = "",
    to: Annotated[list[str] | None, Form()] = None,
    by: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Who gets the figures of the week, and how."""
    ways, people = [way for way in weekly.WAYS if way in (by or [])], set(to or [])

    def wanted(held: Business) -> Business:
        if enabled and not ways:
            raise BadInput("Choose at least one way: a text, or their other alerts.")
        chosen = tuple(one.id for one in held.staff if one.id in people)
        summary = WeeklySummary(
            enabled=bool(enabled), to=chosen, by=tuple(ways) or held.weekly_summary.by
        )
        return held.model_copy(update={"weekly_summary": summary})

    try:
        with house.database.begin() as connection:
            change(connection, owner.business, wanted, by=owner.login, now=house.clock.now())
    except BadInput as error:
        typed = Wanted(enabled=bool(enabled), people=people, ways=ways)
        return _weekly(request, house, owner, typed, problem=str(error))
    sessions.tell(request, _SAVED)
    return RedirectResponse(f"{router.prefix}/weekly", status_code=303)


def _period(house: House, business: Business, name: str, first: str, last: str) -> Period:
    return chosen(business, name, first, last, house.clock.now())


def _report(
    house: House, viewer: accounts.Account, name: str, first: str, last: str
) -> numbers.Report:
    business = business_of(house, viewer.business)
    when = _period(house, business, name, first, last)
    with house.database.connect() as connection:
        return numbers.report(connection, business, when.first, when.last, now=house.clock.now())


def _weekly(
    request: Request,
    house: House,
    viewer: accounts.Account,
    wanted: Wanted,
    *,
    problem: str = "",
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    week = weekly.week_of(business, now)
    with house.database.connect() as connection:
        words = weekly.words_of(connection, business, week, now)
        sent = weekly_summaries.of_week(connection, business.slug, week.isoformat())
    return page(
        request,
        "numbers_weekly.html",
        status=400 if problem else 200,
        csrf=csrf_token(request),
        business=business,
        wanted=wanted,
        words=words,
        sent=[(one, business.person(one.staff)) for one in sent],
        until=week + timedelta(days=6),
        problem=problem,
        told=sessions.told(request),
        may_change=is_owner(viewer),
    )
