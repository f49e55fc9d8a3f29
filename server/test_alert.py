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
from server.store import escalations as store
from server.store import threads
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
    if Way.TEXT in ways and person.phone:
        _text(connection, jobs, business, person.phone, name, words, now)
        store.add_step(connection, name, now, staff=staff, way=Way.TEXT, state=StepState.DONE,
                       text=_key(name))  # fmt: skip
    for way in (Way.CALL, Way.BELL):
        if way in ways:
            store.add_step(connection, name, now, staff=staff, way=way, state=StepState.DUE)
    return name


def _text(
    connection: sa.Connection,
    jobs: Jobs,
    business: Business,
    phone: str,
    name: int,
    words: str,
    now: datetime,
) -> None:
    """It belongs to the thread of that phone, which no page shows as a caller's."""
    thread, _ = threads.locked(connection, business.slug, phone, now)
    queue(
        connection,
        jobs,
        thread,
        _key(name),
        author=AGENT,
        kind=TextKind.ALERT,
        sender=business.phone,
        recipient=phone,
        body=ladder_words.alert(words, None),
        at=now,
    )


def _key(name: int) -> str:
    return f"escalation:{name}:test"
