"""What each step of the set-up shows: the business as it is, or what was typed where it could not be kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.business import WEEKDAYS, Business, Service, Staff
from agent.rules import packs, phone_zone, typical
from agent.rules.phone import spoken
from agent.rules.typical import Question
from server import first_run
from server.http import first_text_views
from server.setup_answers import Given
from server.setup_steps import OTHER, STEPS, TITLES, Step, Typed, is_only_draft
from server.store.setups import Setup

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NEW_PEOPLE = 2


@dataclass(frozen=True, kw_only=True)
class ServiceRow:
    id: str
    name: str
    price: str
    minutes: str
    is_taken: bool


@dataclass(frozen=True, kw_only=True)
class DayRow:
    day: str
    title: str
    is_open: bool
    spans: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    id: str
    name: str
    phone: str
    is_on_call: bool
    hint: str


@dataclass(frozen=True, kw_only=True)
class QuestionRow:
    question: Question
    values: Sequence[str]
    fault: str


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """A line of the page that lists them all."""

    step: str
    title: str
    state: str
    """done, skipped, open."""


def shown(business: Business, step: Step, typed: Typed | None, now: datetime) -> dict[str, Any]:
    """The values of a step's template."""
    makers: dict[Step, Callable[[Business, Typed | None], dict[str, Any]]] = {
        "trade": _trades,
        "name": _name,
        "number": _number,
        "hours": _hours,
        "services": _services,
        "people": _people,
        "calendar": _calendars,
    }
    if step == "text":
        return _texts(business, typed, now)
    return makers[step](business, typed) if step in makers else {}


def questions(
    industry: str, answers: Given, typed: Typed | None, faults: dict[str, str]
) -> list[QuestionRow]:
    return [
        QuestionRow(
            question=one,
            values=typed.all(f"q-{one.id}") if typed else answers.get(one.id, ()),
            fault=faults.get(one.id, ""),
        )
        for one in typical.questions(industry)
    ]


def every_step(setup: Setup) -> list[StepRow]:
    def state(step: Step) -> str:
        return "done" if step in setup.done else "skipped" if step in setup.skipped else "open"

    return [StepRow(step=one, title=TITLES[one], state=state(one)) for one in STEPS]


def _value(typed: Typed | None, name: str, held: str) -> str:
    return typed.one(name) if typed else held


def _trades(business: Business, typed: Typed | None) -> dict[str, Any]:
    pack = packs.name(business.industry)
    is_own = pack == packs.GENERIC and business.industry != packs.GENERIC
    held = OTHER if is_own else "" if pack == packs.GENERIC else pack
    tiles = [(name, title) for name, title in typical.trades().items() if name != packs.GENERIC]
    own = business.industry if is_own else ""
    return {"tiles": [*tiles, (OTHER, "Something else")], "chosen": _value(typed, "trade", held), "own": _value(typed, "own", own)}  # fmt: skip


def _name(business: Business, typed: Typed | None) -> dict[str, Any]:
    address = business.address or ""
    return {
        "name": _value(typed, "name", business.name),
        "address": _value(typed, "address", address),
    }


def _hours(business: Business, typed: Typed | None) -> dict[str, Any]:
    named = zip(WEEKDAYS, _DAYS, strict=True)
    days = [_day(business, typed, day, title) for day, title in named]
    return {"days": days, "zone": phone_zone.title(business.timezone)}


def _calendars(business: Business, _typed: Typed | None) -> dict[str, Any]:
    have = {one.staff for one in business.calendars}
    return {
        "calendars": business.calendars,
        "without": [one for one in business.staff if one.id not in have],
    }


def _texts(business: Business, typed: Typed | None, now: datetime) -> dict[str, Any]:
    panels = first_text_views.panels(business, now)
    return {"panels": panels, "own": {one.name: _value(typed, one.name, one.own) for one in panels}}


def _number(business: Business, typed: Typed | None) -> dict[str, Any]:
    has_number = first_run.has_number(business)
    zones = dict(phone_zone.COMMON)
    zones.setdefault(business.timezone, phone_zone.title(business.timezone))
    return {
        "phone": _value(typed, "phone", spoken(business.phone) if has_number else ""),
        "timezone": _value(typed, "timezone", business.timezone if has_number else ""),
        "zones": zones,
        "missed_call": _value(typed, "missed_call", business.texting.missed_call),
        "in_step": has_number,
    }


def _day(business: Business, typed: Typed | None, day: Any, title: str) -> DayRow:
    spans: list[tuple[str, str]]
    if typed:
        is_open = typed.has(f"open-{day}")
        places = [place for place in (0, 1) if typed.has(f"from-{day}-{place}")]
        spans = [(typed.one(f"from-{day}-{place}"), typed.one(f"to-{day}-{place}")) for place in places]  # fmt: skip
    else:
        held = business.hours.get(day, ())
        is_open = bool(held)
        spans = [(one[:5], one[6:].replace("24:00", "00:00")) for one in held]
    return DayRow(day=day, title=title, is_open=is_open, spans=spans or [("09:00", "17:00")])


def _services(business: Business, typed: Typed | None) -> dict[str, Any]:
    return {"rows": _service_rows(business, typed)}


def _service_rows(business: Business, typed: Typed | None) -> list[ServiceRow]:
    if typed:
        return [
            ServiceRow(
                id=typed.one(f"id-{place}"),
                name=typed.one(f"name-{place}"),
                price=typed.one(f"price-{place}"),
                minutes=typed.one(f"minutes-{place}"),
                is_taken=typed.has(f"take-{place}"),
            )
            for place in typed.places("name")
        ]
    held = [one for one in business.services if not is_only_draft(one)]
    known = {one.name for one in held}
    usual = [
        ServiceRow(id="", name=one.name, price="", minutes=str(one.minutes), is_taken=False)
        for one in typical.services(business.industry)
        if one.name not in known
    ]
    own = ServiceRow(id="", name="", price="", minutes="60", is_taken=False)
    return [*map(_held_service, held), *usual, own]


def _held_service(one: Service) -> ServiceRow:
    return ServiceRow(id=one.id, name=one.name, price=one.price or "", minutes=str(one.duration_min), is_taken=True)  # fmt: skip


def _people(business: Business, typed: Typed | None) -> dict[str, Any]:
    return {"rows": _person_rows(business, typed)}


def _person_rows(business: Business, typed: Typed | None) -> list[PersonRow]:
    if typed:
        return [
            PersonRow(
                id=typed.one(f"id-{place}"),
                name=typed.one(f"person-{place}"),
                phone=typed.one(f"phone-{place}"),
                is_on_call=typed.has(f"calls-{place}"),
                hint="",
            )
            for place in typed.places("person")
        ]
    on_call = {rung.staff for rung in business.on_call}
    new = PersonRow(id="", name="", phone="", is_on_call=True, hint="Somebody else")
    return [*(_held_person(one, on_call) for one in business.staff), *[new] * _NEW_PEOPLE]


def _held_person(one: Staff, on_call: set[str]) -> PersonRow:
    return PersonRow(
        id=one.id, name=one.name, phone=spoken(one.phone) if one.phone else "", is_on_call=one.id in on_call, hint="",
    )  # fmt: skip
