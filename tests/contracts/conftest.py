"""Calendar servers for every contract about calendars; each file has its own."""

import pytest

from tests.contracts.dav_servers import FaultyServer, radicale, xandikos


@pytest.fixture(scope="module")
def built_in(tmp_path_factory):
    with radicale(tmp_path_factory.mktemp("radicale")) as calendars:
        yield calendars


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    with xandikos(tmp_path_factory.mktemp("xandikos")) as home:
        yield home


@pytest.fixture
def faulty():
    server = FaultyServer()
    yield server
    server.stop()
