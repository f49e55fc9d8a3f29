"""The Calendar port: what every calendar promises, in memory and on real CalDAV servers over HTTP."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.errors import CalendarError
from agent.model import CalendarAddress
from evals.product import free_port
from server.adapters.calendar_caldav import CalDavCalendar
from server.adapters.calendar_memory import MemoryCalendar
from server.store.calendar_secrets import CalendarPasswords, CalendarSecrets
from server.wiring import rehearsal_calendar
from tests.contracts.dav_servers import (
    ALICE,
    new_collection,
    no_password,
)

SECRETS = {"CALENDAR_PASSWORD": "wrong"}
PASSWORDS = CalendarPasswords(
    sa.create_engine("sqlite://"), CalendarSecrets("a kept key"), lambda name: SECRETS.get(name, "")
)
MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def on_caldav(built_in):
    return CalDavCalendar(built_in, PASSWORDS.password_of, timeout_s=1)


@pytest.fixture(params=["memory", "radicale", "xandikos"])
def calendar(request):
    """A calendar and the address of a collection that no other test uses."""
    name = f"van-{uuid.uuid4().hex[:8]}"
    if request.param == "memory":
        return MemoryCalendar(), CalendarAddress(business=ALICE, calendar=name)
    built_in = request.getfixturevalue("built_in")
    url = None
    if request.param == "xandikos":
        url = new_collection(request.getfixturevalue("foreign"), name)
    return CalDavCalendar(built_in, no_password), CalendarAddress(
        business=ALICE, calendar=name, url=url
    )


def event(uid, *lines, start=MONDAY):
    """One VEVENT of an hour in UTC; `lines` replace its times when they bring their own."""
    times = [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{start + HOUR:%Y%m%dT%H%M%SZ}"]
    body = [*([] if any(line.startswith("DTSTART") for line in lines) else times), *lines]
    return whole(vevent(uid, *body))


def vevent(uid, *lines):
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT"]


def whole(*parts):
    lines = [line for part in parts for line in part]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ringback//test//EN"]
    return "\r\n".join([*head, *lines, "END:VCALENDAR", ""])


def seen(calendar, at, start=MONDAY, end=MONDAY + HOUR):
    """The texts in a window as one, unfolded."""
    return "\n".join(calendar.objects(at, start, end)).replace("\r\n", "\n").replace("\n ", "")


def test_what_is_stored_can_be_read_and_found(calendar):
    calendar, at = calendar

    assert calendar.put(at, "appt-1", event("appt-1", "SUMMARY:Drain"))

    stored = calendar.get(at, "appt-1")
    assert (stored.name, bool(stored.etag)) == ("appt-1", True)
    assert "SUMMARY:Drain" in stored.text
    assert seen(calendar, at).count("UID:appt-1") == 1


def test_an_empty_calendar_has_no_objects_and_an_unknown_name_is_none(calendar):
    calendar, at = calendar

    assert calendar.objects(at, MONDAY, MONDAY + HOUR) == []
    assert calendar.get(at, "nobody") is None


def test_our_own_marks_and_every_letter_survive(calendar):
    calendar, at = calendar
    words = "Haarschnitt für Zoë 漢字 🚿"

    calendar.put(at, "appt-2", event("appt-2", f"SUMMARY:{words}", "X-APPT-ID:abc-123"))

    assert words in seen(calendar, at)
    assert "X-APPT-ID:abc-123" in calendar.get(at, "appt-2").text


def test_a_name_with_strange_characters_is_one_object(calendar):
    calendar, at = calendar

    assert calendar.put(at, "a b@c.é", event("strange"))

    assert "UID:strange" in calendar.get(at, "a b@c.é").text


def test_a_taken_name_is_not_written_over(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1", "SUMMARY:first"))

    assert not calendar.put(at, "appt-1", event("appt-1", "SUMMARY:second"))

    assert "SUMMARY:first" in calendar.get(at, "appt-1").text


def test_of_many_who_store_one_name_at_once_one_does(calendar):
    calendar, at = calendar
    calendar.objects(at, MONDAY, MONDAY + HOUR)

    def store(place):
        return calendar.put(at, "slot", event("slot", f"SUMMARY:writer {place}"))

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(store, range(8)))

    assert won.count(True) == 1
    assert f"SUMMARY:writer {won.index(True)}" in calendar.get(at, "slot").text


def test_with_its_etag_an_object_is_replaced_once(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1", "SUMMARY:old"))
    etag = calendar.get(at, "appt-1").etag

    assert calendar.put(at, "appt-1", event("appt-1", "SUMMARY:new"), etag)
    assert not calendar.put(at, "appt-1", event("appt-1", "SUMMARY:late"), etag)

    assert "SUMMARY:new" in calendar.get(at, "appt-1").text


def test_an_object_that_is_gone_is_not_replaced(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1"))
    etag = calendar.get(at, "appt-1").etag
    calendar.remove(at, "appt-1", etag)

    assert not calendar.put(at, "appt-1", event("appt-1"), etag)


def test_an_object_is_removed_only_as_it_was_seen(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1"))
    old = calendar.get(at, "appt-1").etag
    calendar.put(at, "appt-1", event("appt-1", "SUMMARY:moved"), old)
    new = calendar.get(at, "appt-1").etag

    assert not calendar.remove(at, "appt-1", old)
    assert calendar.remove(at, "appt-1", new)

    assert calendar.get(at, "appt-1") is None
    assert seen(calendar, at) == ""


def test_removing_what_is_gone_is_done(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1"))
    etag = calendar.get(at, "appt-1").etag

    assert calendar.remove(at, "appt-1", etag)
    assert calendar.remove(at, "appt-1", etag)


def test_a_name_is_free_again_after_its_object_is_removed(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1"))
    calendar.remove(at, "appt-1", calendar.get(at, "appt-1").etag)

    assert calendar.put(at, "appt-1", event("appt-1"))


def test_a_recurring_object_comes_whole_for_any_of_its_instances(calendar):
    calendar, at = calendar
    series = vevent(
        "weekly",
        "DTSTART:20261102T150000Z",
        "DTEND:20261102T160000Z",
        "RRULE:FREQ=WEEKLY;COUNT=10",
    )
    moved = vevent(
        "weekly",
        "RECURRENCE-ID:20261116T150000Z",
        "DTSTART:20261118T150000Z",
        "DTEND:20261118T160000Z",
    )
    calendar.put(at, "weekly", whole(series, moved))

    text = seen(calendar, at)

    assert text.count("RRULE:FREQ=WEEKLY;COUNT=10") == 1
    assert text.count("RECURRENCE-ID:20261116T150000Z") == 1


def test_an_instance_that_was_moved_into_the_window_is_found(calendar):
    calendar, at = calendar
    series = vevent(
        "early", "DTSTART:20260601T150000Z", "DTEND:20260601T160000Z", "RRULE:FREQ=DAILY;COUNT=3"
    )
    moved = vevent(
        "early",
        "RECURRENCE-ID:20260602T150000Z",
        f"DTSTART:{MONDAY:%Y%m%dT%H%M%SZ}",
        f"DTEND:{MONDAY + HOUR:%Y%m%dT%H%M%SZ}",
    )
    calendar.put(at, "early", whole(series, moved))

    assert "UID:early" in seen(calendar, at)


def test_an_instance_that_only_an_rdate_names_is_found(calendar):
    """Xandikos and sabre overlook it in a time range."""
    calendar, at = calendar
    lines = ["DTSTART:20260601T150000Z", "DTEND:20260601T160000Z", f"RDATE:{MONDAY:%Y%m%dT%H%M%SZ}"]
    calendar.put(at, "dated", event("dated", *lines))

    assert seen(calendar, at).count("UID:dated") == 1


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        pytest.param(
            ["DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261124"],
            datetime(2026, 11, 24, 6, tzinfo=UTC),
            datetime(2026, 11, 24, 7, tzinfo=UTC),
            id="all-day, last hour of a day in Denver",
        ),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261124"],
            datetime(2026, 11, 22, 12, tzinfo=UTC),
            datetime(2026, 11, 22, 13, tzinfo=UTC),
            id="all-day, first hour of a day in Auckland",
        ),
        pytest.param(
            ["DTSTART:20261123T220000", "DTEND:20261123T230000"],
            datetime(2026, 11, 24, 5, tzinfo=UTC),
            datetime(2026, 11, 24, 6, tzinfo=UTC),
            id="floating, in Denver",
        ),
        pytest.param(
            ["DTSTART:20261123T010000", "DTEND:20261123T020000"],
            datetime(2026, 11, 22, 12, tzinfo=UTC),
            datetime(2026, 11, 22, 13, tzinfo=UTC),
            id="floating, in Auckland",
        ),
    ],
)
def test_all_day_and_floating_events_are_found_at_the_edges_of_a_day_elsewhere(
    calendar, lines, start, end
):
    calendar, at = calendar
    calendar.put(at, "edge", event("edge", *lines))

    assert "UID:edge" in seen(calendar, at, start, end)


def test_an_event_across_the_whole_window_is_found(calendar):
    calendar, at = calendar
    lines = ["DTSTART:20261101T000000Z", "DTEND:20261215T000000Z"]
    calendar.put(at, "long", event("long", *lines))

    assert "UID:long" in seen(calendar, at)


def test_calendars_do_not_see_each_other(calendar):
    calendar, at = calendar
    calendar.put(at, "appt-1", event("appt-1"))
    other = CalendarAddress(business="bobs-bakery", calendar="oven")

    assert seen(calendar, other) == ""
    assert calendar.get(other, "appt-1") is None


def test_a_missing_built_in_calendar_is_made_at_first_use(built_in):
    calendar, at = (
        CalDavCalendar(built_in, no_password),
        CalendarAddress(business="charlies-cuts", calendar="chair"),
    )

    assert calendar.put(at, "appt-1", event("appt-1"))

    assert "UID:appt-1" in seen(calendar, at)


def test_a_rehearsal_books_at_its_url_and_never_in_the_owners_own_calendars(built_in, faulty):
    here = CalendarAddress(business="charlies-cuts", calendar="chair")
    built_in.ensure(here)
    home = built_in.home("charlies-cuts")
    url = home.url.replace("://", f"://{home.username}:{home.password}@")
    owners = CalendarAddress(
        business="alices", calendar="chair", url=faulty.url, password_env="UNSET"
    )

    assert rehearsal_calendar(url).put(owners, "rehearsed", event("rehearsed"))

    assert faulty.asked == []
    assert CalDavCalendar(built_in, no_password).get(here, "rehearsed")
    missing = CalendarAddress(business="alices", calendar="new-chair")
    assert not rehearsal_calendar(url).objects(missing, MONDAY, MONDAY + HOUR)
    assert rehearsal_calendar(url).put(missing, "made", event("made"))
    elsewhere = url.replace("/charlies-cuts/", "/nobody/")
    with pytest.raises(CalendarError, match="new-chair"):
        rehearsal_calendar(elsewhere).put(missing, "made", event("made"))
    assert isinstance(rehearsal_calendar(None), MemoryCalendar)


@pytest.mark.parametrize("server", ["radicale", "xandikos"])
def test_a_uid_that_another_name_has_is_taken(request, built_in, server):
    name = f"van-{uuid.uuid4().hex[:8]}"
    url = new_collection(request.getfixturevalue("foreign"), name) if server == "xandikos" else None
    calendar, at = (
        CalDavCalendar(built_in, no_password),
        CalendarAddress(business=ALICE, calendar=name, url=url),
    )
    calendar.put(at, "one", event("same"))

    assert not calendar.put(at, "two", event("same"))


def every_method(calendar, at):
    """Every way to ask a calendar, for failures that all of them share."""
    return [
        lambda: calendar.objects(at, MONDAY, MONDAY + HOUR),
        lambda: calendar.get(at, "x"),
        lambda: calendar.put(at, "x", event("x")),
        lambda: calendar.put(at, "x", event("x"), '"etag"'),
        lambda: calendar.remove(at, "x", '"etag"'),
    ]


def failures(calendar, at):
    """How each of them fails; all at once, since some fail slowly."""

    def failure(ask):
        with pytest.raises(CalendarError) as error:
            ask()
        return error.value

    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(failure, every_method(calendar, at)))


def test_a_wrong_password_is_permanent_and_says_so(built_in):
    there = built_in.collection(CalendarAddress(business=ALICE, calendar="van-1"))
    at = CalendarAddress(
        business=ALICE,
        calendar="van-1",
        url=there.url,
        username=ALICE,
        password_env="CALENDAR_PASSWORD",
    )
    patient = CalDavCalendar(built_in, PASSWORDS.password_of)  # it answers after a second

    for error in failures(patient, at):
        assert (error.permanent, error.unknown, error.code) == (True, False, "401")
        assert "'van-1' of 'alice-plumbing': the user name or the password is wrong" in str(error)


def test_a_password_that_is_not_set_names_its_variable(on_caldav):
    at = CalendarAddress(
        business=ALICE, calendar="van-1", url="http://x/", username="a", password_env="NOT_SET"
    )

    for error in failures(on_caldav, at):
        assert error.permanent
        assert "NOT_SET" in str(error)


def test_a_url_without_a_calendar_is_permanent_where_it_matters(on_caldav, foreign):
    at = CalendarAddress(business=ALICE, calendar="van-1", url=f"{foreign}nothing-here")

    for ask in (
        lambda: on_caldav.objects(at, MONDAY, MONDAY + HOUR),
        lambda: on_caldav.put(at, "x", event("x")),
    ):
        with pytest.raises(CalendarError, match="no calendar at its URL") as failed:
            ask()
        assert (failed.value.permanent, failed.value.unknown) == (True, False)


@pytest.mark.parametrize("url", ["no-address", "ftp://127.0.0.1/x/", "http://[broken/"])
def test_a_url_that_is_none_is_permanent(on_caldav, url):
    for error in failures(on_caldav, CalendarAddress(business=ALICE, calendar="v", url=url)):
        assert (error.permanent, error.unknown) == (True, False)


def test_a_server_that_is_down_can_be_tried_again(on_caldav):
    at = CalendarAddress(business=ALICE, calendar="v", url=f"http://127.0.0.1:{free_port()}/")

    for error in failures(on_caldav, at):
        assert (error.permanent, error.unknown) == (False, False)
        assert error.__cause__


def test_a_certificate_that_nobody_vouches_for_is_permanent(on_caldav, faulty):
    """Plain HTTP where TLS is expected breaks the handshake in the same way."""
    at = CalendarAddress(business=ALICE, calendar="v", url=faulty.url.replace("http:", "https:"))

    for error in failures(on_caldav, at):
        assert (error.permanent, error.unknown) == (True, False)
        assert "certificate" in str(error)


WRITES = [False, False, True, True, True]
"""Which of `every_method` may have changed something."""


@pytest.mark.parametrize("status", [429, 500, 502, 503, 507], ids=lambda status: f"HTTP {status}")
def test_trouble_at_the_server_can_be_tried_again_but_a_write_is_looked_for_first(
    on_caldav, faulty, status
):
    faulty.status = status

    failed = failures(on_caldav, faulty.at())

    assert [error.permanent for error in failed] == [False] * 5
    assert [error.unknown for error in failed] == WRITES


def test_a_server_that_is_too_slow_may_have_stored_the_event(on_caldav, faulty):
    faulty.delay_s = 1.5

    failed = failures(on_caldav, faulty.at())

    assert [error.unknown for error in failed] == WRITES
    assert all("took too long" in str(error) and not error.permanent for error in failed)


def test_a_connection_that_breaks_may_have_stored_the_event(on_caldav, faulty):
    faulty.drops = True

    failed = failures(on_caldav, faulty.at())

    assert [(error.permanent, error.unknown) for error in failed] == [
        (False, wrote) for wrote in WRITES
    ]


def test_an_html_page_with_200_is_no_calendar_and_no_success(on_caldav, faulty):
    faulty.status, faulty.body = 200, b"<html><body>Please log in</body></html>"
    at = faulty.at()

    with pytest.raises(CalendarError, match="something else") as read:
        on_caldav.objects(at, MONDAY, MONDAY + HOUR)
    with pytest.raises(CalendarError, match="something else"):
        on_caldav.get(at, "x")
    with pytest.raises(CalendarError) as written:
        on_caldav.put(at, "x", event("x"))

    assert (read.value.permanent, read.value.unknown) == (True, False)
    assert written.value.unknown


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<d:multistatus", b"BEGIN:VCALENDAR"])
def test_an_answer_that_makes_no_sense_is_never_an_empty_calendar(on_caldav, faulty, body):
    faulty.status, faulty.body, faulty.type = 207, body, "application/xml"

    with pytest.raises(CalendarError):
        on_caldav.objects(faulty.at(), MONDAY, MONDAY + HOUR)


def test_an_answer_that_leaves_objects_out_is_an_error(on_caldav, faulty):
    faulty.type = "application/xml"
    faulty.body = b"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>/cal/a.ics</d:href>
        <d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response></d:multistatus>"""

    with pytest.raises(CalendarError) as failed:
        on_caldav.objects(faulty.at(), MONDAY, MONDAY + HOUR)

    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("status", "condition", "stored"),
    [
        (201, "", True),
        (204, "", True),
        (412, "", False),
        (409, "<c:no-uid-conflict/>", False),
        (403, "<c:unique-scheduling-object-resource/>", False),
    ],
)
def test_what_counts_as_stored_and_as_taken(on_caldav, faulty, status, condition, stored):
    faulty.status, faulty.type = status, "application/xml"
    faulty.body = f'<d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{condition}</d:error>'.encode()
    if status == 204:
        faulty.body = b""

    assert on_caldav.put(faulty.at(), "x", event("x")) is stored


@pytest.mark.parametrize("status", [400, 403, 413, 415])
def test_an_event_that_the_server_refuses_is_permanent_and_not_stored(on_caldav, faulty, status):
    faulty.status = status

    with pytest.raises(CalendarError) as failed:
        on_caldav.put(faulty.at(), "x", event("x"))

    assert (failed.value.permanent, failed.value.unknown) == (True, False)
    assert failed.value.code == str(status)


def test_no_secret_is_in_the_words(on_caldav, faulty):
    faulty.status = 401
    at = faulty.at(username="alice", password_env="CALENDAR_PASSWORD")

    for error in failures(on_caldav, at):
        assert "wrong" not in str(error).replace("is wrong", "")
