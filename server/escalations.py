"""A person is needed: people on call are tried in order until somebody takes the conversation, and the caller is told the truth about it.

Everything here is one transaction, under the lock of the thread and then of the escalation; what reaches out
(calls, browsers and channels) is only noted as due, and `server.ladder` does it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from agent import takeover
from agent.business import Business
from agent.errors import NotFound
from agent.model import Reason, TaskKind
from agent.rules import alerts, ladder_words, withdrawal
from agent.state import NOBODY
from server import escalation_standing as standing
from server import escalation_texts as tell
from server import events, rungs
from server.arrivals import ask_a_person, goes_on
from server.jobs import Jobs
from server.ownership import own
from server.store import businesses, threads
from server.store import escalations as store
from server.store.escalations import BEFORE_END, Ended, EscalationRow, StepRow, StepState, Way

ANSWERS_FOR = timedelta(hours=24)
"""So long an alert can be answered with 1."""
_URGENT = {Reason.EMERGENCY, Reason.URGENT}


class Takes(StrEnum):
    MINE = "mine"  # taken just now
    ALREADY = "already mine"
    OTHERS = "others"  # somebody was quicker
    NOTHING = "nothing"  # the caller was spoken with meanwhile, or it is over


@dataclass(frozen=True, kw_only=True)
class Taken:
    how: Takes
    who: str = ""
    """The name of whoever has it."""


@dataclass(frozen=True, kw_only=True)
class Escalations:
    jobs: Jobs
    public_url: str = ""
    """Alerts link to the inbox there."""

    def begin(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        key: str,
        reason: Reason,
        words: str,
        now: datetime,
        *,
        is_urgent: bool | None = None,
    ) -> None:
        """Try the people on call; once by key. What climbs already becomes more urgent at most, never two.

        Who has the thread is told, and danger climbs there as well: that person first, then the others, until
        somebody answers it. A closed thread is open again.

        Args:
            thread: locked.
            key: of what makes it necessary: the turn, the call.
            words: the gist, as staff read it.
            is_urgent: None: as the reason says.
        """
        urgent = reason in _URGENT if is_urgent is None else is_urgent
        if thread.resolved_at is not None or thread.episode_at is None:
            goes_on(connection, business, thread, now)
            thread = threads.get(connection, thread.id) or thread
        climbs = standing.still_climbing(connection, thread, key, now)
        taken = standing.sees_to_it(connection, thread, reason, now)
        if standing.is_held(thread) and (taken or not urgent):
            alerted = tell.alerted(connection, taken) if taken and urgent else set()
            tell.holder(self, connection, thread, business, key, words, alerted, now)
            return
        duty = rungs.duty_of(connection, business, thread.owner, now)
        if not duty and not urgent:
            return
        if climbs is None:
            climbs = _raised(
                connection,
                now,
                key=key,
                business=business.slug,
                thread=thread.id,
                reason=reason,
                is_urgent=urgent,
                words=words,
            )
        elif urgent and not climbs.is_urgent:
            raised = {"is_urgent": True, "reason": reason, "words": words, "round": 1, "rung": -1}
            store.update(connection, climbs.id, **raised)
            climbs = store.lock(connection, climbs.id)
        else:
            if urgent and tell.news(self, connection, climbs, thread, business, key, words, now):
                store.update(connection, climbs.id, words=words)
            climbs = None
        if climbs:
            rungs.first(self, connection, climbs, thread, business, duty, now)

    def climb(self, connection: sa.Connection, name: int, now: datetime) -> None:
        """Go to the next person where it is time; the same however many processes ask."""
        row, thread, business = self._locked(connection, name)
        if thread is None or row.ended_at or row.next_at is None or row.next_at > now:
            return
        if ended := standing.is_over(connection, row, thread):
            store.end(connection, row.id, ended, now)
            return
        duty = rungs.duty_of(connection, business, thread.owner, now)
        if not duty and row.is_urgent and now - row.began_at < ANSWERS_FOR:
            store.update(connection, row.id, next_at=now + rungs.NOBODY_LISTED)
            return
        if ahead := rungs.ahead(row, duty):
            rungs.try_one(self, connection, row, thread, business, ahead[0], now)
            return
        more = row.is_urgent and row.round < business.alerts.rounds and bool(duty)
        if row.told_nobody_at is None:
            tell.nobody_yet(self, connection, row, thread, business, now, goes_on=more)
        if more:
            store.update(connection, row.id, round=row.round + 1)
            again = store.lock(connection, row.id) or row
            rungs.try_one(
                self, connection, again, thread, business, rungs.in_turn(row, duty)[0], now
            )
            return
        store.end(connection, row.id, Ended.NOBODY, now)
        if row.is_urgent:
            note = "Nobody on call took this: phone the caller."
            ask_a_person(connection, business, thread.id, f"escalation:{row.id}", note, now,
                         TaskKind.PHONE_CALLER, now)  # fmt: skip

    def take(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        staff: str,
        way: Way,
        now: datetime,
    ) -> Taken:
        """Answer an alert: the thread is this person's, and the others and the caller are told; twice is once.

        While nobody has answered, it goes also to another than whoever has the thread.

        Args:
            thread: locked.
        """
        row = store.latest_of(connection, thread.id)
        row = store.lock(connection, row.id) if row else None
        if standing.is_held(thread) and not (row and standing.is_takeable(row, thread)):
            mine = thread.owner == staff
            return Taken(
                how=Takes.ALREADY if mine else Takes.OTHERS, who=name_of(business, thread.owner)
            )
        if thread.resolved_at or (row and standing.was_answered(connection, row, thread)):
            if row and row.ended_at is None:
                store.end(connection, row.id, Ended.ANSWERED, now)
            return Taken(how=Takes.NOTHING)
        own(connection, thread, takeover.claim(staff), staff, now)
        self._taken(connection, thread, business, staff, way, now, tells=True)
        return Taken(how=Takes.MINE, who=name_of(business, staff))

    def accept(
        self,
        connection: sa.Connection,
        business: Business,
        name: int,
        staff: str,
        way: Way,
        now: datetime,
    ) -> Taken:
        """The same for one escalation, also for a test, which has no thread.

        Raises:
            NotFound: the business has no such escalation.
        """
        row, thread, _ = self._locked(connection, name)
        if row.business != business.slug:
            raise NotFound("There is no such escalation.")
        if thread is not None:
            return self.take(connection, thread, business, staff, way, now)
        if row.ended_at is None:
            store.end(connection, row.id, Ended.TAKEN, now, staff)
            return Taken(how=Takes.MINE, who=name_of(business, staff))
        mine = row.taken_by == staff
        return Taken(
            how=Takes.ALREADY if mine else Takes.OTHERS, who=name_of(business, row.taken_by or "")
        )

    def asked(
        self, connection: sa.Connection, business: Business, staff: str, now: datetime
    ) -> list[EscalationRow]:
        """What this person's 1 could answer: danger first, a test last, then the last alert; what is over comes after all."""
        found = store.that_reached(connection, business.slug, staff, now - ANSWERS_FOR)
        return sorted(found, key=lambda row: standing.rank(connection, row, now))

    def claimed(
        self,
        connection: sa.Connection,
        thread_id: str,
        staff: str,
        now: datetime,
        *,
        tells: bool = False,
    ) -> None:
        """A person has claimed a locked thread in the inbox: nobody else need be tried.

        Args:
            tells: the caller is told who has it; not where the person's own words come anyway.
        """
        thread = threads.get(connection, thread_id)
        business = businesses.get(connection, thread.business) if thread else None
        if thread and business:
            self._taken(connection, thread, business, staff, Way.INBOX, now, tells=tells)

    def handed_on(self, connection: sa.Connection, thread_id: str, now: datetime) -> None:
        """A locked thread was handed to a colleague, who has answered nothing yet: what climbs begins anew with them."""
        row, thread = store.open_of(connection, thread_id), threads.get(connection, thread_id)
        row = store.lock(connection, row.id) if row else None
        business = businesses.get(connection, row.business) if row else None
        if row is None or thread is None or business is None:
            return
        duty = rungs.duty_of(connection, business, thread.owner, now)
        rungs.try_one(self, connection, row, thread, business, rungs.in_turn(row, duty)[0], now)

    def unclaimed(
        self, connection: sa.Connection, thread_id: str, staff: str, at: datetime, now: datetime
    ) -> None:
        """A text of a person was taken back unsent; if it alone was their answer to an alert, people are tried again.

        Args:
            at: of the text.
        """
        row, thread = store.latest_of(connection, thread_id), threads.get(connection, thread_id)
        business = businesses.get(connection, row.business) if row else None
        if row is None or thread is None or business is None:
            return
        answered = (row.ended, row.taken_by, row.ended_at) == (Ended.TAKEN, staff, at)
        if not answered or thread.owner != staff or thread.resolved_at:
            return
        if store.staff_wrote_since(connection, thread_id, at):
            return
        own(connection, thread, takeover.unclaim(), staff, now)
        nobodys = threads.get(connection, thread_id) or thread
        key = f"{row.key}:again:{now:%Y%m%d%H%M%S%f}"
        self.begin(
            connection, nobodys, business, key, Reason(row.reason), row.words, now,
            is_urgent=row.is_urgent,
        )  # fmt: skip

    def heard(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        key: str,
        said: str,
        now: datetime,
    ) -> None:
        """A caller has written what needs nobody: who takes it back is believed, of danger only by people.

        Args:
            thread: locked.
            key: of the turn.
        """
        row = store.open_of(connection, thread.id)
        if row is None or not withdrawal.is_withdrawn(said):
            return
        if not row.is_urgent:
            store.end(connection, row.id, Ended.WITHDRAWN, now)
            return
        words = alerts.taken_back(business, row.words, said)
        tell.news(self, connection, row, thread, business, key, words, now)
        store.update(connection, row.id, words=words)

    def over(self, connection: sa.Connection, thread_id: str, why: Ended, now: datetime) -> None:
        """Nobody need be tried any more on a locked thread."""
        if row := store.open_of(connection, thread_id):
            store.end(connection, row.id, why, now)

    def call_ended(self, connection: sa.Connection, name: int, how: str, now: datetime) -> None:
        """A call to staff came to nothing: the next person is called at once. Told again, it changes nothing.

        Args:
            name: of the step.
            how: in words for the log.
        """
        step = store.step(connection, name)
        if step is None:
            return
        row, thread, business = self._locked(connection, step.escalation)
        failed = store.move_step(
            connection, name, now, StepState.FAILED, only_from=BEFORE_END, detail=how
        )
        if failed and thread and row.is_urgent and row.ended_at is None and step.way == Way.CALL:
            duty = rungs.duty_of(connection, business, thread.owner, now)
            after = rungs.place_of(business, duty, step.staff)
            if not standing.is_over(connection, row, thread):
                rungs.call_next(connection, row, business, duty, after, now)

    def alert_failed(self, connection: sa.Connection, key: str, now: datetime) -> None:
        """A text has not reached a person, and the next is tried at once; a text that is no alert changes nothing.

        The last person's time stays theirs: a browser of theirs may have rung.

        Args:
            key: of the text, its thread locked.
        """
        step = store.step_of_text(connection, key)
        row = store.lock(connection, step.escalation) if step else None
        business = businesses.get(connection, row.business) if row else None
        if step is None or row is None or business is None:
            return
        if not store.move_step(
            connection, step.id, now, StepState.FAILED, only_from=(StepState.DONE,)
        ):
            return
        thread = threads.get(connection, row.thread) if row.thread else None
        duty = rungs.duty_of(connection, business, thread.owner if thread else NOBODY, now)
        waits = rungs.waits_for(row, duty, step.staff)
        if row.ended_at is None and waits and rungs.ahead(row, duty):
            store.update(connection, row.id, next_at=now)

    def _taken(
        self,
        connection: sa.Connection,
        thread: threads.ThreadRow,
        business: Business,
        staff: str,
        way: Way,
        now: datetime,
        *,
        tells: bool,
    ) -> None:
        row = store.latest_of(connection, thread.id)
        if row is None or not standing.is_takeable(row, thread):
            return
        store.end(connection, row.id, Ended.TAKEN, now, staff)
        _told(connection, events.Kind.ESCALATION_ACCEPTED, row, now, by=staff)
        if way != Way.CALL:  # the step of the call says so itself
            store.add_step(
                connection, row.id, now, staff=staff, way=way, state=StepState.DONE,
                detail="took it",
            )  # fmt: skip
        tell.the_others(self, connection, row, thread, business, staff, now)
        if tells:
            tell.taken(self, connection, row, thread, business, staff, now)

    def _locked(
        self, connection: sa.Connection, name: int
    ) -> tuple[EscalationRow, threads.ThreadRow | None, Business]:
        """Raises NotFound: it is gone."""
        known = store.get(connection, name)
        thread = threads.lock(connection, known.thread) if known and known.thread else None
        row = store.lock(connection, name)
        business = businesses.get(connection, row.business) if row else None
        if row is None or business is None:
            raise NotFound("There is no such escalation.")
        return row, thread, business


def _raised(connection: sa.Connection, now: datetime, **values: Any) -> EscalationRow | None:
    """A new escalation, locked; None: there is one by this key."""
    name = store.add(connection, began_at=now, **values)
    row = store.lock(connection, name) if name else None
    if row:
        _told(connection, events.Kind.ESCALATION_RAISED, row, now, words=row.words)
    return row


def _told(
    connection: sa.Connection,
    kind: events.Kind,
    row: EscalationRow,
    now: datetime,
    *,
    by: str | None = None,
    words: str | None = None,
) -> None:
    """Let other systems know, where they want to."""
    body = {"escalation": row.id, "reason": row.reason, "urgent": row.is_urgent}
    who = {} if by is None else {"by": by}
    said = {} if words is None else {"words": words}
    events.emit(connection, row.business, kind, now, body | who, row.thread, said)


def name_of(business: Business, staff: str) -> str:
    """The first name of a person; the id, where the person is gone."""
    person = business.person(staff)
    return ladder_words.first_name(person.name) if person else staff


def of_step(
    connection: sa.Connection, business: Business, name: int
) -> tuple[StepRow, EscalationRow]:
    """A call's step, for the webhooks of that call.

    Raises:
        NotFound: this business has none of that id.
    """
    step = store.step(connection, name)
    row = store.get(connection, step.escalation) if step else None
    if step is None or row is None or row.business != business.slug:
        raise NotFound("There is no such call.")
    return step, row
