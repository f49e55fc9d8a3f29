"""What the language model did for a business in the last days, and what it took: for its owner."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from agent.business import Business
from server import model_health
from server.http import model_words
from server.http.auth import Owner, csrf_token
from server.http.model_words import Prices
from server.http.owner import business_of
from server.http.pages import page
from server.http.spreadsheet import download
from server.http.twilio import TheHouse
from server.store import model_calls
from server.store.model_calls import Spent
from server.wiring import House

router = APIRouter(prefix="/business/model")

DAYS = 30
_HEAD = (
    "date", "turns", "calls", "failed", "tokens_read", "tokens_written", "seconds", "cost_usd",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was spent, as a row of a table shows it."""

    turns: str
    calls: str
    calls_a_turn: str
    failed: str
    tokens: str
    seconds_a_call: str
    cost: str
    """Empty: no prices are set."""


@dataclass(frozen=True, kw_only=True)
class Day:
    weekday: str
    name: str
    calls: int
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The tokens of today."""

    used: int
    of: int
    """0: no limit."""


@router.get("")
def model_page(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    business, now = business_of(house, owner.business), house.clock.now()
    rates = model_words.prices(house.settings)
    with house.database.connect() as connection:
        by_day = _by_day(connection, business, now)
        first = _first_moment(business, now)
        prompts = model_calls.by_prompt(connection, business.slug, first)
        faults = model_calls.faults(connection, business.slug, first)
        whole = model_calls.of_business(connection, business.slug, first, _tomorrow(now))
        used = model_health.tokens_today(connection, business, now)
        trouble = model_words.trouble(connection, house, business)
    return page(
        request,
        "model.html",
        csrf=csrf_token(request),
        business=business,
        model=_model(house),
        may_read=not business.privacy.health or business.privacy.model_agreement,
        trouble=trouble,
        whole=_figures(whole, rates) if whole.calls else None,
        days=[_day(day, spent, rates) for day, spent in reversed(by_day) if spent.calls],
        most=max(spent.calls for _, spent in by_day),
        prompts=[(model, label, _figures(spent, rates)) for model, label, spent in prompts],
        faults=faults,
        budget=Budget(used=used, of=house.settings.model_tokens_per_day),
        span=DAYS,
        prompt_words=model_words.prompt_words,
    )


@router.get("/days.csv")
def days_csv(house: TheHouse, owner: Owner) -> Response:
    """Every one of the last days, oldest first."""
    business = business_of(house, owner.business)
    rates = model_words.prices(house.settings)
    with house.database.connect() as connection:
        by_day = _by_day(connection, business, house.clock.now())
    lines = (map(str, _line(day, spent, rates)) for day, spent in by_day)
    return download(f"model-{business.slug}", _HEAD, lines)


def _by_day(
    connection: sa.Connection, business: Business, now: datetime
) -> list[tuple[date, Spent]]:
    """The last days of the business, oldest first, also those without any call."""
    begins = model_calls.days(now, business.zone, DAYS)
    ends = [*begins[1:], _tomorrow(now)]
    return [
        (since.date(), model_calls.of_business(connection, business.slug, since, until))
        for since, until in zip(begins, ends, strict=True)
    ]


def _first_moment(business: Business, now: datetime) -> datetime:
    return model_calls.days(now, business.zone, DAYS)[0]


def _tomorrow(now: datetime) -> datetime:
    """After all that has happened."""
    return now + timedelta(days=1)


def _model(house: House) -> str:
    """The model's name; empty: there is none."""
    return house.settings.model if house.ports.mind else ""


def _day(day: date, spent: Spent, rates: Prices) -> Day:
    return Day(
        weekday=f"{day:%a}",
        name=f"{day:%b} {day.day}",
        calls=spent.calls,
        figures=_figures(spent, rates),
    )


def _figures(spent: Spent, rates: Prices) -> Figures:
    return Figures(
        turns=f"{spent.turns:,}",
        calls=f"{spent.calls:,}",
        calls_a_turn=f"{spent.calls / max(spent.turns, 1):.2f}",
        failed=f"{spent.failed:,}",
        tokens=f"{spent.tokens_in + spent.tokens_out:,}",
        seconds_a_call=f"{_seconds(spent) / max(spent.calls, 1):.1f}",
        cost=rates.words(spent),
    )


def _line(day: date, spent: Spent, rates: Prices) -> list[object]:
    counts = (spent.turns, spent.calls, spent.failed, spent.tokens_in, spent.tokens_out)
    cost = f"{rates.cost(spent):.6f}" if rates.are_set else ""
    return [day.isoformat(), *counts, f"{_seconds(spent):.3f}", cost]


def _seconds(spent: Spent) -> float:
    return spent.took_ms / 1000
