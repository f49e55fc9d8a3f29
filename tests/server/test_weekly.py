"""The week's figures reach each person once: never twice, never at night, never late."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast

import pytest
import sqlalchemy as sa

from agent.business import Business, WeeklySummary
from server import jobs
from server.store import businesses, weekly_summaries
from server.store.tables import business as businesses_table
from server.store.tables import text, weekly_summary
from server.weekly import Weekly
from tests.server.at_desk import MIA, SAM, AtDesk
from tests.server.figures import DEMO, Ledger, local

MONDAY = local("2026-09-21", "08:00")
LAST = "2026-09-14"


class Jobs:
    """Takes jobs; once it may break, in the middle of the transaction."""

    def __init__(self):
        self.keys, self.breaks = [], False

    def deliver(self, connection, thread, key, seq, wait_s, again=""):
        if self.breaks:
            self.breaks = False
            raise RuntimeError
        self.keys.append(key)


class Bell:
    """Rings; once it may take its process down, after it rang."""

    def __init__(self):
        self.rang, self.breaks = [], False

    def ring(self, business, staff, words, link):
        self.rang.append((staff, words, link))
        if self.breaks:
            raise KeyboardInterrupt
        return ["E-mail: sent"]


class Shop(Ledger):
    def __init__(self, url, **wanted):
        summary = WeeklySummary(enabled=True, **wanted)
        super().__init__(url, DEMO.model_copy(update={"weekly_summary": summary}))
        self.jobs, self.bell = Jobs(), Bell()
        self.texted(local("2026-09-15"))

    def look(self, at=MONDAY):
        return self.worker().look(at)

    def worker(self):
        return Weekly(
            database=self.database,
            jobs=cast(jobs.Jobs, self.jobs),
            bell=self.bell,
            public_url="https://r.example",
        )

    def alerts(self):
        with self.database.connect() as connection:
            return list(connection.execute(sa.select(text).where(text.c.kind == "alert")))

    def noted(self):
        with self.database.connect() as connection:
            return weekly_summaries.of_week(connection, DEMO.slug, LAST)


@pytest.fixture
def opened(tmp_path):
    shops = []

    def open_one(**wanted):
        shops.append(Shop(f"sqlite:///{tmp_path / 'weekly.db'}", **wanted))
        return shops[-1]

    yield open_one
    for one in shops:
        one.close()


@pytest.fixture
def shop(opened):
    return opened()


def test_on_monday_the_owner_reads_last_week(shop):
    shop.look()

    [alert] = shop.alerts()
    assert alert.recipient == MIA
    assert alert.body.startswith(
        "Alder Creek Plumbing, Sep 14 to 20, 2026: 1 missed call, 1 got a text (half within 10 seconds), 0 wrote back"
    )
    assert alert.body.endswith(
        "https://r.example/business/numbers?period=own&first=2026-09-14&last=2026-09-20"
    )
    assert shop.jobs.keys == [alert.key]


def test_it_goes_out_once_however_often_anybody_looks(shop):
    for minutes in (0, 1, 60, 1440):
        shop.look(MONDAY + timedelta(minutes=minutes))

    assert len(shop.alerts()) == 1


@pytest.mark.parametrize(
    ("day", "clock", "count"),
    [
        ("2026-09-21", "00:01", 0), ("2026-09-21", "07:59", 0), ("2026-09-21", "19:59", 1), ("2026-09-21", "20:00", 0),
        ("2026-09-22", "08:00", 1), ("2026-09-23", "08:00", 0), ("2026-09-20", "12:00", 0), ("2026-11-02", "08:00", 1),
    ],
)  # fmt: skip
def test_it_leaves_by_day_and_while_it_is_news(shop, day, clock, count):
    shop.look(local(day, clock))

    week = [
        one
        for one in shop.alerts()
        if f"weekly:{DEMO.slug}:{LAST}" in one.key or day == "2026-11-02"
    ]
    assert len(week) == count


def test_who_wants_none_gets_none(shop):
    off = DEMO.model_copy(update={"weekly_summary": WeeklySummary()})
    with shop.database.begin() as connection:
        businesses.save(connection, off, MONDAY)

    assert (shop.look(), shop.alerts()) == (0, [])


def test_a_suspended_business_gets_none(shop):
    with shop.database.begin() as connection:
        connection.execute(sa.update(businesses_table).values(suspended_at=MONDAY))

    assert (shop.look(), shop.alerts()) == (0, [])


def test_whoever_is_named_gets_it_and_nobody_else(opened):
    shop = opened(to=("sam",))

    shop.look()

    assert [one.recipient for one in shop.alerts()] == [SAM]


def test_a_crash_while_it_is_written_leaves_nothing_and_it_comes_once(shop):
    shop.jobs.breaks = True

    shop.look()
    assert (shop.alerts(), shop.noted()) == ([], [])
    shop.look()
    shop.look()

    assert len(shop.alerts()) == 1


def test_other_ways_ring_the_bell_once(opened):
    shop = opened(by=("channels",))

    shop.look()
    shop.look()

    [(staff, words, link)] = shop.bell.rang
    assert (staff, link) == ("mia", "/business/numbers?period=own&first=2026-09-14&last=2026-09-20")
    assert words.startswith("Sep 14 to 20, 2026: 1 missed call")
    assert [one.came_to for one in shop.noted()] == ["E-mail: sent"]
    assert shop.alerts() == []


def test_a_process_that_dies_at_the_bell_rings_it_no_second_time(opened):
    shop = opened(by=("channels",))
    shop.bell.breaks = True
    with pytest.raises(KeyboardInterrupt):
        shop.look()
    shop.bell.breaks = False

    shop.look()

    assert len(shop.bell.rang) == 1


def test_a_bell_that_was_noted_and_never_rang_rings_later(opened):
    shop = opened(by=("channels",))
    shop.add(weekly_summary, week=LAST, staff="mia", way="channels", at=MONDAY, words="Last week.")

    shop.look(MONDAY + timedelta(hours=1))

    assert [words for _, words, _ in shop.bell.rang] == ["Last week."]


@pytest.mark.parametrize(("clock", "came_to"), [("2026-09-21T21:00", None), ("2026-09-24T09:00", "not sent: it would have come too late")])  # fmt: skip
def test_a_bell_waits_for_the_day_and_is_dropped_when_it_is_old(opened, clock, came_to):
    shop = opened(by=("channels",))
    shop.add(weekly_summary, week=LAST, staff="mia", way="channels", at=MONDAY, words="Last week.")

    shop.look(local(*clock.split("T")))

    assert shop.bell.rang == []
    assert [one.came_to for one in shop.noted()] == [came_to]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_workers_at_once_send_it_once(request, tmp_path, kind):
    url = f"sqlite:///{tmp_path / 'two.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres")().replace(
            "postgresql://", "postgresql+psycopg://"
        )
    shop = Shop(url, by=("text", "channels"), to=("mia", "sam"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _place: shop.look(), range(8)))

    assert sorted(one.recipient for one in shop.alerts()) == [MIA, SAM]
    assert sorted(staff for staff, _, _ in shop.bell.rang) == ["mia", "sam"]
    shop.close()


def test_it_leaves_by_the_one_door(tmp_path):
    desk = AtDesk(tmp_path, "2026-09-21T08:00", weekly_summary={"enabled": True})
    house = desk.house
    Weekly(
        database=house.database, jobs=house.jobs, bell=Bell(), public_url="https://r.example"
    ).look(desk.now)

    desk.passes(1)

    assert [one.partition(":")[0] for one in desk.sent_to(MIA)] == [
        "Alder Creek Plumbing, Sep 14 to 20, 2026"
    ]
    desk.close()


def test_who_is_named_has_to_be_one_of_the_staff():
    with pytest.raises(ValueError, match="'nobody' is not under staff"):
        Business.model_validate(DEMO.model_dump() | {"weekly_summary": {"to": ["nobody"]}})
