"""A business as its owner describes it: the shape of `business.yaml`, of the stored profile and of the agent's facts."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


Where = tuple[str | int, ...]
"""The way to a value: keys, and places in lists."""


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(
            "use small letters, digits and single hyphens, like 'alder-creek-plumbing'"
        )
    return value


def _e164(value: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise ValueError('write the number with + and country code, in quotes, like "+13035550140"')
    return value


_time_zones = cache(available_timezones)  # it walks the file system: 10 ms that no turn should pay


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise ValueError("use an IANA time zone, like America/Denver")
    return value


def _span(value: str) -> str:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", value)
    if not match:
        raise ValueError('write hours as "08:00-17:00" (24-hour clock, in quotes)')
    if value[:5] == value[6:]:
        raise ValueError('a span must last; for a whole day write "00:00-24:00"')
    return value


def _country(value: str) -> str:
    """Two capitals alone: the package knows stock exchanges by longer names."""
    if not re.fullmatch(r"[A-Z]{2}", value) or _parts_of(value) is None:
        raise ValueError("use a country's two-letter code that has public holidays, like US")
    return value


@cache
def _parts_of(country: str) -> frozenset[str] | None:
    """The parts of a country whose holidays are known apart; None: no such country."""
    import holidays  # noqa: PLC0415  # 0.2 s that only who closes on holidays should wait for

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return None
    return frozenset(known.subdivisions)


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError("write an e-mail address, like mia@example.com")
    return value


def _no_overlap(spans: tuple[str, ...]) -> tuple[str, ...]:
    ordered = sorted((span[:5], span[6:]) for span in spans)
    for (_, first_end), (second_start, _) in pairwise(ordered):
        if second_start < first_end:
            raise ValueError("two spans of a day overlap: make them one")
    return spans


def _number_pattern(value: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{0,13}\*|\+[1-9]\d{6,14}", value):
        raise ValueError(
            'write a number with + and country code, like "+13035550140", or its beginning with *, like "+1900*"'
        )
    return value


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("use a country's two-letter code, like US")
    return value


def _duty(value: str) -> str:
    if value in ("always", "open", "closed") or all(
        re.fullmatch(_DUTY_SPAN, part.strip()) for part in value.split(",")
    ):
        return value
    raise ValueError(
        'write always, open, closed, or days and wall times like "mon-fri 17:00-22:00, sat 08:00-12:00"'
    )


_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_DUTY_SPAN = rf"{_DAY}(?:-{_DAY})? ([01]\d|2[0-3]):[0-5]\d-(?:([01]\d|2[0-3]):[0-5]\d|24:00)"

Duty = Annotated[str, AfterValidator(_duty)]
Slug = Annotated[str, AfterValidator(_slug)]
NumberPattern = Annotated[str, AfterValidator(_number_pattern)]
RegionCode = Annotated[str, AfterValidator(_region)]
Phone = Annotated[str, AfterValidator(_e164)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Country = Annotated[str, AfterValidator(_country)]
Email = Annotated[str, AfterValidator(_email)]
Spans = Annotated[tuple[Annotated[str, AfterValidator(_span)], ...], AfterValidator(_no_overlap)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Closure(_Part):
    """A date whose hours differ from the week's; no hours: closed."""

    date: date
    hours: Spans = ()
    reason: str = ""


class PublicHolidays(_Part):
    """Whose public holidays the business keeps: it is closed then, unless a closure of that date has hours."""

    country: Country
    subdiv: str | None = None

    @field_validator("subdiv")
    @classmethod
    def _is_known(cls, value: str | None, found: ValidationInfo) -> str | None:
        country = found.data.get("country")
        parts = (country and _parts_of(country)) or frozenset()
        if value is None or country is None or value in parts:
            return value
        if not parts:
            raise ValueError(f"{country} has no parts with holidays of their own: leave it out")
        raise ValueError(f"is no part of {country}; known are {', '.join(sorted(parts))}")


class CalendarPolicy(_Part):
    """What counts as busy in every calendar."""

    tentative: Literal["busy", "free"] = "busy"
    all_day: Literal["busy", "free"] = "busy"
    owner_emails: tuple[Email, ...] = ()
    """Invitations declined by one of these are free."""


class BookingRules(_Part):
    slot_step_min: int = Field(default=30, gt=0)
    lead_time_min: int = Field(default=120, ge=0)
    horizon_days: int = Field(default=30, gt=0)
    daily_limit: int | None = Field(default=None, gt=0)
    confirm: Literal["auto", "staff"] = "auto"
    show_holds: bool = False
    """Times on offer stand in the calendar as tentative events until they are booked or given up."""


class ServiceArea(_Part):
    zips: tuple[str, ...] = ()
    note: str = ""


class Staff(_Part):
    id: Slug
    name: str = Field(min_length=1)
    role: str = "staff"
    phone: Phone | None = None
    email: str | None = None
    login: Literal["owner", "staff", "none"] = "none"


class OnCall(_Part):
    """One rung of the escalation ladder, in order."""

    staff: Slug
    when: Duty = "always"
    """always; open or closed (the business's hours); or wall times like "mon-fri 17:00-22:00, sat 08:00-12:00"."""
    reach: tuple[Literal["sms", "call"], ...] = ("sms",)


class CalendarSource(_Part):
    """One calendar: a resource that can be booked; no URL: the built-in calendar."""

    id: Slug
    staff: Slug | None = None
    days: tuple[Weekday, ...] = WEEKDAYS
    hours: dict[Weekday, Spans] | None = None
    """None: the business's."""
    url: str | None = None
    username: str | None = None
    password_env: str | None = None


class Service(_Part):
    id: Slug
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    duration_min: int = Field(gt=0)
    buffer_before_min: int = Field(default=0, ge=0)
    buffer_min: int = Field(default=0, ge=0)
    price: str | None = None
    calendars: tuple[Slug, ...] = Field(min_length=1)
    """Any one of them serves, unless there is a need."""
    need: tuple[Annotated[tuple[Slug, ...], Field(min_length=1)], ...] = ()
    """Calendars that are needed at once: one of each list."""

    def named_calendars(self) -> Iterator[tuple[Where, str]]:
        for place, name in enumerate(self.calendars):
            yield ("calendars", place), name
        for group, names in enumerate(self.need):
            for place, name in enumerate(names):
                yield ("need", group, place), name


class Links(_Part):
    booking: str | None = None
    hosts: tuple[str, ...] = ()
    """Further web hosts that our own texts may link to."""
    allow_in_first_text: bool = False
    visit_page: bool = True
    """A booked visit is confirmed with a link to its own page."""


class Nudge(_Part):
    enabled: bool = True
    after_min: int = Field(default=300, ge=240, le=360)
    """Four to six hours after the first text: sooner presses, later is another day."""


class Reminder(_Part):
    """One text before a visit, in the hours of law; nobody has asked for it, so it is off unless the owner wants it."""

    enabled: bool = False
    before_min: int = Field(default=24 * 60, ge=120)


class Texting(_Part):
    nudge: Nudge = Nudge()
    reminder: Reminder = Reminder()
    mode: Literal["live", "shadow"] = "live"
    """Shadow: nothing is sent to callers; each missed call is noted with the text that it would have got."""
    cooldown_min: int = Field(default=240, ge=0)
    """A caller is in the same episode for so long after the last text or missed call."""
    missed_call: Literal["dial", "forwarded", "webhook"] = "dial"
    after_hours: Literal["send", "hold"] = "send"
    """Hold: the first text of a call missed after hours waits for the opening."""
    rates_line: bool = False
    """First texts end with "Msg & data rates may apply."."""
    countries: tuple[RegionCode, ...] = ()
    """Whose numbers are texted; none: the business's own and its neighbours under the same country code."""
    ask_marketing: str | None = None
    """What callers may be asked to subscribe to, as in "seasonal offers"; None: nobody is ever asked."""


class Voicemail(_Part):
    enabled: bool = False
    greeting: str | None = None
    """What the caller hears before the tone; None: the greeting that is made from the business's facts."""
    longest_s: int = Field(default=120, ge=10, le=600)


class Calls(_Part):
    """How a call to the business's own number is taken, before it can be missed."""

    ring: Literal["together", "in_order"] = "together"
    """Whom to ring: everyone on call at once, or one after another."""
    ring_s: int | None = Field(default=None, ge=5, le=120)
    """How long each phone rings; None: the installation's setting."""
    when_closed: Literal["ring", "take"] = "ring"
    """Take: after hours no phone rings, the call counts as missed at once."""
    screen: bool = True
    """Whoever picks up presses 1: a voicemail greeting does not, so that it takes no caller's call."""
    min_ring_s: int = Field(default=0, ge=0, le=60)
    """Who hangs up before is not texted."""
    blocked: tuple[NumberPattern, ...] = ()
    """Numbers that are never texted; one that ends with * stands for all that begin so."""
    look_up_lines: bool = False
    """The carrier is asked (for money) whether an unknown caller's phone is a landline."""
    voicemail: Voicemail = Voicemail()


class TwilioAccount(_Part):
    account_sid: str | None = None
    auth_token_env: str | None = None


class Alerts(_Part):
    """How long a person on call has before the next one is tried."""

    urgent_min: int = Field(default=3, ge=1, le=60)
    normal_min: int = Field(default=15, ge=5, le=240)
    rounds: int = Field(default=3, ge=1, le=10)
    """How often the ladder is climbed for what is urgent; anything else climbs it once."""


Autonomous = Literal["send", "wait", "suggest"]
"""Send at once; send unless a person stops it in time; only suggest."""
Topic = Literal["answers", "prices", "booking", "changes", "other"]
"""What a reply of the agent is about: knowledge, money, a new visit, a change of one, anything else."""


class Autonomy(_Part):
    """How freely the agent sends what it has written; fixed lines of safety and consent always leave at once."""

    default: Autonomous = "send"
    topics: dict[Topic, Autonomous] = {}
    wait_s: int = Field(default=60, ge=10, le=3600)
    """How long a reply that waits can be stopped."""


class WeeklySummary(_Part):
    """The figures of the week before, on Monday."""

    enabled: bool = False
    to: tuple[Slug, ...] = ()
    """Staff; none: the owners."""
    by: tuple[Literal["text", "channels"], ...] = Field(default=("text",), min_length=1)
    """Text: to their phones. Channels: wherever else they are alerted, e-mail for one."""


class CannedReply(_Part):
    """Words that staff send often; {first_name}, {business}, {me}, {phone}, {service}, {time} are filled in."""

    name: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=1600)


class Privacy(_Part):
    retention_days: int = Field(default=365, gt=0)
    """So long what a caller wrote and got is kept, and the caller after their last text or call."""
    media_days: int | None = Field(default=None, gt=0)
    """Photos; None: as long as the texts. A longer time than that has no effect here and below."""
    voicemail_days: int | None = Field(default=None, gt=0)
    """Messages that callers left, and what was written down of them."""
    calls_days: int | None = Field(default=None, gt=0)
    """The list of calls."""
    consent_days: int = Field(default=5 * 365 + 1, gt=0)
    """What proves that a caller might be texted, or had opted out: for as long as one can be asked for it."""
    health: bool = False
    model_agreement: bool = False
    """The model's provider has signed a business associate agreement: only then may it read what patients write."""


@lru_cache(maxsize=512)
def parsed(profile: str) -> "Business":
    """A business from its JSON; the same words are read once, because every step of every turn asks."""
    return Business.model_validate_json(profile)


class Business(_Part):
    """One business; times are wall time in `timezone`, durations minutes, numbers E.164."""

    slug: Slug
    name: str = Field(min_length=1)
    industry: str = Field(min_length=1)
    timezone: TimeZone
    phone: Phone
    phones: tuple[Phone, ...] = ()
    address: str | None = None
    languages: tuple[str, ...] = ("en",)
    tone: str | None = None
    first_text: str | None = None
    after_hours_text: str | None = None
    hours: dict[Weekday, Spans]
    closures: tuple[Closure, ...] = ()
    holidays: PublicHolidays | None = None
    booking: BookingRules = BookingRules()
    policy: CalendarPolicy = CalendarPolicy()
    service_area: ServiceArea = ServiceArea()
    staff: tuple[Staff, ...] = ()
    on_call: tuple[OnCall, ...] = ()
    calendars: tuple[CalendarSource, ...]
    services: tuple[Service, ...]
    links: Links = Links()
    texting: Texting = Texting()
    calls: Calls = Calls()
    twilio: TwilioAccount = TwilioAccount()
    privacy: Privacy = Privacy()
    alerts: Alerts = Alerts()
    autonomy: Autonomy = Autonomy()
    canned_replies: tuple[CannedReply, ...] = ()
    weekly_summary: WeeklySummary = WeeklySummary()

    @model_validator(mode="after")
    def _names_resolve(self) -> "Business":
        problems = [*self._unknown_names(), *self._repeated_ids()]
        if problems:
            raise PydanticCustomError(
                "names_do_not_resolve",
                "{told}",
                {"told": "; ".join(say for _, say in problems), "problems": problems},
            )
        return self

    def _unknown_names(self) -> Iterator[tuple[Where, str]]:
        staff = {person.id for person in self.staff}
        calendars = {calendar.id for calendar in self.calendars}
        for where, name in self._named_staff():
            if name not in staff:
                yield where, f"{name!r} is not under staff"
        for place, service in enumerate(self.services):
            for where, name in service.named_calendars():
                if name not in calendars:
                    yield ("services", place, *where), f"{name!r} is not under calendars"

    def _named_staff(self) -> Iterator[tuple[Where, str]]:
        for place, rung in enumerate(self.on_call):
            yield ("on_call", place, "staff"), rung.staff
        for place, name in enumerate(self.weekly_summary.to):
            yield ("weekly_summary", "to", place), name
        for place, calendar in enumerate(self.calendars):
            if calendar.staff is not None:
                yield ("calendars", place, "staff"), calendar.staff

    def _repeated_ids(self) -> Iterator[tuple[Where, str]]:
        for key, parts in (
            ("staff", self.staff),
            ("calendars", self.calendars),
            ("services", self.services),
        ):
            ids = [part.id for part in parts]
            for place, part_id in enumerate(ids):
                if part_id in ids[:place]:
                    yield (key, place, "id"), f"{part_id!r} stands twice: give each its own id"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number that callers may dial or text, the main one first."""
        return (self.phone, *(number for number in self.phones if number != self.phone))

    def service(self, service_id: str) -> Service | None:
        return next((service for service in self.services if service.id == service_id), None)

    def service_name(self, service_id: str) -> str:
        service = self.service(service_id)
        return service.name if service else service_id

    def calendar(self, calendar_id: str) -> CalendarSource | None:
        return next((one for one in self.calendars if one.id == calendar_id), None)

    def person(self, staff_id: str) -> Staff | None:
        return next((person for person in self.staff if person.id == staff_id), None)
