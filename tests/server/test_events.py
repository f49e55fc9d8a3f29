"""What other systems are told of: each event once, where it becomes true, and only where somebody wants it."""

import pytest
import sqlalchemy as sa

from server import webhooks
from server.events import CATALOGUE, Kind, sample
from server.store import webhook_endpoints
from server.store.tables import webhook_event
from tests.server.api_house import SLUG, ApiHouse

DAMAGE = "my basement is flooding, water everywhere"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("events"))
    yield built
    built.close()


@pytest.fixture
def house(shared):
    return shared.meets()


def kinds(house):
    return [one["type"] for one in house.told()]


def test_nothing_is_kept_where_nobody_wants_it(house):
    house.misses()
    house.writes("stop")

    assert house.told() == []


def test_only_what_an_endpoint_wants_is_kept(house):
    house.wants("http://127.0.0.1:9/a", "caller.opted_out")
    house.wants("http://127.0.0.1:9/b", "caller.opted_out", "task.done")

    house.misses()
    house.writes("stop")

    assert kinds(house) == ["caller.opted_out"]
    assert len(house.deliveries()) == 2


def test_another_businesss_endpoint_is_told_nothing(house):
    house.wants(business="north-fork-locks")

    house.misses()

    assert house.told() == []


def test_a_missed_call_and_the_first_reply_are_told_once(house):
    house.wants("http://127.0.0.1:9/a", "call.missed", "thread.replied")

    house.misses()
    house.writes("how much is a drain cleaning?")
    house.writes("and on weekends?")

    missed, replied = house.told()
    assert (missed["type"], replied["type"]) == ("call.missed", "thread.replied")
    assert missed["version"] == 1
    assert missed["data"] | {"call": ""} == {
        "business": SLUG, "caller": house.caller, "name": "", "call": "", "reason": "no answer",
        "decision": "first text", "called_at": missed["data"]["called_at"],
    }  # fmt: skip
    assert replied["timestamp"].endswith("-07:00")
    assert missed["data"]["called_at"].endswith("-07:00")
    assert replied["data"]["text"] == "how much is a drain cleaning?"


def test_stop_is_no_lead(house):
    house.wants("http://127.0.0.1:9/a", "thread.replied", "caller.opted_out")

    house.misses()
    house.writes("STOP")

    assert kinds(house) == ["caller.opted_out"]


def test_where_health_is_spoken_of_no_words_and_no_name_are_told(tmp_path):
    house = ApiHouse(tmp_path, privacy={"health": True})
    house.wants()

    house.misses()
    house.writes("this is Dana, my tooth hurts badly, please call me")
    house.writes("can a person call me about my tooth")

    visit = {
        "caller": house.caller,
        "service": "drain",
        "start": "2026-03-04T10:00:00-07:00",
        "staff": "mia",
    }
    booked = house.asks("/appointments", house.token("write"), "POST", json=visit)

    told = str(house.told())
    house.close()
    assert booked.status_code == 201, booked.text
    assert "thread.replied" in told
    assert "appointment.booked" in told
    assert "rain" not in told
    assert "tooth" not in told
    assert "Dana" not in told


def test_an_emergency_is_raised_and_accepted(house):
    house.wants("http://127.0.0.1:9/a", "escalation.raised", "escalation.accepted")

    house.misses()
    house.writes(DAMAGE)
    house.takes_in_inbox("mia")

    raised, accepted = house.told()
    assert (raised["data"]["urgent"], "words" in raised["data"]) == (True, True)
    assert accepted["data"]["by"] == "mia"
    assert accepted["data"]["escalation"] == raised["data"]["escalation"]


def test_tasks_and_callbacks_are_told_when_made_and_when_done(house):
    house.wants("http://127.0.0.1:9/a", "task.created", "task.done", "callback.requested")
    house.misses()
    house.told()
    token = house.token("write")
    before = len(house.told())

    new = {"caller": house.caller, "note": "Wants a call", "kind": "callback"}
    made = house.asks("/tasks", token, "POST", json=new).json()
    house.asks(f"/tasks/{made['id']}/done", token, "POST")
    house.asks(f"/tasks/{made['id']}/done", token, "POST")

    told = house.told()[before:]
    assert [one["type"] for one in told] == ["task.created", "callback.requested", "task.done"]
    assert told[0]["data"]["note"] == "Wants a call"
    assert told[2]["data"]["by"] == "api:zapier"


def test_a_visit_is_told_when_booked_moved_and_cancelled(house):
    house.wants("http://127.0.0.1:9/a", *(one for one in Kind if one.startswith("appointment")))
    house.misses()
    token = house.token("write")
    new = {
        "caller": house.caller,
        "service": "drain",
        "start": "2026-03-04T10:00:00-07:00",
        "staff": "mia",
    }

    visit = house.asks("/appointments", token, "POST", json=new).json()
    to = {"start": "2026-03-04T13:00:00-07:00", "staff": "mia"}
    house.asks(f"/appointments/{visit['id']}/move", token, "POST", json=to)
    house.asks(f"/appointments/{visit['id']}/cancel", token, "POST", json={"staff": "sam"})

    assert [(one["type"], one["data"]["start"], one["data"]["by"]) for one in house.told()] == [
        ("appointment.booked", new["start"], "mia"),
        ("appointment.moved", to["start"], "mia"),
        ("appointment.cancelled", to["start"], "sam"),
    ]


def test_a_transaction_that_fails_tells_nothing(house):
    house.wants()
    house.misses()
    before = len(house.told())
    token = house.token("write")

    house.asks(
        "/tasks", token, "POST", json={"caller": house.caller, "note": " ", "kind": "callback"}
    )

    assert len(house.told()) == before


def test_an_erased_caller_takes_what_was_told_of_them_along(house):
    house.wants()
    house.misses()
    token = house.token("erase")

    erased = house.asks(f"/callers/{house.caller}?confirm={house.caller[1:]}", token, "DELETE")

    assert erased.status_code == 200, erased.text
    assert [one for one in house.told() if house.caller in str(one)] == []
    with house.database.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from webhook_delivery")) == 0


def test_old_events_are_forgotten_and_waiting_ones_are_not(house):
    endpoint, _ = house.wants()
    house.misses()
    assert len(house.told()) >= 1
    house.clock.moment += webhooks.KEPT * 2

    assert house.webhooks.forget(house.clock.now()) == 0
    with house.database.begin() as connection:
        webhook_endpoints.switch_off(connection, SLUG, endpoint, "x", house.clock.now())
    assert house.webhooks.forget(house.clock.now()) >= 1
    with house.database.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(webhook_event)) == 0


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_described_with_a_sample(kind):
    told = sample(kind, SLUG)

    assert told["type"] == kind
    assert {"business", "caller"} <= set(told["data"])
    assert CATALOGUE[kind].words
