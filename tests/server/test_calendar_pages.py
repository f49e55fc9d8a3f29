"""The calendars' pages: looking, checking, connecting one on another server, going back, and phones."""

import html
import plistlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import sqlalchemy as sa

from agent.business import Business
from agent.model import CalendarAddress
from server.calendar_discovery import FoundCalendar
from server.calendar_mirror import MirrorState
from server.http import calendar_ticket
from server.http.calendar_ticket import Ticket, opened, sealed
from server.http.calendar_views import ahead, rows
from server.settings import Settings
from server.store import appointments, businesses
from server.store.appointments import AppointmentRow, State
from server.store.calendar_secrets import CalendarPasswords, CalendarSecrets
from server.store.tables import appointment, calendar_secret, seal, thread
from tests.contracts.dav_servers import account, new_collection, xandikos

LOCKS = "north-fork-locks"
BENCH = "/business/calendars/bench"
TOLD = re.compile(r'data-testid="told">([^<]+)<')
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """An account with a password at another server, with two calendars."""
    with account(tmp_path_factory.mktemp("radicale"), "work", "private") as home:
        yield home


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """A server that takes any password."""
    with xandikos(tmp_path_factory.mktemp("xandikos")) as home:
        yield new_collection(home, "work")


@pytest.fixture
def back(two_businesses, nora):
    """Whatever a test connects, the bench is built in again afterwards."""
    yield
    nora.sees("/business/calendars")
    nora.sends(f"{BENCH}/built-in")


def looks_up(visitor, elsewhere, **more):
    visitor.sees(f"{BENCH}/connect?provider=other")
    form = {
        "provider": "other",
        "address": elsewhere.url,
        "username": elsewhere.username,
        "password": elsewhere.password,
    }
    return visitor.sends(f"{BENCH}/connect", form | more)


def hidden(answered):
    """What the page to choose from sends back."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answered.text)
    return {name: html.unescape(value) for name, value in found if name != "csrf"}


def chooses(visitor, answered, url, **more):
    return visitor.sends(f"{BENCH}/choose", hidden(answered) | {"url": url} | more)


def bench(product):
    with product.database().connect() as connection:
        held = businesses.get(connection, LOCKS)
    assert held
    return held.calendar("bench")


def told(visitor):
    return html.unescape(TOLD.findall(visitor.sees("/business/calendars"))[0])


def secrets_of(product):
    with product.database().connect() as connection:
        wanted = sa.select(calendar_secret).where(calendar_secret.c.business == LOCKS)
        return connection.execute(wanted).all()


def test_every_calendar_is_listed_with_whose_it_is_its_days_and_where_it_lives(mia):
    seen = mia.sees("/business/calendars")

    for words in (
        "van-1 (Mia Torres)", "Mon, Tue, Wed, Thu, Fri, Sat", "van-2 (Sam Reed)", "Kept by Ringback",
        "Check now", "Connect another calendar instead", "/business/calendars/phone",
    ):  # fmt: skip
        assert words in seen, words
    assert "Use the built-in calendar again" not in seen


def test_staff_look_and_check_but_connect_nothing(sam):
    seen = sam.sees("/business/calendars")
    assert "van-1 (Mia Torres)" in seen
    assert "Only an owner" in seen
    assert "/connect" not in seen
    assert "Read just now." in sam.sends("/business/calendars/van-1/check").text

    for path in ("connect", "built-in"):
        refused = sam.http.get(f"/business/calendars/van-1/{path}", headers={"Accept": "text/html"})
        assert refused.status_code == 403
    for path in ("connect", "choose", "built-in"):
        assert sam.sends(f"/business/calendars/van-1/{path}").status_code == 403


def test_a_built_in_calendar_is_checked_live(nora):
    nora.sees("/business/calendars")

    seen = nora.sends(f"{BENCH}/check").text

    assert "Works</span>" in seen
    assert "Read just now." in seen


def test_a_recipe_is_shown_for_each_provider(nora):
    icloud = nora.sees(f"{BENCH}/connect?provider=icloud")
    assert "account.apple.com" in icloud
    assert 'value="caldav.icloud.com"' in icloud
    assert "App-specific password" in icloud
    assert "Devices &amp; sessions" in nora.sees(f"{BENCH}/connect?provider=nextcloud")
    assert 'name="password"' not in nora.sees(f"{BENCH}/connect")
    assert 'name="password"' not in nora.sees(f"{BENCH}/connect?provider=nonsense")


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_what_cannot_be_connected_is_said_with_what_to_do_instead(nora, provider):
    seen = nora.sees(f"{BENCH}/connect?provider={provider}")

    assert "cannot be connected" in seen
    assert 'name="password"' not in seen
    assert "/business/calendars/phone" in seen


def test_a_calendar_elsewhere_is_found_chosen_and_connected(two_businesses, nora, elsewhere, back):
    found = looks_up(nora, elsewhere)
    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-store"
    for words in ("Ällice &amp; Co - work", "Ällice &amp; Co - private", "Nothing is lost"):
        assert words in found.text, words
    assert elsewhere.password not in found.text
    assert bench(two_businesses).url is None

    chosen = chooses(nora, found, f"{elsewhere.url}work/")

    assert chosen.headers["location"] == "/business/calendars"
    assert told(nora).startswith("bench is now the calendar Ällice & Co - work at 127.0.0.1.")
    source = bench(two_businesses)
    assert (source.url, source.username) == (f"{elsewhere.url}work/", elsewhere.username)
    assert (source.password_env, source.staff) == (None, "nora")
    seen = nora.sees("/business/calendars")
    assert f"At 127.0.0.1, as {elsewhere.username}" in seen
    assert elsewhere.password not in seen


def test_the_password_is_kept_encrypted_and_only_for_that_address(
    two_businesses, nora, elsewhere, back
):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")

    settings = Settings(_env_file=None, data_dir=two_businesses.data)
    database = two_businesses.database()
    passwords = CalendarPasswords(database, CalendarSecrets(settings.session_key()), str)
    at = CalendarAddress(
        business=LOCKS, calendar="bench", url=f"{elsewhere.url}work/", username=elsewhere.username
    )
    assert passwords.password_of(at) == elsewhere.password
    assert elsewhere.password not in str(secrets_of(two_businesses)[0].secret)
    assert elsewhere.password not in two_businesses.log()
    assert elsewhere.password not in two_businesses.run("doctor")


def test_an_export_holds_no_password(two_businesses, nora, elsewhere, back, tmp_path):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")

    two_businesses.run("export", LOCKS, str(tmp_path))

    written = (tmp_path / "business.yaml").read_text()
    assert f"{elsewhere.url}work/" in written
    assert elsewhere.password not in written
    assert secrets_of(two_businesses)[0].secret not in written


def test_an_import_keeps_the_password_only_with_the_address(
    two_businesses, nora, elsewhere, back, tmp_path
):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")
    two_businesses.run("export", LOCKS, str(tmp_path))

    two_businesses.run("import", str(tmp_path))
    kept = secrets_of(two_businesses)
    file = tmp_path / "business.yaml"
    file.write_text(file.read_text().replace("/work/", "/private/"))
    two_businesses.run("import", str(tmp_path))

    assert len(kept) == 1
    assert secrets_of(two_businesses) == []


def test_a_connected_calendar_is_checked_live(nora, open_server, back):
    nora.sees(f"{BENCH}/connect?provider=other")
    form = {"provider": "other", "address": open_server, "username": "nora", "password": "any"}
    chooses(nora, nora.sends(f"{BENCH}/connect", form), open_server)

    assert "Read just now." in nora.sends(f"{BENCH}/check").text


def test_a_connected_calendar_is_read_with_the_stored_password(nora, elsewhere, back):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")

    assert "Read just now." in nora.sends(f"{BENCH}/check").text


def test_a_calendar_that_cannot_be_read_says_why(two_businesses, nora, elsewhere, back):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")
    with two_businesses.database().begin() as connection:
        connection.execute(sa.delete(calendar_secret))

    seen = nora.sends(f"{BENCH}/check").text

    assert "Problem</span>" in seen
    assert "No times are offered from it" in seen
    assert "Calendar &#39;bench&#39;" not in seen


def test_connecting_again_starts_from_what_is_there(nora, elsewhere, back):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")
    assert f"{BENCH}/connect?provider=other" in nora.sees("/business/calendars")

    seen = nora.sees(f"{BENCH}/connect?provider=other")
    again = looks_up(nora, elsewhere)

    assert f'value="{elsewhere.url}work/"' in seen
    assert f'value="{elsewhere.username}"' in seen
    assert "Connected now." in again.text
    assert 'value=""' not in nora.sees(f"{BENCH}/connect?provider=icloud").partition('name="username"')[0]  # fmt: skip


def test_going_back_is_confirmed_and_forgets_the_other_server(
    two_businesses, nora, elsewhere, back
):
    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")
    asked = nora.sees(f"{BENCH}/built-in")
    assert "Nothing is lost" in asked
    assert bench(two_businesses).url is not None

    done = nora.sends(f"{BENCH}/built-in")

    assert done.status_code == 303
    assert "Ringback keeps bench itself again" in told(nora)
    assert bench(two_businesses).url is None
    assert secrets_of(two_businesses) == []
    assert "Read just now." in nora.sends(f"{BENCH}/check").text


def event_of(row):
    start, end = (moment.strftime("%Y%m%dT%H%M%SZ") for moment in (row.start, row.end))
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:visit-of-the-bench\r\n"
        f"DTSTAMP:{start}\r\nDTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:Rekeying\r\nCOMMENT:Bring the pins\r\n"
        f"X-APPT-ID:{row.id}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


@pytest.fixture
def visit_ahead(two_businesses):
    """One visit that is booked in the bench tomorrow, with its event in the built-in calendar."""
    name = f"{LOCKS}:+17205550144"
    row = AppointmentRow(
        id="visit-of-the-bench", business=LOCKS, thread=name, service="rekeying", calendar="bench", beside=[],
        start=NOW + timedelta(days=1), duration_min=60, buffer_before_min=0, buffer_after_min=0, state=State.BOOKED,
        offer="o", place=1, event="e", created_at=NOW, changed_at=NOW, expires_at=NOW,
    )  # fmt: skip
    caller = {"owner": "agent", "escalated": False, "memory": {}, "last_at": NOW, "version": 0}
    home = f"{two_businesses.url}/dav/{LOCKS}/bench/"
    login = ("nora", two_businesses.calendar_password(LOCKS, "nora"))
    database = two_businesses.database()
    with httpx2.Client(auth=login, timeout=30) as phone:
        assert phone.put(f"{home}e.ics", content=event_of(row)).status_code == 201
        with database.begin() as connection:
            who = {"id": name, "business": LOCKS, "caller": "+17205550144"}
            connection.execute(sa.insert(thread).values(**who, **caller))
            appointments.add(connection, row)
        yield row
        with database.begin() as connection:
            connection.execute(sa.delete(appointment).where(appointment.c.id == row.id))
            connection.execute(sa.delete(seal).where(seal.c.thread == name))
            connection.execute(sa.delete(thread).where(thread.c.id == name))
        phone.delete(f"{home}e.ics")


def test_visits_booked_ahead_are_named_and_go_along(
    two_businesses, nora, elsewhere, visit_ahead, back
):
    for page in (looks_up(nora, elsewhere).text, nora.sees(f"{BENCH}/built-in")):
        assert "the visit that is booked ahead in bench is written into the new calendar" in page
        assert ": rekeying" in page

    chooses(nora, looks_up(nora, elsewhere), f"{elsewhere.url}work/")

    login = (elsewhere.username, elsewhere.password)
    copied = httpx2.get(f"{elsewhere.url}work/e.ics", auth=login)
    assert "Bring the pins" in copied.text
    assert f"X-APPT-ID:{visit_ahead.id}" in copied.text
    assert "1 event" in nora.sends(f"{BENCH}/check").text + nora.sees("/business/calendars")
    with two_businesses.database().connect() as connection:
        stands = appointments.get(connection, visit_ahead.id)
        assert stands == replace(visit_ahead, source=stands.source if stands else None)


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"password": "wrong"}, "password", "user name or the password is wrong"),
        ({"password": ""}, "password", "Type the password."),
        ({"username": " "}, "username", "Type your user name"),
        ({"address": ""}, "address", "Type the address"),
        ({"address": "mia@gmail.com"}, "address", "OAuth"),
        ({"address": "no address"}, "address", "This is no address"),
        ({"address": "https://<b>@x/"}, "address", "their own fields"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    two_businesses, nora, elsewhere, form, field, words
):
    answered = looks_up(nora, elsewhere, **form)

    assert answered.status_code == 400
    wrong = re.search(rf'id="{field}-problem" role="alert">([^<]+)<', answered.text)
    assert wrong, answered.text
    assert words in html.unescape(wrong.group(1))
    assert f'aria-describedby="{field}-problem"' in answered.text.replace(f"{field}-hint ", "")
    typed = {"address": elsewhere.url, "username": elsewhere.username} | form
    for name in ("address", "username"):
        value = html.escape(typed[name].strip(), quote=True)
        assert f'name="{name}" type="text" value="{value}"' in answered.text
    assert 'name="password" type="password" value=""' in answered.text
    assert elsewhere.password not in answered.text
    assert bench(two_businesses).url is None


def test_only_what_was_found_can_be_chosen(two_businesses, nora, elsewhere):
    found = looks_up(nora, elsewhere)

    for url in ("", "https://evil.example/", f"{elsewhere.url}other/"):
        answered = chooses(nora, found, url)
        assert answered.status_code == 400
        assert "Choose one of these calendars." in answered.text

    assert bench(two_businesses).url is None


def test_another_login_cannot_use_what_was_found(two_businesses, nora, mia, elsewhere):
    found = looks_up(nora, elsewhere)
    mia.sees("/business/calendars")

    form = hidden(found) | {"url": f"{elsewhere.url}work/"}
    answered = mia.sends("/business/calendars/van-1/choose", form)

    assert answered.status_code == 400
    assert "Type the password again." in answered.text


def test_too_many_tries_have_to_wait(mia):
    """Of one business: `mia`'s, where nothing else is looked up."""
    mia.sees("/business/calendars/van-1/connect?provider=other")
    form = {"provider": "other", "address": "no address", "username": "m", "password": "p"}

    tries = [mia.sends("/business/calendars/van-1/connect", form).text for _ in range(21)]

    assert "This is no address" in tries[19]
    assert "Too many tries." in tries[20]


def test_a_ticket_opens_for_its_own_login_and_calendar_for_some_minutes(monkeypatch):
    seal = sealed(a_ticket(), "key")

    assert opened(seal, "key", "nora", "bench") == a_ticket()
    assert opened(seal, "another key", "nora", "bench") is None
    assert opened(seal, "key", "mia", "bench") is None
    assert opened(seal, "key", "nora", "van-1") is None
    assert opened("nonsense", "key", "nora", "bench") is None
    monkeypatch.setattr(calendar_ticket, "_GOOD_FOR_S", -1)
    assert opened(seal, "key", "nora", "bench") is None


def test_a_ticket_shows_its_password_nowhere():
    assert "app password" not in repr(a_ticket())
    assert "app password" not in sealed(a_ticket(), "key")


def a_ticket():
    found = FoundCalendar(
        url="https://dav.example.com/work/", name="Work", color="#ff2968", takes_events=True, may_write=True
    )  # fmt: skip
    return Ticket(
        account="nora",
        calendar="bench",
        provider="other",
        address="dav.example.com",
        username="nora",
        password="app password",
        found=(found,),
    )


def kept(read_at=None, problem=None, events=0):
    return MirrorState(read_at=read_at, problem=problem, events=events)


MORNING = datetime.fromisoformat("2026-11-23T09:00-07:00")
SHOP = Business.model_validate(
    {
        "slug": "shop", "name": "Shop", "industry": "plumbing", "timezone": "America/Denver", "phone": "+13035550140",
        "hours": {}, "services": [], "staff": [{"id": "mia", "name": "Mia Torres"}],
        "calendars": [
            {"id": "van", "staff": "mia", "url": "https://p34-caldav.icloud.com/1/", "username": "mia@icloud.com"},
            {"id": "room", "days": ["sat", "mon"]}, {"id": "gone", "days": [], "url": "https://[broken/"},
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("known", "mark", "words"),
    [
        (None, "unknown", ""),
        (kept(), "unknown", ""),
        (kept(read_at=MORNING, events=1), "works", "Last read today, 9:00 AM: 1 event."),
        (kept(read_at=MORNING - timedelta(days=1), events=214), "works", "Last read Sun, Nov 22, 9:00 AM: 214 events."),
        (kept(read_at=MORNING, problem="Calendar 'van' of 'shop': its server took too long."), "problem", "Its server took too long."),
    ],
)  # fmt: skip
def test_what_is_known_of_a_calendar_is_said_in_words(known, mark, words):
    states = {"van": known} if known else {}

    row = rows(SHOP, states, {}, MORNING)[0]

    assert (row.state.mark, row.state.words) == (mark, words)


def test_where_a_calendar_lives_is_said_in_words():
    van, room, gone = rows(SHOP, {}, {}, MORNING)

    assert (van.name, van.days, van.where) == ("van (Mia Torres)", "Every day", "At p34-caldav.icloud.com, as mia@icloud.com")  # fmt: skip
    assert (van.provider, van.is_ours) == ("icloud", False)
    assert (room.name, room.days, room.where, room.is_ours) == ("room", "Mon, Sat", "Kept by Ringback", True)  # fmt: skip
    assert (gone.days, gone.provider) == ("No days", "other")


def test_of_many_visits_ahead_few_are_named():
    start = datetime.fromisoformat("2026-11-23T16:00+00:00")
    row = AppointmentRow(
        id="a", business="shop", thread="t", service="s", calendar="van", beside=[], start=start, duration_min=60,
        buffer_before_min=0, buffer_after_min=0, state=State.BOOKED, offer="o", place=1, event="e", created_at=start,
        changed_at=start, expires_at=start,
    )  # fmt: skip

    found = ahead(SHOP, [row] * 7)

    assert found.count == 7
    assert found.few == ("Mon, Nov 23, 9:00 AM: s",) * 5


def test_a_calendar_password_is_made_shown_once_and_opens_the_calendars(two_businesses, sam):
    before = sam.sees("/business/calendars/phone")
    made = sam.sends("/business/calendars/phone/password")

    password = re.findall(r'id="password">([a-z0-9]{4}(?:-[a-z0-9]{4})+)<', made.text)[0]
    assert made.headers["cache-control"] == "no-store"
    assert "Make a calendar password" in before
    assert password not in sam.sees("/business/calendars/phone")
    assert f"{two_businesses.url}/dav/alder-creek-plumbing/" in made.text
    address = f"{two_businesses.url}/dav/alder-creek-plumbing/van-1/"
    assert address in made.text
    opened = sam.http.request("PROPFIND", address, auth=("sam", password), headers={"Depth": "0"})
    assert opened.status_code == 207


def test_the_phones_page_tells_how_on_each_kind_of_phone(two_businesses, sam):
    seen = sam.sees("/business/calendars/phone")

    for words in ("iPhone", "DAVx", "Mac", "Thunderbird", "<svg", "ringback.mobileconfig"):
        assert words in seen, words
    assert f'aria-label="QR code that opens {two_businesses.url}/business/calendars/phone' in seen


def test_the_iphones_profile_holds_server_and_user_but_no_password(two_businesses, sam):
    answered = sam.http.get("/business/calendars/phone/ringback.mobileconfig")

    assert answered.headers["content-type"] == "application/x-apple-aspen-config"
    profile = plistlib.loads(answered.content)
    account = profile["PayloadContent"][0]
    assert account["PayloadType"] == "com.apple.caldav.account"
    assert account["CalDAVHostName"] == "127.0.0.1"
    assert account["CalDAVPort"] == two_businesses.port
    assert account["CalDAVUsername"] == "sam"
    assert account["CalDAVPrincipalURL"] == "/dav/alder-creek-plumbing/"
    assert "CalDAVPassword" not in account
    assert profile["PayloadUUID"] != account["PayloadUUID"]
