"""What a person does with conversations from their own phone: take, answer, close, give back, be put through."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business, Staff
from agent.errors import BadInput
from agent.model import Reason, TaskKind
from agent.rules import handset_words
from agent.rules.handset_words import Named, Waiting
from agent.state import AGENT, NOBODY
from server import closing
from server.arrivals import WITHHELD
from server.escalations import Escalations, Takes, name_of
from server.forwarding import RELAYED, named
from server.store import escalations, handsets, tasks, texts, threads
from server.store.escalations import Ended, EscalationRow, StepState, Way
from server.store.handsets import BY_PHONE, HandsetRow
from server.threads import StaffDesk, text_key

IN_HAND_FOR = timedelta(hours=12)
"""Words go to the conversation in hand as long as something was said in it; later ones have to name it."""
LISTED_FOR = timedelta(days=7)
"""WHO lists conversations in which something was said within so long."""
_OWED = {TaskKind.PROMISE, TaskKind.CALLBACK, TaskKind.PHONE_CALLER}
"""What is done when a person says that a conversation is."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    words: str
    about: threads.ThreadRow | None = None
    """The conversation that it speaks of; None: of none, or of several."""
    kept_as: str = ""
    """Of secret words: what is kept in their place."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One text's worth of work of one person, in one transaction; the person's own thread is locked."""

    connection: sa.Connection
    desk: StaffDesk
    escalations: Escalations
    business: Business
    person: Staff
    handset: HandsetRow
    key: str
    """Of what this text causes."""
    now: datetime

    def in_hand(self) -> threads.ThreadRow | None:
        """The conversation that plain words go to."""
        held = threads.get(self.connection, self.handset.thread) if self.handset.thread else None
        if held is None or held.owner != self.person.id or held.number is None:
            return None
        is_over = held.resolved_at is not None or self.now - held.last_at > IN_HAND_FOR
        return None if is_over else held

    def named(self, thread: threads.ThreadRow) -> Named:
        known = threads.get(self.connection, thread.id) or thread
        number = known.number or threads.number(self.connection, known, self.now)
        return named(self.business, known, number)

    def accept(self, asked: EscalationRow) -> Answer:
        """Answer an alert."""
        taken = self.escalations.accept(
            self.connection, self.business, asked.id, self.person.id, Way.TEXT, self.now
        )
        thread = threads.lock(self.connection, asked.thread) if asked.thread else None
        if thread is None:
            return Answer(words=handset_words.TEST_TAKEN)
        match taken.how:
            case Takes.OTHERS:
                words = handset_words.others(self.named(thread), taken.who)
            case Takes.NOTHING:
                words = handset_words.NOTHING_TO_TAKE
            case _:
                return self._in_hand_now(thread, says=False)
        return Answer(words=words, about=thread)

    def take(self, thread: threads.ThreadRow) -> Answer:
        taken = self.escalations.take(
            self.connection, thread, self.business, self.person.id, Way.TEXT, self.now
        )
        if taken.how in (Takes.OTHERS, Takes.NOTHING) and (busy := self._others(thread)):
            return busy
        if taken.how is Takes.NOTHING:  # nobody asks any more, but this person wants it
            self.desk.claim(self.connection, thread.id, self.person.id, self.now)
        return self._in_hand_now(thread, says=True)

    def relay(self, thread: threads.ThreadRow, words: str) -> Answer | None:
        """Words to a caller through the one door; None: all is as it was, and nothing need be said."""
        if busy := self._others(thread):
            return busy
        held = self.in_hand()
        try:
            self.desk.answer(self.connection, thread.id, self.person.id, words, self.key, self.now)
        except BadInput as error:
            return Answer(
                words=handset_words.not_sent(self.named(thread), str(error)), about=thread
            )
        key = text_key(thread.id, self.key)
        texts.advance(self.connection, key, "queued", why={RELAYED: self.person.id})
        self._works_by_phone(thread)
        if held is not None and held.id == thread.id:
            return None
        if held is None:
            handsets.update(self.connection, self.handset, thread=thread.id)
        words = handset_words.sent(self.named(thread), self.named(held) if held else None)
        return Answer(words=words, about=thread)

    def done(self, thread: threads.ThreadRow, note: str) -> Answer:
        """Close it, with what this person owed its caller."""
        if busy := self._others(thread):
            return busy
        known = self.named(thread)
        if note:
            self.desk.note(self.connection, thread.id, self.person.id, note, self.key, self.now)
        owed = tasks.open_of_thread(self.connection, thread.id)
        closing.close(
            self.connection, thread, self.person.id, self.now, ladder=self.escalations,
            why=BY_PHONE, done=[one for one in owed if one.kind in _OWED],
        )  # fmt: skip
        self._drop(thread)
        left = len(tasks.open_of_thread(self.connection, thread.id))
        return Answer(words=handset_words.done(known, left), about=thread)

    def release(self, thread: threads.ThreadRow) -> Answer:
        if busy := self._others(thread):
            return busy
        self.desk.release(self.connection, thread.id, self.person.id, self.now)
        self._drop(thread)
        return Answer(words=handset_words.released(self.named(thread)), about=thread)

    def call(self, thread: threads.ThreadRow) -> Answer:
        """Take it, ring this person and put them through; neither sees the other's number."""
        if thread.caller == WITHHELD:
            return Answer(words=handset_words.NO_NUMBER, about=thread)
        if busy := self._others(thread):
            return busy
        self.take(thread)
        known = self.named(thread)
        made = escalations.add(
            self.connection, key=self.key, business=self.business.slug, thread=thread.id,
            reason=Reason.OTHER, is_urgent=False, began_at=self.now, ended=Ended.TAKEN,
            ended_at=self.now, taken_by=self.person.id, words=handset_words.asked_for_a_call(self.business, known),
        )  # fmt: skip
        if made is not None:
            escalations.add_step(
                self.connection, made, self.now, staff=self.person.id, way=Way.CONNECT,
                state=StepState.DUE,
            )  # fmt: skip
        return Answer(words=handset_words.calling(known), about=thread)

    def who(self, number: int | None = None) -> str:
        """What waits and who has it; `number`: of that conversation alone."""
        local = self.now.astimezone(self.business.zone)
        listed = [one for one in self._waiting() if number in (None, one.named.number)]
        if number is not None:
            return str(listed[0]) if listed else self.no_such(number).words
        away = escalations.busy_until(self.connection, self.business.slug, self.now)
        busy = [
            handset_words.busy_until(
                name_of(self.business, staff), until.astimezone(local.tzinfo), local
            )
            for staff, until in sorted(away.items())
        ]
        return handset_words.waiting(listed, busy)

    def no_such(self, number: int) -> Answer:
        if handsets.is_closed(self.connection, self.business.slug, number):
            return Answer(words=handset_words.closed_number(number))
        return Answer(
            words=handset_words.no_such(number, handset_words.waiting(self._waiting(), []))
        )

    def _others(self, thread: threads.ThreadRow) -> Answer | None:
        """A colleague has it: two people never speak at once."""
        if thread.owner in (AGENT, NOBODY, self.person.id):
            return None
        who = name_of(self.business, thread.owner)
        return Answer(words=handset_words.others(self.named(thread), who), about=thread)

    def _in_hand_now(self, thread: threads.ThreadRow, *, says: bool) -> Answer:
        self._works_by_phone(thread)
        handsets.update(self.connection, self.handset, thread=thread.id)
        last = texts.last_said(self.connection, thread.id) if says else None
        said = last.body if last and last.is_callers else ""
        opted_out = thread.opted_out_at is not None
        return Answer(
            words=handset_words.yours(self.named(thread), said, opted_out=opted_out), about=thread
        )

    def _works_by_phone(self, thread: threads.ThreadRow) -> None:
        """From now on the caller's texts come to the handset."""
        known = threads.get(self.connection, thread.id) or thread
        if handsets.worked_by(self.connection, known) != self.person.id:
            threads.mark(self.connection, thread.id, BY_PHONE, self.person.id, self.now)

    def _drop(self, thread: threads.ThreadRow) -> None:
        if self.handset.thread == thread.id:
            handsets.update(self.connection, self.handset, thread=None)

    def _waiting(self) -> list[Waiting]:
        """Locked in one order before any gets a number, so that two lists at once never wait for each other."""
        found = handsets.in_peoples_hands(
            self.connection,
            self.business.slug,
            self.now - LISTED_FOR,
            4 * handset_words.MOST_LISTED,
        )
        rows = {name: threads.lock(self.connection, name) for name in sorted(found)}
        return [
            Waiting(
                named=self.named(row),
                is_urgent=row.reason in (Reason.EMERGENCY, Reason.URGENT),
                who="" if row.owner == NOBODY else name_of(self.business, row.owner),
                since=self.now - row.last_at,
            )
            for name in found
            if (row := rows[name]) is not None and row.caller != WITHHELD
        ]
