"""A test of how one person is reached: an escalation without a conversation, by the same steps."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput
from agent.model import Reason, TextKind
from agent.rules import ladder_words
from agent.state import AGENT
from server.escalations import name_of
from server.jobs import Jobs
from server.outbox import queue
from server.store import businesses, threads
from server.store import escalations as store
from server.store.escalations import StepState, Way

AN_HOUR = 6
"""Of one business: each may ring a phone and costs a text."""
WAITED_FOR = timedelta(minutes=5)
"""So long a page waits for the answer to a test."""


def begin(
    connection: sa.Connection,
    jobs: Jobs,
    business: Business,
    staff: str,
    by: str,
    ways: Collection[str],
    now: datetime,
) -> int:
    """Reach one person; returns the escalation's id.

    Args:
        by: who tries it, a staff id or login.
        ways: of `Way`: text, call, bell.

    Raises:
        BadInput: nobody of the staff, no way, or too many tests in an hour.
    """
    person = business.person(staff)
    if person is None:
        raise BadInput("Choose one of your people.")
    by_phone = {Way.TEXT, Way.CALL} & set(ways)
    if not (by_phone or Way.BELL in ways):
        raise BadInput("Choose how to reach them: text, call, or browsers and channels.")
    if by_phone and not person.phone:
        raise BadInput(f"{person.name} has no phone yet: add one under People.")
    # The thread before the business, as everywhere: no deadlock.
    own = _own(connection, business, person.phone, now) if Way.TEXT in ways else None
    businesses.lock(connection, business.slug)  # two at once would both be the last allowed
    if store.tests_since(connection, business.slug, now - timedelta(hours=1)) >= AN_HOUR:
        raise BadInput(f"{AN_HOUR} tests in an hour are enough. Try again later.")
    words = ladder_words.test_gist(business, name_of(business, by))
    name = store.add(
        connection,
        key=f"test:{secrets.token_hex(8)}",
        business=business.slug,
        reason=Reason.OTHER,
        is_urgent=False,
        words=words,
        began_at=now,
    )
    assert name is not None  # noqa: S101 - its key is new
    if own:
        _text(connection, jobs, business, own, name, words, now)
        store.add_step(connection, name, now, staff=staff, way=Way.TEXT, state=StepState.DONE,
                       text=_key(name))  # fmt: skip
    for way in (Way.CALL, Way.BELL):
        if way in ways:
            store.add_step(connection, name, now, staff=staff, way=way, state=StepState.DUE)
    return name


def _own(
    connection: sa.Connection, business: Business, phone: str | None, now: datetime
) -> threads.ThreadRow | None:
    """The thread of a phone of the staff, locked; no page shows it."""
    return threads.locked(connection, business.slug, phone, now)[0] if phone else None


def _text(
    connection: sa.Connection,
    jobs: Jobs,
    business: Business,
    own: threads.ThreadRow,
    name: int,
    words: str,
    now: datetime,
) -> None:
    queue(
        connection,
        jobs,
        own,
        _key(name),
        author=AGENT,
        kind=TextKind.ALERT,
        sender=business.phone,
        recipient=own.caller,
        body=ladder_words.alert(words, None),
        at=now,
    )


def _key(name: int) -> str:
    return f"escalation:{name}:test"
