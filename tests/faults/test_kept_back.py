"""A reply that a person may stop, or has to agree to, on both databases and through SIGKILL: it leaves once, or never."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.business import Autonomy
from evals.product import CALLER, until
from server.jobs import Jobs
from server.overdue import Overdue
from server.store import businesses, tasks, texts
from server.store.tables import text
from tests.visitor import Visitor

SHOP = "alder-creek-plumbing"
THREAD = f"{SHOP}:{CALLER}"
HOURS = "Are you open on Saturday?"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def product(request, start_product):
    running = start_product(request.param)
    yield running
    running.stop()


@pytest.fixture
def mia(product):
    one = Visitor(product).signs_in("mia", product.password)
    yield one
    one.http.close()


def kept(product):
    with product.database().connect() as connection:
        return texts.kept_back(connection, THREAD)


def wants(product, **autonomy):
    with product.database().begin() as connection:
        businesses.lock(connection, SHOP)
        stored = businesses.get(connection, SHOP)
        assert stored
        changed = stored.model_copy(update={"autonomy": Autonomy(**autonomy)})
        businesses.save(connection, changed, datetime.now(UTC))


def test_kept_back_replies_leave_once_through_kills(product, mia):
    wants(product, default="suggest")
    product.text(HOURS)
    [row] = until(lambda: kept(product), "the suggestion")
    product.kill_server()
    product.start_server()
    mia.sees(f"/inbox/{CALLER[1:]}")

    assert mia.sends(f"/inbox/{CALLER[1:]}/reply/{row.seq}/send").status_code == 303
    assert product.replied(1) == [row.body]

    wants(product, default="wait", wait_s=10)
    product.text("And how much is a drain cleaning?")
    [row] = until(lambda: kept(product), "the reply that waits")
    product.kill_server()
    product.start_server()
    assert kept(product) == [row]

    assert product.replied(2)[1:] == [row.body]
    with product.database().connect() as connection:
        sent = sa.select(text.c.status).where(text.c.key == row.key)
        assert connection.scalar(sent) != "dropped"
        assert tasks.counts(connection, SHOP, "mia", datetime.now(UTC))[0]["all"] == 0


class _NoJobs(Jobs):
    def turn(self, *args, **more):
        pass

    def deliver(self, *args, **more):
        pass


def test_lists_counts_and_alarms_of_tasks_on_both_databases(product):
    now, jobs = datetime.now(UTC), _NoJobs()
    with product.database().begin() as connection:
        for place, minutes in enumerate((-60, -30, 60)):
            tasks.add(
                connection,
                f"both:{place}",
                business=SHOP,
                thread=THREAD,
                kind="promise",
                note="The drawing",
                due_at=now + timedelta(minutes=minutes),
                created_at=now,
                owner="sam" if place else None,
            )
        shown = tasks.shown(connection, SHOP, "sam", "late", None, now, 9)
        assert [one.owner for one in shown] == [None, "sam"]
        assert tasks.counts(connection, SHOP, "sam", now) == (
            {"all": 3, "mine": 2, "free": 1, "late": 2},
            {"promise": 3},
        )
        assert tasks.done(connection, SHOP, shown[0].id, "mia", now).kept is False
        tasks.change(connection, SHOP, shown[1].id, due_at=now)
        assert tasks.done(connection, SHOP, shown[1].id, "mia", now).kept is True

    look = Overdue(database=product.database(), jobs=jobs, public_url="")
    assert look.look(now) == 0
