"""STOP at a random moment of a running turn: no text for that caller starts after STOP was answered."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.crowd import CARRIERS_STOP, PLAIN_STOP, QUESTIONS, moment_of_a_turn, phones
from tests.faults.forms import text_form
from tests.faults.ledger import examine, read_books, settle

AT_ONCE = 6


def test_no_text_starts_after_stop_was_answered(one_process, tell):
    """Small; `make faults` runs the full size."""
    _race(one_process, tell, "stop race, SQLite", callers=16)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_no_text_starts_after_stop_was_answered_in_two_hundred_threads(one_process, tell):
    _race(one_process, tell, "stop race, SQLite", callers=200)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_no_text_of_another_process_starts_after_stop_was_answered(cluster, tell):
    _race(cluster.product, tell, "stop race, PostgreSQL", callers=200)


def _race(product, tell, name, callers):
    chance = random.Random(callers)
    everybody = phones(callers, first=4000)
    moments = [moment_of_a_turn(chance) for _ in everybody]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: _ask_and_stop(product, *one), zip(everybody, moments)))  # noqa: B905 - of one length
    settle(product, everybody)

    books = read_books(product, everybody)
    assert len(books.stopped_at()) == callers
    findings = examine(books)
    tell(name, books, findings)
    findings.assert_none()


def _ask_and_stop(product, caller, moment_s):
    """Half of them with words that the carrier knows; it is told nothing of them, so that it blocks nothing for us."""
    product.text(QUESTIONS[0], caller=caller)
    time.sleep(moment_s)
    if int(caller[-1]) % 2:
        product.text(PLAIN_STOP, caller=caller)
    else:
        form = text_form(product, f"SMstop{caller[1:]}", caller, CARRIERS_STOP)
        assert product.webhook("/twilio/sms", form)["status"] == 200
