"""Logins: who gets in, how often one may guess, what ends a session, and the code from the phone."""

import re
import time
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server import passwords
from server.second_factor import SecondFactors
from server.settings import Settings
from server.store import admins, credentials, failed_logins
from server.store.credentials import Key
from server.store.engine import create, make_engine
from server.store.tables import account, audit, failed_login
from tests.visitor import PASSWORD

SHOP = "alder-creek-plumbing"
NEW = "four plain garden chairs"
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)


@pytest.fixture
def connection(tmp_path, database_url):
    url = Settings(_env_file=None, data_dir=tmp_path, database_url=database_url).url
    create(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def sams_login(two_businesses):
    """Sam's login as it was before, after the test too: browsers that are signed in stay so."""
    is_sams = account.c.id == f"{SHOP}:sam"
    with two_businesses.database().connect() as connection:
        before = connection.execute(sa.select(account).where(is_sams)).one()._asdict()
    yield
    forget_failures(two_businesses)
    with two_businesses.database().begin() as connection:
        connection.execute(sa.update(account).where(is_sams).values(before))


@pytest.fixture
def browser(two_businesses, visit, sams_login):
    """A new browser on the login page."""

    def opened():
        visitor = visit()
        visitor.sees("/login")
        return visitor

    return opened


def forget_failures(product):
    with product.database().begin() as connection:
        connection.execute(sa.delete(failed_login))


def signs_in(visitor, login="sam", password=PASSWORD):
    return visitor.sends("/login", {"login": login, "password": password})


def is_in(visitor):
    return visitor.http.get("/inbox", headers={"Accept": "text/html"}).status_code == 200


# --- the login ---


def test_a_login_and_its_password_open_the_inbox(browser):
    visitor = browser()

    answered = signs_in(visitor, " SAM ")

    assert answered.headers["location"] == "/inbox"
    assert is_in(visitor)


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(browser):
    visitor = browser()

    wrong = signs_in(visitor, password="not this one")
    unknown = signs_in(visitor, "nobody-here", "not this one")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace("sam", "") == unknown.text.replace("nobody-here", "")


def test_after_the_login_comes_the_page_that_was_asked_for(browser):
    visitor = browser()
    visitor.http.get("/visits?day=2026-11-24", headers={"Accept": "text/html"})
    visitor.sees("/login")

    answered = signs_in(visitor)

    assert answered.headers["location"] == "/visits?day=2026-11-24"


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_nobody_is_led_to_another_site(path):
    from fastapi import Request

    from server.http import sessions

    request = Request({"type": "http", "session": {"wanted": path}})
    assert sessions.wanted(request) == "/inbox"


def test_a_session_that_was_planted_before_the_login_is_worth_nothing(browser):
    visitor = browser()
    planted = dict(visitor.http.cookies)

    signs_in(visitor)

    stranger = browser()
    stranger.http.cookies.clear()
    stranger.http.cookies.update(planted)
    assert not is_in(stranger)
    assert dict(visitor.http.cookies) != planted


def test_the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites(browser):
    cookie = signs_in(browser()).headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=1209600" in cookie


def test_a_password_with_older_parameters_is_kept_anew(two_businesses, browser):
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    mine = account.c.id == f"{SHOP}:sam"
    with two_businesses.database().begin() as connection:
        connection.execute(sa.update(account).where(mine).values(password=weak))

    assert signs_in(browser()).status_code == 303

    with two_businesses.database().connect() as connection:
        kept = connection.scalar(sa.select(account.c.password).where(mine))
    assert kept != weak
    assert not credentials.is_outdated(kept)


# --- guessing ---


def test_whoever_guesses_has_to_wait_and_is_told_how_long(two_businesses, browser):
    visitor = browser()
    for _ in range(5):
        assert signs_in(visitor, password="a guess").status_code == 401

    refused = signs_in(visitor)

    assert refused.status_code == 429
    assert re.search(r"Wait \d+ seconds", refused.text)


def test_unknown_logins_wait_alike(browser):
    visitor = browser()
    for _ in range(5):
        signs_in(visitor, "nobody-here", "a guess")

    assert signs_in(visitor, "nobody-here", "a guess").status_code == 429


def test_after_the_wait_the_right_password_works(two_businesses, browser):
    visitor = browser()
    for _ in range(5):
        signs_in(visitor, password="a guess")
    with two_businesses.database().begin() as connection:
        rows = connection.execute(sa.select(failed_login.c.id, failed_login.c.at)).all()
        for row in rows:
            mine = sa.update(failed_login).where(failed_login.c.id == row.id)
            connection.execute(mine.values(at=row.at - timedelta(minutes=2)))

    assert signs_in(visitor).status_code == 303

    with two_businesses.database().connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(failed_login)) == 0


def fails(connection, address, login, times, now, **more):
    return [failed_logins.begin(connection, address, login, now, **more) for _ in range(times)]


def test_a_stranger_elsewhere_does_not_keep_the_owner_out(connection):
    assert fails(connection, "203.0.113.9", "mia", 6, NOW)[-1] is not None

    assert failed_logins.begin(connection, "198.51.100.7", "mia", NOW) is None


def test_many_strangers_hold_up_new_browsers_for_a_while_and_known_ones_never(connection):
    for place in range(25):
        fails(connection, f"203.0.113.{place}", "mia", 4, NOW)

    wait = failed_logins.begin(connection, "198.51.100.7", "mia", NOW)
    known = failed_logins.begin(connection, "198.51.100.7", "mia", NOW, is_known=True)

    assert wait is not None
    assert wait <= timedelta(minutes=5)
    assert known is None


def test_one_address_guesses_no_more_than_thirty_logins(connection):
    tries = [failed_logins.begin(connection, "203.0.113.9", f"login{n}", NOW) for n in range(31)]

    assert [one is None for one in tries] == [True] * 30 + [False]


def test_a_known_browser_waits_for_nobody_else_at_its_address(two_businesses, browser):
    visitor, stranger = browser(), browser()
    signs_in(visitor)
    visitor.sees("/account")
    visitor.sends("/logout")
    for number in range(26):
        signs_in(stranger, f"login{number}", "a guess")
    for _ in range(5):
        signs_in(stranger, "sam", "a guess")
    visitor.sees("/login")

    assert signs_in(stranger).status_code == 429
    assert signs_in(visitor).status_code == 303


def test_a_known_browser_that_guesses_waits_too(connection):
    waits = fails(connection, "203.0.113.9", "mia", 6, NOW, is_known=True)

    assert [one is None for one in waits] == [True] * 5 + [False]


def test_each_further_failure_waits_longer_up_to_a_quarter_of_an_hour(connection):
    now, waits = NOW, []
    fails(connection, "203.0.113.9", "mia", 5, now)
    for _ in range(6):
        wait = failed_logins.begin(connection, "203.0.113.9", "mia", now)
        assert wait is not None
        waits.append(wait)
        now += wait
        assert failed_logins.begin(connection, "203.0.113.9", "mia", now) is None

    assert [one.total_seconds() / 60 for one in waits] == [1, 2, 4, 8, 15, 15]


def test_a_try_that_has_to_wait_makes_the_wait_no_longer(connection):
    fails(connection, "203.0.113.9", "mia", 5, NOW)
    fails(connection, "203.0.113.9", "mia", 50, NOW + timedelta(seconds=30))

    assert (
        failed_logins.begin(connection, "203.0.113.9", "mia", NOW + timedelta(seconds=61)) is None
    )


@given(st.integers(min_value=0, max_value=10**6))
def test_no_wait_is_ever_longer_than_its_limit(failures):
    for limit in (failed_logins.OF_LOGIN_HERE, failed_logins.OF_ADDRESS, failed_logins.OF_LOGIN):
        assert timedelta(0) <= limit.wait_until(failures, NOW) - NOW <= limit.longest


# --- what ends a session ---


def test_a_new_password_ends_every_other_session_and_keeps_this_one(browser):
    here, there = browser(), browser()
    signs_in(here)
    signs_in(there)
    here.sees("/account")

    answered = here.sends("/account/password", {"old": PASSWORD, "new": NEW})

    assert answered.status_code == 303
    assert (is_in(here), is_in(there)) == (True, False)
    assert signs_in(browser(), password=PASSWORD).status_code == 401
    assert signs_in(browser(), password=NEW).status_code == 303


def test_sign_out_everywhere_leaves_only_this_one(browser):
    here, there = browser(), browser()
    signs_in(here)
    signs_in(there)
    here.sees("/account")

    here.sends("/account/sign-out-everywhere")

    assert (is_in(here), is_in(there)) == (True, False)


def test_a_new_login_from_the_command_line_ends_sessions(two_businesses, browser):
    visitor = browser()
    signs_in(visitor)

    two_businesses.run("login", SHOP, "sam")

    assert not is_in(visitor)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("not mine", NEW, "not your password of now"),
        (PASSWORD, "short", "too short"),
        (PASSWORD, "password1234", "others try first"),
        (PASSWORD, "Alder Creek Plumbing", "others try first"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_mend(browser, old, new, words):
    visitor = browser()
    signs_in(visitor)
    visitor.sees("/account")

    answered = visitor.sends("/account/password", {"old": old, "new": new})

    assert answered.status_code == 400
    assert words in answered.text
    assert f'value="{new}"' not in answered.text
    assert signs_in(browser()).status_code == 303


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaaaaaa", "121212121212", "1234567890", "0987654321", "abcdefghij", "qwertyuiop", "P@ssw0rd2026", "Mia Torres", "miatorres2026", "x" * 201],
)  # fmt: skip
def test_what_others_try_first_is_no_password(password):
    assert passwords.fault(password, ["mia", "Mia Torres", "Alder Creek Plumbing"])


@pytest.mark.parametrize(
    "password", [NEW, "Tr0ub4dor&3x", "mia rides home late", "käse im bahnhof"]
)
def test_whatever_else_is_long_enough_will_do(password):
    assert passwords.fault(password, ["mia", "Mia Torres"]) == ""


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=4))
def test_judging_a_password_never_fails(password, names):
    assert isinstance(passwords.fault(password, names), str)


# --- the code from the phone ---


def found(pattern, html):
    match = re.search(pattern, html)
    assert match, pattern
    return match[1]


def sets_up_codes(visitor):
    """Switches the second factor on; (secret, recovery codes)."""
    shown = visitor.sees("/account/second-factor")
    secret = found(r'data-testid="secret">([A-Z2-7 ]+)<', shown).replace(" ", "")
    draft = found(r'name="draft" value="([^"]+)"', shown)
    if (
        left_s := 30 - time.time() % 30
    ) < 10:  # a code of the step before is good in this one alone
        time.sleep(left_s)
    code = pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30))
    form = {"draft": draft, "code": code, "old": PASSWORD}
    answered = visitor.sends("/account/second-factor", form)
    codes = found(r'data-testid="recovery">([^<]+)<', answered.text).split()
    return secret, codes


@pytest.fixture
def with_codes(browser):
    visitor = browser()
    signs_in(visitor)
    return sets_up_codes(visitor)


def code_now(secret):
    return pyotp.TOTP(secret).at(datetime.now(UTC))


def comes_with(visitor, code):
    answered = signs_in(visitor)
    assert answered.headers["location"] == "/login/code"
    visitor.sees("/login/code")
    return visitor.sends("/login/code", {"code": code})


def test_the_password_alone_opens_nothing_any_more(browser, with_codes):
    visitor = browser()

    answered = signs_in(visitor)

    assert answered.headers["location"] == "/login/code"
    assert not is_in(visitor)


def test_a_browser_that_came_in_without_a_code_is_out_and_the_one_here_goes_on(browser):
    here, there = browser(), browser()
    signs_in(here)
    signs_in(there)

    sets_up_codes(here)

    assert (is_in(here), is_in(there)) == (True, False)


def test_a_code_counts_once(browser, with_codes):
    secret, _ = with_codes
    code = code_now(secret)
    first, second = browser(), browser()

    assert comes_with(first, code).status_code == 303
    assert is_in(first)
    assert comes_with(second, code).status_code == 401
    assert not is_in(second)


def test_a_recovery_code_works_once_and_is_kept_only_as_a_digest(
    two_businesses, browser, with_codes
):
    _, codes = with_codes
    assert len(codes) == 10

    assert comes_with(browser(), codes[3].upper().replace("-", " ")).status_code == 303
    assert comes_with(browser(), codes[3]).status_code == 401

    with two_businesses.database().connect() as connection:
        row = connection.execute(sa.select(account).where(account.c.login == "sam")).one()
        log = str(connection.execute(sa.select(audit)).all())
    assert len(row.recovery) == 9
    assert not any(code in str(row) + log for code in codes)
    assert with_codes[0] not in str(row) + log


def test_guessing_codes_is_slowed_down_and_noted(two_businesses, browser, with_codes):
    visitor = browser()
    for _ in range(5):
        assert comes_with(visitor, "000000").status_code == 401

    assert comes_with(visitor, "000000").status_code == 429

    with two_businesses.database().connect() as connection:
        refused = sa.select(sa.func.count()).where(audit.c.did == "was refused")
        assert connection.scalar(refused) >= 5


def test_without_a_code_from_the_app_it_is_not_switched_on(browser):
    visitor = browser()
    signs_in(visitor)
    shown = visitor.sees("/account/second-factor")
    draft = found(r'name="draft" value="([^"]+)"', shown)

    answered = visitor.sends(
        "/account/second-factor", {"draft": draft, "code": "000000", "old": PASSWORD}
    )

    assert answered.status_code == 400
    assert signs_in(browser()).headers["location"] == "/inbox"


def test_switching_off_asks_for_the_password(browser, with_codes):
    _, codes = with_codes
    visitor = browser()
    comes_with(visitor, codes[0])
    visitor.sees("/account")

    assert visitor.sends("/account/second-factor/off", {"old": "wrong"}).status_code == 400
    assert visitor.sends("/account/second-factor/off", {"old": PASSWORD}).status_code == 303
    assert signs_in(browser()).headers["location"] == "/inbox"


def test_an_owner_switches_it_off_for_a_colleague_and_nobody_else_does(
    two_businesses, browser, mia, sam, nora, with_codes
):
    path = "/business/people/sam/second-factor-off"
    nora.sees("/business/people")
    mia.sees("/business/people")

    assert nora.sends(path).status_code == 404
    assert signs_in(browser()).headers["location"] == "/login/code"
    assert mia.sends(path).status_code == 303
    assert signs_in(browser()).headers["location"] == "/inbox"


KEY = Key(kind="admin", id="root")


@pytest.fixture
def factors(connection):
    admins.put(connection, "root", "a hash", NOW)
    return SecondFactors.under("the installation's key")


SECRET = "JBSWY3DPEHPK3PXP" * 2


@pytest.mark.parametrize(("beside_s", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])  # fmt: skip
def test_clocks_may_differ_by_one_step(connection, factors, beside_s, fits):
    factors.switch_on(connection, KEY, SECRET, pyotp.TOTP(SECRET).at(NOW - timedelta(hours=1)), NOW - timedelta(hours=1))  # fmt: skip

    code = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=beside_s))

    assert (factors.passes(connection, KEY, code, NOW) == "code") is fits


def test_codes_of_the_past_do_not_count_after_a_newer_one(connection, factors):
    totp = pyotp.TOTP(SECRET)
    factors.switch_on(connection, KEY, SECRET, totp.at(NOW), NOW)

    assert factors.passes(connection, KEY, totp.at(NOW - timedelta(seconds=30)), NOW) is None


def test_a_draft_is_its_own_persons_alone(factors):
    draft = factors.draft(KEY, SECRET)

    assert factors.drafted(KEY, draft) == SECRET
    assert factors.drafted(Key(kind="account", id="root"), draft) is None
    assert factors.drafted(KEY, "made up") is None


def test_with_another_installation_key_recovery_codes_still_work(connection, factors):
    codes = factors.switch_on(connection, KEY, SECRET, pyotp.TOTP(SECRET).at(NOW), NOW)
    other = SecondFactors.under("another key")
    later = NOW + timedelta(minutes=5)

    assert other.passes(connection, KEY, pyotp.TOTP(SECRET).at(later), later) is None
    assert other.passes(connection, KEY, codes[0], later) == "recovery code"
