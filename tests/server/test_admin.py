"""The installation's admin sees every business, reads one that they open, and changes nothing."""

import pytest
import sqlalchemy as sa

from server.store.tables import admin as admins
from server.store.tables import audit
from tests.visitor import Visitor

SHOP = "alder-creek-plumbing"


@pytest.fixture(scope="module")
def password(two_businesses):
    yield two_businesses.run("admin", "root").split()[-1]
    with two_businesses.database().begin() as connection:
        connection.execute(sa.delete(admins).where(admins.c.login == "root"))


@pytest.fixture
def root(two_businesses, password):
    visitor = Visitor(two_businesses)
    visitor.sees("/login")
    answered = visitor.sends("/login", {"login": "root", "password": password})
    assert answered.headers["location"] == "/admin"
    visitor.sees("/admin")
    yield visitor
    visitor.http.close()


def test_every_business_is_listed_with_what_is_open(root):
    page = root.sees("/admin")

    assert "Alder Creek Plumbing" in page
    assert "North Fork Locks" in page
    assert page.count("Open conversations") == 2


def test_a_business_is_opened_and_read_with_a_way_back(two_businesses, root):
    answered = root.sends(f"/admin/{SHOP}/open")

    assert answered.headers["location"] == "/inbox"
    page = root.sees("/business/people")
    assert "as the installation's admin" in page
    assert 'href="/admin"' in page
    with two_businesses.database().connect() as connection:
        opened = sa.select(audit.c.who).where(audit.c.did == "opened", audit.c.business == SHOP)
        assert "admin:root" in connection.scalars(opened).all()


def test_what_an_admin_exports_stands_in_the_business_log(root, mia):
    root.sends(f"/admin/{SHOP}/open")
    root.http.get("/business/calls/calls.csv")

    assert "admin:root,exported" in mia.http.get("/business/audit/log.csv").text


@pytest.mark.parametrize(
    "path",
    ["/inbox/17205550735/send", "/inbox/17205550735/claim", "/business/calendars/phone/password", "/business/phone-system/secret", "/business/people/mia/invite"],
)  # fmt: skip
def test_nothing_is_sent_claimed_or_shown_in_an_admins_name(root, path):
    root.sends(f"/admin/{SHOP}/open")
    root.sees("/account")

    answered = root.sends(path, {"body": "hello", "key": "k", "wanted": "shown"})

    assert answered.status_code == 403
    assert "can only read" in answered.text


def test_a_business_that_is_not_there_is_not_opened(root):
    assert root.sends("/admin/nowhere/open").status_code == 404


def test_people_of_a_business_do_not_get_there(mia, sam, visit):
    assert mia.http.get("/admin").status_code == 403
    assert sam.http.get("/admin").status_code == 403
    nobody = visit().http.get("/admin", headers={"Accept": "text/html"})
    assert nobody.headers["location"] == "/login"


def test_a_new_password_ends_an_admins_sessions(two_businesses, visit):
    first = two_businesses.run("admin", "spare").split()[-1]
    visitor = visit()
    visitor.sees("/login")
    visitor.sends("/login", {"login": "spare", "password": first})
    assert visitor.http.get("/admin").status_code == 200

    two_businesses.run("admin", "spare")

    answered = visitor.http.get("/admin", headers={"Accept": "text/html"})
    assert answered.headers["location"] == "/login"


def test_a_login_of_a_business_is_no_admins(two_businesses):
    with pytest.raises(AssertionError, match="cannot be an admin's login"):
        two_businesses.run("admin", "mia")
