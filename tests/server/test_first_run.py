"""Who makes the first business: one person with the server's own words, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from agent.errors import BadInput
from server import first_run
from server.first_run import Wish
from server.store import businesses, setups
from server.store.engine import create, make_engine

KEY, NOW = "the installation's key", datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path, database_url):
    url = database_url.replace("postgresql://", "postgresql+psycopg://") or f"sqlite:///{tmp_path / 'ringback.db'}"  # fmt: skip
    create(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


def wish(business):
    return Wish(business=business, name="Dana O'Neil", login=f"{business.lower()}-dana", password="x")  # fmt: skip


def begins(database, business, code):
    with database.begin() as connection:
        return first_run.begin(connection, wish(business), "hash", code, KEY, NOW)


def code(database):
    with database.connect() as connection:
        return first_run.code(connection, KEY)


def test_one_of_two_with_the_same_link_makes_the_business(database):
    link = code(database)

    def one(name):
        try:
            return begins(database, name, link)
        except BadInput as error:
            return str(error)

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(one, ("Alder", "Birch")))

    with database.connect() as connection:
        made = businesses.every(connection)
    assert len(made) == 1
    assert sum(one == first_run.SPENT for one in outcomes) == 1


def test_the_code_is_another_one_once_it_was_used(database):
    before = code(database)
    begun = begins(database, "Alder", before)

    assert code(database) != before
    assert begun.account.role == "owner"
    with database.connect() as connection:
        assert setups.is_under_way(connection, "alder")


def test_a_login_that_will_not_do_leaves_nothing_behind(database):
    bad = Wish(business="Alder", name="Dana", login="D!", password="x")

    with pytest.raises(BadInput, match="small letters"), database.begin() as connection:
        first_run.begin(connection, bad, "hash", first_run.code(connection, KEY), KEY, NOW)

    with database.connect() as connection:
        assert first_run.is_open(connection)


def test_drafts_of_one_name_do_not_meet(database):
    with database.begin() as connection:
        made = [
            first_run.draft(connection, "Alder Creek", "Mia Torres", NOW, by="test")
            for _ in range(3)
        ]

    assert [one.slug for one in made] == ["alder-creek", "alder-creek-2", "alder-creek-3"]
    assert len({one.phone for one in made}) == 3
    assert not any(first_run.has_number(one) for one in made)
    assert {one.texting.mode for one in made} == {"shadow"}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("O'Neil & Sons Plumbing", "oneil-sons-plumbing"),
        ("Café Ñandú", "cafe-nandu"),
        ("水道", "shop"),
        ("x" * 90, "x" * 40),
    ],
)
def test_a_slug_is_made_of_any_name(name, slug):
    assert first_run.slug_of(name) == slug
