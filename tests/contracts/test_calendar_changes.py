"""Calendar.changes: what every calendar tells of its changes, in memory and on CalDAV servers, usual and odd ones."""

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from agent.errors import CalendarError
from agent.model import CalendarAddress
from server.adapters.calendar_caldav import CalDavCalendar
from server.adapters.calendar_memory import MemoryCalendar
from tests.contracts.dav_double import FOLDER, OddServer
from tests.contracts.dav_servers import (
    ALICE,
    new_collection,
    no_password,
)

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
REFUSALS = [400, 403, 405, 409, 412, 415, 500, 501]


@pytest.fixture
def odd():
    server = OddServer()
    yield server
    server.stop()


@pytest.fixture
def on_caldav(built_in):
    return CalDavCalendar(built_in, no_password, timeout_s=2)


class Put:
    """An odd server is written directly; the others through the port."""

    def __init__(self, calendar, at, odd=None):
        self.calendar, self.at, self.odd = calendar, at, odd

    def put(self, name, text):
        if self.odd:
            self.odd.put(name, text)
            return
        there = self.calendar.get(self.at, name)
        assert self.calendar.put(self.at, name, text, there.etag if there else None)

    def remove(self, name):
        if self.odd:
            self.odd.remove(name)
        else:
            assert self.calendar.remove(self.at, name, self.calendar.get(self.at, name).etag)

    def changes(self, token=None):
        return self.calendar.changes(self.at, token)


@pytest.fixture(params=["memory", "radicale", "xandikos", "etags alone", "no ctag either"])
def shop(request):
    """A calendar with a collection that no other test uses."""
    name = f"van-{uuid.uuid4().hex[:8]}"
    at = CalendarAddress(business=ALICE, calendar=name)
    if request.param == "memory":
        return Put(MemoryCalendar(), at)
    on_caldav = CalDavCalendar(request.getfixturevalue("built_in"), no_password)
    if request.param == "radicale":
        return Put(on_caldav, at)
    if request.param == "xandikos":
        url = new_collection(request.getfixturevalue("foreign"), name)
        return Put(on_caldav, CalendarAddress(business=ALICE, calendar=name, url=url))
    odd = request.getfixturevalue("odd")
    odd.sync_status, odd.has_ctag = 403, request.param == "etags alone"
    return Put(on_caldav, odd.at(), odd)


def event(uid, *lines):
    times = [f"DTSTART:{MONDAY:%Y%m%dT%H%M%SZ}", f"DTEND:{MONDAY + HOUR:%Y%m%dT%H%M%SZ}"]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ringback//test//EN", "BEGIN:VEVENT"]
    body = [f"UID:{uid}", "DTSTAMP:20261101T000000Z", *times, *lines]
    return "\r\n".join([*head, *body, "END:VEVENT", "END:VCALENDAR", ""])


def names(found):
    return sorted(one.name for one in found.objects)


def test_the_first_answer_is_everything(shop):
    shop.put("one", event("one", "SUMMARY:Drain"))
    shop.put("two", event("two"))

    found = shop.changes()

    assert (found.whole, names(found), found.gone) == (True, ["one", "two"], ())
    assert "SUMMARY:Drain" in next(one.text for one in found.objects if one.name == "one")
    assert all(one.etag for one in found.objects)
    assert found.token


def test_an_empty_calendar_is_whole_and_empty(shop):
    found = shop.changes()

    assert (found.whole, found.objects, found.gone) == (True, (), ())


def test_what_comes_into_an_empty_calendar_is_told(shop):
    first = shop.changes()
    shop.put("one", event("one"))

    found = shop.changes(first.token)

    assert (found.whole, names(found), found.gone) == (False, ["one"], ())


def test_without_a_change_there_is_nothing(shop):
    shop.put("one", event("one"))
    first = shop.changes()

    found = shop.changes(first.token)

    assert (found.whole, found.objects, found.gone) == (False, (), ())
    assert shop.changes(found.token).objects == ()


def test_what_was_added_changed_and_removed_is_told_once(shop):
    for name in ("stays", "changes", "goes"):
        shop.put(name, event(name))
    first = shop.changes()
    shop.put("changes", event("changes", "SUMMARY:New"))
    shop.put("comes", event("comes"))
    shop.remove("goes")

    found = shop.changes(first.token)

    assert not found.whole
    assert names(found) == ["changes", "comes"]
    assert "SUMMARY:New" in next(one.text for one in found.objects if one.name == "changes")
    assert found.gone == ("goes",)
    after = shop.changes(found.token)
    assert (after.objects, after.gone) == ((), ())


@pytest.mark.parametrize("shop", ["memory", "radicale", "xandikos"], indirect=True)
def test_an_etag_told_is_the_one_to_replace_it_with(shop):
    shop.put("one", event("one"))
    [one] = shop.changes().objects

    assert shop.calendar.put(shop.at, "one", event("one", "SUMMARY:New"), one.etag)


def test_what_came_and_went_in_between_leaves_nothing(shop):
    first = shop.changes()
    shop.put("short", event("short"))
    shop.remove("short")

    found = shop.changes(first.token)

    assert found.objects == ()
    assert set(found.gone) <= {"short"}


def test_what_went_and_came_back_is_there(shop):
    shop.put("one", event("one", "SUMMARY:First"))
    first = shop.changes()
    shop.remove("one")
    shop.put("one", event("one", "SUMMARY:Again"))

    found = shop.changes(first.token)

    assert (names(found), found.gone) == (["one"], ())
    assert "SUMMARY:Again" in found.objects[0].text


@pytest.mark.parametrize(
    "token",
    [
        "never given",
        "http://radicale.org/ns/sync/" + "0" * 64,
        "0000000000000000000000000000000000000000",
        "urn:<&>",
    ],
)
def test_a_token_that_nobody_knows_brings_everything(shop, token):
    shop.put("one", event("one"))

    found = shop.changes(token)

    assert (found.whole, names(found)) == (True, ["one"])
    assert shop.changes(found.token).objects == ()


STRANGE = ["a b@c.é", "100%", "x%2Fy", "ünï-漢字", "plus+and&", "a.b.ics.c", "{5c2e}"]


def test_strange_names_are_told_as_they_are(shop):
    for place, name in enumerate(STRANGE):
        shop.put(name, event(f"strange-{place}"))
    first = shop.changes()
    shop.put(STRANGE[0], event("strange-0", "SUMMARY:New"))
    shop.remove(STRANGE[1])

    found = shop.changes(first.token)

    assert names(first) == sorted(STRANGE)
    assert (names(found), found.gone) == ([STRANGE[0]], (STRANGE[1],))


def test_250_objects_come_whole(shop):
    wanted = [f"event-{place:03}" for place in range(250)]
    if shop.at.url is None and not isinstance(shop.calendar, MemoryCalendar):
        shop.changes()  # makes the calendar
    for name in wanted:
        shop.put(name, event(name))

    found = shop.changes()

    assert names(found) == wanted
    shop.remove(wanted[7])
    assert shop.changes(found.token).gone == (wanted[7],)


def test_what_is_no_event_does_no_harm(shop):
    shop.put("task", event("task").replace("VEVENT", "VTODO").replace("DTEND:", "DUE:"))
    shop.put("one", event("one"))

    assert names(shop.changes()) == ["one", "task"]


@pytest.fixture
def odd_shop(odd, on_caldav):
    for name in ("one", "two", "three"):
        odd.put(name, event(name))
    return Put(on_caldav, odd.at(), odd)


def test_the_texts_are_asked_for_a_hundred_at_a_time(odd_shop):
    for place in range(197):
        odd_shop.put(f"more-{place}", event(f"more-{place}"))

    assert len(odd_shop.changes().objects) == 200

    assert [what for _, what, _ in odd_shop.odd.asked] == [
        "sync-collection",
        "calendar-multiget",
        "calendar-multiget",
    ]


@pytest.mark.parametrize("depth", ["0", "1"])
def test_either_depth_will_do(odd_shop, depth):
    odd_shop.odd.depths = (depth,)
    first = odd_shop.changes()
    odd_shop.remove("two")

    assert names(first) == ["one", "three", "two"]
    assert odd_shop.changes(first.token).gone == ("two",)


@pytest.mark.parametrize("status", REFUSALS)
def test_a_server_that_cannot_sync_is_compared_by_etags(odd_shop, status):
    odd_shop.odd.sync_status = status
    first = odd_shop.changes()
    odd_shop.put("two", event("two", "SUMMARY:New"))
    odd_shop.remove("three")

    found = odd_shop.changes(first.token)

    assert (first.whole, names(first)) == (True, ["one", "three", "two"])
    assert (found.whole, names(found), found.gone) == (False, ["two"], ("three",))


def test_an_unchanged_ctag_is_enough(odd_shop):
    odd_shop.odd.sync_status = 403
    first = odd_shop.changes()
    odd_shop.odd.asked.clear()

    found = odd_shop.changes(first.token)

    assert (found.objects, found.gone, found.token) == ((), (), first.token)
    assert odd_shop.odd.asked == [("PROPFIND", "ctag", "0")]


def test_without_etags_everything_is_read_again(odd_shop):
    odd_shop.odd.sync_status, odd_shop.odd.has_etags = 501, False
    first = odd_shop.changes()
    odd_shop.put("two", event("two", "SUMMARY:New"))

    assert names(odd_shop.changes(first.token)) == ["one", "three", "two"]


@pytest.mark.parametrize("status", [*REFUSALS, 410])
def test_a_token_that_has_expired_brings_everything(odd_shop, status):
    first = odd_shop.changes()
    odd_shop.odd.token_status = status

    found = odd_shop.changes(first.token)

    assert (found.whole, len(found.objects)) == (True, 3)


@pytest.mark.parametrize("status", [401, 404, 429, 502, 503, 504])
def test_trouble_is_no_reason_to_read_everything_again(odd_shop, status):
    first = odd_shop.changes()
    odd_shop.odd.token_status = status
    odd_shop.odd.asked.clear()

    with pytest.raises(CalendarError) as failed:
        odd_shop.changes(first.token)

    assert failed.value.permanent == (status in (401, 404))
    assert len(odd_shop.odd.asked) == 1


def test_an_answer_in_parts_is_asked_for_to_its_end(odd_shop):
    odd_shop.odd.page = 2
    first = odd_shop.changes()
    for name in ("four", "five", "six"):
        odd_shop.put(name, event(name))
    odd_shop.remove("one")
    odd_shop.remove("four")

    found = odd_shop.changes(first.token)

    assert names(first) == ["one", "three", "two"]
    assert (names(found), set(found.gone)) == (["five", "six"], {"one", "four"})


def test_an_answer_in_parts_that_does_not_end_is_an_error(odd_shop):
    odd_shop.odd.page, odd_shop.odd.stuck = 1, True
    first = "urn:a<b&c:0"

    with pytest.raises(CalendarError, match="did not give all events"):
        odd_shop.changes(first)


def test_a_server_that_says_nothing_at_first_is_not_believed(odd_shop):
    """Stalwart answered an empty token with the collection alone."""
    odd_shop.odd.says_nothing_at_first = True

    found = odd_shop.changes()

    assert (found.whole, names(found)) == (True, ["one", "three", "two"])
    odd_shop.remove("two")
    assert odd_shop.changes(found.token).gone == ("two",)


@pytest.mark.parametrize("can_sync", [True, False])
def test_what_is_gone_when_its_text_is_asked_for_is_gone(odd_shop, can_sync):
    odd_shop.odd.sync_status = 207 if can_sync else 403
    first = odd_shop.changes()
    odd_shop.put("two", event("two", "SUMMARY:New"))
    odd_shop.odd.vanishing = {"two"}

    assert odd_shop.changes(first.token).gone == ("two",)
    assert names(odd_shop.changes()) == ["one", "three"]


@pytest.mark.parametrize("can_sync", [True, False])
@pytest.mark.parametrize("oddity", ["omits", "refusing"])
def test_a_text_that_is_left_out_is_an_error(odd_shop, oddity, can_sync):
    odd_shop.odd.sync_status = 207 if can_sync else 403
    setattr(odd_shop.odd, oddity, {"two"})
    odd_shop.odd.hidden = {"two"}

    with pytest.raises(CalendarError, match="did not give all events") as failed:
        odd_shop.changes()

    assert not failed.value.permanent


def test_a_text_that_is_left_out_among_others_is_asked_for_by_itself(odd_shop):
    """Xandikos does not find `q?x` when it is asked for several."""
    odd_shop.put("q?x#y", event("odd"))
    odd_shop.odd.omits = {"q?x#y"}

    assert names(odd_shop.changes()) == ["one", "q?x#y", "three", "two"]


def test_what_is_left_out_because_it_is_gone_is_gone(odd_shop):
    """As with sabre."""
    first = odd_shop.changes()
    odd_shop.put("two", event("two", "SUMMARY:New"))
    odd_shop.odd.omits = {"two"}
    odd_shop.odd.get = lambda path: (404, "")

    assert odd_shop.changes(first.token).gone == ("two",)


def test_many_texts_that_are_left_out_are_an_error(odd_shop):
    for place in range(30):
        odd_shop.put(f"more-{place}", event(f"more-{place}"))
    odd_shop.odd.omits = {f"more-{place}" for place in range(30)}

    with pytest.raises(CalendarError, match="did not give all events"):
        odd_shop.changes()


def test_what_is_asked_for_by_itself_is_asked_for_at_the_calendars_own_server(odd_shop):
    """A password is not for whoever an address names."""
    odd_shop.odd.omits = {"two"}
    odd_shop.odd.href = lambda name: f"http://elsewhere.example/cal/{name}.ics"

    assert names(odd_shop.changes()) == ["one", "three", "two"]


@pytest.mark.parametrize(
    "writes",
    [
        lambda odd, name: odd.host + FOLDER + quote(name) + ".ics",
        lambda odd, name: FOLDER + quote(name, safe="") + ".ics",
        lambda odd, name: FOLDER + quote(name).lower() + ".ics",
        lambda odd, name: FOLDER.replace("%20", " ") + name + ".ics",
        lambda odd, name: "van%20one/" + quote(name) + ".ics",
    ],
    ids=["absolute", "all escaped", "small hex", "not escaped", "relative"],
)
def test_an_address_may_be_written_in_many_ways(odd_shop, writes):
    odd_shop.put("a b@é", event("strange"))
    first = odd_shop.changes()
    odd_shop.odd.href = lambda name: writes(odd_shop.odd, name)
    odd_shop.put("a b@é", event("strange", "SUMMARY:New"))
    odd_shop.remove("one")

    found = odd_shop.changes(first.token)

    assert (names(found), found.gone) == (["a b@é"], ("one",))


def test_an_object_whose_name_has_no_ending_keeps_it(odd_shop):
    odd_shop.odd.href = lambda name: f"{FOLDER}{name}.EML"

    assert names(odd_shop.changes()) == ["one.EML", "three.EML", "two.EML"]


def test_reading_everything_may_take_longer(built_in, faulty):
    """A server that has to look at each of its files once."""
    calendar, faulty.delay_s = CalDavCalendar(built_in, no_password, timeout_s=1), 1.5
    faulty.type, faulty.body = "application/xml", b"<d:multistatus"

    with pytest.raises(CalendarError, match="makes no sense"):
        calendar.changes(faulty.at(), None)
    with pytest.raises(CalendarError, match="took too long"):
        calendar.changes(faulty.at(), "a token")


@pytest.mark.parametrize("body", [b"<html><body>Please log in</body></html>", b""])
@pytest.mark.parametrize("token", [None, "a token"])
def test_a_page_with_200_is_no_calendar(on_caldav, faulty, body, token):
    faulty.status, faulty.body = 200, body

    with pytest.raises(CalendarError, match="something else"):
        on_caldav.changes(faulty.at(), token)


@pytest.mark.parametrize("token", [None, "a token"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b"<d:multistatus",
        b"BEGIN:VCALENDAR",
        b'<d:multistatus xmlns:d="DAV:"><d:response><d:href>/cal/a.ics</d:href>'
        b"<d:status>fine</d:status></d:response></d:multistatus>",
        b'<d:multistatus xmlns:d="DAV:"><d:response><d:href>/cal/a.ics</d:href>'
        b"<d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response></d:multistatus>",
    ],
)
def test_an_answer_that_makes_no_sense_is_never_an_empty_calendar(on_caldav, faulty, body, token):
    faulty.status, faulty.body, faulty.type = 207, body, "application/xml"

    with pytest.raises(CalendarError):
        on_caldav.changes(faulty.at(), token)


def test_a_calendar_that_is_not_there_is_permanent(on_caldav, foreign):
    at = CalendarAddress(business=ALICE, calendar="van-1", url=f"{foreign}nothing-here")

    with pytest.raises(CalendarError, match="no calendar at its URL") as failed:
        on_caldav.changes(at, None)

    assert failed.value.permanent


def test_a_missing_built_in_calendar_is_made_at_first_use(built_in):
    at = CalendarAddress(business=ALICE, calendar=f"van-{uuid.uuid4().hex[:8]}")

    assert CalDavCalendar(built_in, no_password).changes(at, None).objects == ()


def test_another_memory_does_not_know_the_token():
    at = CalendarAddress(business=ALICE, calendar="van-1")
    one, other = Put(MemoryCalendar(), at), Put(MemoryCalendar(), at)
    other.put("two", event("two"))

    found = other.changes(one.changes().token)

    assert (found.whole, names(found)) == (True, ["two"])
