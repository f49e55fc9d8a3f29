"""The calls of a week, and what missed calls would have got before sending is turned on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from server import call_log
from server.call_log import Sums
from server.http import call_report, call_views
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.profile_changes import change
from server.store.logged_calls import Logged

router = APIRouter(prefix="/business/calls")

Show = Literal["all", "missed", "no-text"]
Mode = Literal["live", "shadow"]

SHOWS: dict[Show, str] = {
    "all": "All calls",
    "missed": "Missed",
    "no-text": "Missed without a text",
}
COMPARED = 6
"""Weeks beside each other, the one that is looked at included."""
MOST = 500
"""Calls on one page; the table has them all."""

_FIRST = date(2020, 1, 6)
"""A Monday before all calls."""
_TOLD = "told of calls"
"""Where the session keeps words for the next page."""
_NOW: dict[Mode, str] = {
    "live": "Sending is on: from now on whoever you miss gets a text within seconds.",
    "shadow": "Sending is off: from now on missed calls are only noted.",
}


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week of the business, by its Monday."""

    first: date
    name: str
    sums: Sums


@router.get("")
def calls_page(
    request: Request, house: TheHouse, viewer: Viewer, week: str = "", show: Show = "all"
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    first, latest = _week(business, week, now)
    with house.database.connect() as connection:
        calls = call_log.week(connection, business, first)
    shown = _shown(calls, show)
    return page(
        request,
        "calls.html",
        csrf=csrf_token(request),
        business=business,
        first=first,
        latest=latest,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        span=call_report.span(first),
        show=show,
        shows=SHOWS,
        sums=call_log.sums(calls),
        untexted_words=call_views.untexted_words,
        days=call_views.days(shown[:MOST], business.zone),
        left_out=max(len(shown) - MOST, 0),
        may_change=is_owner(viewer),
    )


@router.get("/calls.csv")
def calls_csv(house: TheHouse, viewer: Viewer, week: str = "", show: Show = "all") -> Response:
    """The week's calls as a table, oldest first."""
    business = business_of(house, viewer.business)
    first, _ = _week(business, week, house.clock.now())
    with house.database.connect() as connection:
        calls = call_log.week(connection, business, first)
    name = f"calls-{business.slug}-{first.isoformat()}"
    return call_report.table(name, _shown(calls, show)[::-1], business.zone)


@router.get("/week")
def week_page(request: Request, house: TheHouse, viewer: Viewer, week: str = "") -> HTMLResponse:
    """What was missed, and what each caller got or would have got: to print or to send."""
    business, now = business_of(house, viewer.business), house.clock.now()
    first, latest = _week(business, week, now)
    with house.database.connect() as connection:
        calls = call_log.week(connection, business, first)
        weeks = _weeks(connection, business, first)
    missed = _shown(calls, "missed")
    return page(
        request,
        "calls_week.html",
        csrf=csrf_token(request),
        business=business,
        told=request.session.pop(_TOLD, ""),
        first=first,
        latest=latest,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        span=call_report.span(first),
        headline=call_report.headline(
            call_log.sums(calls), "this week" if first == latest else "that week"
        ),
        cells=call_report.cells(calls, business),
        clock_of=call_report.clock_of,
        weeks=weeks,
        days=call_views.days(missed[:MOST], business.zone),
        left_out=max(len(missed) - MOST, 0),
        may_change=is_owner(viewer),
    )


@router.post("/mode", dependencies=[OwnForm])
def set_mode(
    request: Request, house: TheHouse, owner: Owner, mode: Annotated[Mode, Form()]
) -> Response:
    """Texts to callers are sent from now on, or only noted."""

    def sending(held: Business) -> Business:
        texting = held.texting.model_copy(update={"mode": mode})
        return held.model_copy(update={"texting": texting})

    with house.database.begin() as connection:
        change(connection, owner.business, sending, by=owner.login, now=house.clock.now())
    request.session[_TOLD] = _NOW[mode]
    return RedirectResponse(f"{router.prefix}/week", status_code=303)


def _week(business: Business, asked: str, now: datetime) -> tuple[date, date]:
    """The Monday of the week that is asked for, and of this one; what is no date, or is still to come, is this week."""
    latest = call_log.monday(now.astimezone(business.zone).date())
    try:
        first = call_log.monday(date.fromisoformat(asked))
    except (ValueError, OverflowError):
        return latest, latest
    return max(min(first, latest), _FIRST), latest


def _weeks(connection: sa.Connection, business: Business, first: date) -> list[Week]:
    """The week and those before it, as far as there were calls."""
    mondays = [first - timedelta(days=7 * back) for back in range(COMPARED)]
    every = [(one, call_log.sums(call_log.week(connection, business, one))) for one in mondays]
    return [
        Week(first=one, name=call_report.span(one).partition(",")[0], sums=sums)
        for one, sums in every
        if sums.calls
    ]


def _shown(calls: list[Logged], show: Show) -> list[Logged]:
    if show == "all":
        return calls
    return [one for one in calls if one.missed and (show == "missed" or one.came == "none")]
