"""What has to work before callers are texted, tried out for real: our address, the number at the carrier, the calendars."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from icalendar import Calendar as ICalendar
from icalendar import Event

from agent.business import Business
from agent.errors import BadInput, CalendarError, DeliveryError
from agent.ports import Calendar
from agent.rules.phone import spoken
from server import first_run, knocking
from server.bookings import address
from server.carrier_numbers import CarrierNumbers, OwnNumber
from server.settings import Settings
from server.store import setups
from server.store.setups import Outcome, Setup, State
from server.wiring import House


@dataclass(frozen=True, kw_only=True)
class _Found:
    state: State
    words: str
    leads_elsewhere: bool = False


_FAR_AHEAD = timedelta(days=400)
"""Beyond any visit that callers are offered."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What it takes to try things out."""

    settings: Settings
    database: sa.Engine
    numbers: CarrierNumbers
    calendar: Calendar
    tokens_of: Callable[[Business, str], Sequence[str]]
    """The tokens that sign webhooks of a carrier account, the newest first."""


def bench_of(house: House) -> Bench:
    return Bench(
        settings=house.settings,
        database=house.database,
        numbers=house.numbers,
        calendar=house.calendar,
        tokens_of=house.auth_tokens,
    )


def try_out(bench: Bench, business: Business, name: str, now: datetime) -> None:
    """Try one thing for real and keep what came of it; asks outside, so call it in no transaction.

    Raises:
        BadInput: it is none that can be tried.
    """
    match name:
        case "address":
            found = _reach(bench, business)
        case "number":
            found = _look_up(bench, business)
        case "calendar":
            found = _write(bench.calendar, business, now)
        case _:
            raise BadInput("This cannot be tried out here.")
    outcome = Outcome(**vars(found), at=now)
    with bench.database.begin() as connection:
        setups.change(connection, business.slug, lambda held: _with(held, name, outcome))


def point_here(bench: Bench, business: Business, now: datetime) -> None:
    """Have the carrier report this number's calls and texts to us, and look again.

    Raises:
        BadInput: it cannot be done, in words.
    """
    base = bench.settings.public_url
    calls_to, texts_to = f"{base}/twilio/voice#rc=3&rp=all", f"{base}/twilio/sms#rc=3&rp=all"
    try:
        is_ours = bench.numbers.point(
            business.phone, business.twilio, calls_to, texts_to, f"{base}/twilio/voice/status"
        )
    except DeliveryError as error:
        raise BadInput(str(error)) from error
    if not is_ours:
        raise BadInput(f"{spoken(business.phone)} is not a number of the phone company's account.")
    try_out(bench, business, "number", now)


def _with(setup: Setup, name: str, outcome: Outcome) -> Setup:
    return setup.model_copy(update={"tried": {**setup.tried, name: outcome}})


def _reach(bench: Bench, business: Business) -> _Found:
    account = business.twilio.account_sid or bench.settings.twilio_account_sid
    token = next(iter(bench.tokens_of(business, account)), "")
    url = bench.settings.public_url
    problem = knocking.asked(knocking.probe_of(url, account, token, business))
    if problem:
        return _Found(state="bad", words=problem)
    if not url.startswith("https://") and not bench.settings.twilio_api_url:
        return _Found(
            state="bad",
            words=f"{url} answers here, but the phone company only reaches https addresses.",
        )
    return _Found(state="ok", words=f"{url} answers, and the signature holds.")


def _look_up(bench: Bench, business: Business) -> _Found:
    if not first_run.has_number(business):
        return _Found(state="todo", words="You have not entered your number yet.")
    account = business.twilio.account_sid or bench.settings.twilio_account_sid
    if not account:
        return _Found(
            state="bad",
            words="No account of the phone company is set up. Whoever runs Ringback sets TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
        )
    try:
        found = bench.numbers.find(business.phone, business.twilio)
    except DeliveryError as error:
        return _Found(state="bad", words=str(error))
    return _judged(found, business, bench.settings.public_url)


def _judged(found: OwnNumber | None, business: Business, base: str) -> _Found:
    number = spoken(business.phone)
    if found is None:
        return _Found(
            state="bad", words=f"{number} is not a number of the phone company's account."
        )
    if not found.texts:
        return _Found(
            state="bad", words=f"{number} takes calls, but cannot text. Get a number that can."
        )
    takes_calls = business.texting.missed_call != "webhook"
    if takes_calls and not found.calls_to.startswith(f"{base}/twilio/voice"):
        return _Found(
            state="bad",
            words=f"Calls to {number} are reported to {found.calls_to or 'nobody'}, not here.",
            leads_elsewhere=True,
        )
    if not found.texts_to.startswith(f"{base}/twilio/sms"):
        return _Found(
            state="bad",
            words=f"Texts to {number} are brought to {found.texts_to or 'nobody'}, not here.",
            leads_elsewhere=True,
        )
    return _Found(state="ok", words=f"{number} can text, and what comes to it is brought here.")


def _write(calendar: Calendar, business: Business, now: datetime) -> _Found:
    """An event in each calendar, a year ahead, written and taken out again."""
    for source in business.calendars:
        at, name = address(business, source.id), f"ringback-test-{secrets.token_hex(8)}"
        try:
            calendar.put(at, name, _event_text(name, now))
            there = calendar.get(at, name)
            if there is None:
                return _Found(state="bad", words=f"{source.id}: what was written is not there.")
            if not calendar.remove(at, name, there.etag):
                return _Found(
                    state="bad",
                    words=f"{source.id}: the test event could not be taken out again. It is named “Ringback test”.",
                )
        except CalendarError as error:
            return _Found(state="bad", words=f"{source.id}: {error}")
    count = len(business.calendars)
    if not count:
        return _Found(state="bad", words="There is no calendar.")
    which = business.calendars[0].id if count == 1 else f"all {count} calendars"
    return _Found(state="ok", words=f"A test event was written into {which} and taken out again.")


def _event_text(name: str, now: datetime) -> str:
    start = (now.astimezone(UTC) + _FAR_AHEAD).replace(second=0, microsecond=0)
    event = Event()
    event.add("uid", name)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(minutes=1))
    event.add("summary", "Ringback test")
    event.add("transp", "TRANSPARENT")
    whole = ICalendar()
    whole.add("prodid", "-//Ringback//Ringback//EN")
    whole.add("version", "2.0")
    whole.add_component(event)
    text: str = whole.to_ical().decode()
    return text
