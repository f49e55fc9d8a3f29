"""The steps of the guided set-up, and what each makes of a business; whatever it is asked, the business stays whole."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from agent.business import WEEKDAYS, Business, CalendarSource, OnCall, Service, Staff, Weekday
from agent.errors import BadInput
from agent.rules import packs, phone_zone, templates, typical
from agent.rules.phone import normalised, spoken
from server import first_run

Step = Literal["trade", "name", "number", "hours", "services", "people", "calendar", "knowledge", "text", "try"]  # fmt: skip
STEPS: tuple[Step, ...] = get_args(Step)
TITLES: dict[Step, str] = {
    "trade": "Your trade",
    "name": "Name and address",
    "number": "Your number",
    "hours": "Opening hours",
    "services": "What callers can book",
    "people": "Who is on call",
    "calendar": "Your calendar",
    "knowledge": "What callers ask",
    "text": "The first text",
    "try": "Try it",
}
OTHER = "other"
"""The tile for a trade that has none."""
ROWS_AT_MOST = 30
_TEXT_AT_MOST = 120
_CHANGES: dict[Step, tuple[str, ...]] = {
    "trade": ("industry",),
    "name": ("name", "address"),
    "number": ("phone", "timezone", "texting"),
    "hours": ("hours",),
    "services": ("services",),
    "people": ("staff", "on_call"),
    "calendar": ("calendars",),
    "text": ("first_text", "after_hours_text"),
}
_MINUTES_AT_MOST = 24 * 60
_TAKEN = "Another business here has this number. Check it, or ask whoever runs Ringback."


class Unfit(BadInput):
    """What was typed cannot be kept: each field with the words for it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a form holds, every value of every field."""

    fields: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """The value of a field without spaces around it; empty where there is none."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(one.strip() for one in self.fields.get(name, ()) if one.strip())

    def has(self, name: str) -> bool:
        return name in self.fields

    def places(self, name: str) -> Iterator[int]:
        """The rows of a form that have this field."""
        return (place for place in range(ROWS_AT_MOST) if self.has(f"{name}-{place}"))


def seen(business: Business, step: Step) -> str:
    """Changes with what the step shows and changes."""
    words = "".join(repr(getattr(business, key)) for key in _CHANGES.get(step, ()))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def apply(business: Business, step: Step, typed: Typed) -> Business:
    """The business as this step's form wants it.

    Raises:
        Unfit: it cannot be kept, field by field.
    """
    makers: dict[Step, Callable[[Business, Typed], Business]] = {
        "trade": _trade,
        "name": _name,
        "number": _number,
        "hours": _hours,
        "services": _services,
        "people": _people,
        "calendar": _calendar,
        "text": _text,
    }
    return makers[step](business, typed) if step in makers else business


def number_taken() -> Unfit:
    return Unfit({"phone": _TAKEN})


def is_only_draft(service: Service) -> bool:
    """It stands there until the owner says what callers can book."""
    return service.id == "visit" and service.name == "Visit" and service.price is None


def _trade(business: Business, typed: Typed) -> Business:
    wanted = typed.one("trade")
    if wanted not in {*typical.trades(), OTHER}:
        raise Unfit({"trade": "Tap the trade that is nearest to yours."})
    industry = typed.one("own")[:_TEXT_AT_MOST] or packs.GENERIC if wanted == OTHER else wanted
    as_usual = business.hours == typical.week(business.industry)
    privacy, is_health = business.privacy, bool(packs.pack(industry).get("health"))
    if is_health != bool(packs.pack(business.industry).get("health")):
        privacy = privacy.model_copy(update={"health": is_health})
    changed = {
        "industry": industry,
        "privacy": privacy,
        "hours": typical.week(industry) if as_usual else business.hours,
    }
    return business.model_copy(update=changed)


def _name(business: Business, typed: Typed) -> Business:
    name, address = " ".join(typed.one("name").split()), " ".join(typed.one("address").split())
    faults = {}
    if not name:
        faults["name"] = "Write the name that callers know you by."
    if len(name) > _TEXT_AT_MOST:
        faults["name"] = f"That is too long: {_TEXT_AT_MOST} characters at most."
    if len(address) > 2 * _TEXT_AT_MOST:
        faults["address"] = f"That is too long: {2 * _TEXT_AT_MOST} characters at most."
    if faults:
        raise Unfit(faults)
    return business.model_copy(update={"name": name, "address": address or None})


def _number(business: Business, typed: Typed) -> Business:
    faults, number = {}, normalised(typed.one("phone"))
    if number is None or number.startswith("+1000"):
        faults["phone"] = "That is no phone number. Write it like (303) 555-0140, with the area code."  # fmt: skip
    if number and number in {one.phone for one in business.staff}:
        faults["phone"] = "That is a phone of one of your people. Write the number that callers dial, or the one from Twilio."  # fmt: skip
    zone = typed.one("timezone") or phone_zone.zone_of(number or "") or ""
    if not zone and number:
        faults["timezone"] = "This number does not tell where you are. Choose your time zone."
    way = typed.one("missed_call")
    if way not in ("dial", "forwarded", "webhook"):
        faults["missed_call"] = "Choose how calls reach Ringback."
    if faults:
        raise Unfit(faults)
    texting = business.texting.model_copy(update={"missed_call": way})
    phones = tuple(one for one in business.phones if one != number)
    return business.model_copy(
        update={"phone": number, "phones": phones, "timezone": zone, "texting": texting}
    )


def _hours(business: Business, typed: Typed) -> Business:
    faults: dict[str, str] = {}
    week: dict[Weekday, tuple[str, ...]] = {}
    for day in WEEKDAYS:
        try:
            week[day] = _day(typed, day)
        except BadInput as error:
            faults[day] = str(error)
    if faults:
        raise Unfit(faults)
    return business.model_copy(update={"hours": week})


def _day(typed: Typed, day: Weekday) -> tuple[str, ...]:
    if not typed.has(f"open-{day}"):
        return ()
    spans: list[str] = []
    for place in (0, 1):
        start, end = typed.one(f"from-{day}-{place}"), typed.one(f"to-{day}-{place}")
        if not start and not end and (place or spans):
            continue
        if not re.fullmatch(r"\d\d:\d\d", start) or not re.fullmatch(r"\d\d:\d\d", end):
            raise BadInput("Write both times, like 8:00 AM and 5:00 PM, or close the day.")
        end = "24:00" if end == "00:00" else end
        if start == end:
            raise BadInput("It opens and closes at the same time. Change one of them.")
        spans.append(f"{start}-{end}")
    if len(spans) == 2 and spans[1] < spans[0][6:]:  # noqa: PLR2004 - before and after a break
        raise BadInput("The second time begins before the first one ends.")
    return tuple(spans)


def _services(business: Business, typed: Typed) -> Business:
    faults: dict[str, str] = {}
    taken: list[Service] = []
    for place in typed.places("name"):
        if not typed.has(f"take-{place}") and not _is_written(business, typed, place):
            continue
        try:
            taken.append(_service(business, typed, place, [one.id for one in taken]))
        except BadInput as error:
            faults[f"service-{place}"] = str(error)
    if not taken and not faults:
        faults["services"] = "Tap at least one, or skip this for now."
    if faults:
        raise Unfit(faults)
    return business.model_copy(update={"services": tuple(taken)})


def _is_written(business: Business, typed: Typed, place: int) -> bool:
    """The owner has written a service of their own, and need not tick it too."""
    usual = {one.name for one in typical.services(business.industry)}
    is_new = not typed.one(f"id-{place}")
    return is_new and bool(typed.one(f"name-{place}")) and typed.one(f"name-{place}") not in usual


def _service(business: Business, typed: Typed, place: int, used: Sequence[str]) -> Service:
    name = " ".join(typed.one(f"name-{place}").split())
    if not name or len(name) > _TEXT_AT_MOST:
        raise BadInput("Write what it is called, like Drain cleaning.")
    minutes = typed.one(f"minutes-{place}")
    if not minutes.isdecimal() or not 0 < int(minutes) <= _MINUTES_AT_MOST:
        raise BadInput(f"{name}: write how many minutes it takes, like 60.")
    changed = {"name": name, "duration_min": int(minutes), "price": _price(typed.one(f"price-{place}"))}  # fmt: skip
    if held := business.service(typed.one(f"id-{place}")):
        return held.model_copy(update=changed)
    known = next((one for one in typical.services(business.industry) if one.name == name), None)
    taken = {*used, *(one.id for one in business.services)}
    return Service(
        id=_free(first_run.slug_of(name), taken),
        aliases=known.aliases if known else (),
        calendars=tuple(one.id for one in business.calendars),
        **changed,
    )


def _price(words: str) -> str | None:
    """$149 for 149; words stay as they are."""
    bare = words.replace(",", "")
    if re.fullmatch(r"\$?\d{1,6}(\.\d\d)?", bare):
        return f"${bare.lstrip('$')}"
    return words[:_TEXT_AT_MOST] or None


def _free(stem: str, taken: set[str]) -> str:
    spelled = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 1000))
    return next(one for one in spelled if one not in taken)


def _people(business: Business, typed: Typed) -> Business:
    faults: dict[str, str] = {}
    people, on_call = list(business.staff), []
    for place in typed.places("person"):
        name = " ".join(typed.one(f"person-{place}").split())[:_TEXT_AT_MOST]
        number = typed.one(f"phone-{place}")
        if not name and not number:
            continue
        try:
            person = _person(business, people, typed.one(f"id-{place}"), name, number)
        except BadInput as error:
            faults[f"person-{place}"] = str(error)
            continue
        people = [person if one.id == person.id else one for one in people]
        people = people if person in people else [*people, person]
        if typed.has(f"calls-{place}"):
            on_call.append(person.id)
    if faults:
        raise Unfit(faults)
    return business.model_copy(
        update={"staff": tuple(people), "on_call": _ladder(business, on_call)}
    )


def _person(
    business: Business, people: Sequence[Staff], staff: str, name: str, number: str
) -> Staff:
    if not name:
        raise BadInput("Write the person's name.")
    phone = normalised(number) if number else None
    if number and phone is None:
        raise BadInput(f"{number} is no phone number. Write it like (303) 555-0141.")
    if phone in business.numbers:
        raise BadInput("That is the business's own number. Write the person's own phone.")
    if phone and any(one.phone == phone and one.id != staff for one in people):
        raise BadInput(f"Somebody else here has {spoken(phone)}.")
    held = next((one for one in people if one.id == staff), None)
    if held:
        return held.model_copy(update={"name": name, "phone": phone})
    stem = first_run.slug_of(name.split(maxsplit=1)[0])
    return Staff(id=_free(stem, {one.id for one in people}), name=name, phone=phone)


def _ladder(business: Business, wanted: Sequence[str]) -> tuple[OnCall, ...]:
    """Who was on it stays as they were; who is new comes last."""
    held = [rung for rung in business.on_call if rung.staff in wanted]
    known = {rung.staff for rung in held}
    new = [OnCall(staff=one, reach=("sms", "call")) for one in wanted if one not in known]
    return (*held, *new)


def _calendar(business: Business, typed: Typed) -> Business:
    """Calendars are only added here: what hangs on one is looked at where it is taken away."""
    if typed.one("calendars") != "each":
        return business
    have = {one.staff for one in business.calendars}
    taken = {one.id for one in business.calendars}
    new = [
        CalendarSource(id=_free(one.id, taken), staff=one.id)
        for one in business.staff
        if one.id not in have
    ]
    names = tuple(one.id for one in new)
    services = tuple(
        one if one.need else one.model_copy(update={"calendars": (*one.calendars, *names)})
        for one in business.services
    )
    return business.model_copy(
        update={"calendars": (*business.calendars, *new), "services": services}
    )


def _text(business: Business, typed: Typed) -> Business:
    changed = business.model_copy(
        update={
            "first_text": _own_words(typed, "first_text"),
            "after_hours_text": _own_words(typed, "after_hours_text"),
        }
    )
    faults = {
        field: finding.words[:1].upper() + finding.words[1:]
        for field, template, closed in templates.own_templates(changed)
        for finding in templates.lint(changed, template, closed=closed)
        if finding.blocks
    }
    if faults:
        raise Unfit(faults)
    return changed


def _own_words(typed: Typed, field: str) -> str | None:
    return " ".join(typed.one(field).split())[:1000] or None
