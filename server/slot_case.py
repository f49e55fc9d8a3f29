"""A case of free times as `explain slots` takes it: its shape, and the same in the words of the rules."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
)

from agent.business import PublicHolidays, TimeZone, Weekday
from agent.errors import BadInput
from agent.rules.availability import Resource, Rules, Taken
from agent.rules.busy import Policy

_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")
_YEARS = range(1970, 2201)
_MOST = 1_000_000
"""Minutes; about two years."""


def _span(value: object) -> object:
    return "-".join(map(str, value)) if isinstance(value, list) else value


def _hours(value: str) -> str:
    if not _SPAN.fullmatch(value):
        raise ValueError('write a span as ["09:00", "17:00"]')
    return value


def _near(value: date) -> date:
    if value.year not in _YEARS:
        raise ValueError(f"the year must be from {_YEARS[0]} to {_YEARS[-1]}")
    return value


_Span = Annotated[str, BeforeValidator(_span), AfterValidator(_hours)]
_Hours = dict[Weekday, tuple[_Span, ...]]
_Day = Annotated[date, AfterValidator(_near)]
_Moment = Annotated[AwareDatetime, AfterValidator(_near)]
_Choice = Literal["busy", "free"]


class _Service(BaseModel):
    duration_min: int = Field(gt=0, le=_MOST)
    step_min: int = Field(gt=0, le=_MOST)
    buffer_before_min: int = Field(default=0, ge=0, le=_MOST)
    buffer_after_min: int = Field(default=0, ge=0, le=_MOST)
    min_notice_min: int = Field(default=0, ge=0, le=_MOST)
    horizon_days: int = Field(default=365, ge=0, le=3660)
    max_per_day: int | None = Field(default=None, ge=0)


class _Resource(BaseModel):
    calendars: tuple[str, ...]
    hours: _Hours | None = None


class _Policy(BaseModel):
    tentative: _Choice = "busy"
    all_day: _Choice = "busy"
    owner_emails: tuple[str, ...] = ()


class _Rules(BaseModel):
    timezone: TimeZone
    hours: _Hours
    overrides: dict[_Day, tuple[_Span, ...]] = {}
    holidays: PublicHolidays | None = None
    service: _Service
    resources: dict[str, _Resource]
    need: tuple[tuple[str, ...], ...] | None = None
    policy: _Policy = _Policy()


class _Hold(BaseModel):
    resource: str
    start: _Moment
    end: _Moment
    expires: _Moment
    key: str


class _Query(BaseModel):
    first: _Day = Field(alias="from")
    last: _Day = Field(alias="to")
    hold_key: str | None = None


class _Case(BaseModel):
    now: _Moment
    rules: _Rules
    calendars: dict[str, tuple[str, ...] | None]
    holds: tuple[_Hold, ...] = ()
    query: _Query


class SlotCase(NamedTuple):
    """What `free_slots` is asked with."""

    rules: Rules
    objects: dict[str, Sequence[str]]
    holds: Sequence[Taken]
    asked: dict[str, Any]


def read_case(line: dict[str, Any]) -> SlotCase:
    """Take in one case of AVAILABILITY.md; a calendar that is null could not be read.

    Raises:
        BadInput: what is missing or malformed, each with its place.
    """
    try:
        case = _Case.model_validate(line)
        rules = _rules(case.rules)
    except ValidationError as error:
        raise BadInput("; ".join(_told(error))) from error
    query = case.query
    return SlotCase(
        rules=rules,
        objects={name: texts for name, texts in case.calendars.items() if texts is not None},
        holds=[Taken(**dict(one)) for one in case.holds],
        asked={
            "now": case.now,
            "first": query.first,
            "last": query.last,
            "hold_key": query.hold_key or "",
        },
    )


def _rules(given: _Rules) -> Rules:
    holidays = given.holidays
    return Rules(
        zone=ZoneInfo(given.timezone),
        hours=given.hours,
        overrides=given.overrides,
        holidays=(holidays.country, holidays.subdiv) if holidays else None,
        resources={
            name: Resource(calendars=one.calendars, hours=one.hours)
            for name, one in given.resources.items()
        },
        need=given.need or (),
        policy=Policy(**dict(given.policy)),
        **dict(given.service),
    )


def _told(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        yield f"{place}: {problem['msg'].removeprefix('Value error, ')}"
