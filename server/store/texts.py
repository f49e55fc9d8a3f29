"""Texts in and out: the caller's not yet answered, and the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from agent.model import TextKind
from agent.state import AGENT
from server.store import photos
from server.store.engine import insert_for
from server.store.tables import text, thread

#: How far a text has come; a status never goes back to a lower rank.
RANK = {
    "suggested": -1,
    "queued": 0,
    "sending": 1,
    "accepted": 2,
    "sent": 3,
    "dropped": 4,
    "delivered": 4,
    "undelivered": 4,
    "failed": 4,
}


FIRST = "first:"
"""Begins the keys of first texts."""
FAILED = ("failed", "undelivered")
NOT_LEFT = ("dropped", *FAILED)
"""The caller has not got it, and will not."""
UNSENT = ("queued", "sending")
SUGGESTED = "suggested"
"""The agent would say it; a person has to agree first."""
NOT_SAID = (*NOT_LEFT, SUGGESTED)
KEPT_AS = "kept_as"
"""In the reasons of a text that says a secret: what stands in place of its words once it has left, or never will."""
WAITS = "status in ('received', 'queued', 'sending')"
"""Word for word as in ix_text_waiting, or SQLite does not use it."""

_EMPTY: dict[str, Any] = {column.name: None for column in text.columns if column.name != "seq"} | {
    "media": [],
    "carrier_acts": False,
    "tries": 0,
}
# Statements of every turn, built once: building one costs as much as running it.
_IN_THREAD = text.c.thread == sa.bindparam("in_thread")
_OF_TURN = (_IN_THREAD, text.c.turn == sa.bindparam("by_turn"), text.c.author == "caller")
_TO_CALLER = sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT)
_LEFT = text.c.status.not_in(NOT_SAID)
_GET = sa.select(text).where(text.c.key == sa.bindparam("with_key"))
_UNANSWERED = (
    sa.select(text)
    .where(_IN_THREAD, text.c.author == "caller", text.c.turn.is_(None))
    .order_by(text.c.seq)
)
_TAKEN = sa.select(text).where(*_OF_TURN, text.c.status == "received").order_by(text.c.seq)
_ANSWER = sa.update(text).where(*_OF_TURN, text.c.status == "received").values(status="answered")
_WRITTEN = (
    sa.select(text)
    .where(
        _IN_THREAD,
        text.c.turn == sa.bindparam("by_turn"),
        text.c.author != "caller",
        text.c.kind != TextKind.ALERT,
        text.c.status.in_(UNSENT),
    )
    .order_by(text.c.seq)
)
_LAST_TEXT = (
    sa.update(thread)
    .where(thread.c.id == sa.bindparam("of"))
    .values(last_text=sa.bindparam("seq", type_=sa.BigInteger()))
)
_HISTORY = (
    sa.select(text)
    .where(_IN_THREAD, text.c.seq < sa.bindparam("before"), _LEFT, _TO_CALLER)
    .order_by(text.c.seq.desc())
    .limit(sa.bindparam("most"))
)
_WAITS = text.c.why["waits_until"].as_string()
_KEPT_BACK = (
    sa.select(text)
    .where(
        _IN_THREAD,
        text.c.author == AGENT,
        sa.or_(text.c.status == SUGGESTED, sa.and_(text.c.status == "queued", _WAITS.is_not(None))),
    )
    .order_by(text.c.seq)
)
_IN_TURN = (TextKind.REPLY, TextKind.HAND_OFF, TextKind.UPDATE, TextKind.STAFF, TextKind.HELP)
"""Kinds that leave in the order in which they were written."""
_WAITS_BEFORE = sa.select(
    sa.exists().where(
        _IN_THREAD,
        text.c.seq < sa.bindparam("before"),
        text.c.at > sa.bindparam("since"),
        text.c.at <= sa.bindparam("now"),
        text.c.status.in_(UNSENT),
        _WAITS.is_(None),
        text.c.kind.in_(_IN_TURN),
    )
)
_COPY_OF = text.c.why["copy_of"].as_integer()
_COPIES_BEFORE = sa.select(text).where(
    _IN_THREAD,
    text.c.status == "queued",
    text.c.kind.in_(_IN_TURN),
    text.c.at > sa.bindparam("now"),
    sa.bindparam("before") > _COPY_OF,
)


@dataclass(frozen=True, kw_only=True)
class TextRow:
    seq: int
    key: str
    business: str
    thread: str | None
    author: str
    kind: str | None
    sender: str
    recipient: str
    body: str
    media: list[dict[str, str]]
    at: datetime
    turn: str | None
    carrier_acts: bool
    status: str
    status_reason: str | None
    sid: str | None
    sending_at: datetime | None
    opened_at: datetime | None
    tries: int
    error_code: str | None
    why: dict[str, Any] | None

    @property
    def is_callers(self) -> bool:
        return self.kind is None

    @property
    def waits_until(self) -> datetime | None:
        """A person can stop it until then; None: it waits for nobody."""
        until = (self.why or {}).get("waits_until")
        return datetime.fromisoformat(until) if until else None

    @property
    def is_secret(self) -> bool:
        return KEPT_AS in (self.why or {})

    @property
    def copy_of(self) -> int | None:
        """The seq of the text that this one says again, since that was not delivered."""
        return (self.why or {}).get("copy_of")


def first_key(call: str) -> str:
    """The key of the first text after a call."""
    return f"{FIRST}{call}"


def add(connection: sa.Connection, **values: Any) -> int | None:
    """Insert once by `key`, its photos to be fetched; returns the seq, or None when that key is already there."""
    seq: int | None = connection.scalar(_add(connection.dialect.name), _EMPTY | values)
    counts = values.get("kind") != TextKind.ALERT and values.get("status") != SUGGESTED
    if seq is not None and values.get("thread") and counts:
        connection.execute(_LAST_TEXT, {"of": values["thread"], "seq": seq})
    if seq is not None and values.get("media"):
        photos.expect(connection, values)
    return seq


def forget_last(connection: sa.Connection, of_thread: str, seq: int) -> None:
    """A text that was taken back is the newest of its thread no more."""
    before = sa.select(sa.func.max(text.c.seq)).where(
        text.c.thread == of_thread,
        text.c.seq != seq,
        _TO_CALLER,
        text.c.status.not_in(("dropped", SUGGESTED)),
    )
    connection.execute(
        sa.update(thread)
        .where(thread.c.id == of_thread, thread.c.last_text == seq)
        .values(last_text=before.scalar_subquery())
    )


def get(connection: sa.Connection, key: str) -> TextRow | None:
    row = connection.execute(_GET, {"with_key": key}).one_or_none()
    return TextRow(**row._mapping) if row else None


def by_seq(connection: sa.Connection, of_thread: str, seq: int) -> TextRow | None:
    """One text of a thread."""
    found = _rows(connection, text.c.thread == of_thread, text.c.seq == seq)
    return found[0] if found else None


def unanswered(connection: sa.Connection, thread: str) -> list[TextRow]:
    """The caller's texts that no turn has taken, in order of arrival."""
    return _each(connection, _UNANSWERED, in_thread=thread)


def take(connection: sa.Connection, seqs: Sequence[int], turn: str | None, **values: Any) -> None:
    """Give texts to a turn; None: to the next one."""
    connection.execute(sa.update(text).where(text.c.seq.in_(seqs)).values(turn=turn, **values))


def answer(connection: sa.Connection, thread: str, turn: str) -> bool:
    """The turn that took these texts is committed; False: it was before."""
    done = connection.execute(_ANSWER, {"in_thread": thread, "by_turn": turn})
    return bool(done.rowcount)


def give_back(connection: sa.Connection, thread: str, turn: str) -> None:
    """The texts of a turn are unanswered again."""
    again = sa.update(text).where(*_OF_TURN).values(turn=None, status="received")
    connection.execute(again, {"in_thread": thread, "by_turn": turn})


def taken_by(connection: sa.Connection, thread: str, turn: str) -> list[TextRow]:
    """What a turn took and has not yet answered."""
    return _each(connection, _TAKEN, in_thread=thread, by_turn=turn)


def written_by(connection: sa.Connection, thread: str, turn: str) -> list[TextRow]:
    """What a turn said to the caller and has not yet been sent."""
    return _each(connection, _WRITTEN, in_thread=thread, by_turn=turn)


def kept_back(connection: sa.Connection, thread: str) -> list[TextRow]:
    """What the agent would say to the caller once a person has agreed, or unless one objects in time."""
    return _each(connection, _KEPT_BACK, in_thread=thread)


def let_go(connection: sa.Connection, row: TextRow, why: dict[str, Any], now: datetime) -> bool:
    """A text that was kept back is to be sent; False: it is not kept back any more."""
    still = (text.c.key == row.key, text.c.status.in_((SUGGESTED, "queued")))
    was_suggested = row.status == SUGGESTED
    values = {"status": "queued", "why": why, "at": now if was_suggested else row.at}
    moved = connection.execute(sa.update(text).where(*still).values(**values)).rowcount
    if moved and was_suggested:
        connection.execute(_LAST_TEXT, {"of": row.thread, "seq": row.seq})
    return bool(moved)


def history(connection: sa.Connection, thread: str, before: int, limit: int) -> list[TextRow]:
    """The last texts that both sides saw before a seq, oldest first."""
    return _each(connection, _HISTORY, in_thread=thread, before=before, most=limit)[::-1]


def sids_to(connection: sa.Connection, recipient: str, since: datetime) -> list[str]:
    """The carrier's ids of what was sent to a phone since then."""
    query = sa.select(text.c.sid).where(
        text.c.recipient == recipient, text.c.at >= since, text.c.sid.is_not(None)
    )
    return [str(sid) for sid in connection.scalars(query)]


def of_thread(connection: sa.Connection, thread: str) -> list[TextRow]:
    """Everything of a thread, alerts and dropped texts included, oldest first."""
    return _rows(connection, text.c.thread == thread)


def last_of_kind(connection: sa.Connection, thread: str, kind: TextKind) -> TextRow | None:
    """The newest text of a kind that left, or is about to."""
    return _last(connection, text.c.thread == thread, text.c.kind == kind)


def last_said(connection: sa.Connection, thread: str) -> TextRow | None:
    """The newest text between caller and business."""
    return _last(connection, text.c.thread == thread, _TO_CALLER)


def last_of_caller(connection: sa.Connection, of_thread: str) -> str | None:
    """What the caller last wrote."""
    theirs = sa.select(text.c.body).where(text.c.thread == of_thread, text.c.author == "caller")
    body: str | None = connection.scalar(theirs.order_by(text.c.seq.desc()).limit(1))
    return body


def callers_since(connection: sa.Connection, of_thread: str, moment: datetime) -> list[str]:
    """What the caller wrote since then, oldest first."""
    theirs = sa.select(text.c.body).where(text.c.thread == of_thread, text.c.author == "caller")
    return list(connection.scalars(theirs.where(text.c.at >= moment).order_by(text.c.seq)))


def threads_texted(
    connection: sa.Connection, caller: str, sender: str, *, besides: str
) -> list[str]:
    """In which conversations of other businesses this caller was texted from a number, by name."""
    said = (text.c.recipient == caller, text.c.sender == sender, text.c.business != besides)
    theirs = sa.select(text.c.thread).where(*said, text.c.kind != TextKind.ALERT)
    return list(
        connection.scalars(
            theirs.where(text.c.thread.is_not(None)).distinct().order_by(text.c.thread)
        )
    )


def count_of_caller(connection: sa.Connection, of_thread: str, since: datetime) -> int:
    """How many texts the caller has sent since then."""
    theirs = (text.c.thread == of_thread, text.c.author == "caller", text.c.at >= since)
    return connection.scalar(sa.select(sa.func.count()).where(*theirs)) or 0


def unsent_of_kind(connection: sa.Connection, thread: str, kind: TextKind) -> list[TextRow]:
    """The texts of a kind that no try was made to send."""
    return _rows(
        connection, text.c.thread == thread, text.c.kind == kind, text.c.status == "queued"
    )


def reword(connection: sa.Connection, key: str, body: str) -> None:
    connection.execute(sa.update(text).where(text.c.key == key).values(body=body))


def held(connection: sa.Connection, business: str, now: datetime) -> int:
    """How many first texts of a business wait for its opening."""
    query = sa.select(sa.func.count()).where(
        text.c.business == business,
        text.c.at > now,
        text.c.status == "queued",
        text.c.kind == TextKind.FIRST_TEXT,
    )
    return connection.scalar(query) or 0


def caller_wrote_after(connection: sa.Connection, thread: str, seq: int) -> bool:
    query = sa.exists().where(text.c.thread == thread, text.c.seq > seq, text.c.author == "caller")
    return bool(connection.scalar(sa.select(query)))


def staff_wrote_after(connection: sa.Connection, thread: str, seq: int) -> bool:
    query = sa.exists().where(
        text.c.thread == thread,
        text.c.seq > seq,
        text.c.kind == TextKind.STAFF,
        text.c.status != "dropped",
    )
    return bool(connection.scalar(sa.select(query)))


def anyone_wrote_after(connection: sa.Connection, thread: str, seq: int) -> bool:
    """Has the caller, the agent or staff written since, in a text that was not dropped?"""
    query = sa.exists().where(
        text.c.thread == thread,
        text.c.seq > seq,
        sa.or_(text.c.kind.is_(None), text.c.kind != TextKind.ALERT),
        text.c.status.not_in(("dropped", SUGGESTED, *UNSENT)),
    )
    return bool(connection.scalar(sa.select(query)))


def automated_since(connection: sa.Connection, since: datetime, **who: str) -> int:
    """How many automated texts left to a `recipient`, or from a `business`, since then."""
    column, value = next(iter(who.items()))
    return connection.scalar(_automated(column), {"value": value, "since": since}) or 0


def proactive_since(connection: sa.Connection, thread: str, since: datetime) -> int:
    """How many texts that nobody asked for a caller was sent since then."""
    query = sa.select(sa.func.count()).where(
        text.c.thread == thread,
        text.c.at > since,
        text.c.kind.in_((TextKind.NUDGE, TextKind.REMINDER, TextKind.OPT_IN_ASK)),
        text.c.status.not_in(("dropped", SUGGESTED, *UNSENT)),
    )
    return connection.scalar(query) or 0


def alerts_since(connection: sa.Connection, thread: str, recipient: str, since: datetime) -> int:
    """How many alerts about a thread one person was sent since then."""
    query = sa.select(sa.func.count()).where(
        text.c.recipient == recipient,
        text.c.at > since,
        text.c.thread == thread,
        text.c.kind == TextKind.ALERT,
        text.c.why["handset"].as_string().is_(None),  # what a handset is told is counted apart
        text.c.status.not_in(("dropped", SUGGESTED, "queued")),
    )
    return connection.scalar(query) or 0


def is_under_way(connection: sa.Connection, thread: str, since: datetime) -> bool:
    """Has a try to send the caller a text begun since then, of which the end is not known?"""
    query = sa.exists().where(
        text.c.thread == thread,
        text.c.status == "sending",
        text.c.opened_at > since,
        text.c.kind != TextKind.ALERT,
    )
    return bool(connection.scalar(sa.select(query)))


def waits_before(
    connection: sa.Connection, thread: str, seq: int, since: datetime, now: datetime
) -> bool:
    """Is an earlier text to the caller still on its way? Those that wait for their hour do not count."""
    within = {"in_thread": thread, "before": seq, "since": since, "now": now}
    return bool(connection.scalar(_WAITS_BEFORE, within))


def copies_before(connection: sa.Connection, row: TextRow, now: datetime) -> list[TextRow]:
    """Copies that wait for their hour, of what was said to the caller before this text; none before an alert."""
    if row.kind not in _IN_TURN:
        return []
    return _each(connection, _COPIES_BEFORE, in_thread=row.thread, before=row.seq, now=now)


def is_said_again(connection: sa.Connection, row: TextRow) -> bool:
    """A copy of it waits, or has left."""
    mine = (_IN_THREAD, row.seq == _COPY_OF, text.c.status != "dropped")
    return bool(connection.scalar(sa.select(sa.exists().where(*mine)), {"in_thread": row.thread}))


def failed_since(
    connection: sa.Connection, sender: str, codes: Sequence[str], since: datetime
) -> int:
    """How many texts from a number came back with one of these codes since then."""
    query = sa.select(sa.func.count()).where(
        text.c.sender == sender, text.c.at > since, text.c.error_code.in_(codes)
    )
    return connection.scalar(query) or 0


def stranded(connection: sa.Connection, before: datetime, limit: int) -> list[TextRow]:
    """Texts that should have been answered or sent before that moment, oldest first."""
    query = (
        sa.select(text).where(sa.text(WAITS), text.c.at < before).order_by(text.c.at).limit(limit)
    )
    return [TextRow(**row._mapping) for row in connection.execute(query)]


def advance(connection: sa.Connection, key: str, status: str, **values: Any) -> bool:
    """Move a text to a status unless it is already further; other values are kept in any case.

    Whatever its carrier needs no more goes: the words of a secret one.
    """
    moved = connection.execute(
        _advance(status, *sorted(values)), {"with_key": key, **values}
    ).rowcount
    if not moved and values:
        connection.execute(sa.update(text).where(text.c.key == key).values(**values))
    return bool(moved)


def _rows(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[TextRow]:
    query = sa.select(text).where(*conditions).order_by(text.c.seq)
    return [TextRow(**row._mapping) for row in connection.execute(query)]


@cache
def _automated(column: str) -> sa.Select[Any]:
    return sa.select(sa.func.count()).where(
        text.c[column] == sa.bindparam("value"),
        text.c.at > sa.bindparam("since"),
        text.c.kind.not_in((TextKind.ALERT, TextKind.STAFF)),
        text.c.status.not_in(("dropped", SUGGESTED, "queued")),
    )


@cache
def _add(dialect: str) -> sa.Executable:
    values = {name: sa.bindparam(name, type_=text.c[name].type) for name in _EMPTY}
    row = insert_for(dialect, text).values(values)
    added: sa.Executable = row.on_conflict_do_nothing(index_elements=["key"]).returning(text.c.seq)
    return added


@cache
def _advance(status: str, *columns: str) -> sa.Update:
    lower = [name for name, rank in RANK.items() if rank < RANK[status]]
    values: dict[str, Any] = {name: sa.bindparam(name, type_=text.c[name].type) for name in columns}
    if status not in UNSENT:
        kept = text.c.why[KEPT_AS].as_string()
        values["body"] = sa.func.coalesce(kept, text.c.body)
    return (
        sa.update(text)
        .where(text.c.key == sa.bindparam("with_key"), text.c.status.in_(lower))
        .values({"status": status, **values})
    )


def _last(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> TextRow | None:
    query = sa.select(text).where(*conditions, _LEFT).order_by(text.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return TextRow(**row._mapping) if row else None


def _each(connection: sa.Connection, query: sa.Select[Any], **values: Any) -> list[TextRow]:
    return [TextRow(**row._mapping) for row in connection.execute(query, values)]
