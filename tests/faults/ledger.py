"""What must hold between the callers, the product's tables and the carrier's ledger, whatever went wrong."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from tests.faults.crowd import CARRIERS_STOP, STOPS

CONFIRMATION = "Alder Creek Plumbing: You're opted out and won't get more texts from us."
QUIET_S = 0.5
"""Waited when nothing is under way any more: for what should not come."""
_LOOK_AGAIN_S = 0.1
_UNDER_WAY = ("queued", "sending")


@dataclass(frozen=True, kw_only=True)
class Books:
    """The product's and the carrier's records of some callers, taken together when all is quiet."""

    incoming: list[Any]
    """The callers' texts that the product stored, in order."""
    outgoing: list[Any]
    """The outbox to these callers, in order."""
    accepted: list[dict[str, Any]]
    """What the carrier took from the product for these callers, in order."""
    answered_at: dict[str, float]
    """When the carrier heard that a text was stored, by MessageSid; epoch seconds."""

    def stopped_at(self):
        """When each caller's STOP was answered, by phone."""
        moments: dict[str, float] = {}
        for row in self.incoming:
            if row.body in STOPS and row.key in self.answered_at:
                moments.setdefault(row.sender, self.answered_at[row.key])
        return moments


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What does not hold, in words; all empty when nothing is wrong."""

    lost: list[str]
    out_of_order: list[str]
    duplicate: list[str]
    after_stop: list[str]

    def assert_none(self):
        assert not any(vars(self).values()), self


def settle(product, callers, patience_s=60.0):
    """Wait until every text is served and the carrier is quiet, then a little longer for what should not come.

    Args:
        patience_s: how long nothing may change while somebody still waits.
    """
    waiting, since = _waiting(product, callers), time.monotonic()
    while waiting:
        time.sleep(_LOOK_AGAIN_S)
        now = _waiting(product, callers)
        if now != waiting:
            waiting, since = now, time.monotonic()
        assert time.monotonic() - since < patience_s, _stuck(product, callers, waiting, patience_s)
    time.sleep(QUIET_S)


def _stuck(product, callers, waiting, patience_s):
    """Who waits, the first one's thread, and what the engine thinks: for whoever reads the failure."""
    owed = next((one for one in callers for line in waiting if one in line), "")
    table = _work_table(product)
    with product.database().connect() as connection:
        unfinished = sa.text(f"select * from {table} where status <> 'SUCCESS' limit 10")
        jobs = [
            f"{row.workflow_uuid} {row.status} of {row.executor_id}, recovered {row.recovery_attempts} times"
            for row in connection.execute(unfinished)
        ]
        alive = [str(row) for row in connection.execute(sa.text("select * from executor"))]
    return "\n".join([
        f"nothing changed for {patience_s} s, and {len(waiting)} still wait:", *waiting[:5],
        f"the thread of {owed}:", *map(_line, _texts(product, [owed])),
        "jobs:", *jobs, "processes:", *alive, "log:", product.log()[-1500:],
    ])  # fmt: skip


def read_books(product, callers):
    rows = _texts(product, callers)
    wanted = set(callers)
    answered: dict[str, float] = {}
    for one in product.webhooks():
        if one["status"] == 200 and one["params"].get("From") in wanted:
            sid, moment = one["params"]["MessageSid"], one["at"] + one["duration_ms"] / 1000
            answered[sid] = min(moment, answered.get(sid, moment))
    return Books(
        incoming=[row for row in rows if row.kind is None],
        outgoing=[row for row in rows if row.kind is not None],
        accepted=[one for one in product.accepted(to=None) if one["to"] in wanted],
        answered_at=answered,
    )


def examine(books, slack_s=0.0):
    """Hold every claim against the books.

    Args:
        slack_s: a text may reach the carrier so much later than the answer to STOP: it was already on its
            way when the process that sent it was killed.
    """
    return Findings(
        lost=[*_not_stored(books), *_not_answered(books), *_not_sent(books)],
        out_of_order=_out_of_order(books),
        duplicate=[*_stored_twice(books), *_not_in_the_outbox(books), *_said_twice(books)],
        after_stop=_after_stop(books, slack_s),
    )


def accepted_later(books, moments, slack_s=0.0):
    """(phone, body, seconds) of every text that the carrier took after that phone's moment."""
    return [
        (one["to"], one["body"], round(one["accepted_at"] - moments[one["to"]], 3))
        for one in books.accepted
        if one["to"] in moments and one["accepted_at"] > moments[one["to"]] + slack_s
    ]


def _not_stored(books):
    kept = {row.key for row in books.incoming}
    return [f"{sid} was acknowledged, not stored" for sid in books.answered_at if sid not in kept]


def _not_answered(books):
    return [
        f"{row.sender} {row.body!r}: "
        + (f"turn {row.turn} said nothing" if row.turn else "no turn")
        for row in _without_answer(books.incoming, books.outgoing)
    ]


def _without_answer(incoming, outgoing):
    """Texts without a turn, and those whose turn said nothing where neither STOP nor a hand-off nor a person silenced the agent."""
    spoke = {row.turn for row in outgoing if row.status != "dropped"}
    silenced = {row.sender for row in incoming if row.body in STOPS}
    silenced |= {row.recipient for row in outgoing if row.author.startswith("staff:")}
    silenced |= {row.recipient for row in outgoing if row.kind == "hand_off"}
    return [
        row
        for row in incoming
        if row.turn is None or (row.turn not in spoke and row.sender not in silenced)
    ]


def _not_sent(books):
    """Outbox rows that the carrier has not, except those it refused because it knows of a STOP."""
    has = {one["sid"] for one in books.accepted}
    blocked = {row.sender for row in books.incoming if row.body == CARRIERS_STOP}
    return [
        f"{row.recipient} {row.body!r} is {row.status} ({row.status_reason}), and not at the carrier"
        for row in books.outgoing
        if row.status != "dropped"
        and row.sid not in has
        and not (row.status == "failed" and row.recipient in blocked)
    ]


def _out_of_order(books):
    seqs = {row.sid: row.seq for row in books.outgoing if row.sid}
    arrived = defaultdict(list)
    for one in books.accepted:
        if one["sid"] in seqs:
            arrived[one["to"]].append(seqs[one["sid"]])
    return [
        f"{phone}: outbox {earlier} arrived before {later}"
        for phone, order in arrived.items()
        for earlier, later in pairwise(order)
        if earlier > later
    ]


def _stored_twice(books):
    counts = Counter(row.sid for row in books.incoming)
    return [f"{sid} is stored {count} times" for sid, count in counts.items() if count > 1]


def _not_in_the_outbox(books):
    """Texts at the carrier that the outbox does not say were sent, or says twice."""
    sent = Counter(row.sid for row in books.outgoing if row.status != "dropped")
    states = {row.sid: row.status for row in books.outgoing}
    return [
        f"{one['to']} got {one['body']!r}, of which the outbox has {sent[one['sid']]}"
        f" ({states.get(one['sid'], 'unknown')})"
        for one in books.accepted
        if sent[one["sid"]] != 1
    ]


def _said_twice(books):
    """Nobody asks the same twice here, so nobody should hear the same twice."""
    heard = Counter((one["to"], one["body"]) for one in books.accepted)
    return [
        f"{phone} got {body!r} {count} times, for {_asked_for(books, phone, body)}"
        for (phone, body), count in heard.items()
        if count > 1
    ]


def _asked_for(books, phone, body):
    """What each turn that said these words had been asked."""
    turns = [row.turn for row in books.outgoing if (row.recipient, row.body) == (phone, body)]
    return [[row.body for row in books.incoming if row.turn == turn] for turn in turns]


def _after_stop(books, slack_s):
    bare = {row.sender for row in books.incoming if row.body == CARRIERS_STOP}
    late = accepted_later(books, books.stopped_at(), slack_s)
    unwanted = [one for one in late if one[1] != CONFIRMATION or one[0] in bare]
    first_stop: dict[str, int] = {}
    for row in books.incoming:
        if row.body in STOPS:
            first_stop.setdefault(row.sender, row.seq)
    written = [
        row
        for row in books.outgoing
        if row.seq > first_stop.get(row.recipient, row.seq)
        and row.status != "dropped"
        and row.body != CONFIRMATION
    ]
    return [
        *(f"{phone} got {body!r} {late_s} s after STOP was answered" for phone, body, late_s in unwanted),
        *(f"{row.recipient}: {row.body!r} was written after STOP and is {row.status}" for row in written),
    ]  # fmt: skip


def _waiting(product, callers):
    """What is not served yet, in words."""
    if product.carrier_is_busy():
        return ["the carrier is busy"]
    rows = _texts(product, callers)
    incoming = [row for row in rows if row.kind is None]
    outgoing = [row for row in rows if row.kind is not None]
    owed = _without_answer(incoming, outgoing)
    owed += [row for row in outgoing if row.status in _UNDER_WAY]
    return [_line(row) for row in owed] or _work(product, callers)


def _line(row):
    who = f"{row.sender} to {row.recipient}"
    return (
        f"{row.seq} {who} {row.key} {row.body!r} {row.status} ({row.status_reason}) turn {row.turn}"
    )


def _work(product, callers):
    """What the engine has begun or could begin for these callers; what waits for its time is left out."""
    query = sa.text(
        f"select workflow_uuid, status, queue_partition_key from {_work_table(product)}"
        " where status in ('PENDING', 'ENQUEUED') and queue_partition_key is not null"
    )
    with product.database().connect() as connection:
        return [
            f"{row.workflow_uuid} {row.status}"
            for row in connection.execute(query)
            if any(phone in row.queue_partition_key for phone in callers)
        ]


def _work_table(product):
    return "dbos.workflow_status" if product.database_url else "workflow_status"


def _texts(product, callers):
    """Everything between the product and these callers, alerts to staff left out."""
    query = sa.text(
        "select text.* from text join thread on thread.id = text.thread"
        " where coalesce(kind, '') <> 'alert' order by seq"
    )
    wanted = set(callers)
    with product.database().connect() as connection:
        rows = connection.execute(query).all()
    return [row for row in rows if (row.sender if row.kind is None else row.recipient) in wanted]
