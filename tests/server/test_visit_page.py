"""The caller's own page of a visit: who knows its code reads it, nobody else does."""

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from icalendar import Calendar

from evals.product import CALLER
from server.store import appointments, businesses, threads
from server.store.appointments import AppointmentRow, State

SHOP = "alder-creek-plumbing"
NOW = datetime.now(UTC)
AHEAD = datetime(2031, 7, 8, 20, tzinfo=UTC)
"""A Tuesday; Denver is at -06:00."""


@pytest.fixture
def visit(product_on_sqlite):
    """Books visits; gives the code of each."""

    def book(start=AHEAD, **changed):
        code = changed.pop("code", uuid.uuid4().hex[:20])
        values = {
            "id": str(uuid.uuid4()), "business": SHOP, "thread": threads.thread_id(SHOP, CALLER),
            "service": "drain-cleaning", "calendar": "van-1", "beside": [], "start": start, "duration_min": 90,
            "buffer_before_min": 0, "buffer_after_min": 30, "state": State.BOOKED, "offer": "o", "place": 1, "event": "e",
            "created_at": NOW, "changed_at": NOW, "expires_at": NOW, "code": code,
        }  # fmt: skip
        with product_on_sqlite.database().begin() as connection:
            threads.locked(connection, SHOP, CALLER, NOW)
            appointments.add(connection, AppointmentRow(**(values | changed)))
        return code

    return book


@pytest.fixture
def changed_shop(product_on_sqlite):
    """Changes the shop's profile for one test."""
    with product_on_sqlite.database().connect() as connection:
        before = businesses.get(connection, SHOP)
    assert before

    def change(**changed):
        _save(product_on_sqlite, before.model_validate(before.model_dump() | changed))

    yield change
    _save(product_on_sqlite, before)


def _save(product, shop):
    with product.database().begin() as connection:
        businesses.save(connection, shop, NOW)


@pytest.fixture
def opened(product_on_sqlite):
    def get(path):
        return product_on_sqlite.client.get(
            f"{product_on_sqlite.url}/v/{path}", headers={"Accept": "text/html"}
        )

    return get


def event_in(answered):
    calendar = Calendar.from_ical(answered.text)
    return calendar, calendar.events[0]


def test_a_caller_sees_what_when_and_whom_to_text(visit, opened):
    seen = opened(visit())

    assert seen.status_code == 200
    for words in (
        "Alder Creek Plumbing", "Drain cleaning", "Tuesday, July 8, 2031", "2 PM to 3:30 PM", "Denver time (MDT)", "120 Alder St",
        'href="tel:+13035550140"', 'href="sms:+13035550140"', "To change or cancel it", "Add to calendar",
    ):  # fmt: skip
        assert words in seen.text, words


def test_a_winter_visit_and_one_past_midnight_are_told_in_the_shops_own_time(visit, opened):
    seen = opened(visit(datetime(2031, 1, 8, 6, 30, tzinfo=UTC)))

    assert "Tuesday, January 7, 2031" in seen.text
    assert "11:30 PM to 1 AM on Wednesday, January 8" in seen.text
    assert "Denver time (MST)" in seen.text


@pytest.mark.parametrize("path", ["", ".ics"])
def test_it_is_kept_nowhere_and_found_by_no_search(visit, opened, path):
    for code in (visit(), "no-such-code"):
        headers = opened(code + path).headers

        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]
        assert "set-cookie" not in headers


def test_the_file_is_the_visit_for_the_callers_own_calendar(visit, opened):
    answered = opened(f"{visit()}.ics")
    calendar, event = event_in(answered)

    assert answered.headers["content-type"].startswith("text/calendar")
    assert answered.headers["content-disposition"] == 'attachment; filename="visit.ics"'
    assert calendar["method"] == "PUBLISH"
    assert (event.start, event.end) == (AHEAD, AHEAD + timedelta(minutes=90))
    assert event["summary"] == "Drain cleaning at Alder Creek Plumbing"


def test_googles_link_carries_the_same(visit, opened):
    page = opened(visit()).text
    link = page.partition("https://calendar.google.com")[2].partition('"')[0].replace("&amp;", "&")

    fields = parse_qs(urlsplit(link).query)
    assert fields["dates"] == ["20310708T200000Z/20310708T213000Z"]
    assert fields["text"] == ["Drain cleaning at Alder Creek Plumbing"]


def test_a_moved_visit_says_so_and_its_file_replaces_the_last_one(visit, opened):
    code = visit(revision=2)

    assert "This visit was moved" in opened(code).text
    assert event_in(opened(f"{code}.ics"))[1]["sequence"] == 2


def test_a_cancelled_visit_says_so_and_its_file_takes_it_out(visit, opened):
    code = visit(state=State.CANCELLED)

    page = opened(code).text
    calendar, event = event_in(opened(f"{code}.ics"))

    assert "This visit is cancelled" in page
    assert "google" not in page
    assert (calendar["method"], event["status"]) == ("CANCEL", "CANCELLED")


def test_a_visit_that_is_over_offers_no_calendar(visit, opened):
    page = opened(visit(NOW - timedelta(days=6))).text

    assert "This visit is over" in page
    assert "calendar" not in page.partition("<main")[2]


def test_where_health_is_treated_the_service_is_named_nowhere(visit, opened, changed_shop):
    changed_shop(privacy={"health": True})
    code = visit()

    for path in (code, f"{code}.ics"):
        assert "Drain" not in opened(path).text
        assert "Appointment" in opened(path).text


def test_the_owners_words_are_escaped(visit, opened, changed_shop):
    changed_shop(name="A <b>&</b> B", address='<script>alert("1")</script>')

    page = opened(visit()).text

    assert "A &lt;b&gt;&amp;&lt;/b&gt; B" in page
    assert "<script" not in page


def test_nothing_of_the_caller_is_on_it(visit, opened):
    code = visit()

    for path in (code, f"{code}.ics"):
        text = opened(path).text
        assert [part for part in (CALLER[1:], "555-0199", f"{SHOP}:") if part in text] == []


@pytest.mark.parametrize(
    "state", [state for state in State if state not in (State.BOOKED, State.CANCELLED)]
)
def test_what_is_not_or_not_yet_a_visit_is_unknown(visit, opened, state):
    assert opened(visit(state=state)).status_code == 404


def test_every_code_that_shows_nothing_gets_the_same_answer(visit, opened):
    wrong = [
        "no-such-code", "x" * 65, "%00", "..%5C..", "%3Cscript%3E", "a.b", "no-such-code.ics", "%00.ics",
        visit(NOW - timedelta(days=8)), visit(NOW - timedelta(days=8), state=State.CANCELLED),
    ]  # fmt: skip

    answers = [opened(code) for code in wrong]

    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1
    assert "There is no visit here" in answers[0].text
    assert "inbox" not in answers[0].text


def test_who_tries_too_often_waits_and_nobody_else_does(visit, opened):
    code = visit()
    tried = [opened("again-and-again").status_code for _ in range(22)]

    assert (tried[0], tried[-1]) == (404, 429)
    assert opened(code).status_code == 200
