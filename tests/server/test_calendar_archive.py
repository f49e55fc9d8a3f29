"""Past events leave a built-in calendar for the collection of their year, and nothing is lost on the way."""

import uuid
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest
import requests

from agent.business import Business
from agent.errors import CalendarError
from server import calendar_archive
from server.adapters.calendar_caldav import CalDavCalendar
from server.calendar_archive import ArchiveKeeper, archive, archive_address, last_end
from server.calendar_collections import BuiltInCalendars
from server.calendar_home import CalendarHome
from server.calendar_server import CalendarServer
from server.calendar_users import CalendarUsers
from server.settings import Settings
from server.store import businesses
from server.store.engine import make_engine, migrate
from tests.agent.calendars import event, obj
from tests.contracts.dav_servers import no_password

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""60 days before: January 9th."""
OLD, NEW = "20251215", "20260301"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = CalendarServer(tmp_path_factory.mktemp("calendars") / "calendars")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def calendars(server):
    return BuiltInCalendars(
        server.url, CalendarUsers("key", server.users_file), lambda at: at.calendar
    )


class Shop:
    """A business with calendars that hold what a test puts there."""

    def __init__(self, calendars, *names, slug=""):
        self.calendars = calendars
        self.business = Business.model_validate(
            {
                "slug": slug or f"shop-{uuid.uuid4().hex[:8]}", "name": "A & B", "industry": "salon", "timezone": "America/New_York",
                "phone": "+12125550170", "hours": {}, "calendars": [{"id": name} for name in names or ["van-1"]], "services": [],
            }
        )  # fmt: skip
        calendars.ensure_all(self.business)

    def put(self, name, *lines, calendar="van-1"):
        answered = self.ask("PUT", f"{calendar}/{name}.ics", data=obj(event(*lines, uid=name)))
        assert answered.status_code == 201, answered.text

    def put_day(self, name, day, calendar="van-1"):
        self.put(name, f"DTSTART:{day}T150000Z", f"DTEND:{day}T160000Z", calendar=calendar)

    def ask(self, method, path, **more):
        """As the business's own login, the way its phones do."""
        home = self.calendars.home(self.business.slug)
        return requests.request(
            method, f"{home.url}{path}", auth=(home.username, home.password), timeout=10, **more
        )

    def names(self, calendar="van-1"):
        with CalendarHome(self.calendars.home(self.business.slug)) as home:
            found = home.names(calendar, NOW + timedelta(days=36500))
        return sorted(name.removesuffix(".ics") for name in found)

    def archive(self, calendar="van-1", now=NOW):
        return archive(self.calendars, self.business, calendar, now)


@pytest.fixture
def shop(calendars):
    return Shop(calendars)


def test_what_is_long_over_moves_to_its_year_and_is_read_there_with_the_shops_login(
    shop, calendars
):
    shop.put_day("old", OLD)
    shop.put_day("older", "20241215")
    shop.put_day("new", NEW)

    moved = shop.archive()

    assert moved == 2
    assert shop.names() == ["new"]
    assert (shop.names("van-1-2025"), shop.names("van-1-2024")) == (["old"], ["older"])
    assert f"UID:old\r\nDTSTART:{OLD}" in shop.ask("GET", "van-1-2025/old.ics").text
    title = shop.ask("PROPFIND", "van-1-2025/", headers={"Depth": "0"}).text
    assert escape("A & B - van-1 2025") in title
    at = archive_address(shop.business.slug, "van-1", 2025)
    there = CalDavCalendar(calendars, no_password).get(at, "old")
    assert there
    assert "UID:old" in there.text


def test_a_second_pass_changes_nothing(shop):
    shop.put_day("old", OLD)
    shop.put_day("new", NEW)
    shop.archive()
    before = [shop.ask("GET", path).text for path in ("van-1-2025/", "van-1/")]

    assert shop.archive() == 0

    assert [shop.ask("GET", path).text for path in ("van-1-2025/", "van-1/")] == before


def test_a_series_leaves_when_its_last_instance_is_over(shop):
    weekly = "DTSTART:20250106T150000Z", "DTEND:20250106T160000Z"
    shop.put("endless", *weekly, "RRULE:FREQ=WEEKLY")
    shop.put("running", *weekly, "RRULE:FREQ=WEEKLY;COUNT=80")
    shop.put("ended", *weekly, "RRULE:FREQ=WEEKLY;UNTIL=20251201T000000Z")
    shop.put("counted", *weekly, "RRULE:FREQ=DAILY;BYDAY=MO,TU;COUNT=10")

    shop.archive()

    assert shop.names() == ["endless", "running"]
    assert shop.names("van-1-2025") == ["counted", "ended"]


def test_a_pass_that_is_cut_off_is_simply_run_again(shop, monkeypatch):
    for number in range(5):
        shop.put_day(f"old-{number}", OLD)
    whole, asked = CalendarHome.move, []

    def broken(self, *words):
        asked.append(words)
        if len(asked) == 3:
            whole(self, *words)
            raise CalendarError("the answer was lost", permanent=False)
        return whole(self, *words)

    monkeypatch.setattr(CalendarHome, "move", broken)
    with pytest.raises(CalendarError):
        shop.archive()
    between = shop.names() + shop.names("van-1-2025")
    shop.archive()

    assert sorted(between) == [f"old-{number}" for number in range(5)]
    assert shop.names() == []
    assert len(shop.names("van-1-2025")) == 5


def test_a_name_or_uid_that_is_there_already_is_left_and_logged(shop, monkeypatch):
    said = []
    monkeypatch.setattr(calendar_archive.log, "warning", lambda *_, **told: said.append(told))
    shop.put_day("old", OLD)
    shop.archive()
    shop.put_day("old", "20251220")

    assert shop.archive() == 0

    assert shop.names() == ["old"]
    assert f"DTSTART:{OLD}" in shop.ask("GET", "van-1-2025/old.ics").text
    assert [(one["first"], one["objects"]) for one in said] == [("old.ics", 1)]


def test_a_calendar_of_the_profile_is_never_taken_for_an_archive(calendars):
    shop = Shop(calendars, "van-1", "van-1-2025")
    shop.put_day("old", OLD)
    shop.put_day("older", "20241215")
    shop.put_day("theirs", OLD, calendar="van-1-2025")

    shop.archive()
    shop.archive("van-1-2025")

    assert shop.names() == ["old"]
    assert shop.names("van-1-2024") == ["older"]
    assert shop.names("van-1-2025") == []
    assert shop.names("van-1-2025-2025") == ["theirs"]


def test_what_was_changed_while_it_was_moved_goes_back(shop, monkeypatch):
    shop.put_day("old", OLD)
    whole = CalendarHome.move

    def after_an_edit(self, name, source, target):
        if source == "van-1":
            shop.ask("PUT", "van-1/old.ics", data=obj(event(f"DTSTART:{NEW}T150000Z", uid="old")))
        return whole(self, name, source, target)

    monkeypatch.setattr(CalendarHome, "move", after_an_edit)

    assert shop.archive() == 0
    assert shop.names() == ["old"]
    assert shop.names("van-1-2025") == []


@pytest.mark.parametrize("name", ["a%3Bb", "a%23b"])
def test_a_name_that_the_server_would_misread_stays(shop, name):
    shop.put_day(name, OLD)

    shop.archive()

    assert shop.names() == [name]


@pytest.mark.parametrize("name", ["a%20b", "a%2541b", "a@b", "%C3%BC", "a&b"])
def test_an_unusual_name_is_kept(shop, name):
    with_ends = "BEGIN:VEVENT\r\nUID:u\r\nDTSTART:20251215T150000Z\r\nEND:VEVENT"
    assert shop.ask("PUT", f"van-1/{name}.ics", data=obj(with_ends)).status_code == 201
    shown = shop.names()

    shop.archive()

    assert shop.names() == []
    assert shop.names("van-1-2025") == shown
    assert "UID:u" in shop.ask("GET", f"van-1-2025/{name}.ics").text


def test_a_pass_ends_after_so_many_and_the_next_goes_on(shop, monkeypatch):
    monkeypatch.setattr(calendar_archive, "AT_ONCE", 2)
    for number in range(5):
        shop.put_day(f"old-{number}", OLD)

    assert [shop.archive() for _ in range(4)] == [2, 2, 1, 0]


def test_a_calendar_that_is_not_there_yet_has_nothing_to_archive(shop):
    assert shop.archive("van-9") == 0


def test_another_business_keeps_its_own(calendars, shop):
    other = Shop(calendars)
    other.put_day("old", OLD)
    shop.put_day("old", OLD)

    shop.archive()

    assert other.names() == ["old"]
    assert other.ask("GET", f"../{shop.business.slug}/van-1-2025/old.ics").status_code == 403


def test_a_server_that_does_not_answer_is_an_error(shop, monkeypatch):
    monkeypatch.setattr(shop.calendars, "_url", lambda: "http://127.0.0.1:9")

    with pytest.raises(CalendarError):
        shop.archive()


NEW_YORK = Business.model_validate(
    {
        "slug": "s", "name": "S", "industry": "salon", "timezone": "America/New_York", "phone": "+12125550170", "hours": {},
        "calendars": [], "services": [],
    }
).zone  # fmt: skip
BEFORE = datetime(2026, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:20260108T230000Z", "DTEND:20260109T000000Z"],  # to the very moment
        ["DTSTART:20251215T150000Z", "RRULE:FREQ=YEARLY;INTERVAL=10;COUNT=2"],
        ["DTSTART:20251215T150000Z", "RRULE:FREQ=DAILY;COUNT=0"],
        ["DTSTART:20251215T150000Z", "RRULE:FREQ=SOMETIMES;COUNT=3"],
        ["DTSTART:20251215T150000Z", "RDATE:20270101T150000Z"],
        ["DTSTART:sometime"],
        [],
    ],
)
def test_what_may_go_on_or_cannot_be_read_has_no_end(lines):
    assert last_end(obj(event(*lines)), NEW_YORK, BEFORE) is None


def test_an_instance_moved_ahead_keeps_its_series():
    weekly = event("DTSTART:20251201T150000Z", "RRULE:FREQ=WEEKLY;COUNT=3", uid="u")
    moved = event("RECURRENCE-ID:20251208T150000Z", "DTSTART:20260601T150000Z", uid="u")

    assert last_end(obj(weekly), NEW_YORK, BEFORE) == datetime(2025, 12, 15, 15, tzinfo=UTC)
    assert last_end(obj(weekly, moved), NEW_YORK, BEFORE) is None


def test_a_broken_off_object_stays():
    whole = obj(event("DTSTART:20251201T150000Z"))

    assert last_end(whole, NEW_YORK, BEFORE)
    assert last_end(whole.partition("END:")[0], NEW_YORK, BEFORE) is None


def test_the_last_day_of_a_year_belongs_to_it(shop):
    shop.put("eve", "DTSTART;VALUE=DATE:20251231", "DTEND;VALUE=DATE:20260101")
    shop.put("party", "DTSTART:20260101T030000Z", "DTEND:20260101T045900Z")
    shop.put("later", "DTSTART:20260101T045900Z", "DTEND:20260101T060000Z")

    shop.archive()

    assert shop.names("van-1-2025") == ["eve", "party"]
    assert shop.names("van-1-2026") == ["later"]


@pytest.fixture
def keeper(tmp_path, calendars):
    """Of two shops, in a database of their own."""
    database = make_engine(Settings(_env_file=None, data_dir=tmp_path).url)
    migrate(str(database.url))
    yield ArchiveKeeper(database=database, calendars=calendars)
    database.dispose()


def save(keeper, *shops):
    with keeper.database.begin() as connection:
        for number, one in enumerate(shops):
            profile = one.business.model_copy(update={"phone": f"+1212555017{number}"})
            businesses.save(connection, profile, NOW)


def test_each_business_has_its_turn_once_a_night(keeper, calendars):
    shops = [Shop(calendars), Shop(calendars)]
    save(keeper, *shops)
    for one in shops:
        one.put_day("old", OLD)

    first = [keeper.look(NOW) for _ in range(3)]
    for one in shops:
        one.put_day("old-2", OLD)
    same_day = [keeper.look(NOW + timedelta(hours=12)) for _ in range(3)]
    next_night = [keeper.look(NOW + timedelta(hours=20)) for _ in range(3)]

    assert (first, same_day, next_night) == ([1, 1, 0], [0, 0, 0], [1, 1, 0])


def test_after_a_failure_it_tries_again_in_an_hour(keeper, calendars, monkeypatch):
    shop = Shop(calendars)
    save(keeper, shop)
    shop.put_day("old", OLD)
    with monkeypatch.context() as broken:
        broken.setattr(calendars, "_url", lambda: "http://127.0.0.1:9")
        assert keeper.look(NOW) == 0

    assert keeper.look(NOW + timedelta(minutes=59)) == 0
    assert keeper.look(NOW + timedelta(minutes=60)) == 1


def test_many_go_on_before_the_next_night(keeper, calendars, monkeypatch):
    monkeypatch.setattr(calendar_archive, "AT_ONCE", 2)
    shop = Shop(calendars)
    save(keeper, shop)
    for number in range(3):
        shop.put_day(f"old-{number}", OLD)

    assert keeper.look(NOW) == 2
    assert keeper.look(NOW + timedelta(hours=1)) == 1


def test_a_calendar_on_another_server_is_left_alone(keeper, calendars):
    shop = Shop(calendars)
    shop.put_day("old", OLD)
    elsewhere = shop.business.calendars[0].model_copy(update={"url": "https://cal.example/van"})
    shop.business = shop.business.model_copy(update={"calendars": (elsewhere,)})
    save(keeper, shop)

    assert keeper.look(NOW) == 0
    assert shop.names() == ["old"]
