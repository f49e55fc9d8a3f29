"""What whoever runs the machine sees: is it up, can it work, what has it done, what waits."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.testclient import TestClient

from server.http import health
from server.http.around import WatchWebhooks
from server.metrics import Dropped, Signs, exposition
from server.settings import Settings
from server.store import engine
from server.store.tables import business, executor, text, thread
from server.vitals import vitals

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SLUG, CALLER = "alder-creek-plumbing", "+13035550199"
LOCAL = ("127.0.0.1", 50000)


@dataclass
class Noon:
    """A clock that stands still."""

    def now(self):
        return NOW


@dataclass
class Works:
    is_running: bool = True


@dataclass
class KeepsCalendars:
    is_up: bool = True


@dataclass
class Rooms:
    """The rooms of the house that probes look into."""

    database: sa.Engine
    engine: Works = field(default_factory=Works)
    calendar_server: KeepsCalendars | None = field(default_factory=KeepsCalendars)
    signs: Signs = field(default_factory=Signs)
    settings: Any = field(default_factory=lambda: Settings(_env_file=None))
    clock: Noon = field(default_factory=Noon)


def visitor(house, client=LOCAL, base_url="http://127.0.0.1:8000", role="all"):
    app = FastAPI()
    app.state.house, app.state.role = house, role
    app.add_middleware(WatchWebhooks, metrics=house.signs.metrics)
    app.include_router(health.router)

    @app.post("/twilio/sms/{status}")
    def receive(status: int):
        if status == 500:
            raise RuntimeError("ours")
        return Response(status_code=status)

    return TestClient(app, base_url=base_url, client=client, raise_server_exceptions=False)


@pytest.fixture
def database(database_url, tmp_path):
    """Both kinds, with one business."""
    made = with_a_business(database_url or f"sqlite:///{tmp_path / 'ringback.db'}")
    yield made
    made.dispose()


@pytest.fixture
def house(tmp_path):
    database = with_a_business(f"sqlite:///{tmp_path / 'ringback.db'}")
    yield Rooms(database)
    database.dispose()


def with_a_business(url):
    engine.create(url)
    made = engine.make_engine(url)
    with made.begin() as connection:
        connection.execute(sa.insert(business).values(slug=SLUG, profile={}, updated_at=NOW))
    return made


@pytest.fixture
def deaf_database():
    """An address that takes connections and never says a word, until the test is over."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        made = sa.create_engine(f"postgresql+psycopg://x@127.0.0.1:{listening.getsockname()[1]}/x")
        yield made
    for one in threading.enumerate():
        if one.name == "probe":
            one.join(10)
    made.dispose()


def has_thread(database, number=CALLER, **values):
    row = {"owner": "agent", "escalated": False, "memory": {}, "last_at": NOW} | values
    with database.begin() as connection:
        connection.execute(
            sa.insert(thread).values(id=f"{SLUG}:{number}", business=SLUG, caller=number, **row)
        )


def has_text(database, key, status, age_s=0.0, **values):
    row = {"author": "caller", "sender": CALLER, "recipient": CALLER, "body": "hi"} | values
    at = NOW - timedelta(seconds=age_s)
    with database.begin() as connection:
        connection.execute(
            sa.insert(text).values(key=key, business=SLUG, status=status, at=at, **row)
        )


def beats(database, name, age_s):
    with database.begin() as connection:
        connection.execute(
            sa.insert(executor).values(id=name, beat_at=NOW - timedelta(seconds=age_s))
        )


def look(database):
    with database.connect() as connection:
        return vitals(connection, NOW)


def checks(house, role="all"):
    answered = visitor(house, role=role).get("/ready")
    return answered.status_code, answered.json()["status"], answered.json()["checks"]


class TestVitals:
    def test_an_idle_house_has_nothing_that_waits(self, database):
        seen = look(database)

        assert (seen.texts.waiting, seen.outbox.waiting, seen.unowned, seen.workers) == (0, 0, 0, 0)
        assert (seen.texts.oldest_s, seen.outbox.oldest_s) == (0, 0)

    def test_only_unanswered_texts_wait_for_an_answer(self, database):
        has_text(database, "SM1", "received", age_s=9)
        has_text(database, "SM2", "received", age_s=4)
        has_text(database, "SM3", "answered", age_s=900)

        assert look(database).texts.waiting == 2
        assert look(database).texts.oldest_s == 9

    def test_the_outbox_holds_what_the_carrier_does_not_have(self, database):
        for age_s, status in enumerate(("queued", "sending", "accepted", "failed", "dropped")):
            has_text(database, status, status, age_s=age_s, author="agent", kind="reply")

        assert look(database).outbox.waiting == 2
        assert look(database).outbox.oldest_s == 1

    def test_a_text_whose_time_has_not_come_is_not_late(self, database):
        has_text(database, "r1", "queued", age_s=-3600, author="agent", kind="reminder")

        assert look(database).outbox.waiting == 1
        assert look(database).outbox.oldest_s == 0

    def test_open_threads_that_nobody_has_are_counted(self, database):
        has_thread(database, "+13035550001", owner="nobody")
        has_thread(database, "+13035550002", owner="nobody", resolved_at=NOW)
        has_thread(database, "+13035550003", owner="mia")

        assert look(database).unowned == 1

    def test_a_worker_that_beat_within_ten_seconds_is_alive(self, database):
        beats(database, "one", 9)
        beats(database, "two", 11)

        assert look(database).workers == 1

    def test_every_count_of_a_table_that_grows_uses_its_index(self, database):
        """As far as an empty table shows it; measured with 100,000 threads it does."""
        asked = []

        def keep(_connection, _cursor, statement, parameters, _context, _many):
            asked.append((statement, parameters))

        sa.event.listen(database, "before_cursor_execute", keep)
        look(database)
        sa.event.remove(database, "before_cursor_execute", keep)

        plans = [plan(database, *one) for one in asked]
        for index in ("ix_text_waiting", "ix_thread_", "ix_escalation"):
            assert any(index in one for one in plans), (index, plans)


def plan(database, statement, parameters):
    """How the database would go about it, had it many rows."""
    with database.connect() as connection:
        if database.dialect.name == "sqlite":
            explain = "explain query plan "
        else:
            connection.exec_driver_sql("set enable_seqscan = off")
            explain = "explain "
        rows = connection.exec_driver_sql(explain + statement, parameters).all()
        return " ".join(str(row[-1]) for row in rows)


class TestHealth:
    def test_a_process_that_answers_is_up_without_a_database(self, deaf_database):
        answered = visitor(Rooms(deaf_database)).get("/health")

        assert (answered.status_code, answered.json()) == (200, {"status": "ok"})


class TestReady:
    def test_a_house_in_order_is_ready(self, house):
        names = ("database", "engine", "queue", "calendar", "model")

        assert checks(house) == (200, "ready", dict.fromkeys(names, "ok"))

    def test_without_its_engine_it_is_not_ready(self, house):
        house.engine.is_running = False
        status, word, said = checks(house)

        assert (status, word) == (503, "not ready")
        assert said["engine"] == "does not run in this process"

    def test_a_process_that_leaves_the_work_to_others_is_ready_while_one_works(self, house):
        house.engine.is_running = False
        alone = checks(house, role="web")
        beats(house.database, "one", 3)

        assert (alone[0], alone[1], alone[2]["engine"]) == (200, "degraded", "no process works")
        assert checks(house, role="web")[:2] == (200, "ready")

    def test_without_a_database_it_is_not_ready(self, tmp_path):
        gone = sa.create_engine(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
        status, word, said = checks(Rooms(gone))

        assert (status, word) == (503, "not ready")
        assert said["database"] == "does not answer"
        assert said["queue"] == "unknown"
        gone.dispose()

    def test_a_database_that_hangs_hangs_no_probe_and_one_thread_at_most(self, deaf_database):
        began = time.monotonic()
        with visitor(Rooms(deaf_database)) as ask, ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda _: ask.get("/ready"), range(5)))

        assert {one.status_code for one in answers} == {503}
        assert {one.json()["checks"]["database"] for one in answers} == {"does not answer"}
        assert time.monotonic() - began < 3
        assert [one.name for one in threading.enumerate()].count("probe") == 1

    def test_a_database_that_came_back_is_seen_by_the_next_probe(self, house):
        ask, database = visitor(house), house.database
        with database.begin() as connection:
            connection.execute(sa.text("alter table executor rename to gone"))
        before = ask.get("/ready").status_code
        with database.begin() as connection:
            connection.execute(sa.text("alter table gone rename to executor"))

        assert (before, ask.get("/ready").status_code) == (503, 200)

    @pytest.mark.parametrize(("age_s", "word"), [(59, "ready"), (61, "degraded")])
    def test_a_text_unanswered_for_a_minute_degrades(self, house, age_s, word):
        has_text(house.database, "SM1", "received", age_s=age_s)

        assert checks(house)[:2] == (200, word)

    def test_a_late_reply_degrades_and_is_said_in_words(self, house):
        has_text(house.database, "r1", "sending", age_s=75, author="agent", kind="reply")
        status, word, said = checks(house)

        assert (status, word) == (200, "degraded")
        assert said["queue"] == "a text should have left 75 s ago"

    def test_a_calendar_server_that_died_degrades(self, house):
        house.calendar_server.is_up = False

        assert checks(house)[:2] == (200, "degraded")

    def test_a_calendar_server_that_others_run_is_not_asked(self, house):
        house.calendar_server = None

        assert checks(house)[1] == "ready"

    def test_a_model_degrades_from_its_first_failure_to_its_next_answer(self, house):
        house.signs.model.failed(NOW - timedelta(seconds=40))
        one = checks(house)
        house.signs.model.failed(NOW - timedelta(seconds=5))
        two = checks(house)
        house.signs.model.worked()

        assert (one[0], one[1], one[2]["model"]) == (
            200,
            "degraded",
            "the last call failed, 40 s ago",
        )
        assert two[2]["model"] == "the last 2 calls failed, 5 s ago"
        assert checks(house)[1] == "ready"

    def test_a_calendar_that_works_does_not_hide_one_that_fails(self, house):
        house.signs.calendar.failed(NOW - timedelta(seconds=9), f"{SLUG}/truck-1")
        house.signs.calendar.worked(f"{SLUG}/truck-2")

        assert checks(house)[2]["calendar"] == "a calendar fails, the last time 9 s ago"

    def test_a_calendar_that_nobody_has_asked_for_a_day_is_forgotten(self, house):
        house.signs.calendar.failed(NOW - timedelta(days=1), f"{SLUG}/sold-truck")

        assert checks(house)[1] == "ready"

    def test_anyone_may_read_it_so_it_names_no_business_and_no_caller(self, house):
        has_text(house.database, f"{SLUG}:{CALLER}", "received", age_s=99)
        house.signs.calendar.failed(NOW, f"{SLUG}/truck-1")

        said = visitor(house).get("/ready").text
        assert SLUG not in said
        assert CALLER[1:] not in said


def numbers(page):
    """name{labels} -> value, of every line."""
    lines = [line for line in page.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


class TestMetrics:
    def test_what_was_told_is_counted(self, house):
        metrics = house.signs.metrics
        metrics.turn("answered", 0.2)
        metrics.model_call("failed", 8.0)
        metrics.delivery("reply", "accepted", 1.5)
        metrics.delivery("reply", "failed", 90)
        metrics.first_text(6.2)
        metrics.dropped(Dropped.OPTED_OUT)
        metrics.opt_out()

        seen = numbers(visitor(house).get("/metrics"))
        assert seen['ringback_turns_total{outcome="answered"}'] == 1
        assert seen["ringback_turn_seconds_sum"] == 0.2
        assert seen['ringback_model_calls_total{outcome="failed"}'] == 1
        assert seen["ringback_model_seconds_count"] == 1
        assert seen['ringback_deliveries_total{kind="reply",outcome="accepted"}'] == 1
        assert seen['ringback_deliveries_total{kind="reply",outcome="failed"}'] == 1
        assert seen["ringback_delivery_seconds_count"] == 1
        assert seen['ringback_first_text_seconds_bucket{le="7.5"}'] == 1
        assert seen['ringback_dropped_total{reason="opted_out"}'] == 1
        assert seen["ringback_opt_outs_total"] == 1

    def test_what_waits_is_read_from_the_database_at_every_scrape(self, house):
        ask = visitor(house)
        ask.get("/metrics")
        has_text(house.database, "SM1", "received", age_s=70)
        has_text(house.database, "r1", "queued", age_s=3, author="agent", kind="reply")
        has_thread(house.database, owner="nobody")

        seen = numbers(ask.get("/metrics"))
        assert seen["ringback_waiting_turns"] == 1
        assert seen["ringback_oldest_waiting_turn_seconds"] == 70
        assert seen["ringback_waiting_deliveries"] == 1
        assert seen["ringback_oldest_waiting_delivery_seconds"] == 3
        assert seen["ringback_unowned_threads"] == 1
        assert seen["ringback_database_up"] == 1

    def test_processes_that_beat_are_counted(self, house):
        beats(house.database, "one", 1)
        beats(house.database, "two", 2)

        assert numbers(visitor(house).get("/metrics"))["ringback_live_workers"] == 2

    def test_without_a_database_the_counters_are_still_there_and_no_gauge_lies(self, tmp_path):
        gone = sa.create_engine(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
        seen = numbers(visitor(Rooms(gone)).get("/metrics"))

        assert seen["ringback_database_up"] == 0
        assert seen["ringback_opt_outs_total"] == 0
        assert "ringback_waiting_turns" not in seen
        gone.dispose()

    def test_two_houses_count_apart(self):
        one, other = Signs(), Signs()
        one.metrics.opt_out()

        assert b"ringback_opt_outs_total 1.0" in exposition(one.metrics, None)
        assert b"ringback_opt_outs_total 0.0" in exposition(other.metrics, None)

    def test_words_outside_the_vocabulary_become_other(self):
        metrics: Any = Signs().metrics
        for word in (CALLER, SLUG, "too late for a first text"):
            metrics.turn(word, 1)
            metrics.model_call(word, 1)
            metrics.delivery(word, word, 1)
            metrics.dropped(word)

        told = exposition(metrics, None).decode()
        assert 'reason="other"} 3.0' in told
        assert CALLER not in told
        assert SLUG not in told


class TestWebhooks:
    def test_webhooks_are_counted_by_route_and_status(self, house):
        ask = visitor(house)
        for status in (200, 200, 403, 500):
            ask.post(f"/twilio/sms/{status}")

        seen = numbers(ask.get("/metrics"))
        assert seen['ringback_webhooks_total{path="/twilio/sms/{status}",status="200"}'] == 2
        assert seen['ringback_webhooks_total{path="/twilio/sms/{status}",status="403"}'] == 1
        assert seen['ringback_webhooks_total{path="/twilio/sms/{status}",status="500"}'] == 1
        assert seen["ringback_webhook_seconds_count"] == 4

    def test_paths_that_anyone_may_make_up_share_one_label(self, house):
        ask = visitor(house)
        for place in range(3):
            ask.post(f"/twilio/made-up-{place}")

        seen = numbers(ask.get("/metrics"))
        assert seen['ringback_webhooks_total{path="other",status="404"}'] == 3

    def test_pages_are_no_webhooks(self, house):
        ask = visitor(house)
        ask.get("/health")

        assert numbers(ask.get("/metrics"))["ringback_webhook_seconds_count"] == 0


class TestWhoMayReadMetrics:
    @pytest.fixture
    def guarded(self, house):
        house.settings = Settings(_env_file=None, metrics_token="a-long-token")
        return house

    def test_a_program_on_this_machine_reads_them(self, house):
        assert visitor(house).get("/metrics").status_code == 200

    @pytest.mark.parametrize("client", [("203.0.113.9", 50000), ("testclient", 50000)])
    def test_others_are_told_to_set_the_token(self, house, client):
        answered = visitor(house, client=client).get("/metrics")

        assert answered.status_code == 403
        assert "RINGBACK_METRICS_TOKEN" in answered.text

    @pytest.mark.parametrize(
        "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"]
    )
    def test_a_proxy_on_this_machine_is_not_this_machine(self, house, header):
        answered = visitor(house).get("/metrics", headers={header: "127.0.0.1"})

        assert answered.status_code == 403

    def test_a_name_of_another_machine_is_not_this_machine(self, house):
        answered = visitor(house, base_url="https://ringback.example").get("/metrics")

        assert answered.status_code == 403

    def test_who_has_the_token_reads_them_from_anywhere(self, guarded):
        ask = visitor(guarded, client=("203.0.113.9", 50000), base_url="https://ringback.example")

        given = {"Authorization": "Bearer a-long-token", "X-Forwarded-For": "203.0.113.9"}
        assert ask.get("/metrics", headers=given).status_code == 200

    @pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "a-long-token", "Bearer é"])
    def test_without_the_token_nobody_does_not_even_this_machine(self, guarded, given):
        answered = visitor(guarded).get("/metrics", headers={"Authorization": given.encode()})

        assert answered.status_code == 401
        assert answered.headers["WWW-Authenticate"] == "Bearer"
