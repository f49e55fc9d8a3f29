"""What follows when the carrier says no for good: staff read it in plain words, and no automated text tries its luck."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from agent.model import NoText, TaskKind, TextKind
from agent.rules import carrier_errors
from agent.rules.carrier_errors import Handling
from agent.state import AGENT, NOBODY
from server.consent import opt_out_now
from server.store import businesses, calls, tasks, texts, threads

FILTERED_AT_MOST = 3
"""So many filtered texts of one number in an hour stop its automated texts; unregistered ones at once."""
_HOUR = timedelta(hours=1)
_FILTERED = ("30004", "30007")

log = structlog.get_logger()


def given_up(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow | None,
    status: str,
    code: str | None,
    error: str,
    now: datetime,
) -> bool:
    """Mark a text undelivered and do what its error asks for; False: it was known.

    Args:
        thread: the text's, locked.
        error: said to staff when the code is unknown.
    """
    words = carrier_errors.words(code, error)
    if not texts.advance(connection, row.key, status):
        return False
    texts.advance(connection, row.key, status, status_reason=words, error_code=code)
    log.warning("text.undelivered", thread=row.thread, kind=row.kind, code=code)
    if thread is None:
        return True
    read = carrier_errors.read(code)
    if row.kind == TextKind.FIRST_TEXT:
        is_landline = read is not None and read.handling is Handling.NOT_TEXTABLE
        reason = NoText.LANDLINE if is_landline else NoText.NOT_SENT
        _says_nothing(connection, row, thread, reason, now)
    if read is not None and row.kind != TextKind.ALERT:
        _act(connection, row, thread, read, now)
    what = "An alert to staff" if row.kind == TextKind.ALERT else "A text"
    _owe(connection, f"undelivered:{row.key}", row, f"{what} could not be delivered: {words}", now)
    return True


def no_first_text(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    reason: NoText,
    words: str,
    now: datetime,
) -> None:
    """A first text has not left: its call says why, and where the caller still waits a person is asked to phone."""
    _says_nothing(connection, row, thread, reason, now)
    if reason not in (NoText.ANSWERED, NoText.PERSON_HAS_THREAD, NoText.WROTE_FIRST):
        _owe(
            connection,
            f"call:{_call_of(row)}",
            row,
            f"Missed call without a text: {words.rstrip('.')}.",
            now,
        )


def handed_to_people(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    why: str,
    now: datetime,
) -> None:
    """The agent stops on this thread until a person has looked."""
    if thread.owner == AGENT:
        threads.update(connection, thread.id, owner=NOBODY)
        threads.mark(connection, thread.id, "handed over", AGENT, now, why)
    _owe(connection, f"stopped:{thread.id}:{now:%Y%m%d%H}", row, f"The agent stopped: {why}", now)


def not_let_out(connection: sa.Connection, row: texts.TextRow, why: str, now: datetime) -> None:
    """What a person wrote did not leave: it stays owed to the caller."""
    _owe(connection, f"not_let_out:{row.key}", row, f"A text was not sent: {why}", now)


def _act(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    error: carrier_errors.CarrierError,
    now: datetime,
) -> None:
    match error.handling:
        case Handling.OPTED_OUT if thread.opted_out_at is None:
            evidence = {"sid": row.sid or row.key, "wording": f"carrier {row.error_code or 21610}"}
            opt_out_now(connection, thread, evidence, now)
        case Handling.NOT_TEXTABLE:
            threads.update(connection, thread.id, untextable=error.words)
        case Handling.LOOP:
            handed_to_people(connection, row, thread, error.words, now)
        case Handling.SENDER_BLOCKED:
            _block(connection, row, error, now)


def _block(
    connection: sa.Connection,
    row: texts.TextRow,
    error: carrier_errors.CarrierError,
    now: datetime,
) -> None:
    failed = texts.get(connection, row.key)
    filtered = failed is not None and failed.error_code in _FILTERED
    lately = texts.failed_since(connection, row.sender, _FILTERED, now - _HOUR)
    if filtered and lately < FILTERED_AT_MOST:
        return
    businesses.block_number(connection, row.sender, error.words, now)
    log.error("carrier.number_blocked", number=row.sender)
    note = f"Automated texts from {row.sender} stop for a day: {error.words}"
    _owe(connection, f"blocked:{row.sender}:{now:%Y%m%d}", row, note, now)


def _says_nothing(
    connection: sa.Connection,
    row: texts.TextRow,
    thread: threads.ThreadRow,
    reason: NoText,
    now: datetime,
) -> None:
    """A first text that did not arrive has promised nothing either."""
    calls.update(connection, _call_of(row), decision=reason)
    tasks.settle(connection, thread.id, [f"{tasks.BACK}{_call_of(row)}"], AGENT, now)


def _call_of(row: texts.TextRow) -> str:
    return str((row.why or {}).get("call", ""))


def _owe(connection: sa.Connection, key: str, row: texts.TextRow, note: str, now: datetime) -> None:
    tasks.add(
        connection,
        key,
        business=row.business,
        thread=row.thread,
        kind=TaskKind.UNDELIVERED,
        note=note,
        created_at=now,
    )
