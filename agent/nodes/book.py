"""Seventh step: free times are offered, a chosen one is booked; what cannot be done here becomes a person's task."""

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
    When,
)
from agent.ports import Ports
from agent.rules import alerts, callbacks, choosing, offers, services, visit_talk, when
from agent.rules.normal import words_only
from agent.rules.phrases import service_words, slot_list, slot_words
from agent.saying import forgotten, person, remembered, said, say, say_of, talk
from agent.state import Changes, Json, Turn, alert

ASKED_AT_MOST = 2
"""Times that we ask what a visit is for before a person does."""

_A_PERSONS = {Reason.MEDICAL_ADVICE, Reason.LEGAL_ADVICE}
_YES = {"y", "yes", "yeah", "yep", "yup", "yea", "si", "book"}
_THANKS = {"thanks", "thank", "thx", "ty", "gracias"}
_AGREES = {Intent.CONFIRM, Intent.CHOOSE_SLOT}
_SEEKS = {Intent.BOOK, Intent.CHOOSE_SLOT}
_FACTS = {Intent.QUESTION, Intent.PRICE_REQUEST}
_WHEN: TypeAdapter[When | None] = TypeAdapter(When | None)


def book(turn: Turn, ports: Ports) -> Changes:
    wanted = set(turn.understood.intents)
    if turn.of_visit or turn.reason in _A_PERSONS:
        return {}
    if Intent.REQUEST_CALLBACK in wanted:
        if turn.offers:
            ports.diary.release(turn.profile, turn.caller)
        return _call_back(turn)
    if hold := _meant(turn):
        return _booked(turn, ports, hold)
    if hold := _leaned_to(turn):
        return _asks_to_be_sure(turn, hold)
    if turn.seeks or wanted & _SEEKS or (turn.moving and Intent.RESCHEDULE in wanted):
        return _find(turn, ports)
    if Intent.DECLINE in wanted and turn.offers:
        ports.diary.release(turn.profile, turn.caller)
        return {"memory": forgotten(turn)}
    return {}


def _call_back(turn: Turn) -> Changes:
    """Said for the time that the caller wants, or for the next opening where we are closed then."""
    wish = turn.understood.callback
    if wish is None or not callbacks.is_timed(wish):
        return person(turn, "callback", "Wants a call back")
    open_end = bool(turn.understood.when and when.is_earliest(turn.understood.when))
    plan = callbacks.plan(turn.profile, wish, turn.local, open_end=open_end)
    note = f"Wants a call back {callbacks.wish_words(wish, turn.local, open_end=open_end)}"
    if plan is None:
        return person(turn, "callback", note)
    language = turn.understood.language
    words = callbacks.wish_words(wish, turn.local, language, open_end=open_end)
    said_as = "callback_at" if plan.is_as_wished else "callback_closed"
    opening = callbacks.moment_words(plan.due, language)
    return person(turn, said_as, note, plan.due, wish=words, opening=opening)


def _meant(turn: Turn) -> Hold | None:
    """The one time that the texts choose, if it was what we last said and is for the service they speak of."""
    reading = turn.understood
    if turn.seeks or Intent.CHOOSE_SLOT not in reading.intents:
        return None
    if turn.offer_is_last:
        hold = _made_sure(turn) or choosing.chosen(
            turn.on_offer, _wish(turn), reading.choice, turn.asked
        )
    elif turn.offer_was_said:
        # Something was answered in between: a bare number, or day and time in full, can still mean nothing else.
        hold = (
            choosing.numbered(turn.on_offer, turn.asked)
            or _named_in_full(turn)
            or _placed(turn)
            or _agreed_to_the_only_one(turn)
        )
    else:
        return None
    about = [service.id for service in services.named(turn.profile, turn.asked)]
    return hold if hold and (not about or hold.service in about) else None


def _placed(turn: Turn) -> Hold | None:
    """The first, second or last of the times on offer, where our last text answered something and asked nothing."""
    place = choosing.place_said(turn.asked, len(turn.on_offer))
    if place is None or "?" in (turn.last_text or ""):
        return None
    return choosing.chosen(turn.on_offer, None, None, turn.asked)


def _agreed_to_the_only_one(turn: Turn) -> Hold | None:
    """A yes, where one time is on offer and our last text, which answered something else, asked nothing."""
    if len(turn.on_offer) > 1 or not _says_yes(turn) or "?" in (turn.last_text or ""):
        return None
    return choosing.chosen(turn.on_offer, None, None, turn.asked)


def _says_yes(turn: Turn) -> bool:
    said = words_only(turn.asked).split()
    return said[:1] != [] and said[0] in _YES and not _THANKS & {*said}


def _leaned_to(turn: Turn) -> Hold | None:
    """The one of several times that only a model hears chosen, in a text that asks nothing and refuses nothing."""
    reading = turn.understood
    if not turn.offer_is_last or len(turn.on_offer) == 1 or turn.seeks or reading.when:
        return None
    if {Intent.DECLINE, *_FACTS} & {*reading.intents} or choosing.puts_off(turn.asked):
        return None
    return next((hold for hold in turn.on_offer if hold.place == reading.leans), None)


def _asks_to_be_sure(turn: Turn, hold: Hold) -> Changes:
    slot = slot_words(hold.start, turn.understood.language)
    words = say(turn, "choice_sure", slot=slot, place=hold.place)
    kept = talk(turn) | {"sure": {"hold": hold.id, "words": words}}
    return said(turn, words, turn.memory | {"visit": kept}, _slots(turn, turn.on_offer))


def _made_sure(turn: Turn) -> Hold | None:
    """A plain yes to the time that we asked back about."""
    asked = talk(turn).get("sure")
    if not asked or asked["words"] not in (turn.last_text or "") or not _says_yes(turn):
        return None
    sure = [hold for hold in turn.on_offer if hold.id == asked["hold"]]
    return choosing.chosen(sure, None, None, turn.asked)


def _named_in_full(turn: Turn) -> Hold | None:
    """The time on offer that a text which agrees names by its day, and where there are several by time of day too."""
    wish = turn.understood.when
    if not (wish and wish.date and _AGREES & set(turn.understood.intents)):
        return None
    if len(turn.on_offer) > 1 and not wish.time:
        return None
    return choosing.chosen(turn.on_offer, wish, None, turn.asked)


def _find(turn: Turn, ports: Ports) -> Changes:
    """What for, then when: offer free times, or ask the one thing that is missing."""
    if visit := _stands_already(turn):
        return said(turn, say_of(turn, "visit_stands", visit), turn.memory)
    service = _service(turn)
    if service is None:
        return _ask_service(turn)
    moves = turn.moving if turn.moving and turn.moving.service == service.id else None
    answers = turn.on_offer and Intent.CHOOSE_SLOT in turn.understood.intents
    if answers and (answered := _still_open(turn, ports, service, moves)):
        return answered
    wish = _sought(turn)
    found = ports.diary.offer(
        turn.profile, turn.caller, service.id, wish, moves.id if moves else None
    )
    return _offered(turn, service, found, moves, wish)


def _still_open(
    turn: Turn, ports: Ports, service: Service, moves: Appointment | None
) -> Changes | None:
    """An answer to the times on offer that chooses none of them; None: it asks for another time."""
    wish = _wish(turn)
    is_theirs = wish is None or any(offers.asked_for(wish, hold.start) for hold in turn.on_offer)
    if choosing.puts_off(turn.asked):
        return said(turn, say(turn, "no_hurry"), turn.memory)
    if is_theirs and choosing.refuses(turn.asked):
        ports.diary.release(turn.profile, turn.caller)
        return said(turn, say(turn, "which_time"), _seeking(turn, service, moves, asks=0))
    if wish is None:
        words = _times(turn, service, turn.on_offer, moves)
        return said(turn, words, turn.memory, _slots(turn, turn.on_offer))
    return None


def _stands_already(turn: Turn) -> Appointment | None:
    """The visit that the caller asks about, or has at the time they speak of; not when they ask for another service."""
    if turn.moving:
        return None
    repeats = turn.understood.choice is not None and not turn.offers
    if turn.booked_visits and (repeats or visit_talk.asks_own_visit(turn.asked)):
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
    if turn.moving and choosing.same_time(turn.asked):
        days = {hold.start.date() for hold in turn.on_offer}
        day = days.pop().isoformat() if len(days) == 1 else None
        return When(date=day, time=f"{turn.moving.start:%H:%M}", span="same time")
    around: Sequence[Hold | Appointment] = turn.on_offer or [*filter(None, [turn.moving])]
    return offers.in_context(turn.understood.when, around, turn.asked)


def _sought(turn: Turn) -> When | None:
    """What times to look for, in the light of what was asked for and offered before."""
    if turn.seeks:
        return _wish_before(turn)
    before = _WHEN.validate_python(talk(turn).get("asked"))
    if before is None and len(turn.on_offer) == 1:
        only = turn.on_offer[0].start
        before = When(date=only.date().isoformat(), time=only.strftime("%H:%M"))
    return offers.carried(_wish(turn), before) or _wish_before(turn)


def _service(turn: Turn) -> Service | None:
    """That of the visit to move; the one the texts name; else the one talked about, the only one, or the one just asked about."""
    profile = turn.profile
    if turn.seeks and turn.moving:
        return profile.service(turn.moving.service)
    named = services.named(profile, turn.asked)
    meant = profile.service(turn.understood.service or "")
    if len(named) == 1:
        return named[0]
    if named:
        return meant if meant in named else None
    if before := talk(turn).get("service") or (turn.on_offer and turn.on_offer[0].service):
        return profile.service(before)
    if len(profile.services) == 1:
        return profile.services[0]
    if meant:
        return meant
    earlier = [text.body for text in turn.earlier if text.author == "caller"]
    just_said = services.named(profile, earlier[-1]) if earlier else []
    return just_said[0] if len(just_said) == 1 else None


def _ask_service(turn: Turn) -> Changes:
    asks = int(talk(turn).get("asks", 0))
    if not turn.profile.services or asks >= ASKED_AT_MOST:
        return person(turn, "wish_noted", "Wants a visit")
    is_health = turn.profile.privacy.health  # a short list would repeat what the caller told
    alike = [] if is_health else services.named(turn.profile, turn.asked)
    names = ", ".join(service.name for service in alike or turn.profile.services)
    wish = turn.understood.when or _wish_before(turn)
    kept = remembered(turn, asks=asks + 1, wish=_WHEN.dump_python(wish, mode="json"))
    words = "which_service_health" if is_health else "which_service"
    return said(turn, say(turn, words, services=names), kept)


def _offered(
    turn: Turn,
    service: Service,
    found: Offers,
    moves: Appointment | None,
    wish: When | None,
    opening: str = "",
) -> Changes:
    """Say the times found, with the reason first when they are not what was asked for."""
    name = service_words(turn.profile, service.id)
    what = f"Wants to move a visit ({name})" if moves else f"Wants a visit ({name})"
    if found.fit is Fit.WITHDRAWN:
        return {}
    if found.fit is Fit.UNREACHABLE:
        return person(turn, "unreachable", what)
    if not found.holds:
        days = turn.profile.booking.horizon_days
        return person(turn, "nothing", what, service=name, days=days)
    words = _times(turn, service, found.holds, moves)
    why = opening or _why_others(turn, found.fit, wish)
    kept = _seeking(turn, service, moves, asked=_WHEN.dump_python(wish, mode="json"))
    told = " ".join([*([why] if why else []), words])
    return said(turn, told, kept, _slots(turn, found.holds))


def _seeking(turn: Turn, service: Service, moves: Appointment | None, **values: object) -> Json:
    """What is sought is remembered: the service, and the visit that is to take the time."""
    of_visit = {"moves": moves.id} if moves else {}
    return remembered(turn, service=service.id, **of_visit, **values)


def _why_others(turn: Turn, fit: Fit, wish: When | None) -> str:
    """Why these are not the times that were asked for."""
    if fit is Fit.ASKED:
        return ""
    name = "full" if fit is Fit.TAKEN and not (wish and wish.time) else fit
    return say(turn, name)


def _times(turn: Turn, service: Service, holds: Sequence[Hold], moves: Appointment | None) -> str:
    """One time to say yes to, or a numbered list."""
    language = turn.understood.language
    name = service_words(turn.profile, service.id, language)
    one, several = ("move_slot", "move_slots") if moves else ("slot", "slots")
    if len(holds) == 1:
        return say(turn, one, service=name, slot=slot_words(holds[0].start, language))
    return say(turn, several, service=name, slots=slot_list(holds, language))


def _slots(turn: Turn, holds: Sequence[Hold]) -> list[Evidence]:
    language = turn.understood.language
    return [
        Evidence(id=hold.id, kind="slot", text=slot_words(hold.start, language)) for hold in holds
    ]


def _booked(turn: Turn, ports: Ports, hold: Hold) -> Changes:
    if turn.profile.booking.confirm == "staff":
        return _staff_confirms(turn, hold)
    made = ports.diary.book(turn.profile, turn.caller, hold.id)
    match made:
        case Booking(end=BookingEnd.BOOKED, appointment=Appointment() as visit):
            return _confirmed(turn, visit, made.page)
        case Booking(end=BookingEnd.TAKEN):
            return _instead(turn, ports, hold)
        case Booking(end=BookingEnd.WITHDRAWN):
            return {}
    name, at = service_words(turn.profile, hold.service), slot_words(hold.start)
    doubt = "; it may be in the calendar already: look first" * (made.end is BookingEnd.UNSURE)
    chose = "Chose another time for" if hold.moves else "Chose"
    return person(turn, "unreachable", f"{chose} {name}, {at}{doubt}")


def _confirmed(turn: Turn, visit: Appointment, page: str) -> Changes:
    """Said of what stands in the calendar, with the visit's own page where the owner wants it."""
    before = next((one for one in turn.booked_visits if one.id == visit.id), None)
    words = say_of(turn, "moved" if before else "booked", visit)
    link = [say(turn, "page", page=page)] if page and turn.profile.links.visit_page else []
    evidence = Evidence(id=visit.id, kind="appointment", text=words)
    what = f"Moved from {slot_words(before.start)}:" if before else "Booked"
    told = alerts.of_visit(turn.profile, what, visit, caller=turn.caller)
    to = alerts.of_calendar(turn.profile, visit.calendar)
    return said(turn, " ".join([words, *link]), forgotten(turn), [evidence]) | {
        "alerts": [*turn.alerts, *(alert(phone, told) for phone in to)],
        "acted": True,
    }


def _staff_confirms(turn: Turn, hold: Hold) -> Changes:
    """The owner wants to confirm visits: a person does, and nothing is called booked."""
    name = service_words(turn.profile, hold.service)
    slot = slot_words(hold.start, turn.understood.language)
    moves = " (moves a visit)" if hold.moves else ""
    note = f"Confirm or refuse{moves}: {name}, {slot_words(hold.start)} ({hold.calendar})"
    return person(turn, "staff_confirms", note, service=name, slot=slot)


def _instead(turn: Turn, ports: Ports, hold: Hold) -> Changes:
    """The time went to another: say so, and offer what is near to it."""
    service = turn.profile.service(hold.service)
    if service is None:
        return person(turn, "wish_noted", "Wants a visit")
    moves = turn.moving if hold.moves else None
    wish = When(date=hold.start.date().isoformat(), time=hold.start.strftime("%H:%M"))
    found = ports.diary.offer(
        turn.profile, turn.caller, service.id, wish, moves.id if moves else None
    )
    return _offered(turn, service, found, moves, wish, say(turn, "just_taken"))


def _wish_before(turn: Turn) -> When | None:
    return _WHEN.validate_python(talk(turn).get("wish"))
