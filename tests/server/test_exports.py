"""Tables for spreadsheets: whole, local, harmless, and only one's own."""

import csv
import io
import tracemalloc
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.http.spreadsheet import _chunks
from server.store import accounts, exports
from server.store.tables import thread
from tests.calls.house import PUBLIC_URL
from tests.server.api_house import SLUG, ApiHouse
from tests.server.at_desk import Sits
from tests.visitor import PASSWORD

DAYS = "from=2026-03-01&to=2026-03-31"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("exports"))
    built.misses()
    built.writes("=HYPERLINK('http://evil.example')")
    built.misses("+13035550198")
    token = built.token("write")
    visit = {"caller": built.caller, "service": "drain", "start": "2026-03-04T10:00:00-07:00", "staff": "mia"}  # fmt: skip
    assert built.asks("/appointments", token, "POST", json=visit).status_code == 201
    owed = {"caller": built.caller, "note": "+1 for the quote"}
    assert built.asks("/tasks", token, "POST", json=owed).status_code == 201
    with built.database.begin() as connection:
        accounts.set_password(connection, SLUG, "mia", "mia", "owner", PASSWORD)
    yield built
    built.close()


@pytest.fixture(scope="module")
def mia(house):
    http = type(house.http)(house.http.app, base_url=PUBLIC_URL, follow_redirects=False)
    return Sits(http).signs_in("mia", PASSWORD)


@pytest.fixture
def rows(mia):
    def of(table, days=DAYS):
        answered = mia.http.get(f"/business/exports/{table}.csv?{days}")
        assert answered.status_code == 200, answered.text
        assert answered.headers["content-type"].startswith("text/csv")
        assert f'filename="{table}-' in answered.headers["content-disposition"]
        return list(csv.DictReader(io.StringIO(answered.text)))

    return of


def test_a_lead_has_its_first_words_and_its_visit_and_runs_nothing(house, rows):
    [lead] = rows("leads")

    assert lead["number"] == house.caller
    assert lead["first words"] == "'=HYPERLINK('http://evil.example')"
    assert lead["visit"] == "2026-03-04 10:00:00-07:00"


def test_conversations_count_what_was_said(house, rows):
    found = {one["number"]: one for one in rows("conversations")}

    assert set(found) == {house.caller, "+13035550198"}
    assert found["+13035550198"]["texts from the caller"] == "0"
    assert found[house.caller]["texts from the caller"] == "1"
    assert found[house.caller]["last said"].endswith("-07:00")


def test_appointments_and_tasks_are_in_plain_words(house, rows):
    [visit] = rows("appointments")
    [owed] = [one for one in rows("tasks") if "quote" in one["what"]]

    assert (visit["service"], visit["state"], visit["booked by"]) == (
        "Drain cleaning",
        "booked",
        "Mia Smith",
    )
    assert visit["ends"] == "2026-03-04 11:00:00-07:00"
    assert (owed["what"], owed["number"]) == ("'+1 for the quote", house.caller)


def test_other_days_hold_nothing(rows):
    for table in ("leads", "conversations", "appointments", "tasks"):
        assert rows(table, "from=2026-01-01&to=2026-01-31") == []


@pytest.mark.parametrize(
    ("days", "words"),
    [("from=2026-03-09&to=2026-03-01", "The first day comes after"), ("from=soon", "Choose a day"), ("from=0001-01-01", "between 2000")],
)  # fmt: skip
def test_days_that_are_none_are_said_on_the_page_and_stay_typed(mia, days, words):
    page = mia.http.get(f"/business/exports?{days}")
    file = mia.http.get(f"/business/exports/leads.csv?{days}")

    assert (page.status_code, file.status_code) == (400, 400)
    assert words in page.text
    assert f'value="{days.split("&")[0].removeprefix("from=")}"' in page.text


def test_a_long_table_is_read_in_batches_without_a_gap(house):
    now, size = house.clock.now(), 2500
    with house.database.begin() as connection:
        rows = [
            {
                "id": f"{SLUG}:+1720{number:07d}", "business": SLUG, "caller": f"+1720{number:07d}", "owner": "agent",
                "escalated": False, "memory": {}, "last_at": now - timedelta(days=400, seconds=number // 3), "version": 0,
            }
            for number in range(size)
        ]  # fmt: skip
        connection.execute(sa.insert(thread), rows)

    since, until = now - timedelta(days=500), now - timedelta(days=399)
    found = [one.caller for one in exports.conversations(house.database, SLUG, frozenset(), since, until)]  # fmt: skip

    assert len(found) == len(set(found)) == size


def test_a_hundred_thousand_rows_are_not_held_at_once():
    rows = ([f"{number}", "x" * 100] for number in range(100_000))
    tracemalloc.start()

    length = sum(len(chunk) for chunk in _chunks(("a", "b"), rows))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length > 10_000_000
    assert peak < 2_000_000
