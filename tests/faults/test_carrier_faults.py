"""What the outbox says in the end, whatever the carrier does to a text."""

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from tests.faults.crowd import QUESTIONS, phones
from tests.faults.forms import text_form
from tests.faults.ledger import Books, examine, read_books, settle

FAULTS: dict[str, dict[str, float]] = {
    "500": {},
    "429": {},
    "hang": {"delay_s": 1.5},
    "accept_then_drop": {},
    "late_status": {"delay_s": 2.0},
    "reordered_status": {},
    "duplicate_status": {},
    "21610": {},
    "30006": {},
    "30003": {},
    "refuse": {"code": 21211},
    "undelivered": {"code": 30007},
    "failed": {"code": 30005},
}
PASSING = ["500", "429", "hang", "accept_then_drop", "late_status", "reordered_status", "duplicate_status"]  # fmt: skip
TRIED_LATER = "30003"
"""A handset that is switched off now may be on in some minutes."""
CALLERS = dict(zip(FAULTS, phones(len(FAULTS), first=7000), strict=True))
OUT_OF_TURN = phones(1, first=7050)[0]
LONG = dict(zip(["hang", "accept_then_drop", "500 for ever"], phones(3, first=7060), strict=True))
STAGES = {
    "queued": 0, "sending": 1, "accepted": 2, "sent": 3,
    "delivered": 4, "undelivered": 4, "failed": 4, "dropped": 4,
}  # fmt: skip


@dataclass(kw_only=True)
class BadDay:
    """One text to each caller, each gone wrong in its own way."""

    product: Any
    books: Books
    seen: dict[str, list[str]] = field(default_factory=dict)
    """Every status that an outbox row was seen with, by its key, in order."""

    def row(self, kind):
        """The outbox's row of the caller's answer."""
        return next(one for one in self.books.outgoing if one.recipient == CALLERS[kind])

    def accepted(self, kind):
        return [one for one in self.books.accepted if one["to"] == CALLERS[kind]]


@pytest.fixture(scope="module")
def bad_day(one_process):
    for kind, caller in CALLERS.items():
        one_process.fault(kind, to=caller, **FAULTS[kind])
    with _Watching(one_process) as watching:
        for caller in CALLERS.values():
            one_process.text(QUESTIONS[0], caller=caller, wait=False)
        settle(one_process, [one for kind, one in CALLERS.items() if kind != TRIED_LATER])
    books = read_books(one_process, CALLERS.values())
    return BadDay(product=one_process, books=books, seen=watching.seen)


@pytest.mark.parametrize("kind", PASSING)
def test_a_fault_that_passes_ends_with_one_delivered_text(bad_day, kind):
    assert len(bad_day.accepted(kind)) == 1
    assert bad_day.row(kind).status == "delivered"
    assert bad_day.row(kind).sid == bad_day.accepted(kind)[0]["sid"]


def test_nothing_is_said_twice_and_nothing_is_unaccounted_for(bad_day):
    findings = examine(bad_day.books)

    assert not findings.duplicate
    assert not findings.out_of_order


def test_no_status_goes_back(bad_day):
    for key, statuses in bad_day.seen.items():
        stages = [STAGES[one] for one in statuses]
        assert stages == sorted(stages), (key, statuses)


def test_a_refusal_for_opt_out_opts_the_caller_out_here(bad_day):
    assert not bad_day.accepted("21610")
    assert bad_day.row("21610").status in ("failed", "dropped")
    assert "opted out" in bad_day.row("21610").status_reason
    with bad_day.product.database().connect() as connection:
        query = sa.text("select opted_out_at from thread where caller = :it")
        assert connection.scalar(query, {"it": CALLERS["21610"]})


@pytest.mark.parametrize("kind", ["30006", "undelivered"])
def test_a_text_that_was_not_delivered_is_a_persons_task(bad_day, kind):
    assert len(bad_day.accepted(kind)) == 1
    assert bad_day.row(kind).status == "undelivered"
    assert "undelivered" in _open_tasks(bad_day, kind)


def test_a_text_that_failed_at_the_carrier_is_a_persons_task(bad_day):
    assert bad_day.row("failed").status == "failed"
    assert "undelivered" in _open_tasks(bad_day, "failed")


def test_a_refused_text_is_not_tried_again_and_is_a_persons_task(bad_day):
    assert not bad_day.accepted("refuse")
    assert bad_day.row("refuse").status == "failed"
    assert "undelivered" in _open_tasks(bad_day, "refuse")


def test_an_unreachable_handset_gets_no_second_try_at_once(bad_day):
    rows = [one for one in bad_day.books.outgoing if one.recipient == CALLERS[TRIED_LATER]]

    assert len(bad_day.accepted(TRIED_LATER)) == 1
    assert rows[0].status == "undelivered"
    assert [one.status for one in rows[1:]] in ([], ["queued"])


def test_late_reports_do_not_change_how_it_ended(one_process):
    one_process.text(QUESTIONS[0], caller=OUT_OF_TURN)
    settle(one_process, [OUT_OF_TURN])
    row = read_books(one_process, [OUT_OF_TURN]).outgoing[0]
    form = text_form(one_process, row.sid, OUT_OF_TURN, "") | {"From": row.sender, "To": row.recipient}  # fmt: skip

    for status in ("sent", "queued", "undelivered", "delivered", "sending"):
        path = f"/twilio/sms/status?key={row.key}"
        assert one_process.webhook(path, form | {"MessageStatus": status})["status"] == 200

    assert row.status == "delivered"
    assert read_books(one_process, [OUT_OF_TURN]).outgoing[0].status == "delivered"


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_carrier_that_is_slower_than_our_patience_gets_no_text_twice(one_process):
    """Twilio's client gives up after 10 s: once before the text was taken, once after."""
    product = one_process
    product.fault("hang", to=LONG["hang"], delay_s=14)
    product.fault("accept_then_drop", to=LONG["accept_then_drop"], delay_s=14)
    product.fault("500", to=LONG["500 for ever"], times=50)
    for caller in LONG.values():
        product.text(QUESTIONS[0], caller=caller, wait=False)

    settle(product, LONG.values(), patience_s=150)

    product.no_faults()
    books = read_books(product, LONG.values())
    ended = {one.recipient: one.status for one in books.outgoing}
    assert ended == {
        LONG["hang"]: "delivered",
        LONG["accept_then_drop"]: "delivered",
        LONG["500 for ever"]: "failed",
    }
    assert not examine(books).duplicate


def _open_tasks(day, kind):
    with day.product.database().connect() as connection:
        query = sa.text(
            "select task.kind from task join thread on thread.id = task.thread"
            " where thread.caller = :it and task.done_at is null"
        )
        return list(connection.scalars(query, {"it": CALLERS[kind]}))


class _Watching:
    """Looks at the outbox again and again and keeps what it sees change."""

    def __init__(self, product):
        self.seen = {}
        self._product = product
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        query = sa.text("select key, status from text where kind is not null")
        while not self._over.wait(0.03):
            with self._product.database().connect() as connection:
                for key, status in connection.execute(query):
                    statuses = self.seen.setdefault(key, [])
                    if statuses[-1:] != [status]:
                        statuses.append(status)
