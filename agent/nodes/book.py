"""Sixth step: free times are offered, a chosen one is booked; what cannot be done here becomes a person's task."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from agent.business import Service
from agent.model import (
    Appointment,
    Booking,
    BookingEnd,
    Evidence,
    Fit,
    Hold,
    Intent,
    Offers,
    Reason,
    TaskKind,
    When,
)
from agent.ports import Ports
from agent.rules import alerts, choosing, hours, offers, services, visit_talk
from agent.rules.phrases import phrase, service_words, slot_list, slot_words, visit_phrase
from agent.rules.reading import call_words
from agent.state import Changes, Json, Turn, alert, line, task

ASKED_AT_MOST = 2
"""Times that we ask what a visit is for before a person does."""

_CHANGES = {
    Intent.RESCHEDULE: "Wants to move a visit",
    Intent.CANCEL_APPOINTMENT: "Wants to cancel a visit",
}
_WHEN: TypeAdapter[When | None] = TypeAdapter(When | None)
_APPOINTMENT = TypeAdapter(Appointment)


def book(turn: Turn, ports: Ports) -> Changes:
    wanted = set(turn.understood.intents)
    if Intent.REQUEST_CALLBACK in wanted:
        if turn.offers:
            ports.diary.release(turn.profile, turn.caller)
        return _person(turn, "callback", "Wants a call back")
    if change := _change(turn):
        return change
    if hold := _meant(turn):
        if turn.profile.booking.confirm == "staff":
            return _staff_confirms(turn, hold)
        return _booked(turn, ports, hold)
    if wanted & {Intent.BOOK, Intent.CHOOSE_SLOT}:
        return _find(turn, ports)
    if Intent.DECLINE in wanted and turn.offers:
        ports.diary.release(turn.profile, turn.caller)
        return {"memory": _forgotten(turn)}
    return {}


def _change(turn: Turn) -> Changes | None:
    """What a person still has to do to a visit that stands."""
    if turn.booked_visits and visit_talk.runs_late(turn.asked):
        return _person(turn, "late", "Runs late")
    wanted = set(turn.understood.intents)
    what = next((what for intent, what in _CHANGES.items() if intent in wanted), None)
    return _person(turn, "wish", what) if what else None


def _meant(turn: Turn) -> Hold | None:
    """The one time that the texts choose, if it was what we last said and is for the service they speak of."""
    reading = turn.understood
    if Intent.CHOOSE_SLOT not in reading.intents:
        return None
    if turn.offer_is_last:
        hold = choosing.chosen(turn.on_offer, _wish(turn), reading.choice, turn.asked)
    elif turn.offer_was_said:
        # Something was answered in between: a bare number can still mean nothing else.
        hold = choosing.numbered(turn.on_offer, turn.asked)
    else:
        return None
    about = [service.id for service in services.named(turn.profile, turn.asked)]
    return hold if hold and (not about or hold.service in about) else None


def _find(turn: Turn, ports: Ports) -> Changes:
    """What for, then when: offer free times, or ask the one thing that is missing."""
    if visit := _stands_already(turn):
        return _said(turn, _of_visit(turn, "visit_stands", visit), turn.memory)
    service = _service(turn)
    if service is None:
        return _ask_service(turn)
    answers = turn.on_offer and Intent.CHOOSE_SLOT in turn.understood.intents
    if answers and (said := _still_open(turn, ports, service)):
        return said
    wish = _wish(turn) or _wish_before(turn)
    found = ports.diary.offer(turn.profile, turn.caller, service.id, wish)
    return _offered(turn, service, found)


def _still_open(turn: Turn, ports: Ports, service: Service) -> Changes | None:
    """An answer to the times on offer that chooses none of them; None: it asks for another time."""
    wish = _wish(turn)
    is_theirs = wish is None or any(offers.asked_for(wish, hold.start) for hold in turn.on_offer)
    if choosing.puts_off(turn.asked):
        return _said(turn, _phrase(turn, "no_hurry"), turn.memory)
    if is_theirs and choosing.refuses(turn.asked):
        ports.diary.release(turn.profile, turn.caller)
        return _said(
            turn, _phrase(turn, "which_time"), _remembered(turn, service=service.id, asks=0)
        )
    if wish is None:
        return _said(turn, _times(turn, service, turn.on_offer), turn.memory, tuple(turn.on_offer))
    return None


def _stands_already(turn: Turn) -> Appointment | None:
    """The visit that the caller asks about, or has at the time they speak of; not when they ask for another service."""
    if turn.booked_visits and visit_talk.asks_own_visit(turn.asked):
        return turn.booked_visits[0]
    wish = turn.understood.when
    if wish is None or wish.date is None or turn.on_offer:
        return None
    about = [service.id for service in services.named(turn.profile, turn.asked)]
    return next(
        (
            visit
            for visit in turn.booked_visits
            if offers.asked_for(wish, visit.start) and (not about or visit.service in about)
        ),
        None,
    )


def _wish(turn: Turn) -> When | None:
    return offers.in_context(turn.understood.when, turn.on_offer, turn.asked)


def _service(turn: Turn) -> Service | None:
    """The one the texts name; else the one talked about, the only one there is, or the one just asked about."""
    profile = turn.profile
    named = services.named(profile, turn.asked)
    if named:
        return named[0] if len(named) == 1 else None
    if before := _talk(turn).get("service") or (turn.on_offer and turn.on_offer[0].service):
        return profile.service(before)
    if len(profile.services) == 1:
        return profile.services[0]
    earlier = [text.body for text in turn.earlier if text.author == "caller"]
    just_said = services.named(profile, earlier[-1]) if earlier else []
    return just_said[0] if len(just_said) == 1 else None


def _ask_service(turn: Turn) -> Changes:
    asks = int(_talk(turn).get("asks", 0))
    if not turn.profile.services or asks >= ASKED_AT_MOST:
        return _person(turn, "wish_noted", "Wants a visit")
    alike = services.named(turn.profile, turn.asked) or turn.profile.services
    names = ", ".join(service.name for service in alike)
    wish = turn.understood.when or _wish_before(turn)
    kept = _remembered(turn, asks=asks + 1, wish=_WHEN.dump_python(wish, mode="json"))
    return _said(turn, _phrase(turn, "which_service", services=names), kept)


def _offered(turn: Turn, service: Service, found: Offers, opening: str = "") -> Changes:
    """Say the times found, with the reason first when they are not what was asked for."""
    name = service_words(turn.profile, service.id)
    if found.fit is Fit.WITHDRAWN:
        return {}
    if found.fit is Fit.UNREACHABLE:
        return _person(turn, "unreachable", f"Wants a visit ({name})")
    if not found.holds:
        days = turn.profile.booking.horizon_days
        return _person(turn, "nothing", f"Wants a visit ({name})", service=name, days=days)
    words = _times(turn, service, found.holds)
    why = opening or _why_others(turn, found.fit)
    kept = _remembered(turn, service=service.id)
    return _said(turn, " ".join([*([why] if why else []), words]), kept, found.holds)


def _why_others(turn: Turn, fit: Fit) -> str:
    """Why these are not the times that were asked for."""
    if fit is Fit.ASKED:
        return ""
    wish = _wish(turn)
    name = "full" if fit is Fit.TAKEN and not (wish and wish.time) else fit
    return _phrase(turn, name)


def _times(turn: Turn, service: Service, holds: Sequence[Hold]) -> str:
    """One time to say yes to, or a numbered list."""
    name, language = service_words(turn.profile, service.id), turn.understood.language
    if len(holds) == 1:
        return _phrase(turn, "slot", service=name, slot=slot_words(holds[0].start, language))
    return _phrase(turn, "slots", service=name, slots=slot_list(holds, language))


def _booked(turn: Turn, ports: Ports, hold: Hold) -> Changes:
    made = ports.diary.book(turn.profile, turn.caller, hold.id)
    match made:
        case Booking(end=BookingEnd.BOOKED, appointment=Appointment() as visit):
            return _confirmed(turn, visit)
        case Booking(end=BookingEnd.TAKEN):
            return _instead(turn, ports, hold)
        case Booking(end=BookingEnd.WITHDRAWN):
            return {}
    name, at = service_words(turn.profile, hold.service), slot_words(hold.start)
    doubt = "; it may be in the calendar already: look first" * (made.end is BookingEnd.UNSURE)
    return _person(turn, "unreachable", f"Chose {name}, {at}{doubt}")


def _confirmed(turn: Turn, visit: Appointment) -> Changes:
    words = _of_visit(turn, "booked", visit)
    evidence = Evidence(id=visit.id, kind="appointment", text=words)
    told = alerts.booked(turn.profile, visit, caller=turn.caller)
    return {
        "lines": [*_without_draft(turn), line(words, evidence=[evidence], fixed=True)],
        "booked": [_APPOINTMENT.dump_python(visit, mode="json")],
        "alerts": [*turn.alerts, *(alert(phone, told) for phone in alerts.of_calendar(turn.profile, visit.calendar))],
        "memory": _forgotten(turn),
    }  # fmt: skip


def _staff_confirms(turn: Turn, hold: Hold) -> Changes:
    """The owner wants to confirm visits: a person does, and nothing is called booked."""
    name = service_words(turn.profile, hold.service)
    slot = slot_words(hold.start, turn.understood.language)
    note = f"Confirm or refuse: {name}, {slot_words(hold.start)} ({hold.calendar})"
    return _person(turn, "staff_confirms", note, service=name, slot=slot)


def _instead(turn: Turn, ports: Ports, hold: Hold) -> Changes:
    """The time went to another: say so, and offer what is near to it."""
    service = turn.profile.service(hold.service)
    if service is None:
        return _person(turn, "wish_noted", "Wants a visit")
    wish = When(date=hold.start.date().isoformat(), time=hold.start.strftime("%H:%M"))
    found = ports.diary.offer(turn.profile, turn.caller, service.id, wish)
    return _offered(turn, service, found, _phrase(turn, "just_taken"))


def _person(turn: Turn, words: str, what: str, **facts: object) -> Changes:
    """A person will do it: a task that is due, and the truth about it."""
    wish = turn.understood.callback
    asked = offers.moment(wish, turn.profile.zone) if wish else None
    due = asked or hours.due(turn.profile, turn.moment)
    memory = _forgotten(turn)
    if wish:
        memory["callback"] = call_words(wish)
    return {
        "lines": [*_without_draft(turn), line(_phrase(turn, words, **facts), fixed=True)],
        "tasks": [*turn.tasks, task(TaskKind.CALLBACK, f"{what}: {turn.asked}", due)],
        "reason": Reason.CALLBACK_REQUEST,
        "memory": memory,
    }


def _said(turn: Turn, words: str, memory: Json, holds: tuple[Hold, ...] = ()) -> Changes:
    evidence = [
        Evidence(id=hold.id, kind="slot", text=slot_words(hold.start, turn.understood.language))
        for hold in holds
    ]
    return {
        "lines": [*_without_draft(turn), line(words, evidence=evidence, fixed=True)],
        "memory": memory,
    }


def _of_visit(turn: Turn, name: str, visit: Appointment) -> str:
    return visit_phrase(name, turn.profile, visit, turn.moment, turn.understood.language)


def _phrase(turn: Turn, name: str, **facts: object) -> str:
    return phrase(name, turn.profile, turn.moment, turn.understood.language, **facts)


def _talk(turn: Turn) -> Json:
    """What this conversation has said of a visit so far."""
    return dict(turn.memory.get("visit") or {})


def _wish_before(turn: Turn) -> When | None:
    return _WHEN.validate_python(_talk(turn).get("wish"))


def _remembered(turn: Turn, **values: object) -> Json:
    return turn.memory | {"visit": values, "clarified": 0}


def _forgotten(turn: Turn) -> Json:
    return {key: value for key, value in turn.memory.items() if key != "visit"}


def _without_draft(turn: Turn) -> list[Json]:
    """A model's draft would speak of the visit without evidence; only answered facts stay."""
    asked = {Intent.QUESTION, Intent.PRICE_REQUEST} & set(turn.understood.intents)
    return turn.lines if asked else [one for one in turn.lines if one["fixed"]]
