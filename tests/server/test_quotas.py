"""What a business may use: counted as it happens, told at 80 %, and at 100 % only what can wait stops."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from agent.errors import BadInput
from agent.rules.segments import segments
from server import documents, provider, quotas
from server.model_health import may_think
from server.provider import By
from server.quotas import Quota
from server.store import standings, tasks, usage
from server.store.tables import task
from server.store.tables import usage as counts
from tests.calls.house import GRACE_S
from tests.server.desk import Shop

QUESTION = "how much is a drain cleaning?"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("quotas"))
    yield shop
    shop.close()


@pytest.fixture
def shop(opened):
    """Nothing is used, nothing is limited."""
    opened.new_caller()
    with opened.house.database.begin() as connection:
        connection.execute(sa.delete(counts))
        standings.set_quota(connection, opened.business.slug, None)
    return opened


def allow(shop, **limits):
    with shop.house.database.begin() as connection:
        by = By(who="root", now=shop.house.clock.now())
        provider.set_quota(connection, shop.business.slug, Quota(**limits), by)


def used(shop):
    with shop.house.database.connect() as connection:
        return next(iter(usage.of_business(connection, shop.business.slug).values()), {})


def spend(shop, segments):
    with shop.house.database.begin() as connection:
        month = usage.month_of(shop.house.clock.now(), shop.business.zone)
        usage.count(connection, shop.business.slug, month, segments=segments)


def missed_call(shop, sid):
    from agent.model import MissReason
    from server.switchboard import IncomingCall

    with shop.house.database.begin() as connection:
        call = IncomingCall(sid=sid, caller=shop.caller, dialled=shop.business.phone, raw={})
        now = shop.house.clock.now()
        shop.house.built.switchboard.missed(connection, shop.business, call, MissReason.NO_ANSWER, now)  # fmt: skip
    shop.passes(GRACE_S + 5)


def test_what_leaves_and_what_comes_is_counted_once(shop):
    missed_call(shop, "CA-counted")
    shop.writes(QUESTION)

    sent = [one for _, one in shop.house.phone.sent if one.to == shop.caller]
    assert used(shop) == {
        "texts": 2,
        "segments": sum(segments(one.body) for one in sent),
        "texts_in": 1,
        "calls": 1,
        "tokens": 0,
    }


def test_a_report_that_is_quicker_than_the_carriers_answer_loses_no_count(shop):
    shop.writes(QUESTION)
    before = used(shop)["texts"]
    row = next(one for one in shop.texts() if one.kind == "reply")
    door = shop.house.built.door
    with shop.house.database.begin() as connection:
        door._sent(connection, door_ticket(shop, row), row.sid)  # told again: it was counted

    assert used(shop)["texts"] == before


def door_ticket(shop, row):
    from server.delivery import _ticket

    with shop.house.database.connect() as connection:
        now = shop.house.clock.now()
        ticket = _ticket(connection, row, shop.business, now)
        connection.rollback()
    return ticket


def test_a_spent_month_stops_the_agent_and_asks_a_person(shop):
    allow(shop, segments_month=10)
    spend(shop, 10)

    shop.writes(QUESTION)

    assert shop.said() == []
    assert "undelivered" in shop.owed()
    assert "texts (SMS segments) are used up" in str([one.status_reason for one in shop.texts()])


def test_staff_are_told_soon_who_waits_in_a_spent_month(shop):
    allow(shop, segments_month=10)
    spend(shop, 10)
    before = len(shop.house.phone.sent)

    shop.writes(QUESTION, seconds=20 * 60)

    told = [one.to for _, one in shop.house.phone.sent[before:]]
    assert told
    assert shop.caller not in told


def test_a_spent_month_stops_neither_first_texts_nor_staff_nor_the_confirmation_of_stop(shop):
    allow(shop, segments_month=10)
    spend(shop, 10)

    missed_call(shop, "CA-spent")
    shop.person("mia").sends("We are on our way.")
    shop.passes(60)
    shop.writes("please take me off your list")

    assert len(shop.said()) == 3


def test_a_hard_quota_stops_first_texts_too_and_says_so(shop):
    allow(shop, segments_month=10, hard=True)
    spend(shop, 10)

    missed_call(shop, "CA-hard")

    assert shop.said() == []
    assert "undelivered" in shop.owed()


def test_alerts_about_danger_leave_in_a_spent_month(shop):
    allow(shop, segments_month=10)
    spend(shop, 10)
    before = len(shop.said(phone="+13035550141"))

    shop.writes("water is pouring through the ceiling, help!!")

    assert len(shop.said(phone="+13035550141")) > before


def test_the_next_month_of_the_business_is_free_again(shop):
    allow(shop, segments_month=10)
    spend(shop, 10)
    shop.passes(timedelta(days=31).total_seconds())

    shop.writes(QUESTION)

    assert "$149" in " ".join(shop.said())


def test_people_are_told_once_at_80_percent_and_once_at_100(shop):
    allow(shop, segments_month=10)
    with shop.house.database.begin() as connection:
        connection.execute(sa.delete(task).where(task.c.key.startswith("quota:")))
        now = shop.house.clock.now()
        for _ in range(12):
            quotas.count_sent(connection, shop.business, "x", Quota(), now)
        told = connection.scalars(sa.select(task.c.note).where(task.c.key.startswith("quota:"))).all()  # fmt: skip

    assert [note.split(" ")[0] for note in told] == ["8", "All"]
    assert "quota" not in shop.person("mia").sees("/tasks")
    assert "texts (SMS segments)" in shop.person("mia").sees("/tasks")
    with shop.house.database.connect() as connection:
        assert tasks.pressing(connection, shop.business.slug, now) >= 0


def test_ones_own_quota_stands_over_the_installations(shop):
    measure = Quota(segments_month=100, logins=5)
    assert Quota(segments_month=0).over(measure) == Quota(segments_month=0, logins=5)

    allow(shop, logins=2)
    with shop.house.database.connect() as connection, pytest.raises(BadInput, match="2 people"):
        quotas.insist_on_room_for_login(connection, shop.business.slug, measure)


def test_a_business_with_tokens_of_its_own_thinks_as_long_as_they_last(shop):
    allow(shop, tokens_day=5)
    shop.writes("hello")
    call = {"model": "m", "prompt": "p", "tokens_in": 4, "tokens_out": 1, "took_ms": 1, "ended": "answered"}  # fmt: skip
    now = shop.house.clock.now()

    with shop.house.database.begin() as connection:
        before = may_think(connection, shop.business, 1000, now)
        quotas.count_asked(connection, shop.business, shop.thread, "t1", [call], now)
        after = may_think(connection, shop.business, 1000, now)

    assert (before, after) == (True, False)
    assert used(shop)["tokens"] == 5


def test_documents_have_room_or_not(shop):
    allow(shop, documents_mb=1)
    library, slug = shop.house.built.library, shop.business.slug
    large = b"We fix taps. " * 60_000

    first = documents.take(library, slug, "one.txt", large)
    second = documents.take(library, slug, "two.txt", large)
    again = documents.take(library, slug, "one.txt", large + b"And pipes.")
    library.remove(slug, "one.txt")

    assert (first.is_taken, second.is_taken, again.is_taken) == (True, False, True)
    assert "1 MB" in second.words
