"""What other systems page through and are told of, on both databases: the same rows, by an index."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.settings import Settings
from server.store import api_lists, businesses, exports, webhook_deliveries, webhook_endpoints
from server.store.api_lists import Wanted
from server.store.engine import create, make_engine
from server.store.tables import appointment, call, task, thread
from server.store.webhook_events import Kind, emit, forget
from tests.server.ladder_house import shop

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SLUG = "alder-creek-plumbing"
MANY = 30
NOBODY = frozenset[str]()


@pytest.fixture
def database(tmp_path, database_url):
    url = Settings(data_dir=tmp_path, database_url=database_url).url
    create(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        fill(connection)
    yield engine
    engine.dispose()


def fill(connection):
    businesses.save(connection, shop([]), NOW)
    ids = [f"{SLUG}:+1303555{number:04d}" for number in range(MANY)]
    at = [NOW - timedelta(hours=number // 2) for number in range(MANY)]  # pairs at one moment
    connection.execute(
        sa.insert(thread),
        [
            {
                "id": ids[number], "business": SLUG, "caller": ids[number].partition(":")[2], "owner": "mia" if number % 5 == 0 else "agent",
                "memory": {"details": {"name": "Dana"}}, "last_at": at[number], "resolved_at": NOW if number % 3 else None,
                "opted_out_at": at[number] if number % 4 == 0 else None, "episode_at": at[number],
            }
            for number in range(MANY)
        ],
    )  # fmt: skip
    connection.execute(
        sa.insert(call),
        [
            {"sid": f"CA{number}", "business": SLUG, "thread": ids[number], "caller": "x", "dialled": "y", "at": at[number], "outcome": "missed", "raw": {}}
            for number in range(MANY)
        ],
    )  # fmt: skip
    connection.execute(
        sa.insert(task),
        [
            {"key": f"k{number}", "business": SLUG, "thread": ids[number], "kind": "callback", "note": "n", "created_at": at[number], "done_at": NOW if number % 2 else None}
            for number in range(MANY)
        ],
    )  # fmt: skip
    connection.execute(
        sa.insert(appointment),
        [
            {
                "id": f"v{number}", "business": SLUG, "thread": ids[number], "service": "drain", "calendar": "van", "beside": [], "start": at[number],
                "duration_min": 60, "buffer_before_min": 0, "buffer_after_min": 0, "state": "booked", "offer": "o", "place": 1,
                "code": f"c{number}" if number % 2 else None, "created_at": NOW, "changed_at": NOW, "expires_at": NOW,
            }
            for number in range(MANY)
        ],
    )  # fmt: skip


def every(page, place, limit=4):
    """All rows, page by page."""
    after, found = None, []
    while rows := page(after, limit):
        found += rows
        after = place(rows[-1])
    return found


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), MANY),
        (Wanted(going="open"), 10),
        (Wanted(going="done"), 20),
        (Wanted(owner="mia"), 6),
        (Wanted(owner="agent", going="open"), 8),
        (Wanted(since=NOW - timedelta(hours=3)), 8),
        (Wanted(without=frozenset({"+13035550000"})), MANY - 1),
    ],
)
def test_conversations_page_by_page(database, wanted, count):
    with database.connect() as connection:
        found = every(
            lambda after, limit: api_lists.threads(connection, SLUG, wanted, after, limit),
            lambda row: (row.last_at, row.id),
        )

    assert len(found) == len({row.id for row in found}) == count
    assert found == sorted(found, key=lambda row: (row.last_at, row.id), reverse=True)


def test_the_other_lists_page_by_page(database):
    with database.connect() as connection:
        gone = every(
            lambda after, limit: api_lists.opted_out(connection, SLUG, NOBODY, after, limit),
            lambda row: (row.opted_out_at, row.id),
        )
        calls = every(
            lambda after, limit: api_lists.calls(connection, SLUG, "missed", None, after, limit),
            lambda row: (row.at, row.sid),
        )
        visits = every(
            lambda after, limit: api_lists.visits(connection, SLUG, None, None, after, limit),
            lambda row: (row.start, row.id),
        )
        owed = every(
            lambda after, limit: api_lists.tasks(connection, SLUG, "open", after, limit),
            lambda row: row.id,
        )

    assert (len(gone), len(calls), len(visits), len(owed)) == (8, MANY, 15, 15)
    assert visits == sorted(visits, key=lambda row: (row.start, row.id))


def test_tables_hold_everything_of_their_days(database):
    since, until = NOW - timedelta(days=2), NOW + timedelta(seconds=1)

    assert len(list(exports.conversations(database, SLUG, NOBODY, since, until))) == MANY
    assert list(exports.leads(database, SLUG, NOBODY, since, until)) == []
    assert len(list(exports.tasks(database, SLUG, since, until))) == MANY
    assert {name for _, name in exports.visits(database, SLUG, since, until)} == {"Dana"}


def test_events_are_kept_claimed_and_forgotten(database):
    keeper = webhook_endpoints.keeper("of this test")
    with database.begin() as connection:
        name, _ = webhook_endpoints.add(connection, keeper, SLUG, "https://x.example", [], NOW)
        of = f"{SLUG}:+13035550001"
        emit(connection, SLUG, Kind.CALL_MISSED, NOW, {"called_at": NOW}, of)
        assert webhook_deliveries.endpoints_due(connection, NOW, 9) == [name]
        due = webhook_deliveries.claim(connection, name, NOW, NOW + timedelta(seconds=60))
        assert webhook_deliveries.claim(connection, name, NOW, NOW) is None
        assert due is not None
        assert due.body["data"]["name"] == "Dana"
        assert webhook_endpoints.note_failed(connection, name, NOW) == NOW
        later = NOW + timedelta(days=1)
        assert webhook_endpoints.note_failed(connection, name, later) == NOW
        assert forget(connection, later, 10) == 0
        assert webhook_endpoints.switch_off(connection, SLUG, name, "off", NOW)
        assert [one.state for one in webhook_deliveries.latest(connection, SLUG)] == ["failed"]
        assert forget(connection, later, 10) == 1
        assert webhook_deliveries.latest(connection, SLUG) == []


@pytest.mark.parametrize(
    ("index", "wanted"),
    [
        ("ix_thread_business_last", Wanted()),
        ("ix_thread_business_last", Wanted(going="done")),
        ("ix_thread_open", Wanted(going="open")),
        ("ix_thread_people", Wanted(owner="mia")),
    ],
)
def test_conversations_are_found_by_an_index(tmp_path, index, wanted):
    url = f"sqlite:///{tmp_path}/plan.db"
    create(url)
    engine, asked = make_engine(url), []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with engine.connect() as connection:
        api_lists.threads(connection, SLUG, wanted, (NOW, "x"), 50)
        statement, values = asked[-1]
        plan = connection.exec_driver_sql(f"explain query plan {statement}", values).all()
    engine.dispose()

    assert index in str(plan)
    assert "SCAN" not in str(plan)
