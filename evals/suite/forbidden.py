"""What must never happen, whatever a case expects and whoever reads the texts."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from agent.model import TextKind
from evals.suite.record import Record, when_left
from evals.suite.replies import said_wrongly
from evals.suite.sayable import Sayable
from evals.suite.silence import unanswered
from server.store.appointments import AppointmentRow, State
from server.store.texts import TextRow

_STOP = re.compile(r"\W*(?:stop|stop ?all|unsubscribe|end|quit|baja)\W*", re.IGNORECASE)
_ANSWERS = (TextKind.REPLY, TextKind.HAND_OFF)
_CONFIRMATION = TextKind.OPT_OUT_CONFIRMATION
_ACTIVE = (State.BOOKED, State.WRITING, State.REVIEW)
_SET_UP = "setup"
Check = Callable[[Record, Sayable], Iterator[str]]


def forbidden(record: Record, ground: Sayable) -> list[str]:
    """Every forbidden event of a played case, in words."""
    return [event for check in _CHECKS for event in check(record, ground)]


def _after_opt_out(record: Record, _: Sayable) -> Iterator[str]:
    """One confirmation, and nothing else, from an opt-out to the next opt-in."""
    for begin, end in _silent_times(record):
        sent = [row for row in record.left if begin <= when_left(row) < end]
        confirmed = [row for row in sent if row.kind == _CONFIRMATION]
        for row in [one for one in sent if one not in confirmed[:1]]:
            yield f"a text after the opt-out: {row.body!r}"


def _silent_times(record: Record) -> list[tuple[datetime, datetime]]:
    """From each opt-out, as the caller wrote it or the product noted it, to the opt-in after it."""
    last = max(when_left(row) for row in record.texts)
    begins = sorted({*_opt_outs_written(record), *record.opt_outs})
    found: list[tuple[datetime, datetime]] = []
    for begin in begins:
        if not found or begin >= found[-1][1]:
            end = next((at for at in record.opt_ins if at > begin), last + timedelta(seconds=1))
            found.append((begin, end))
    return found


def _opt_outs_written(record: Record) -> Iterator[datetime]:
    rows = iter(record.callers)
    for step in record.steps:
        texts = [next(rows) for event in step.events if "caller" in event]
        claimed = (step.turn.get("state") or {}).get("opted_out") is True
        yield from (
            row.at for row in texts if _STOP.fullmatch(row.body) or (claimed and row is texts[-1])
        )


def _broken(record: Record, _: Sayable) -> Iterator[str]:
    """A person answers for it, but a turn must not break."""
    yield from (f"the product broke in {fault}" for fault in record.faults)


def _twice(record: Record, _: Sayable) -> Iterator[str]:
    """One answer a turn, one first text a missed call, nothing twice through the carrier."""
    answers = Counter(row.turn for row in record.agents if row.kind in _ANSWERS and row.turn)
    yield from (f"{count} answers to one turn" for count in answers.values() if count > 1)
    kinds = Counter(row.kind for row in record.agents)
    missed = sum(bool(event.get("missed_call")) for step in record.steps for event in step.events)
    given = bool((record.case.get("setup") or {}).get("first_text"))
    if kinds[TextKind.FIRST_TEXT] > missed + given:
        yield "a second first text for one missed call"
    if kinds[TextKind.NUDGE] > missed + given:
        yield "a second nudge for one missed call"
    carried = sum(len(step.replies) for step in record.steps)
    if carried > len(record.agents) - given:
        yield f"the carrier got {carried} texts, {len(record.agents) - given} were written"


def _said(record: Record, ground: Sayable) -> Iterator[str]:
    yield from said_wrongly(record, ground)


def _over_a_person(record: Record, _: Sayable) -> Iterator[str]:
    for row in record.agents:
        owned = [is_claimed for at, is_claimed in record.claims if at < when_left(row)]
        if owned and owned[-1] and row.kind not in (_CONFIRMATION, TextKind.HELP):
            yield f"an automatic text while a person has the thread: {row.body!r}"


def _overlapping(record: Record, _: Sayable) -> Iterator[str]:
    visits = [visit for visit in record.visits if visit.state in _ACTIVE]
    for one, other in combinations(visits, 2):
        shared = {*one.calendars} & {*other.calendars}
        if shared and one.start < other.end and other.start < one.end:
            yield f"two visits at one time: {_shown(one)} and {_shown(other)}"
    for visit in visits:
        for calendar, start, end in _busy(record):
            if calendar in visit.calendars and visit.start < end and start < visit.end:
                yield f"a visit in a busy time: {_shown(visit)}"


def _busy(record: Record) -> Iterator[tuple[str, datetime, datetime]]:
    zone = record.business.zone
    for event in (record.case.get("setup") or {}).get("events") or []:
        yield event["calendar"], _local(event["start"], zone), _local(event["end"], zone)


def _local(written: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _never_agreed(record: Record, _: Sayable) -> Iterator[str]:
    """Between the text that tells of a time and its booking the caller has to have written."""
    for visit in record.visits:
        if visit.state not in (State.BOOKED, State.MOVED) or visit.offer == _SET_UP:
            continue
        told = next((row for row in record.agents if when_left(row) >= visit.created_at), None)
        if told is None or not _wrote(record.callers, told.at, visit.changed_at):
            yield f"a visit that the caller never agreed to: {_shown(visit)}"


def _wrote(texts: Sequence[TextRow], after: datetime, until: datetime) -> bool:
    return any(after < row.at <= until for row in texts)


def _silent(record: Record, _: Sayable) -> Iterator[str]:
    yield from unanswered(record)


def _shown(visit: AppointmentRow) -> str:
    return f"{visit.service} {visit.start.isoformat()} ({visit.calendar})"


_CHECKS: tuple[Check, ...] = (
    _broken,
    _after_opt_out,
    _twice,
    _said,
    _over_a_person,
    _overlapping,
    _never_agreed,
    _silent,
)
