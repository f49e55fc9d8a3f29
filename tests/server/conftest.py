"""Two businesses on one running product, shared by the tests of who may see what."""

import pytest

from evals.product import ROOT
from tests.visitor import PASSWORD, Visitor, give_login

SECOND = ROOT / "tests" / "second_business"


@pytest.fixture(scope="session")
def two_businesses(start_product):
    """Alder Creek Plumbing (mia owns, sam works) and North Fork Locks (nora owns)."""
    running = start_product()
    running.run("import", str(SECOND))
    give_login(running, "alder-creek-plumbing", "sam", "staff")
    give_login(running, "north-fork-locks", "nora", "owner")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def visit(two_businesses):
    """Opens browsers; signed in where a login is given."""
    opened = []

    def open_one(login="", password=PASSWORD):
        opened.append(Visitor(two_businesses))
        return opened[-1].signs_in(login, password) if login else opened[-1]

    yield open_one
    for one in opened:
        one.http.close()


@pytest.fixture(scope="session")
def mia(two_businesses, visit):
    return visit("mia", two_businesses.password)


@pytest.fixture(scope="session")
def sam(visit):
    return visit("sam")


@pytest.fixture(scope="session")
def nora(visit):
    return visit("nora")
