"""Fifth step: a visit that stands is moved, cancelled or late; which one, for certain, and to when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import TypeAdapter

from agent.model import Appointment, Booking, BookingEnd, Evidence, Intent, OptOut, Text, When
from agent.ports import Ports
from agent.rules import alerts, visit_changes, visit_talk
from agent.rules.phrases import service_words, slot_words
from agent.rules.visit_changes import Change, Kind
from agent.saying import forgotten, person, remembered, said, say, say_of, talk
from agent.state import Changes, Turn, alert

ASKED_FOR = timedelta(hours=24)
"""So long a yes means what we asked last."""
_CHANGES = {
    Intent.RESCHEDULE: "Wants to move a visit",
    Intent.CANCEL_APPOINTMENT: "Wants to cancel a visit",
}
_INTENTS = {Kind.MOVE: Intent.RESCHEDULE, Kind.CANCEL: Intent.CANCEL_APPOINTMENT}
_WHEN: TypeAdapter[When | None] = TypeAdapter(When | None)


def change(turn: Turn, ports: Ports) -> Changes:
    """Do what is asked of the caller's own visits; nothing, where a text asks nothing of them."""
    if again := _undone(turn):
        return again
    if not turn.booked_visits:
        return _of_no_visit(turn)
    if visit_talk.runs_late(turn.asked):
        return person(turn, "late", "Runs late") | {"of_visit": True}
    if kept := _kept(turn, ports):
        return kept
    wanted = _wanted(turn)
    if wanted is None:
        return _stands(turn)
    if len(wanted.visits) > 1 and not wanted.all_of_them:
        return _which(turn, wanted)
    if wanted.kind is Kind.MOVE:
        goes_on = wanted.visits == (turn.moving,)  # times for it are sought or on offer already
        return {} if goes_on else _moves(turn, wanted)
    return _cancelled(turn, ports, wanted.visits) if wanted.is_sure else _sure(turn, wanted)


def _stands(turn: Turn) -> Changes:
    """Who speaks of cancelling and does not want it hears that the visit stands; a question beside it is answered."""
    intents = set(turn.understood.intents)
    if Intent.CANCEL_APPOINTMENT not in intents or Intent.QUESTION in intents:
        return {}
    return said(turn, say_of(turn, "visit_stands", turn.booked_visits[0]), turn.memory) | {
        "of_visit": True
    }


def _undone(turn: Turn) -> Changes | None:
    """The cancellation that we have just told of was not meant: its time is sought again."""
    ended = talk(turn).get("ended")
    last = _last_said(turn)
    if not ended or last is None or talk(turn).get("words", "") not in last.body:
        return None
    if not visit_changes.undoes(turn.asked):
        return None
    kept = remembered(turn, service=ended["service"], wish=ended["wish"], asks=0)
    return {"memory": kept, "seeks": "again"}


def _last_said(turn: Turn) -> Text | None:
    """Our last text, if it is not too old to be answered."""
    last = next((text for text in reversed(turn.earlier) if text.author != "caller"), None)
    return last if last and last.at > turn.moment - ASKED_FOR else None


def _wanted(turn: Turn) -> Change | None:
    """What these texts ask, alone or as the answer to what we asked before."""
    reading, text, profile = turn.understood, turn.asked, turn.profile
    now = turn.local
    before = _asked_before(turn)
    if before and len(before.visits) > 1:
        chosen = visit_changes.answered_which(reading, text, before, profile, now)
        if chosen:
            return chosen
    elif before:
        wish = reading.when
        if wish and not visit_changes.is_then(before.visits[0], wish, text):
            return replace(before, kind=Kind.MOVE, wish=wish)
        if wish or visit_changes.agrees(text) or visit_changes.asks_to_cancel(text):
            return replace(before, kind=Kind.CANCEL, is_sure=True)
    visits = [turn.moving] if turn.moving else turn.booked_visits
    return visit_changes.asked_change(reading, text, visits, profile, now)


def _asked_before(turn: Turn) -> Change | None:
    """The change that our last text asked something about, and of which of the visits that still stand."""
    asked = talk(turn)
    last = _last_said(turn)
    if last is None or asked.get("words", "") not in last.body:
        return None
    ids = asked.get("of", [])
    visits = tuple(visit for visit in turn.booked_visits if visit.id in ids)
    if not visits:
        return None
    wish = _WHEN.validate_python(asked.get("wish"))
    return Change(kind=Kind(asked["change"]), visits=visits, is_sure=False, wish=wish)


def _kept(turn: Turn, ports: Ports) -> Changes | None:
    """A no to what we asked, or to a change that was begun: the visit stays, and what is on offer for it goes."""
    before = _asked_before(turn)
    says_no = Intent.DECLINE in turn.understood.intents and turn.understood.when is None
    if turn.moving and visit_changes.keeps(turn.asked):
        ports.diary.release(turn.profile, turn.caller)
        visit = turn.moving
    elif before and (says_no or visit_changes.keeps(turn.asked)):
        visit = before.visits[0]
    elif turn.booked_visits and not turn.offers and visit_changes.keeps(turn.asked):
        visit = turn.booked_visits[0]
    else:
        return None
    return said(turn, say_of(turn, "kept", visit), forgotten(turn)) | {"of_visit": True}


def _of_no_visit(turn: Turn) -> Changes:
    """A visit that is not known under this number is a person's: nobody moves another's."""
    wanted = set(turn.understood.intents)
    what = next((what for intent, what in _CHANGES.items() if intent in wanted), None)
    return person(turn, "no_visit", what) | {"of_visit": True} if what else {}


def _which(turn: Turn, wanted: Change) -> Changes:
    """Several could be meant: they are listed as a menu, once; then a person looks."""
    if talk(turn).get("of") == [visit.id for visit in wanted.visits]:
        return person(turn, "wish_noted", _CHANGES[_INTENTS[wanted.kind]]) | {"of_visit": True}
    listed = "\n".join(
        f"{place}) {service_words(turn.profile, visit.service, turn.understood.language)}, "
        f"{slot_words(visit.start, turn.understood.language)}"
        for place, visit in enumerate(wanted.visits, 1)
    )
    return _asks(turn, wanted, say(turn, "which_visit", visits=listed))


def _sure(turn: Turn, wanted: Change) -> Changes:
    name = "cancel_sure"
    if turn.understood.opt_out is OptOut.CLARIFY:
        name = "cancel_or_texts"
    elif visit_changes.cannot_come(turn.asked):
        name = "cancel_or_move"
    return _asks(turn, wanted, say_of(turn, name, wanted.visits[0]))


def _asks(turn: Turn, wanted: Change, words: str) -> Changes:
    kept = remembered(
        turn,
        change=wanted.kind,
        of=[visit.id for visit in wanted.visits],
        wish=_WHEN.dump_python(wanted.wish, mode="json"),
        words=words,
    )
    return said(turn, words, kept) | {"of_visit": True}


def _moves(turn: Turn, wanted: Change) -> Changes:
    """With a wish, the next steps look for times; without one it is asked for."""
    [visit] = wanted.visits
    wish = _WHEN.dump_python(wanted.wish, mode="json")
    kept = remembered(turn, service=visit.service, moves=visit.id, wish=wish, asks=0)
    if wanted.wish:
        return {"memory": kept, "seeks": visit.id}
    return said(turn, say_of(turn, "move_when", visit), kept) | {"of_visit": True}


def _cancelled(turn: Turn, ports: Ports, visits: Sequence[Appointment]) -> Changes:
    """Out of the calendar, then said; what the calendar does not do a person does."""
    done: Changes = {}
    for visit in visits:
        ended = ports.diary.cancel(turn.profile, turn.caller, visit.id)
        if ended.end is not BookingEnd.CANCELLED:
            return done | _not_cancelled(_after(turn, done), visit, ended)
        done = _told(_after(turn, done), visit)
    return done


def _after(turn: Turn, done: Changes) -> Turn:
    """The turn with what was done so far, so that nothing of it is lost."""
    return replace(turn, **done)


def _told(turn: Turn, visit: Appointment) -> Changes:
    words = alerts.of_visit(turn.profile, "Cancelled", visit, caller=turn.caller)
    alerted = [alert(to, words) for to in alerts.of_calendar(turn.profile, visit.calendar)]
    evidence = [Evidence(id=visit.id, kind="appointment", text="")]
    told = say_of(turn, "cancelled", visit)
    wish = When(date=visit.start.date().isoformat(), time=f"{visit.start:%H:%M}")
    ended = {"service": visit.service, "wish": _WHEN.dump_python(wish, mode="json")}
    return said(turn, told, remembered(turn, ended=ended, words=told), evidence) | {
        "alerts": [*turn.alerts, *alerted],
        "of_visit": True,
        "acted": True,
    }


def _not_cancelled(turn: Turn, visit: Appointment, ended: Booking) -> Changes:
    """What the calendar does not do a person does; what the business has moved is asked about."""
    if ended.end is BookingEnd.WITHDRAWN:
        return {"of_visit": True}
    if ended.end is BookingEnd.CHANGED and ended.appointment:
        stands = Change(kind=Kind.CANCEL, visits=(ended.appointment,), is_sure=False)
        return _asks(turn, stands, say_of(turn, "visit_changed", ended.appointment))
    return person(turn, "unreachable", f"Cancel {slot_words(visit.start)}") | {"of_visit": True}
