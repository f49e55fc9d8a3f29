"""A number that carriers would block sends nothing, and says why; nothing that was to be sent is lost without a word."""

from typing import cast

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import BadInput, NotFound
from agent.rules.sender_numbers import TOLL_FREE, needed
from server.settings import Settings
from server.store import registrations
from server.store.tables import phone, text
from tests.server.desk import Shop

OURS = "+13035550140"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    opened = Shop(tmp_path_factory.mktemp("registrations"), unregistered="refuse")
    yield opened
    opened.close()


@pytest.fixture
def caller(shop):
    shop.new_caller()
    enter(shop, "none")
    return shop


def enter(shop, status):
    with shop.house.database.begin() as connection:
        if status is None:
            mine = sa.update(phone).where(phone.c.number == OURS)
            connection.execute(mine.values(registration=None))
        else:
            now = shop.house.clock.now()
            registrations.enter(connection, shop.business.slug, OURS, status, "", now)


@given(st.from_regex(r"\+1[2-9]\d{9}", fullmatch=True))
def test_every_american_number_needs_one_of_two_registrations(number):
    assert needed(number) == ("toll-free" if number[2:5] in TOLL_FREE else "10DLC")


@pytest.mark.parametrize("number", ["+442079460000", "+525555550100", "+10005550100"])
def test_other_numbers_need_none_that_we_know_of(number):
    assert needed(number) is None


def test_a_new_number_is_not_registered_until_somebody_says_so(shop):
    with shop.house.database.connect() as connection:
        found = registrations.of_business(connection, shop.business.slug)

    assert [(one.number, one.needs) for one in found] == [(OURS, "10DLC")]
    assert found[0].status == "none"


@pytest.mark.parametrize("status", ["none", "submitted", "rejected"])
def test_the_agents_answer_is_refused_with_its_reason_and_a_person_is_asked(caller, status):
    enter(caller, status)

    caller.writes("how much is a drain cleaning?")

    assert caller.said() == []
    dropped = [one for one in caller.texts() if one.status == "dropped" and one.kind != "alert"]
    assert dropped
    assert all("not registered for texting yet (10DLC)" in one.status_reason for one in dropped)
    assert "undelivered" in caller.owed()
    assert caller.row().owner == "nobody"


@pytest.mark.parametrize("status", ["approved", None])
def test_what_is_approved_or_was_never_entered_sends(caller, status):
    enter(caller, status)

    caller.writes("how much is a drain cleaning?")

    assert "$149" in " ".join(caller.said())


def test_what_staff_write_is_refused_too_and_stays_owed(caller):
    caller.writes("hello")
    mia = caller.person("mia")

    mia.sends("We will call you.")
    caller.passes(60)

    assert caller.said() == []
    assert "not registered" in mia.sees()
    with caller.house.database.connect() as connection:
        written = connection.scalar(sa.select(text.c.status).where(text.c.kind == "staff", text.c.thread == caller.thread))  # fmt: skip
    assert written == "dropped"


def test_an_opt_out_counts_although_it_is_not_confirmed(caller):
    caller.writes("please stop texting me")

    assert caller.row().opted_out_at is not None
    assert caller.said() == []


def test_alerts_to_staff_follow_the_same_line(caller):
    caller.writes("my basement is flooding, help!!")

    assert caller.said(phone="+13035550141") == []


def test_a_status_that_is_none_and_a_number_of_others_are_not_taken(shop):
    now, great = shop.house.clock.now(), cast(registrations.Status, "great")
    with shop.house.database.begin() as connection:
        with pytest.raises(BadInput):
            registrations.enter(connection, shop.business.slug, OURS, great, "", now)
        with pytest.raises(NotFound):
            registrations.enter(connection, "elsewhere", OURS, "approved", "", now)


@pytest.mark.parametrize(
    ("given", "refuses"),
    [({}, True), ({"twilio_api_url": "http://127.0.0.1:1"}, False), ({"unregistered": "send"}, False),
     ({"unregistered": "refuse", "twilio_api_url": "http://127.0.0.1:1"}, True)],
)  # fmt: skip
def test_a_simulator_sends_unless_it_is_told_not_to(given, refuses):
    assert Settings(_env_file=None, **given).registered_only is refuses
