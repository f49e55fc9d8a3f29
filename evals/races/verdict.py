"""What must hold between callers, database, calendar and owner when all is quiet; every breach in words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from agent.model import BookingEnd, Fit
from evals.races.books import HALF_DONE, Books, Claim
from evals.races.lines import CALLERS_DEEDS, ENDED_BADLY, Deed, Line, unanswered
from evals.races.owner import Standing
from server.store.appointments import TICK_S, AppointmentRow


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What does not hold; all empty when nothing is wrong."""

    double: list[str] = field(default_factory=list[str])
    """Two visits in one time."""
    untrue: list[str] = field(default_factory=list[str])
    """What a caller was told is not so."""
    orphans: list[str] = field(default_factory=list[str])
    """Claims, rows and events that belong to no visit."""
    errors: list[str] = field(default_factory=list[str])
    """What escaped from the diary."""

    def assert_none(self) -> None:
        assert not any(vars(self).values()), self


def examine(books: Books) -> Findings:
    return Findings(
        double=list(_double(books)),
        untrue=[
            *_not_as_told(books),
            *_not_in_the_calendar(books),
            *_over_the_owner(books),
            *_nothing_free(books),
        ],
        orphans=[*_left_half_done(books), *_stray_events(books), *_stray_claims(books)],
        errors=[
            f"{line.deed} {line.row}: {line.why}" for line in books.lines if line.end == ENDED_BADLY
        ],
    )


def _double(books: Books) -> Iterator[str]:
    by_calendar: defaultdict[str, list[Standing]] = defaultdict(list)
    for one in books.standing:
        if one.appointment:
            by_calendar[one.calendar].append(one)
    for calendar, found in by_calendar.items():
        for first, second in pairwise(sorted(found, key=lambda one: one.padded)):
            if first.appointment == second.appointment:
                yield f"{calendar}: {first.appointment} stands twice"
            elif second.padded[0] < first.padded[1]:
                yield f"{calendar}: {first.appointment} {first.start} meets {second.appointment} {second.start}"


def _not_as_told(books: Books) -> Iterator[str]:
    """Compares the visits with what their callers believe."""
    booked, believed = books.booked, _believed(books.told)
    unsure = _unsure(books)
    for visit, start in believed.items():
        row = booked.get(visit)
        stands = row.start.isoformat() if row else None
        if visit not in unsure and stands != start:
            yield f"{visit}: the caller believes {start}, booked is {stands} ({_story(books, visit)})"
    for visit, row in booked.items():
        if visit not in believed and visit not in unsure:
            yield f"{visit}: booked for {row.start}, and nobody was told ({_story(books, visit)})"


def _believed(told: Iterable[Line]) -> dict[str, str | None]:
    """When each visit is, as its caller was told last (UTC, ISO 8601); None: it is not."""
    visits: dict[str, str | None] = {}
    for line in told:
        if line.deed == Deed.BOOK and line.end == BookingEnd.BOOKED:
            visits[line.visit] = _utc(line.start)
        elif (line.deed == Deed.BOOK and line.end in _REFUSED) or (
            line.deed == Deed.CANCEL and line.end == BookingEnd.CANCELLED
        ):
            visits[line.row] = None
        elif line.deed == Deed.CANCEL and line.end == BookingEnd.CHANGED:
            visits[line.row] = _utc(line.start)
    return visits


_REFUSED = (BookingEnd.TAKEN, BookingEnd.UNREACHABLE, BookingEnd.WITHDRAWN)


def _unsure(books: Books) -> set[str]:
    """Visits of which nobody was told how it ended: a person looks after those."""
    moves = {row.id: row.moves for row in books.rows}
    unsure = {
        line.row
        for line in books.told
        if line.end in (BookingEnd.UNSURE, ENDED_BADLY) and line.deed in CALLERS_DEEDS
    }
    rows = unsure | {line.row for line in unanswered(books.lines)}
    return rows | {visit for row in rows if (visit := moves.get(row))}


def _not_in_the_calendar(books: Books) -> Iterator[str]:
    """Every visit stands in each of its calendars, at its time."""
    events = {(one.calendar, one.appointment): one for one in books.standing}
    for visit, row in books.booked.items():
        for calendar in row.calendars:
            event = events.get((calendar, visit))
            if event is None:
                yield f"{visit} is booked, and not in {calendar} ({_story(books, visit)})"
            elif (event.start, event.end) != (row.start, row.end):
                yield f"{visit} is booked for {row.start}, and in {calendar} at {event.start}"


def _over_the_owner(books: Books) -> Iterator[str]:
    """No visit was confirmed over an event that was there before the look that confirmed it."""
    rows = books.booked
    for line in books.lines:
        row = rows.get(line.visit) if line.end == BookingEnd.BOOKED else None
        if row is None or row.start.isoformat() != _utc(line.start):
            continue
        start, end = row.padded
        unseen = [name for name in row.calendars if line.wrote > line.looks.get(name, 0.0)]
        if unseen:
            yield f"{row.id} was confirmed without a look at {unseen} after it was written"
        for entry in books.entries:
            looked = line.looks.get(entry.calendar) if entry.calendar in row.calendars else None
            meets = entry.start < end and start < entry.end
            if meets and looked is not None and entry.done < looked:
                yield f"{row.id} {row.start} was confirmed over the owner's {entry.start} in {entry.calendar}"


def _nothing_free(books: Books) -> Iterator[str]:
    """Days after those that everybody wants are free in every race."""
    for line in books.lines:
        if line.deed == Deed.OFFER and line.end == Fit.NOTHING:
            yield f"{line.caller} was told that nothing is free"


def _left_half_done(books: Books) -> Iterator[str]:
    for row in books.rows:
        if row.left:
            yield f"{row.id} has moved a visit, and its old event was not cleared"
        if row.state in HALF_DONE:
            yield f"{row.id} is left in {row.state} ({_story(books, row.id)})"


def _stray_events(books: Books) -> Iterator[str]:
    booked = books.booked
    for one in books.standing:
        row = booked.get(one.appointment or "")
        if one.appointment and (row is None or one.calendar not in row.calendars):
            yield f"{one.calendar}: the event of {one.appointment} at {one.start} has no visit ({_story(books, one.appointment)})"


def _stray_claims(books: Books) -> Iterator[str]:
    """One line for all claims of one holder."""
    booked = books.booked
    stray = Counter(one.holder for one in books.claims if not _is_of(booked.get(one.holder), one))
    for holder, ticks in stray.items():
        yield f"{holder} claims {ticks} ticks, and is no visit there ({_story(books, holder)})"


def _is_of(row: AppointmentRow | None, one: Claim) -> bool:
    if row is None or one.calendar not in row.calendars:
        return False
    start, end = (moment.timestamp() for moment in row.padded)
    return start < (one.tick + 1) * TICK_S and one.tick * TICK_S < end


def _story(books: Books, row_id: str) -> str:
    """What is known of a row and of what moves it, for whoever reads the finding."""
    mine = [row for row in books.rows if row_id in (row.id, row.moves)]
    ids = {row.id for row in mine}
    told = [
        f"{line.at:.3f} {line.deed} {line.row[:8]} {line.event} {line.end}".rstrip()
        for line in books.lines
        if line.row in ids
    ]
    states = [f"{row.id[:8]} {row.state}" for row in mine]
    return "; ".join([*states, *told])


def _utc(start: str) -> str:
    """A told start as the database writes it."""
    return datetime.fromisoformat(start).astimezone(UTC).isoformat()
