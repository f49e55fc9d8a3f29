"""The page of who is on call, and calls to staff, on the running product with the carrier simulator."""

import re
from datetime import UTC, datetime

import pytest

from evals.product import CALLER, MIA, until
from server.store import businesses

SAM = "+13035550142"
PAGE = "/business/on-call"
LADDER = {
    "staff-0": "mia", "when-0": "always", "sms-0": "1", "call-0": "1",
    "staff-1": "sam", "when-1": "always", "sms-1": "1", "call-1": "1",
    "urgent_min": "3", "normal_min": "15", "rounds": "3",
}  # fmt: skip


@pytest.fixture
def product(two_businesses):
    """With the ladder as it was, and nobody at the staff's phones."""
    with two_businesses.database().connect() as connection:
        before = businesses.get(connection, "alder-creek-plumbing")
    assert before
    two_businesses.set_carrier(ring_s=10)  # a busy machine answers late
    yield two_businesses
    two_businesses.set_carrier(ring_s=0.2)
    with two_businesses.database().begin() as connection:
        businesses.save(connection, before, datetime.now(UTC))
    for phone in (MIA, SAM, CALLER):
        two_businesses._post("/sim/staff", {"phone": phone, "script": "ignore"})


def saves(visitor, **changes):
    seen = re.search(r'name="seen" value="([^"]+)"', visitor.sees(PAGE))
    assert seen
    return visitor.sends(PAGE, LADDER | {"seen": seen[1], "do": "save"} | changes)


def name_of(sent):
    """The number of the test that was begun."""
    found = re.search(r"test=(\d+)", sent.headers["location"])
    assert found
    return found[1]


def ladder(product):
    with product.database().connect() as connection:
        business = businesses.get(connection, "alder-creek-plumbing")
    assert business
    return business.on_call


def test_an_owner_changes_the_order_and_the_times(product, mia):
    saves(mia, do="down-0")
    assert [rung.staff for rung in ladder(product)] == ["sam", "mia"]

    swapped = {"staff-0": "sam", "staff-1": "mia", "when-1": "times", "times-1": "Mon-Fri 17:00-22:00"}  # fmt: skip
    saves(mia, **swapped)
    assert ladder(product)[1].when == "mon-fri 17:00-22:00"


def test_times_that_cannot_be_read_are_told_and_not_saved(product, mia):
    answer = saves(mia, **{"when-0": "times", "times-0": "evenings"})

    assert answer.status_code == 400
    assert "mon-fri 17:00-22:00" in answer.text
    assert ladder(product)[0].when == "always"


def test_two_owners_at_once_lose_nothing(product, mia):
    answer = mia.sends(PAGE, LADDER | {"seen": "of yesterday", "do": "remove-0"})

    assert answer.status_code == 400
    assert len(ladder(product)) == 2


def test_staff_see_the_ladder_and_change_nothing(product, sam):
    seen = sam.sees(PAGE)

    assert "Mia Torres" in seen
    assert 'name="do"' not in seen
    assert sam.sends(PAGE, LADDER).status_code == 403


def test_a_test_is_taken_by_pressing_1(product, mia):
    product._post("/sim/staff", {"phone": MIA, "script": {"action": "answer", "digits": "1"}})
    mia.sees(PAGE)
    sent = mia.sends(f"{PAGE}/test", {"staff": "mia", "text": "1", "call": "1"})
    name = name_of(sent)

    shown = until(lambda: _taken(mia, name), "the test is taken")

    assert "Mia was called: pressed 1: took it" in shown
    assert any("TEST by Mia. Nothing has happened. Reply 1" in body for body in product.bodies(MIA))


def test_staff_test_only_themselves(product, sam):
    sam.sees(PAGE)
    sam.sends(f"{PAGE}/test", {"staff": "mia", "text": "1"})

    until(lambda: any("TEST by Sam" in body for body in product.bodies(SAM)), "a test")


def test_tests_are_few(product, nora):
    nora.sees(PAGE)
    answers = [
        nora.sends(f"{PAGE}/test", {"staff": "nora", "bell": "1"}).status_code for _ in range(8)
    ]

    assert 400 in answers


def test_a_test_of_another_business_is_not_there(product, mia, nora):
    mia.sees(PAGE)
    sent = mia.sends(f"{PAGE}/test", {"staff": "mia", "bell": "1"})
    name = name_of(sent)

    assert nora.http.get(f"{PAGE}/tests/{name}").status_code == 404


def test_an_emergency_is_taken_on_the_phone_and_put_through(product, mia):
    caller = "+13035550166"
    product._post("/sim/staff", {"phone": MIA, "script": {"action": "answer", "digits": "11"}})
    product._post("/sim/staff", {"phone": caller, "script": "answer"})
    product.text("a pipe burst and water is everywhere", caller=caller)

    told = until(
        lambda: [one for one in product.bodies(caller) if "calling you now" in one], "told"
    )
    leg = until(lambda: _leg(product, caller), "the caller's phone rang")

    assert told[0].startswith("Mia")
    assert leg["from"] == "+13035550140"
    assert "Emergency" in mia.sees(PAGE)
    assert "Mia took it after" in mia.sees(PAGE)


def _leg(product, caller):
    calls = product.client.get(f"{product.phone}/sim/calls").json()
    return next((leg for one in calls for leg in one["legs"] if leg["to"] == caller), None)


def _taken(visitor, name):
    shown = visitor.sees(f"{PAGE}/tests/{name}")
    return shown if "took it after" in shown else ""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_server_goes_on_climbing_and_texts_nobody_twice(start_product, kind):
    running = start_product(kind)
    running.text("a pipe burst and water is everywhere")
    until(lambda: running.bodies(SAM), "Sam is texted")
    running.kill_server()
    running.start_server()

    running._post("/sim/staff", {"phone": SAM, "script": {"action": "answer", "digits": "1"}})
    until(lambda: _called(running), "somebody is called")

    assert [len(running.bodies(phone)) for phone in (MIA, SAM)] == [1, 1]
    running.stop()


def _called(product):
    calls = product.client.get(f"{product.phone}/sim/calls").json()
    return [one["to"] for one in calls if one["direction"] == "outbound-api"]
