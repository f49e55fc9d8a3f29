"""The carrier says the same twenty times at once, or in another order: it has one effect."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest
import sqlalchemy as sa

from tests.faults.crowd import PLAIN_STOP, QUESTIONS, SETTINGS, phones
from tests.faults.forms import call_form, text_form
from tests.faults.ledger import CONFIRMATION, examine, read_books, settle

TIMES = 20
TEXT, STOP, CALL, *ORDERS = phones(20, first=6000)
VOICE = ("/twilio/voice", {"CallStatus": "ringing"})
DIALED = ("/twilio/voice/dialed", {"CallStatus": "in-progress", "DialCallStatus": "no-answer"})
ENDED = ("/twilio/voice/status", {"CallStatus": "completed"})


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def shared(request, start_product):
    """One process on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("one_process")
        return
    product = start_product("postgresql", **SETTINGS)
    yield product
    product.stop()


def test_a_text_delivered_twenty_times_at_once_is_answered_once(shared):
    form = text_form(shared, "SMtwenty", TEXT, QUESTIONS[0])

    answers = _at_once(shared, [("/twilio/sms", form)] * TIMES)

    assert answers == {200: TIMES}
    settle(shared, [TEXT])
    books = read_books(shared, [TEXT])
    assert (len(books.incoming), len(books.outgoing), len(books.accepted)) == (1, 1, 1)
    examine(books).assert_none()


def test_a_stop_delivered_twenty_times_at_once_is_one_opt_out(shared):
    form = text_form(shared, "SMtwentystops", STOP, PLAIN_STOP)

    answers = _at_once(shared, [("/twilio/sms", form)] * TIMES)

    assert answers == {200: TIMES}
    settle(shared, [STOP])
    assert shared.bodies(STOP) == [CONFIRMATION]
    assert _count(shared, "consent", "caller = :it and change = 'opt_out'", STOP) == 1


def test_a_calls_events_delivered_twenty_times_at_once_send_one_first_text(shared):
    call = call_form(shared, "CAtwenty", CALL)
    later = [DIALED, ENDED] * TIMES
    random.Random(1).shuffle(later)

    answers = _at_once(shared, [(VOICE[0], call | VOICE[1])] * TIMES)
    answers += _at_once(shared, [(path, call | more) for path, more in later])

    assert answers == {200: 3 * TIMES}
    shared.replied(1, to=CALL)
    settle(shared, [CALL])
    assert len(shared.bodies(CALL)) == 1
    assert _count(shared, "call", "sid = :it", "CAtwenty") == 1
    assert _count(shared, "consent", "caller = :it and change = 'inbound_call'", CALL) == 1


def test_a_calls_events_in_any_order_send_one_first_text(one_process):
    orders = dict(zip(ORDERS, permutations([VOICE, DIALED, ENDED]), strict=False))

    for caller, order in orders.items():
        call = call_form(one_process, f"CAorder{caller[1:]}", caller)
        for path, more in order:
            assert one_process.webhook(path, call | more)["status"] == 200

    settle(one_process, orders)
    sent = {_names(order): len(one_process.bodies(one)) for one, order in orders.items()}
    assert sent == dict.fromkeys(sent, 1)


def _names(order):
    return " ".join(path.rpartition("/")[2] for path, _ in order)


def _at_once(product, webhooks):
    """How many got each HTTP status."""
    with ThreadPoolExecutor(TIMES) as pool:
        answers = pool.map(lambda one: product.webhook(*one), webhooks)
        return Counter(one["status"] for one in answers)


def _count(product, table, where, it):
    with product.database().connect() as connection:
        query = sa.text(f'select count(*) from "{table}" where {where}')
        return connection.scalar(query, {"it": it})
