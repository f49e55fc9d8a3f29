"""Calendar passwords in the database, and a database of before them."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from server import store
from server.settings import Settings
from server.store import accounts, calendar_passwords, credentials
from server.store.engine import make_engine, migrate
from server.store.tables import business

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ALICES = {
    "slug": "alices", "name": "Alice's", "industry": "salon", "timezone": "America/Denver", "phone": "+13035550190", "hours": {},
    "calendars": [], "services": [], "staff": [{"id": "alice", "name": "Alice Ames", "login": "owner"}],
}  # fmt: skip

LOGIN = (
    "insert into account values ('alices:alice', 'alices', 'alice', 'alice', :password, 'owner')"
)
"""Of version 0001, which knows fewer columns than today's tables."""


@pytest.fixture
def database(tmp_path, database_url):
    """A database as version 0001 left it, with a business in it."""
    engine = make_engine(Settings(_env_file=None, data_dir=tmp_path, database_url=database_url).url)
    config = Config()
    config.set_main_option("script_location", f"{store.__path__[0]}/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {"slug": "alices", "profile": ALICES, "documents_revision": 0, "updated_at": NOW}
        connection.execute(sa.insert(business), row)
        connection.execute(sa.text(LOGIN), {"password": credentials.hashed("inbox password")})
    yield engine
    engine.dispose()


def test_a_database_of_before_is_brought_up_to_date_and_works(database):
    for _ in range(2):
        migrate(database.url.render_as_string(hide_password=False))

    with database.begin() as connection:
        alice = accounts.by_login(connection, "alice")
        assert alice
        assert not calendar_passwords.has_calendar_password(connection, alice)
        first = calendar_passwords.new_calendar_password(connection, alice, NOW)
        second = calendar_passwords.new_calendar_password(connection, alice, NOW)
        assert calendar_passwords.has_calendar_password(connection, alice)
        assert calendar_passwords.checked(connection, "alice", second) == alice
        assert calendar_passwords.checked(connection, "Alice ", second.upper()) == alice
        for login, password in (("alice", first), ("bob", second), ("alice", ""), ("", "")):
            assert calendar_passwords.checked(connection, login, password) is None


def test_a_calendar_password_is_long_and_nowhere_in_the_database(database):
    migrate(database.url.render_as_string(hide_password=False))

    with database.begin() as connection:
        alice = accounts.by_login(connection, "alice")
        assert alice
        password = calendar_passwords.new_calendar_password(connection, alice, NOW)
        kept = connection.execute(sa.text("select * from calendar_password")).one()

    assert len(password.replace("-", "")) == 20
    assert password not in str(kept)
    assert password.replace("-", "") not in str(kept)


def test_who_no_longer_works_there_has_neither_login_nor_calendar(database):
    migrate(database.url.render_as_string(hide_password=False))
    with database.begin() as connection:
        alice = accounts.by_login(connection, "alice")
        assert alice
        password = calendar_passwords.new_calendar_password(connection, alice, NOW)

    with database.begin() as connection:
        connection.execute(sa.update(business).values(profile=ALICES | {"staff": []}))

    with database.begin() as connection:
        assert accounts.get(connection, alice.id) is None
        assert accounts.checked(connection, "alice", "inbox password") is None
        assert calendar_passwords.checked(connection, "alice", password) is None
