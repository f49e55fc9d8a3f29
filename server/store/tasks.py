"""What people owe callers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from agent.model import Reason, TaskKind
from agent.rules.lateness import GRACE
from agent.state import AGENT, NOBODY
from server.store.engine import insert
from server.store.tables import escalation, task, thread
from server.store.webhook_events import Kind, emit

BACK = "back:"
"""Begins the keys of what a first text after hours promises: a person is back then."""
BY_PHONE = (TaskKind.CALLBACK, TaskKind.PHONE_CALLER)
"""Speaking with the caller is what they ask for."""
PROMISED = (*BY_PHONE, TaskKind.PROMISE)
"""Where they have a time, they are kept or broken."""
Show = Literal["all", "mine", "free", "late"]
"""Of the list: everything, whose I am, whose nobody is, what is overdue."""
_DANGER = (Reason.EMERGENCY, Reason.URGENT)
SHOWS: tuple[Show, ...] = get_args(Show)

_SHOWN = (
    *task.c,
    thread.c.caller,
    thread.c.memory,
    thread.c.owner.label("has_thread"),
    thread.c.reason,
    thread.c.opted_out_at,
)
_HAS = sa.case((thread.c.owner.in_((AGENT, NOBODY)), None), else_=thread.c.owner)
_OWNER = sa.func.coalesce(task.c.owner, _HAS)
"""Who is to do it: whoever took it, else whoever has the conversation."""


def add(connection: sa.Connection, key: str, **values: Any) -> bool:
    """Insert once by key; False: it was there."""
    row = insert(connection, task).values(key=key, **values)
    new = row.on_conflict_do_nothing(index_elements=["key"]).returning(*task.c)
    made = connection.execute(new).one_or_none()
    if made is None:
        return False
    _tell(connection, Kind.TASK_CREATED, made, made.created_at)
    if made.kind == TaskKind.CALLBACK:
        _tell(connection, Kind.CALLBACK_REQUESTED, made, made.created_at)
    return True


def reword(connection: sa.Connection, key: str, note: str) -> None:
    """Of a task that is still open."""
    mine = sa.update(task).where(task.c.key == key, task.c.done_at.is_(None))
    connection.execute(mine.values(note=note))


def for_questions(connection: sa.Connection, thread: str, created_at: datetime) -> list[Any]:
    """The open tasks for the questions of the turn at that moment."""
    query = sa.select(task.c.id, task.c.note, task.c.tell).where(
        task.c.thread == thread,
        task.c.kind == TaskKind.QUESTION,
        task.c.created_at == created_at,
        task.c.done_at.is_(None),
    )
    return list(connection.execute(query.order_by(task.c.id)))


def propose(connection: sa.Connection, task_id: int, tell: str) -> None:
    """Let a task propose this text to the caller."""
    connection.execute(sa.update(task).where(task.c.id == task_id).values(tell=tell))


def supersede(connection: sa.Connection, thread: str, about: str, now: datetime) -> None:
    """Close the open tasks of a thread that propose a text about this visit: it is different by now."""
    same = (task.c.thread == thread, task.c.done_at.is_(None), task.c.tell.is_not(None))
    closed = (
        sa.update(task)
        .where(*same, task.c.key.contains(about, autoescape=True))
        .values(done_at=now, done_by=AGENT)
    )
    _ended(connection, closed, now)


def settle(
    connection: sa.Connection,
    thread: str,
    keys: Sequence[str],
    who: str,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Close the open tasks of a thread whose keys begin so: what they ask for has happened.

    Args:
        until: when it happened; what is owed since then stays owed. None: now.
    """
    begun = sa.or_(*(task.c.key.startswith(key, autoescape=True) for key in keys))
    mine = (task.c.thread == thread, task.c.done_at.is_(None), task.c.created_at <= (until or now))
    ended = {"done_at": now, "done_by": who, "kept": _kept(until or now)}
    _ended(connection, sa.update(task).where(*mine, begun).values(**ended), now)


def reopen(connection: sa.Connection, thread: str, begun: str, who: str, done_at: datetime) -> None:
    """What one person closed at that moment, by the beginning of its key, is owed again."""
    closed = (task.c.thread == thread, task.c.done_at == done_at, task.c.done_by == who)
    again = sa.update(task).where(*closed, task.c.key.startswith(begun, autoescape=True))
    connection.execute(again.values(done_at=None, done_by=None, kept=None))


def open_of_thread(connection: sa.Connection, thread: str) -> list[Any]:
    query = sa.select(task).where(task.c.thread == thread, task.c.done_at.is_(None))
    return list(connection.execute(query.order_by(task.c.id)))


def presses(owed: Any, now: datetime) -> bool:
    """Somebody has to see to it now: that a person is back is owed only from the opening on."""
    return not (owed.key.startswith(BACK) and owed.due_at > now)


def pressing_counts(connection: sa.Connection, business: str, now: datetime) -> dict[str, int]:
    """Thread id -> number of open tasks that press."""
    waits = sa.and_(task.c.key.startswith(BACK, autoescape=True), task.c.due_at > now)
    query = (
        sa.select(task.c.thread, sa.func.count())
        .where(task.c.business == business, task.c.done_at.is_(None), sa.not_(waits))
        .group_by(task.c.thread)
    )
    return {name: count for name, count in connection.execute(query) if name}


def pressing(connection: sa.Connection, business: str, now: datetime) -> int:
    """How many open tasks of a business press."""
    return sum(pressing_counts(connection, business, now).values())


def get(connection: sa.Connection, business: str, task_id: int) -> Any:
    """One task with its caller, open or done; None: this business has none of that id."""
    return connection.execute(
        _with_callers().where(task.c.id == task_id, task.c.business == business)
    ).one_or_none()


def shown(
    connection: sa.Connection,
    business: str,
    staff: str,
    show: Show,
    kind: TaskKind | None,
    now: datetime,
    limit: int,
) -> list[Any]:
    """Open tasks with their callers, soonest due first; those without a time are due since they were made."""
    chosen = [_open(business), _matches(show, staff, now)]
    if kind:
        chosen.append(task.c.kind == kind)
    by_due = sa.func.coalesce(task.c.due_at, task.c.created_at)
    return list(
        connection.execute(_with_callers().where(*chosen).order_by(by_due, task.c.id).limit(limit))
    )


def counts(
    connection: sa.Connection, business: str, staff: str, now: datetime
) -> tuple[dict[Show, int], dict[str, int]]:
    """How many open tasks each filter shows, and of which kinds there are how many."""
    sums = [
        sa.func.coalesce(sa.func.sum(sa.case((_matches(show, staff, now), 1), else_=0)), 0)
        for show in SHOWS
    ]
    both = task.outerjoin(thread, task.c.thread == thread.c.id)
    row = connection.execute(sa.select(*sums).select_from(both).where(_open(business))).one()
    kinds = sa.select(task.c.kind, sa.func.count()).where(_open(business)).group_by(task.c.kind)
    return (
        dict(zip(SHOWS, (int(one) for one in row), strict=True)),
        {row[0]: int(row[1]) for row in connection.execute(kinds)},
    )


def with_overdue(connection: sa.Connection, now: datetime) -> list[str]:
    """The businesses with something late of which nobody was told."""
    return list(connection.scalars(sa.select(task.c.business).distinct().where(*_untold(now))))


def overdue(
    connection: sa.Connection, business: str, now: datetime, limit: int, *, danger_only: bool
) -> list[Any]:
    """A business's open tasks that are late and of which nobody was told, with their callers; the latest first.

    Those of a thread for which people are being called anyway wait until that has ended.
    """
    climbs = sa.exists().where(
        escalation.c.thread == task.c.thread, escalation.c.ended_at.is_(None)
    )
    chosen = [task.c.business == business, *_untold(now), sa.not_(climbs)]
    if danger_only:
        chosen += [task.c.kind == TaskKind.PHONE_CALLER, thread.c.reason.in_(_DANGER)]
    query = _with_callers().where(*chosen)
    return list(connection.execute(query.order_by(task.c.due_at, task.c.id).limit(limit)))


def claim_alarms(connection: sa.Connection, ids: Sequence[int], now: datetime) -> set[int]:
    """Of these tasks, those of which people are to be told now; the others are done, or were told of."""
    open_ones = (task.c.id.in_(ids), task.c.done_at.is_(None), task.c.alarmed_at.is_(None))
    told = sa.update(task).where(*open_ones).values(alarmed_at=now).returning(task.c.id)
    return set(connection.scalars(told))


def change(connection: sa.Connection, business: str, task_id: int, **values: Any) -> bool:
    """Of a task that is still open."""
    mine = (task.c.id == task_id, task.c.business == business, task.c.done_at.is_(None))
    changed = sa.update(task).where(*mine).values(**values).returning(task.c.id)
    return connection.execute(changed).one_or_none() is not None


def done(connection: sa.Connection, business: str, task_id: int, who: str, now: datetime) -> Any:
    """The task, finished now; None: it was before."""
    mine = (task.c.id == task_id, task.c.business == business, task.c.done_at.is_(None))
    finished = sa.update(task).where(*mine).values(done_at=now, done_by=who, kept=_kept(now))
    return next(iter(_ended(connection, finished, now)), None)


def undo(connection: sa.Connection, business: str, task_id: int, who: str, since: datetime) -> Any:
    """The task, open again if this person finished it since then; None: they did not."""
    mine = (task.c.id == task_id, task.c.business == business, task.c.done_by == who)
    return connection.execute(
        sa.update(task)
        .where(*mine, task.c.done_at >= since)
        .values(done_at=None, done_by=None, kept=None)
        .returning(task)
    ).one_or_none()


def spoken(
    connection: sa.Connection, thread_id: str, who: str, now: datetime, ended_at: datetime
) -> list[Any]:
    """The calls that were owed to a caller until then, finished: a person has spoken with them."""
    owed = (
        task.c.thread == thread_id,
        task.c.done_at.is_(None),
        task.c.kind.in_(BY_PHONE),
        task.c.created_at <= ended_at,
    )
    ended = {"done_at": now, "done_by": who, "kept": _kept(ended_at)}
    return _ended(connection, sa.update(task).where(*owed).values(**ended), now)


def _ended(connection: sa.Connection, update: sa.Update, now: datetime) -> list[Any]:
    """The tasks that an update finishes; whoever wants to know of that is told."""
    finished = list(connection.execute(update.returning(*task.c)))
    for one in finished:
        _tell(connection, Kind.TASK_DONE, one, now, by=one.done_by)
    return finished


def _tell(connection: sa.Connection, kind: Kind, about: Any, now: datetime, **more: object) -> None:
    body = {"task": about.id, "kind": about.kind, "due_at": about.due_at, **more}
    words = {"note": about.note}
    emit(connection, about.business, kind, now, body, about.thread, words)


def _kept(at: datetime) -> sa.ColumnElement[bool | None]:
    """Was what a task promises for a time done in time, at that moment? Null: it promises nothing for a time."""
    promises = sa.and_(task.c.kind.in_(PROMISED), task.c.due_at.is_not(None))
    in_time = sa.case((task.c.due_at >= at - GRACE, sa.true()), else_=sa.false())
    return sa.case((promises, in_time), else_=sa.null())


def _untold(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        task.c.due_at <= now - GRACE,
        task.c.done_at.is_(None),
        task.c.alarmed_at.is_(None),
        task.c.thread.is_not(None),
    )


def _open(business: str) -> sa.ColumnElement[bool]:
    return sa.and_(task.c.business == business, task.c.done_at.is_(None))


def _matches(show: Show, staff: str, now: datetime) -> sa.ColumnElement[bool]:
    match show:
        case "mine":
            return _OWNER.in_([staff])
        case "free":
            return _OWNER.is_(None)
        case "late":
            return sa.and_(task.c.due_at.is_not(None), task.c.due_at <= now - GRACE)
    return sa.true()


def _with_callers() -> sa.Select[Any]:
    return sa.select(*_SHOWN).select_from(task.outerjoin(thread, task.c.thread == thread.c.id))
