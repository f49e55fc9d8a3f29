"""How people get a login: a link that works once, for a week, and for nobody else."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evals.product import ROOT, until
from server.store import accounts, businesses
from server.store.tables import account, invitation, text
from tests.server.desk import Shop
from tests.server.test_tenants import SAMPLES
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


def test_no_page_shows_what_was_texted_to_a_phone_of_the_staff(two_businesses, mia, sam, lee):
    invites(mia, send="1")
    two_businesses.replied(1, to=PHONE)
    sam.sees("/account")

    answered = {}
    for (method, path), sample in SAMPLES.items():
        for digits in (PHONE[1:], PHONE.replace("+", "%2B")):
            there = path.replace("{digits}", digits)
            for name in ("seq", "task_id", "visit_id"):
                there = there.replace(f"{{{name}}}", "1")
            if there != path and "{" not in there and "{digits}" in path:
                act = sam.http.get(there) if method == "GET" else sam.sends(there, sample.form)
                if act.status_code == 403:  # an owner's page
                    act = mia.http.get(there) if method == "GET" else mia.sends(there, sample.form)
                answered[method, there] = act.status_code

    assert len(answered) > 50
    assert set(answered.values()) == {404}, answered


def test_a_search_finds_no_phone_of_the_staff(two_businesses, mia, sam, lee):
    invites(mia, send="1")
    two_businesses.replied(1, to=PHONE)

    found = sam.sees("/inbox?q=Works+once") + sam.sees(f"/inbox?q={PHONE[1:]}")

    assert f"/inbox/{PHONE[1:]}" not in found


@pytest.fixture
def texted(two_businesses):
    """What this test has texted to Lee, by status."""
    query = sa.select(text.c.key, text.c.status, text.c.body).where(text.c.recipient == PHONE)

    def rows():
        with two_businesses.database().connect() as connection:
            return list(connection.execute(query))

    before = {row.key for row in rows()}
    return lambda: [(row.status, row.body) for row in rows() if row.key not in before]


def test_a_link_that_has_left_stands_in_no_row(two_businesses, mia, lee, texted):
    token = invites(mia, send="1").rpartition("/")[2]

    until(lambda: texted()[0][0] in ("accepted", "sent", "delivered"), "a text that has left")

    assert [body for _, body in texted()] == ["(a one-time link)"]
    assert token not in str(rows_of(two_businesses, SHOP))


def test_a_link_that_did_not_arrive_is_neither_kept_nor_sent_again(
    two_businesses, mia, lee, texted
):
    two_businesses.fault("30003", to=PHONE)

    invites(mia, send="1")

    until(lambda: texted()[0][0] == "undelivered", "a text that did not arrive")
    assert texted() == [("undelivered", "(a one-time link)")]


@pytest.fixture(scope="module")
def at_desk(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("shop"))
    yield shop
    shop.close()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/business/people/sam/invite", {"access": "staff", "send": "1"}),
        ("/business/on-call/test", {"staff": "sam", "text": "true"}),
    ],
)
def test_a_page_that_texts_staff_locks_the_thread_before_the_business(at_desk, path, form):
    """As all that is texted from that phone does: the other order is a deadlock on PostgreSQL."""
    owner, locked = at_desk.person("mia"), []

    def note(connection, cursor, statement, *more):
        locked.extend(re.findall(r"^UPDATE (thread|business)\b", statement))

    sa.event.listen(at_desk.house.database, "before_cursor_execute", note)
    answered = owner.posts(path, **form)
    sa.event.remove(at_desk.house.database, "before_cursor_execute", note)

    assert answered.status_code < 400
    assert list(dict.fromkeys(locked)) == ["thread", "business"]


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


def test_whoever_may_not_sign_in_by_the_profile_is_out_at_once(two_businesses, mia, visit, link):
    takes_up(visit(), link)
    there = visit("lee", WORDS)
    mia.sees("/business/people")

    profile_says(two_businesses, "none")

    assert there.http.get("/inbox", headers={"Accept": "text/html"}).status_code == 303
    visitor = visit()
    visitor.sees("/login")
    assert visitor.sends("/login", {"login": "lee", "password": WORDS}).status_code == 401
    assert "may not sign in" in mia.sees("/business/people")
    refused = mia.sends("/business/people/lee/invite", {})
    assert (refused.status_code, "may not sign in here" in refused.text) == (400, True)


def test_a_link_of_before_makes_no_login_for_whoever_may_not_sign_in(two_businesses, visit, link):
    profile_says(two_businesses, "none")

    assert visit().http.get(link).status_code == 410


def test_the_command_line_gives_no_password_to_whoever_may_not_sign_in(two_businesses, lee):
    profile_says(two_businesses, "none")

    refused = subprocess.run(
        [sys.executable, "-m", "server.cli", "login", SHOP, "lee"],
        cwd=ROOT, env=two_businesses.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert refused.returncode == 1
    assert "set `login: owner` or `login: staff`" in refused.stderr


def profile_says(product, login):
    with product.database().begin() as connection:
        business = businesses.get(connection, SHOP)
        assert business
        people = tuple(
            one.model_copy(update={"login": login}) if one.id == "lee" else one
            for one in business.staff
        )
        changed = business.model_copy(update={"staff": people})
        businesses.save(connection, changed, datetime.now(UTC))


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
