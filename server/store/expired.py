"""What has been kept for as long as its business keeps it, a few rows at a time; each query goes by an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.state import AGENT
from server.store.appointments import State
from server.store.tables import (
    appointment,
    call,
    consent,
    escalation,
    marker,
    photo,
    question,
    task,
    text,
    thread,
    webhook_event,
)

_AHEAD = (State.WRITING, State.REVIEW, State.WITHDRAWING, State.CANCELLING)
_LONGEST_VISIT = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Held:
    """How much of a kind is held, and since when."""

    count: int
    since: datetime | None


def idle(
    connection: sa.Connection, business: str, before: datetime, now: datetime, limit: int
) -> list[str]:
    """Callers with whom nothing has happened since, and with whom nothing is open."""
    query = sa.select(thread.c.caller).where(*_is_idle(business, before), ~_is_open(now))
    return list(connection.scalars(query.order_by(thread.c.last_at).limit(limit)))


def kept_open(connection: sa.Connection, business: str, before: datetime, now: datetime) -> int:
    """How many callers stay although their time is over: something is still to be done for them."""
    query = sa.select(sa.func.count()).where(*_is_idle(business, before), _is_open(now))
    return connection.scalar(query) or 0


def threads_with_old_texts(
    connection: sa.Connection, business: str, before: datetime, limit: int
) -> list[str]:
    """Conversations that go on, of which the beginning is too old."""
    query = sa.select(text.c.thread).where(
        text.c.business == business, text.c.at < before, text.c.thread.is_not(None)
    )
    live = query.join(thread, thread.c.id == text.c.thread).where(thread.c.last_at >= before)
    return list(connection.scalars(live.distinct().limit(limit)))


def forget_beginning(connection: sa.Connection, name: str, before: datetime) -> int:
    """Take what is too old out of a locked thread that goes on; returns how many texts."""
    old = (text.c.thread == name, text.c.at < before, text.c.status.not_in(("queued", "sending")))
    connection.execute(
        sa.update(thread)
        .where(thread.c.id == name, thread.c.last_text.in_(sa.select(text.c.seq).where(*old)))
        .values(last_text=None)
    )
    for table, at in (
        (question, question.c.at),
        (marker, marker.c.at),
        (webhook_event, webhook_event.c.at),
    ):
        connection.execute(sa.delete(table).where(table.c.thread == name, at < before))
    for table, ended in ((task, task.c.done_at), (escalation, escalation.c.ended_at)):
        connection.execute(sa.delete(table).where(table.c.thread == name, ended < before))
    return connection.execute(sa.delete(text).where(*old)).rowcount


def texts_of_nobody(connection: sa.Connection, business: str, before: datetime, limit: int) -> int:
    """Delete alerts that belong to no conversation; returns how many."""
    old = (
        sa.select(text.c.seq)
        .where(text.c.business == business, text.c.at < before, text.c.thread.is_(None))
        .limit(limit)
    )
    return connection.execute(sa.delete(text).where(text.c.seq.in_(old))).rowcount


def pictures(
    connection: sa.Connection, business: str, before: datetime, now: datetime, words: str
) -> int:
    """Take the pictures of old photos; `words` say so in their place. Returns how many."""
    old = (
        sa.select(photo.c.id)
        .join(text, text.c.key == photo.c.text)
        .where(text.c.business == business, text.c.at < before, photo.c.state == "kept")
        .where(_is_over(photo.c.thread, now))
    )
    gone = {"state": "refused", "problem": words, "small": None, "picture": None}
    return connection.execute(sa.update(photo).where(photo.c.id.in_(old)).values(gone)).rowcount


def voicemails(
    connection: sa.Connection, business: str, before: datetime, now: datetime
) -> list[str]:
    """Take the messages of old calls; the calls whose they were."""
    told = sa.cast(call.c.voicemail, sa.Text)
    old = (
        call.c.business == business,
        call.c.at < before,
        told != "null",
        _is_over(call.c.thread, now),
    )
    cleared = sa.update(call).where(*old).values(voicemail=sa.null()).returning(call.c.sid)
    return list(connection.scalars(cleared))


def reword_tasks(connection: sa.Connection, keys: Sequence[str], words: str) -> None:
    mine = sa.update(task).where(task.c.key.in_(keys))
    connection.execute(mine.values(note=words))


def calls(
    connection: sa.Connection, business: str, before: datetime, now: datetime, limit: int
) -> int:
    """Delete old calls; returns how many."""
    old = (
        sa.select(call.c.sid)
        .where(call.c.business == business, call.c.at < before, call.c.outcome != "ringing")
        .where(_is_over(call.c.thread, now))
        .limit(limit)
    )
    return connection.execute(sa.delete(call).where(call.c.sid.in_(old))).rowcount


def consents(connection: sa.Connection, business: str, before: datetime, limit: int) -> int:
    """Delete what proved the consent of callers who are not on record any more; returns how many entries."""
    here = sa.exists().where(
        thread.c.business == consent.c.business, thread.c.caller == consent.c.caller
    )
    old = (
        sa.select(consent.c.id)
        .where(consent.c.business == business, consent.c.at < before, ~here)
        .limit(limit)
    )
    return connection.execute(sa.delete(consent).where(consent.c.id.in_(old))).rowcount


def oldest(connection: sa.Connection, business: str) -> dict[str, datetime | None]:
    """The oldest that is held of each kind."""
    with_voicemail = (call.c.business == business, sa.cast(call.c.voicemail, sa.Text) != "null")
    kept_photo = (photo.c.business == business, photo.c.state == "kept")
    looks = {
        "texts": _first(text.c.at, text.c.business == business),
        "media": _first(text.c.at, *kept_photo, of=text.join(photo, photo.c.text == text.c.key)),
        "voicemail": _first(call.c.at, *with_voicemail),
        "calls": _first(call.c.at, call.c.business == business),
        "consent": _first(consent.c.at, consent.c.business == business),
    }
    return {kind: connection.scalar(query) for kind, query in looks.items()}


def of_caller(connection: sa.Connection, business: str, caller: str) -> dict[str, Held]:
    """What is held of one caller, by kind; kinds of which nothing is held are left out."""
    name = f"{business}:{caller}"
    looks: dict[str, tuple[Any, tuple[sa.ColumnElement[bool], ...]]] = {
        "texts": (text.c.at, (text.c.thread == name,)),
        "photos": (text.c.at, (photo.c.thread == name, photo.c.text == text.c.key)),
        "calls": (call.c.at, (call.c.business == business, call.c.caller == caller)),
        "visits": (appointment.c.created_at, (appointment.c.thread == name, appointment.c.state.in_((State.BOOKED, State.CANCELLED)))),
        "to-dos": (task.c.created_at, (task.c.thread == name,)),
        "questions": (question.c.at, (question.c.thread == name,)),
        "consent entries": (consent.c.at, (consent.c.business == business, consent.c.caller == caller)),
    }  # fmt: skip
    found = {}
    for kind, (at, where) in looks.items():
        row = connection.execute(sa.select(sa.func.count(at), sa.func.min(at)).where(*where)).one()
        if row[0]:
            found[kind] = Held(count=row[0], since=row[1])
    return found


def _first(
    at: sa.Column[datetime], *where: sa.ColumnElement[bool], of: sa.FromClause | None = None
) -> sa.Select[Any]:
    query = sa.select(at).where(*where).order_by(at).limit(1)
    return query if of is None else query.select_from(of)


def _is_idle(business: str, before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """A call that a person answered is in no conversation, and goes with its caller all the same."""
    called = sa.exists().where(
        call.c.business == business, call.c.caller == thread.c.caller, call.c.at >= before
    )
    return thread.c.business == business, thread.c.last_at < before, ~called


def _is_over(of: sa.Column[Any], now: datetime) -> sa.ColumnElement[bool]:
    """What belongs to no conversation, or to one with which nothing is open."""
    return ~sa.exists().where(thread.c.id == of, _is_open(now))


def _is_open(now: datetime) -> sa.ColumnElement[bool]:
    """A person has it, put it aside for later, or owes its caller something; a visit is ahead, or is being written."""
    has_person = sa.and_(thread.c.owner != AGENT, thread.c.resolved_at.is_(None))
    put_aside = thread.c.snoozed_until > now
    owed = sa.exists().where(task.c.thread == thread.c.id, task.c.done_at.is_(None))
    visit = sa.exists().where(
        appointment.c.thread == thread.c.id,
        sa.or_(
            appointment.c.state.in_(_AHEAD),
            sa.and_(
                appointment.c.state == State.BOOKED,
                appointment.c.start > now - _LONGEST_VISIT,
            ),
        ),
    )
    return sa.or_(has_person, sa.func.coalesce(put_aside, sa.false()), owed, visit)
