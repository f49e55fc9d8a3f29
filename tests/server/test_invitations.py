"""How people get a login: a link that works once, for a week, and for nobody else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.store import accounts, businesses
from server.store.tables import account, invitation
from tests.visitor import rows_of

SHOP = "alder-creek-plumbing"
PHONE = "+13035550177"
WORDS = "seven blue paper boats"


@pytest.fixture
def lee(two_businesses, mia):
    """Somebody whom Mia has just added; gone after the test, with whatever they got."""
    with two_businesses.database().connect() as connection:
        before = businesses.get(connection, SHOP)
    assert before
    mia.sees("/business/people")
    form = {"name": "Lee Park", "phone": "(303) 555-0177", "role": "plumber", "access": "staff"}
    assert mia.sends("/business/people/add", form).status_code == 303
    yield "lee"
    with two_businesses.database().begin() as connection:
        connection.execute(sa.delete(account).where(account.c.staff == "lee"))
        connection.execute(sa.delete(invitation))
        businesses.save(connection, before, datetime.now(UTC))


@pytest.fixture
def link(mia, lee):
    return invites(mia)


def invites(owner, **form):
    """The path of a new link for Lee."""
    answered = owner.sends("/business/people/lee/invite", form)
    assert answered.status_code == 200, answered.text
    assert answered.headers["cache-control"] == "no-store"
    found = re.search(r'id="link">[^<]+(/invitation/[^<]+)<', answered.text)
    assert found
    return found[1]


def takes_up(visitor, link, login="lee", password=WORDS):
    visitor.sees(link)
    return visitor.sends(link, {"login": login, "password": password})


def test_a_link_makes_a_login_of_the_persons_own(two_businesses, visit, link):
    visitor = visit()

    answered = takes_up(visitor, link, "Lee@Example.com")

    assert answered.headers["location"] == "/login"
    assert "Your login is ready: lee@example.com" in visitor.sees("/login")
    assert visit().signs_in("lee@example.com", WORDS)


def test_it_is_kept_only_as_a_digest(two_businesses, link):
    token = link.rpartition("/")[2]

    kept = str(rows_of(two_businesses, SHOP))

    assert token not in kept


def test_a_second_use_says_so_plainly(visit, link):
    takes_up(visit(), link)
    second = visit().http.get(link)

    assert second.status_code == 410
    assert "was used already" in second.text


def test_looking_at_it_spends_nothing(visit, link):
    for _ in range(3):
        assert visit().http.get(link).status_code == 200


def test_it_holds_for_a_week(two_businesses, visit, link):
    with two_businesses.database().begin() as connection:
        old = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(sa.update(invitation).values(expires_at=old))

    answered = visit().http.get(link)

    assert (answered.status_code, "too old" in answered.text) == (410, True)


def test_a_new_link_ends_the_one_before(visit, mia, link):
    newer = invites(mia)

    assert visit().http.get(link).status_code == 410
    assert visit().http.get(newer).status_code == 200


def test_it_can_be_taken_back(visit, mia, link):
    mia.sends("/business/people/lee/revoke")

    assert visit().http.get(link).status_code == 410


@pytest.mark.parametrize(
    ("login", "password", "words"),
    [
        ("lee", "short", "too short"),
        ("lee", "lee park 1", "others try first"),
        ("nora", WORDS, "Somebody else here signs in by that name"),
        ("a b", WORDS, "small letters"),
    ],
)
def test_what_will_not_do_is_said_and_the_link_still_works(visit, link, login, password, words):
    visitor = visit()

    refused = takes_up(visitor, link, login, password)

    assert (refused.status_code, words in refused.text) == (400, True)
    assert takes_up(visitor, link).status_code == 303


def test_it_is_texted_to_the_persons_phone_alone(two_businesses, mia, visit, lee):
    link = invites(mia, send="1")

    words = two_businesses.replied(1, to=PHONE)[-1]

    assert words.endswith(link)
    assert "Alder Creek Plumbing" in words
    assert visit().http.get(link).status_code == 200


def test_for_somebody_who_has_a_login_it_is_a_new_password(two_businesses, mia, visit, link):
    takes_up(visit(), link)
    there = visit("lee", WORDS)
    mia.sees("/business/people")

    again = invites(mia)
    visitor = visit()
    assert 'name="login" value="lee"' in visitor.sees(again)
    takes_up(visitor, again, "somebody-else", "nine red wooden spoons")

    assert there.http.get("/inbox", headers={"Accept": "text/html"}).status_code == 303
    assert visit("lee", "nine red wooden spoons")


def test_a_removed_login_is_out_at_once(two_businesses, mia, visit, link):
    takes_up(visit(), link)
    there = visit("lee", WORDS)
    mia.sees("/business/people")

    assert mia.sends("/business/people/lee/remove").status_code == 303

    assert there.http.get("/inbox", headers={"Accept": "text/html"}).status_code == 303
    with two_businesses.database().connect() as connection:
        assert accounts.by_login(connection, "lee") is None


def test_nobody_removes_their_own_login(mia):
    mia.sees("/business/people")

    assert mia.sends("/business/people/mia/remove").status_code == 400
    assert mia.sees("/inbox")


def test_somebody_stays_owner(mia):
    mia.sees("/business/people")

    refused = mia.sends("/business/people/mia/access", {"access": "staff"})

    assert (refused.status_code, "has to stay owner" in refused.text) == (400, True)


def test_what_a_login_may_do_changes_at_once(mia, visit, link):
    takes_up(visit(), link)
    there = visit("lee", WORDS)
    assert there.http.get("/business/people").status_code == 403
    mia.sees("/business/people")

    mia.sends("/business/people/lee/access", {"access": "owner"})

    assert there.http.get("/business/people").status_code == 200


def test_another_business_can_do_nothing_with_it(two_businesses, nora, lee):
    nora.sees("/business/people")
    before = rows_of(two_businesses, SHOP)

    for act in ("invite", "revoke", "remove", "second-factor-off"):
        assert nora.sends(f"/business/people/lee/{act}").status_code == 404

    assert rows_of(two_businesses, SHOP) == before


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": " "}, "name"),
        ({"name": "Kim", "phone": "12"}, "no phone number"),
        ({"name": "Kim", "phone": "303 555 0142"}, "Somebody else here has that phone"),
        ({"name": "Kim", "phone": "303 555 0140"}, "own number"),
    ],
)
def test_a_person_who_cannot_be_added_is_said_in_words(mia, form, words):
    mia.sees("/business/people")

    answered = mia.sends("/business/people/add", form)

    assert (answered.status_code, words in answered.text) == (400, True)


def test_the_command_line_makes_a_link_too(two_businesses, visit, lee):
    told = two_businesses.run("invite", SHOP, "lee").strip()

    assert told.startswith(f"{two_businesses.url}/invitation/")
    assert takes_up(visit(), told.removeprefix(two_businesses.url)).status_code == 303
