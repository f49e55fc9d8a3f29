"""Fragments of one thought are answered once, together; what is urgent is answered at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.crowd import phones
from tests.faults.ledger import read_books, settle

DEBOUNCE_S = 6
SOON_S = 3.0
"""An urgent text is answered within this time, whatever else comes."""
FRAGMENTS = ("what would it cost", "to have you fit a toilet", "that I bought myself")
NEEDS_ALL = "$220"
FIRST_AID = "shut off the main water valve"
ORDINARY, FLOOD = "hi, quick question", "my basement is flooding"
ADDRESS = "we are at 120 Main St"
SPLIT, ALONE, FOLLOWED, FIRST = phones(4, first=8000)


@pytest.fixture(scope="module")
def patient(start_product):
    """Waits six seconds for the rest of a burst; three callers write at once, to save time."""
    product = start_product(RINGBACK_DEBOUNCE_S=str(DEBOUNCE_S))
    product.text(FLOOD, caller=FIRST)
    product.replied(1, to=FIRST)
    with ThreadPoolExecutor(3) as pool:
        sent = {
            caller: pool.submit(_send, product, caller, texts)
            for caller, texts in {
                SPLIT: [(0, FRAGMENTS[0]), (0.7, FRAGMENTS[1]), (0.7, FRAGMENTS[2])],
                ALONE: [(0, ORDINARY), (1, FLOOD)],
                FOLLOWED: [(0, ORDINARY), (1, FLOOD), (0.1, ADDRESS)],
            }.items()
        }
    product.sent_at = {caller: one.result() for caller, one in sent.items()}
    settle(product, sent)
    yield product
    product.stop()


def test_fragments_get_one_reply_that_uses_all(patient):
    books = read_books(patient, [SPLIT])

    assert len({row.turn for row in books.incoming}) == 1
    assert len(books.accepted) == 1
    assert NEEDS_ALL in books.accepted[0]["body"]


@pytest.mark.parametrize("caller", [ALONE, FOLLOWED], ids=["alone", "followed by an ordinary text"])
def test_an_urgent_text_does_not_wait_for_its_burst(patient, caller):
    said = [one for one in patient.accepted(caller) if FIRST_AID in one["body"]]

    assert len(said) == 1
    assert said[0]["accepted_at"] - patient.sent_at[caller][FLOOD] < SOON_S


def _send(product, caller, texts):
    """When each text was sent, in epoch seconds."""
    sent_at = {}
    for pause_s, body in texts:
        time.sleep(pause_s)
        sent_at[body] = time.time()
        product.text(body, caller=caller)
    return sent_at
