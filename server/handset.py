"""Use case: a person of the staff texts the business from their own phone; everything in the transaction that stores the text."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business, Staff
from agent.model import TextKind
from agent.rules import handset, handset_words
from agent.rules.handset import Act, Said
from server import pausing
from server.escalations import Escalations, name_of
from server.forwarding import forward, tell
from server.handset_work import Answer, Work
from server.jobs import Jobs
from server.outbox import link_to
from server.store import escalations, handsets, pauses, texts, threads
from server.store.escalations import EscalationRow
from server.store.handsets import HandsetRow
from server.threads import StaffDesk

CODE_FOR = timedelta(minutes=10)
CODE_TRIES = 5
UNPROVEN_FOR = timedelta(hours=1)
"""So long after an alert its 1 counts from a phone that was never confirmed: an emergency must not wait for a code."""
_CODE_KEPT_AS = "(a one-time code)"
_FREELY = {Act.ASK, Act.COMMANDS, Act.CONSENT}
"""What a phone may say that was never confirmed."""
_ABOUT_NONE = {*_FREELY, Act.WHO, Act.BUSY, Act.FREE, Act.PAUSE, Act.RESUME}
"""What is about no conversation, or about all."""


@dataclass(frozen=True, kw_only=True)
class StaffText:
    sid: str
    body: str
    photos: int
    carrier_answers: bool
    """The carrier itself answers this consent word."""


@dataclass(frozen=True, kw_only=True)
class Handsets:
    """The phones of every business's staff."""

    jobs: Jobs
    desk: StaffDesk
    escalations: Escalations
    public_url: str

    def means_consent(
        self,
        connection: sa.Connection,
        business: Business,
        own: threads.ThreadRow,
        body: str,
        now: datetime,
    ) -> bool:
        """Is a text from the phone of the thread `own` the law's words, and no command or words for a caller?"""
        work = self._work(connection, business, own, "", now)
        return self._meant(work, body).act is Act.CONSENT

    def read(
        self,
        connection: sa.Connection,
        business: Business,
        own: threads.ThreadRow,
        text: StaffText,
        now: datetime,
    ) -> None:
        """Do what a person texted, and answer on their phone.

        A phone that two people share is the first one's in the profile. Whoever opted out could not read our
        answers: nothing is done for them until they text START.

        Args:
            own: the thread of the phone itself, locked.
        """
        work = self._work(connection, business, own, f"handset:{text.sid}", now)
        said = self._meant(work, text.body)
        if own.opted_out_at is not None:
            return
        answer = (
            self._consent(business, text)
            if said.act is Act.CONSENT
            else self._read(work, own, said, text)
        )
        if answer:
            about = answer.about or own
            tell(
                connection, self.jobs, business, about, work.person.id, work.key, answer.words, now,
                kept_as=answer.kept_as,
            )  # fmt: skip

    def forward(
        self,
        connection: sa.Connection,
        business: Business,
        thread: threads.ThreadRow,
        text: StaffText,
        now: datetime,
        *,
        opts_out: bool,
    ) -> None:
        """A caller's text goes on to whoever works on the locked thread by phone."""
        link = link_to(self.public_url, thread)
        media = range(text.photos)
        forward(
            connection, self.escalations, business, thread, text.sid, text.body, media, link, now,
            opts_out=opts_out,
        )  # fmt: skip

    def _work(
        self,
        connection: sa.Connection,
        business: Business,
        own: threads.ThreadRow,
        key: str,
        now: datetime,
    ) -> Work:
        person = owner_of(business, own.caller)
        return Work(
            connection=connection,
            desk=self.desk,
            escalations=self.escalations,
            business=business,
            person=person,
            handset=handsets.of_phone(connection, business.slug, person.id, own.caller),
            key=key,
            now=now,
        )

    def _meant(self, work: Work, body: str) -> Said:
        held = work.in_hand()
        return handset.read(
            body,
            waiting=handsets.numbers(work.connection, work.business.slug).keys(),
            in_hand=held.number if held else None,
            now=work.now.astimezone(work.business.zone),
        )

    def _consent(self, business: Business, text: StaffText) -> Answer | None:
        """The law's words are dealt with where texts come in; HELP is answered by whoever is asked."""
        is_help = text.body.strip(" .!?").lower() in ("help", "info")
        if not is_help or text.carrier_answers:
            return None
        return Answer(words=handset_words.help_line(business))

    def _read(
        self, work: Work, own: threads.ThreadRow, said: Said, text: StaffText
    ) -> Answer | None:
        is_for_caller = said.act in (Act.RELAY, Act.RELAY_TO)
        if text.photos and (is_for_caller or said.by_machine):
            return Answer(words=handset_words.PHOTO)
        if said.by_machine:
            return None
        if said.act is Act.CONFIRM:
            return self._confirm(work, said.words)
        if said.act is Act.ACCEPT and (asked := self._asked(work)):
            return work.accept(asked[0])
        if work.handset.confirmed_at is None and said.act not in _FREELY:
            return self._ask_for_code(work, said, text.body)
        if said.act is Act.ASK and _ends_test_call(work, own):
            return None
        return self._do(work, said)

    def _asked(self, work: Work) -> list[EscalationRow]:
        found = self.escalations.asked(work.connection, work.business, work.person.id, work.now)
        if work.handset.confirmed_at is not None:
            return found
        lately = escalations.that_reached(
            work.connection, work.business.slug, work.person.id, work.now - UNPROVEN_FOR
        )
        known = {row.id for row in lately}
        return [row for row in found if row.id in known]

    def _do(self, work: Work, said: Said) -> Answer | None:
        match said.act:
            case Act.COMMANDS:
                return Answer(words=handset_words.COMMANDS)
            case Act.ACCEPT:
                asked = self._asked(work)
                return work.accept(asked[0]) if asked else Answer(words=handset_words.NO_ALERT)
            case Act.WHO:
                return Answer(words=work.who(said.number))
            case Act.BUSY | Act.FREE:
                return _away(work, said)
            case Act.PAUSE | Act.RESUME:
                return _paused(work, said)
            case Act.ASK:
                return Answer(words=_unsure(work, said))
            case _:
                return _with_conversation(work, said)

    def _ask_for_code(self, work: Work, said: Said, body: str) -> Answer:
        """What was asked is kept as long as its code, and done once the phone has proved to be that person's."""
        row, local = work.handset, work.now.astimezone(work.business.zone)
        pending = json.dumps({"words": body, "thread": self._about(work, said)})
        if _is_live(row, work.now) and row.code_at:
            handsets.update(work.connection, row, pending=pending)
            return Answer(words=handset_words.code_first(row.code_at.astimezone(local.tzinfo)))
        return _new_code(work, pending)

    def _about(self, work: Work, said: Said) -> str | None:
        """The thread that a text is about as things are; None: none."""
        if said.act is Act.ACCEPT:
            asked = self.escalations.asked(work.connection, work.business, work.person.id, work.now)
            return asked[0].thread if asked else None
        return None if said.act in _ABOUT_NONE else _target(work, said)

    def _confirm(self, work: Work, digits: str) -> Answer | None:
        row = work.handset
        if row.code is None:
            return Answer(words=handset_words.NO_CODE_ASKED)
        if not _is_live(row, work.now):
            return _new_code(work, None)
        if not hmac.compare_digest(row.code, _hash(row, digits)):
            tries = row.code_tries + 1
            handsets.update(work.connection, row, code_tries=tries)
            left = CODE_TRIES - tries
            return Answer(words=handset_words.wrong_code(left)) if left else _new_code(work, None)
        handsets.update(
            work.connection, row, confirmed_at=work.now, code=None, code_tries=0, pending=None
        )
        own = threads.thread_id(work.business.slug, str(row.phone))
        proven = self._work(
            work.connection, work.business, _locked(work.connection, own), work.key, work.now
        )
        if row.pending is None:
            return Answer(words=handset_words.confirmed(""))
        done = self._do_pending(proven, json.loads(row.pending))
        words = done.words if done else handset_words.SENT
        return Answer(words=handset_words.confirmed(words), about=done.about if done else None)

    def _do_pending(self, work: Work, pending: dict[str, str | None]) -> Answer | None:
        """Words never reach another caller than the one they were written for."""
        said = self._meant(work, str(pending["words"]))
        if self._about(work, said) != pending["thread"]:
            return Answer(words=handset_words.NOT_DONE)
        return self._do(work, said)


def owner_of(business: Business, phone: str) -> Staff:
    """Whose phone it is; the first in the profile where two share one."""
    return next(person for person in business.staff if person.phone == phone)


def _ends_test_call(work: Work, own: threads.ThreadRow) -> bool:
    """Is it the first text since a missed call was tried out on this phone? The page of the test shows it."""
    first = texts.last_of_kind(work.connection, own.id, TextKind.FIRST_TEXT)
    return first is not None and len(texts.callers_since(work.connection, own.id, first.at)) <= 1


def _with_conversation(work: Work, said: Said) -> Answer | None:
    """What is about one conversation: the one that the text names, or the one in hand."""
    name = _target(work, said)
    thread = threads.lock(work.connection, name) if name else None
    if thread is None:
        if said.number is not None:
            return work.no_such(said.number)
        return Answer(words=handset_words.which())
    match said.act:
        case Act.TAKE:
            return work.take(thread)
        case Act.DONE:
            return work.done(thread, said.words)
        case Act.RELEASE:
            return work.release(thread)
        case Act.CALL:
            return work.call(thread)
        case _:
            return work.relay(thread, said.words)


def _target(work: Work, said: Said) -> str | None:
    """The thread meant."""
    known = handsets.numbers(work.connection, work.business.slug)
    if said.number is not None:
        return known.get(said.number)
    if said.act is Act.TAKE:
        return next(iter(known.values())) if len(known) == 1 else None
    held = work.in_hand()
    return held.id if held else None


def _unsure(work: Work, said: Said) -> str:
    """Nothing was done: how to say it so that it is certain."""
    slug = work.business.slug
    if said.number and handsets.is_closed(work.connection, slug, said.number):
        return handset_words.closed_number(said.number)
    if said.lacks_time:
        return handset_words.WHICH_TIME
    held = work.in_hand()
    return handset_words.unsure(work.named(held) if held else None)


def _away(work: Work, said: Said) -> Answer:
    until = said.until if said.act is Act.BUSY else None
    handsets.update(work.connection, work.handset, busy_until=until)
    if until is None:
        return Answer(words=handset_words.FREE)
    local = work.now.astimezone(work.business.zone)
    return Answer(words=handset_words.busy(until, local))


def _paused(work: Work, said: Said) -> Answer:
    slug = work.business.slug
    if said.act is Act.RESUME:
        was = pausing.lift(work.connection, work.desk, slug, work.person.id, work.now)
        return Answer(words=handset_words.RESUMED if was else handset_words.NOT_PAUSED)
    if pauses.begin(work.connection, slug, work.person.id, work.now):
        return Answer(words=handset_words.PAUSED)
    held = pauses.of(work.connection, slug)
    local = work.now.astimezone(work.business.zone)
    who = name_of(work.business, held.by) if held else ""
    since = held.at.astimezone(local.tzinfo) if held else local
    return Answer(words=handset_words.paused_before(who, since, local))


def _is_live(row: HandsetRow, now: datetime) -> bool:
    """A code has been texted that can still be answered."""
    fresh = row.code_at is not None and now - row.code_at < CODE_FOR
    return row.code is not None and fresh and row.code_tries < CODE_TRIES


def _new_code(work: Work, pending: str | None) -> Answer:
    """What waited for an older code is not done any more."""
    digits = f"{secrets.randbelow(1_000_000):06d}"
    handsets.update(
        work.connection,
        work.handset,
        code=_hash(work.handset, digits),
        code_at=work.now,
        code_tries=0,
        pending=pending,
    )
    words = handset_words.code(work.business, digits, is_first=pending is not None)
    return Answer(words=words, kept_as=_CODE_KEPT_AS)


def _hash(row: HandsetRow, digits: str) -> str:
    return hashlib.sha256(f"{row.business}:{row.staff}:{row.phone}:{digits}".encode()).hexdigest()


def _locked(connection: sa.Connection, name: str) -> threads.ThreadRow:
    found = threads.lock(connection, name)
    assert found is not None  # noqa: S101 - it is the thread of the text that is being read
    return found
