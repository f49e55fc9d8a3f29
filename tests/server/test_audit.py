"""The log: what people saw, changed and exported stands in it, and nothing that is secret."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evals.product import until
from server.http.audit_words import CHANGED, COMES_BACK, EXPORTED, SAW, UNCHANGED
from server.store import audit as log
from server.store.audit import Entry, Wanted
from server.store.tables import audit, thread
from tests.server.test_tenants import ROUTES, group

SHOP = "alder-creek-plumbing"
CALLER = "+17205550735"
DIGITS = CALLER[1:]
SAID = "my heron is leaking in the zinc room"
POSTS = {path for method, path in ROUTES if method == "POST" and group(method, path) in ("page", "public", "invited")}  # fmt: skip
GETS = {path for method, path in ROUTES if method == "GET"}


@pytest.fixture(scope="module")
def conversation(two_businesses):
    two_businesses.text(SAID, caller=CALLER)
    mine = sa.select(thread.c.id).where(thread.c.id == f"{SHOP}:{CALLER}")
    with two_businesses.database().connect() as connection:
        until(lambda: connection.scalar(mine), "a conversation")


@pytest.fixture
def noted(two_businesses):
    """The lines that are new since the last time that they were asked for."""

    def newest():
        with two_businesses.database().connect() as connection:
            return connection.scalar(sa.select(sa.func.max(audit.c.id))) or 0

    last = newest()

    def found():
        nonlocal last
        query = sa.select(audit).where(audit.c.id > last).order_by(audit.c.id)
        with two_businesses.database().connect() as connection:
            rows = connection.execute(query).all()
        last = newest()
        return [(row.who, row.did, row.what, row.about) for row in rows]

    return found


def test_every_form_has_words_or_a_reason_to_have_none():
    assert POSTS - set(CHANGED) - set(UNCHANGED) == set()


def test_no_words_are_left_of_routes_that_are_gone():
    assert set(CHANGED) | set(UNCHANGED) <= POSTS
    assert set(SAW) | set(EXPORTED) <= GETS
    assert set(COMES_BACK) <= set(CHANGED)
    assert set(CHANGED) & set(UNCHANGED) == set()


def test_every_file_that_leaves_has_words():
    files = (".csv", ".zip", ".json", "/download")
    leave = {path for path in GETS if path.endswith(files) and group("GET", path) == "page"}

    assert leave == set(EXPORTED)


def test_a_conversation_that_was_opened_is_noted_once_in_a_while(mia, sam, conversation, noted):
    for _ in range(3):
        sam.sees(f"/inbox/{DIGITS}")
    sam.sees(f"/inbox/{DIGITS}/texts")
    mia.sees(f"/inbox/{DIGITS}")

    assert noted() == [
        ("sam", "saw", "A conversation", CALLER),
        ("mia", "saw", "A conversation", CALLER),
    ]


def test_a_look_is_noted_anew_after_ten_minutes(two_businesses, mia, conversation, noted):
    mia.sees(f"/inbox/{DIGITS}")
    noted()
    with two_businesses.database().begin() as connection:
        connection.execute(sa.update(audit).values(at=datetime.now(UTC) - timedelta(minutes=11)))

    mia.sees(f"/inbox/{DIGITS}")

    assert noted() == [("mia", "saw", "A conversation", CALLER)]


def test_a_change_is_noted_in_words_and_a_refused_one_is_not(sam, conversation, noted):
    sam.sees("/account")
    assert sam.sends(f"/inbox/{DIGITS}/claim").status_code == 303
    assert sam.sends("/business/calls/mode", {"mode": "shadow"}).status_code == 403
    assert sam.sends(f"/inbox/{DIGITS}/send", {"body": "", "key": "k"}).status_code < 500

    assert noted() == [("sam", "changed", "Took a conversation over", CALLER)]


def test_what_is_not_there_is_not_noted(nora, mia, noted):
    nora.http.get(f"/inbox/{DIGITS}", headers={"Accept": "text/html"})
    mia.http.get("/inbox/19995550000", headers={"Accept": "text/html"})

    assert noted() == []


def test_files_that_leave_are_noted_and_the_log_itself_too(mia, noted):
    mia.http.get("/business/calls/calls.csv")
    mia.http.get("/business/audit/log.csv")

    assert noted() == [
        ("mia", "exported", "The list of calls", None),
        ("mia", "exported", "The log", None),
    ]


def test_nobodys_look_is_nobodys_line(visit, noted):
    visit().http.get(f"/inbox/{DIGITS}", headers={"Accept": "text/html"})

    assert noted() == []


def test_the_page_shows_it_filtered_and_as_a_file(mia, sam, conversation):
    sam.sees("/account")
    sam.sends(f"/inbox/{DIGITS}/release")

    everything = mia.sees("/business/audit?who=sam&did=changed")
    nothing = mia.sees("/business/audit?who=sam&day=2001-01-01")
    file = mia.http.get("/business/audit/log.csv?who=sam&did=changed").text

    assert "Gave a conversation back to the agent" in everything
    assert "(720) 555-0735" in everything
    assert "Nothing fits" in nothing
    assert f"sam,changed,Gave a conversation back to the agent,{CALLER}" in file


def test_older_pages_follow(two_businesses, mia):
    with two_businesses.database().begin() as connection:
        for place in range(150):
            entry = Entry(business=SHOP, who="pager", did="changed", what=f"Line {place}")
            log.add(connection, entry, datetime.now(UTC))

    first = mia.sees("/business/audit?who=pager")
    older = first.split(">Older<")[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    second = mia.sees(older)

    assert ("Line 149" in first, "Line 49<" in first) == (True, False)
    assert ("Line 49<" in second, ">Older<" in second) == (True, False)


def test_the_log_is_the_owners_and_holds_nothing_of_another_business(sam, nora, mia):
    assert sam.http.get("/business/audit").status_code == 403
    assert CALLER not in nora.http.get("/business/audit/log.csv").text
    assert CALLER in mia.http.get("/business/audit/log.csv").text


def test_it_holds_no_words_of_texts_and_no_secrets(two_businesses, mia, conversation):
    mia.sees(f"/inbox/{DIGITS}")
    mia.sees("/account")
    shown = mia.sends("/business/phone-system/secret", {"wanted": "shown"}).text
    secret = shown.split("whsec_")[1].split("<")[0].split('"')[0]

    with two_businesses.database().connect() as connection:
        kept = str(connection.execute(sa.select(audit)).all())
    assert "heron" not in kept
    assert secret not in kept
    assert two_businesses.password not in kept
    assert "phone system" in kept


def test_an_erased_caller_leaves_only_that_somebody_looked(two_businesses):
    with two_businesses.database().begin() as connection:
        saw = Entry(
            business=SHOP, who="eraser", did="saw", what="A conversation", about="+17205550999"
        )
        log.add(connection, saw, datetime.now(UTC))

        log.forget_caller(connection, SHOP, "+17205550999")

        left = log.entries(connection, SHOP, Wanted(who="eraser"), 10)
    assert [one.about for one in left] == [log.ERASED]


def test_it_is_kept_for_400_days(two_businesses):
    now = datetime.now(UTC)
    with two_businesses.database().begin() as connection:
        for days in (399, 401):
            entry = Entry(business=SHOP, who="keeper", did="changed", what=f"{days} days ago")
            log.add(connection, entry, now - timedelta(days=days))

        log.forget(connection, now - log.KEPT)

        left = log.entries(connection, SHOP, Wanted(who="keeper"), 10)
    assert [one.what for one in left] == ["399 days ago"]
