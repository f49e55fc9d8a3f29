"""SIGKILL at any moment: nothing is lost, nothing is said twice."""

import random
import time
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import caldav.davclient
import pytest
import sqlalchemy as sa

from evals.model.double import ModelDouble
from evals.product import until
from tests.faults.killing import FULL_CROWD, kill_the_server, serve_through_kills

DENVER = ZoneInfo("America/Denver")
CALLERS = [f"+1720555{number:04d}" for number in range(100, 160)]


@pytest.fixture(params=["sqlite", "postgresql"])
def started(request, start_product):
    """Starts the product on each kind of database with settings of a test's own."""
    running = []

    def start(**more):
        running.append(start_product(request.param, **more))
        return running[0]

    yield start
    for one in running:
        one.stop()


def test_a_turn_killed_while_the_model_thinks_is_answered_once_after_restart(started):
    with ModelDouble(delay_s=1.5) as model:
        product = started(OPENAI_BASE_URL=model.url)
        product.text("how much is a drain cleaning?")
        until(lambda: model.asked, "the model is asked")

        product.kill_server()
        model.delay_s = 0
        product.start_server()

        assert "$149" in product.replied(1)[0]
        product.stays_silent(1)
        assert len(model.asked) == 2  # the call that was cut off, and the one that replaced it


def test_a_turn_killed_after_the_model_answered_does_not_ask_it_again(started):
    with ModelDouble() as model:
        product = started(OPENAI_BASE_URL=model.url)
        _fault(product, kind="hang", delay_s=3)
        product.text("how much is a drain cleaning?")
        until(lambda: model.asked, "the model is asked")
        time.sleep(0.5)

        product.kill_server()
        _no_faults(product)
        product.start_server()

        assert "$149" in product.replied(1)[0]
        product.stays_silent(1)
        assert len(model.asked) == 1


def test_a_text_that_the_carrier_took_before_the_connection_broke_is_not_sent_again(started):
    product = started()
    _fault(product, kind="accept_then_drop")

    product.text("how much is a drain cleaning?")

    assert "$149" in product.replied(1)[0]
    product.stays_silent(1, seconds=4)


def test_conversations_survive_random_kills(one_process, tell):
    """Small and on one database here; `make faults` runs the full size on each."""
    serve_through_kills(one_process, kill_the_server, tell, callers=10, kills=2, per_s=12)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_three_hundred_callers_are_served_through_ten_kills(start_product, tell):
    product = start_product(RINGBACK_TEXTS_PER_BUSINESS_HOUR="0")
    serve_through_kills(product, kill_the_server, tell, **FULL_CROWD)
    product.stop()


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_sixty_conversations_survive_ten_random_kills(started):
    _converse_through_kills(started(), callers=60, kills=10)


def test_bookings_survive_a_kill(start_product):
    """Small and on one database here; `make faults` runs the full size on each."""
    _book_through_kills(start_product("postgresql"), callers=6, kills=1)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_forty_bookings_survive_five_kills(started):
    _book_through_kills(started(), callers=40, kills=5)


def _book_through_kills(product, callers, kills):
    """Everyone wants one morning; the server dies while they choose. Who reads of a booking has one, once."""
    chance = random.Random(11)
    day = datetime.now(DENVER).date() + timedelta(days=6)
    for caller in CALLERS[:callers]:
        product.text(f"need a drain cleaning on {day:%B} {day.day} at 9am", caller=caller)
    until(lambda: _settled(product), "every wish is answered", timeout_s=180)
    for caller in CALLERS[:callers]:
        listed = "1)" in product.replied(1, caller)[0]
        product.text("1" if listed else "yes", caller=caller, wait=False)
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 0.9))
        product.kill_server()
        product.start_server()
    chosen = CALLERS[:callers]
    until(lambda: all(len(product.bodies(one)) > 1 for one in chosen), "an answer each", 180)
    until(lambda: _settled(product), "every choice is answered", timeout_s=180)

    events = _events(product)
    for caller in CALLERS[:callers]:
        told = [body for body in product.bodies(caller) if "You're booked" in body]
        theirs = [one for one in events if one[0] == caller]
        assert len(told) == len(theirs) <= 1, (caller, product.bodies(caller), theirs)
    spans = sorted((calendar, start, end) for _, calendar, start, end in events)
    for (one, _, end), (other, start, _) in pairwise(spans):
        assert one != other or end <= start, spans
    assert events


def _events(product):
    """(caller, calendar, start, end) of every event, read as a phone reads them."""
    with product.database().connect() as connection:
        rows = connection.execute(sa.text("select id, thread from appointment"))
        callers = {row.id: row.thread.rpartition(":")[2] for row in rows}
    client = caldav.davclient.DAVClient(
        f"{product.url}/dav/",
        username="mia",
        password=product.calendar_password(),
        auth_type="basic",
        enable_rfc6764=False,
    )
    found = [
        (callers[str(event["x-appt-id"])], str(calendar.url), event["dtstart"].dt, event["dtend"].dt)
        for calendar in client.principal().calendars()
        for event in (one.icalendar_component for one in calendar.events())
    ]  # fmt: skip
    client.close()
    return found


def _converse_through_kills(product, callers, kills):
    """In each round every caller asks once and the server dies somewhere in between."""
    chance = random.Random(7)
    for _ in range(kills):
        for caller in CALLERS[:callers]:
            product.text("how much is a drain cleaning?", caller=caller, wait=False)
        time.sleep(chance.uniform(0.05, 1.2))
        product.kill_server()
        product.start_server()
        until(lambda: _settled(product), "every text is answered", timeout_s=180)

    stored = {row.key for row in _texts(product) if row.author == "caller"}
    assert _acknowledged(product) <= stored
    for caller in CALLERS[:callers]:
        ours = [row for row in _texts(product) if row.recipient == caller]
        seen = [(row.key, row.status, row.status_reason, row.sid, str(row.at)) for row in ours]
        kept = [row.sid for row in ours if row.status != "dropped"]
        assert sorted(one["sid"] for one in product.accepted(to=caller)) == sorted(kept), seen


def _settled(product):
    """Every stored text has its turn, nothing waits to be sent, and the carrier has stopped retrying."""
    if product.client.get(f"{product.phone}/sim/ready").json()["pending"]:
        return False
    return all(
        row.turn if row.author == "caller" else row.status not in ("queued", "sending")
        for row in _texts(product)
    )


def _texts(product):
    with product.database().connect() as connection:
        return list(
            connection.execute(sa.text("select * from text where kind is null or kind = 'reply'"))
        )


def _acknowledged(product):
    """The texts that the product has told the carrier it took."""
    log = product.client.get(f"{product.phone}/sim/webhooks", params={"path": "/twilio/sms"}).json()
    return {one["params"]["MessageSid"] for one in log if one["status"] == 200}


def _fault(product, **fault):
    body = {"match": {"to": "+13035550199"}, "times": 1} | fault
    assert product.client.post(f"{product.phone}/sim/faults", json=[body]).status_code < 300


def _no_faults(product):
    assert product.client.delete(f"{product.phone}/sim/faults").status_code < 300
