"""Passwords of calendars on other servers: encrypted, for one address alone, forgotten when the calendar moves."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from agent.business import Business
from agent.errors import CalendarError, NotFound
from agent.model import CalendarAddress
from server.calendar_sources import connect, disconnect
from server.settings import Settings
from server.store import businesses
from server.store.calendar_secrets import CalendarPasswords, CalendarSecrets, box, forget_moved
from server.store.engine import create, make_engine
from server.store.tables import business as business_table
from server.store.tables import calendar_secret

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PASSWORD = "abcd-efgh-ijkl-mnop"
URL = "https://p34-caldav.icloud.com/17/calendars/work/"
AT = CalendarAddress(business="alices", calendar="chair", url=URL, username="alice@icloud.com")
SECRETS = CalendarSecrets("a key")


def business(**chair):
    return Business.model_validate(
        {
            "slug": "alices", "name": "Alice's", "industry": "salon", "timezone": "America/Denver", "phone": "+13035550190",
            "hours": {}, "services": [], "calendars": [{"id": "chair"} | chair, {"id": "room"}],
        }
    )  # fmt: skip


@pytest.fixture
def database(tmp_path, database_url):
    url = Settings(_env_file=None, data_dir=tmp_path, database_url=database_url).url
    create(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        businesses.save(connection, business(), NOW)
    yield engine
    engine.dispose()


def connected(database):
    with database.begin() as connection:
        return connect(connection, SECRETS, AT, PASSWORD, NOW, by="mia")


def kept(database, at=AT, secrets=SECRETS):
    with database.connect() as connection:
        return secrets.read(connection, at)


def test_a_password_is_read_again_and_stands_nowhere_in_the_database(database):
    assert kept(database) is None
    connected(database)

    assert kept(database) == PASSWORD
    with database.connect() as connection:
        rows = str(
            [
                tuple(row)
                for table in (calendar_secret, business_table)
                for row in connection.execute(sa.select(table))
            ]
        )
    assert PASSWORD not in rows
    assert "alice@icloud.com" in rows


def test_a_new_password_takes_the_place_of_the_last(database):
    connected(database)

    with database.begin() as connection:
        SECRETS.save(connection, AT, "another", NOW)

    assert kept(database) == "another"


def test_with_another_key_the_mend_is_to_type_it_again(database):
    connected(database)

    with pytest.raises(CalendarError, match=r"RINGBACK_SECRET_KEY has changed.*Connect it again") as raised:  # fmt: skip
        kept(database, secrets=CalendarSecrets("another key"))

    assert raised.value.permanent


def test_a_password_is_not_given_for_another_address(database):
    connected(database)

    assert kept(database, replace(AT, url="https://evil.example/17/calendars/work/")) is None
    assert kept(database, replace(AT, calendar="room")) is None
    assert kept(database, replace(AT, business="bobs")) is None
    assert kept(database, replace(AT, url=URL.rstrip("/"))) == PASSWORD


def test_connecting_and_going_back_change_the_profile_and_nothing_else(database):
    changed = connected(database)

    assert changed == business(url=URL, username="alice@icloud.com")
    with database.begin() as connection:
        assert businesses.get(connection, "alices") == changed
        disconnect(connection, "alices", "chair", NOW, by="mia")
    with database.connect() as connection:
        assert businesses.get(connection, "alices") == business()
    assert kept(database) is None


def test_connecting_drops_the_environments_variable(database):
    with database.begin() as connection:
        businesses.save(connection, business(url="https://a.example/", password_env="P"), NOW)

    assert connected(database).calendar("chair").password_env is None


def test_a_calendar_that_is_not_there_cannot_be_connected(database):
    with pytest.raises(NotFound, match="'van'"), database.begin() as connection:
        connect(connection, SECRETS, replace(AT, calendar="van"), PASSWORD, NOW, by="mia")
    with pytest.raises(NotFound), database.begin() as connection:
        connect(connection, SECRETS, replace(AT, business="bobs"), PASSWORD, NOW, by="mia")


@pytest.mark.parametrize(
    ("chair", "stays"),
    [
        ({"url": URL, "username": "alice@icloud.com"}, True),
        ({"url": URL.rstrip("/"), "username": "alice", "days": ["mon"]}, True),
        ({"url": "https://evil.example/"}, False),
        ({}, False),
        ({"id": "bench", "url": URL}, False),
    ],
)
def test_an_import_keeps_the_password_as_long_as_the_address_is_the_same(database, chair, stays):
    connected(database)

    with database.begin() as connection:
        forget_moved(connection, business(**chair))
        businesses.save(connection, business(**chair), NOW)

    assert (kept(database) == PASSWORD) is stays


def test_importing_a_new_business_forgets_nothing(database):
    with database.begin() as connection:
        forget_moved(connection, business().model_copy(update={"slug": "bobs"}))


def passwords(database):
    named = {"NAMED": "from the environment"}
    return CalendarPasswords(database, SECRETS, lambda name: named.get(name, ""))


def test_the_environment_comes_before_what_was_typed(database):
    connected(database)

    assert passwords(database).password_of(AT) == PASSWORD
    named = replace(AT, password_env="NAMED")
    assert passwords(database).password_of(named) == "from the environment"


def test_no_password_is_needed_for_the_built_in_calendar_or_without_a_user(database):
    assert passwords(database).password_of(replace(AT, url=None)) == ""
    assert passwords(database).password_of(replace(AT, username=None)) == ""


def test_a_missing_password_is_said_with_its_mend(database):
    with pytest.raises(CalendarError, match="UNSET is empty"):
        passwords(database).password_of(replace(AT, password_env="UNSET"))
    with pytest.raises(CalendarError, match="not known here"):
        passwords(database).password_of(AT)


def test_what_one_purpose_encrypts_another_cannot_open():
    one, other = box("a key", b"one"), box("a key", b"other")

    with pytest.raises(InvalidToken):
        other.decrypt(one.encrypt(b"secret"))
