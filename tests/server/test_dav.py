"""Calendars on phones: discovery, events and fences, through the front door with clients that are not ours."""

import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import requests
from caldav.davclient import DAVClient

from agent.model import CalendarAddress
from evals.product import FOLDER, until
from server.adapters.calendar_caldav import CalDavCalendar
from server.calendar_collections import BuiltInCalendars
from server.calendar_server import CalendarServer
from server.calendar_users import CalendarUsers
from server.settings import Settings
from tests.contracts.dav_servers import no_password

SLUG = "alder-creek-plumbing"
OTHER = "bobs-bakery"
MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
HOME_SET = """<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>
    <d:current-user-principal/><c:calendar-home-set/></d:prop></d:propfind>"""


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def mia(product):
    """Her user and calendar password."""
    return "mia", product.calendar_password()


def phone(product, login, path="/dav/"):
    """Another CalDAV client, knowing only the server."""
    return DAVClient(
        url=product.url + path,
        username=login[0],
        password=login[1],
        auth_type="basic",
        timeout=10,
        enable_rfc6764=False,
    )


def ask(product, method, path, login, **more):
    return requests.request(
        method, product.url + path, auth=login, timeout=10, allow_redirects=False, **more
    )


def event(uid, summary="Dentist"):
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//phone//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
        f"DTSTAMP:20261101T000000Z\r\nDTSTART:{MONDAY:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\n"
        f"SUMMARY:{summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def radicales(server):
    """The calendar server's processes under the product's own."""
    return [
        child
        for child in psutil.Process(server.pid).children(recursive=True)
        if "radicale" in child.cmdline()
    ]


@pytest.fixture(scope="module")
def bob(product, tmp_path_factory):
    """The owner of another business, imported while the server runs: user and calendar password."""
    folder = tmp_path_factory.mktemp("bob") / OTHER
    shutil.copytree(FOLDER, folder)
    profile = (folder / "business.yaml").read_text()
    profile = profile.replace(SLUG, OTHER).replace("+13035550140", "+13035550152")
    (folder / "business.yaml").write_text(profile)
    product.run("import", str(folder))
    login = product.run("login", OTHER, "mia").split()[1]
    return login, product.calendar_password(OTHER)


@pytest.mark.parametrize("start", ["/dav/", "/.well-known/caldav"])
def test_a_phone_that_knows_only_the_server_finds_every_calendar(product, mia, start):
    with phone(product, mia, start) as client:
        found = client.principal().get_calendars()
        names = {calendar.get_display_name() for calendar in found}

    assert names == {"Alder Creek Plumbing - van-1", "Alder Creek Plumbing - van-2"}
    assert all(str(calendar.url).startswith(f"{product.url}/dav/{SLUG}/") for calendar in found)


@pytest.mark.parametrize(("method", "path"), [("PROPFIND", "/"), ("GET", "/.well-known/caldav")])
def test_discovery_leads_to_dav(product, mia, method, path):
    answer = ask(product, method, path, mia)

    assert (answer.status_code, answer.headers["Location"]) == (301, "/dav/")


def test_a_phone_in_small_steps_like_ios_finds_its_home(product, mia):
    root = ask(product, "PROPFIND", "/dav/", mia, data=HOME_SET, headers={"Depth": "0"})
    home = ask(product, "PROPFIND", f"/dav/{SLUG}/", mia, data=HOME_SET, headers={"Depth": "0"})

    assert (root.status_code, home.status_code) == (207, 207)
    assert f"<href>/dav/{SLUG}/</href>" in root.text
    assert f"<C:calendar-home-set><href>/dav/{SLUG}/</href></C:calendar-home-set>" in home.text
    assert "calendar-access" in ask(product, "OPTIONS", f"/dav/{SLUG}/", mia).headers["DAV"]


def test_what_a_phone_adds_moves_and_removes_is_so(product, mia):
    path = f"/dav/{SLUG}/van-1"
    created = ask(
        product,
        "PUT",
        f"{path}/a.ics",
        mia,
        data=event("a").encode(),
        headers={"If-None-Match": "*", "Content-Type": "text/calendar"},
    )
    to = {"Destination": f"{product.url}/dav/{SLUG}/van-2/b.ics"}
    moved = ask(product, "MOVE", f"{path}/a.ics", mia, headers=to)
    read = ask(product, "GET", f"/dav/{SLUG}/van-2/b.ics", mia)
    late = {"If-Match": '"another"'}
    kept = ask(product, "DELETE", f"/dav/{SLUG}/van-2/b.ics", mia, headers=late)
    removed = ask(product, "DELETE", f"/dav/{SLUG}/van-2/b.ics", mia)

    assert [one.status_code for one in (created, moved, read, kept, removed)] == [
        *(201, 201, 200, 412),
        removed.status_code,
    ]
    assert created.headers["ETag"]
    assert "SUMMARY:Dentist" in read.text
    assert removed.ok


def test_a_phone_searches_and_reads_many_at_once(product, mia):
    with phone(product, mia, f"/dav/{SLUG}/van-2/") as client:
        calendar = client.calendar(url=f"{product.url}/dav/{SLUG}/van-2/")
        calendar.add_event(event("found", "Zähne"))
        found = calendar.search(event=True, start=MONDAY, end=MONDAY + timedelta(hours=1))
        (again,) = calendar.multiget([found[0].url])

        assert "Zähne" in found[0].data
        assert "Zähne" in again.data
        found[0].delete()


def test_what_a_phone_saves_is_what_the_product_reads(product, mia):
    """Our own adapter, on the same folder's server and with credentials as the product derives them."""
    ask(product, "PUT", f"/dav/{SLUG}/van-1/seen.ics", mia, data=event("seen").encode())
    (server,) = radicales(product.server)
    (listens,) = [one for one in server.net_connections() if one.status == "LISTEN"]
    key = Settings(_env_file=None, data_dir=product.data).session_key()
    url = f"http://127.0.0.1:{listens.laddr.port}"
    ours = BuiltInCalendars(lambda: url, CalendarUsers(key, None), str)
    at = CalendarAddress(business=SLUG, calendar="van-1")
    (text,) = CalDavCalendar(ours, no_password).objects(at, MONDAY, MONDAY + timedelta(hours=1))

    assert listens.laddr.ip == "127.0.0.1"
    assert "SUMMARY:Dentist" in text


def test_a_calendar_password_is_taken_as_people_type_it(product, mia):
    user, password = mia

    assert ask(product, "PROPFIND", "/dav/", (user.upper(), password.upper())).status_code == 207
    assert ask(product, "PROPFIND", "/dav/", (user, password.replace("-", ""))).status_code == 207


@pytest.mark.parametrize("login", [None, ("mia", "wrong"), ("nobody", "x"), ("mia", "")])
def test_without_the_calendar_password_nobody_gets_in(product, mia, login):
    answer = ask(product, "PROPFIND", f"/dav/{SLUG}/", login)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_the_inbox_password_opens_no_calendar(product, mia):
    assert ask(product, "PROPFIND", "/dav/", ("mia", product.password)).status_code == 401


def test_a_business_that_is_imported_while_the_server_runs_has_its_calendars(product, bob):
    with phone(product, bob) as client:
        found = client.principal().get_calendars()

    assert {str(one.url).removeprefix(product.url) for one in found} == {
        f"/dav/{OTHER}/van-1/",
        f"/dav/{OTHER}/van-2/",
    }


@pytest.mark.parametrize(
    "path",
    [
        f"/dav/{SLUG}/",
        f"/dav/{SLUG}/van-1/",
        f"/dav/{SLUG}/van-1/secret.ics",
        f"/dav/{OTHER}/../{SLUG}/van-1/secret.ics",
        f"/dav/{OTHER}/%2e%2e/{SLUG}/van-1/secret.ics",
        f"/dav/{OTHER}%2F..%2F{SLUG}/van-1/secret.ics",
        f"/dav//{SLUG}/van-1/secret.ics",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PROPFIND", "PUT", "DELETE", "REPORT", "MKCALENDAR"])
def test_one_business_never_reaches_another(product, mia, bob, method, path):
    ask(product, "PUT", f"/dav/{SLUG}/van-1/secret.ics", mia, data=event("secret").encode())
    session = requests.Session()
    asked = requests.Request(method, product.url, auth=bob, data=event("secret").encode())
    prepared = session.prepare_request(asked)
    prepared.url = product.url + path  # as it is: requests would tidy the dots

    answer = session.send(prepared, timeout=10, allow_redirects=False)

    assert answer.status_code in (403, 404)
    assert "Dentist" not in answer.text
    assert ask(product, "GET", f"/dav/{SLUG}/van-1/secret.ics", mia).status_code == 200


def test_nothing_is_moved_into_or_read_out_of_another_business(product, mia, bob):
    ask(product, "PUT", f"/dav/{SLUG}/van-1/secret.ics", mia, data=event("secret").encode())
    ask(product, "PUT", f"/dav/{OTHER}/van-1/bait.ics", bob, data=event("bait").encode())
    to = {"Destination": f"{product.url}/dav/{SLUG}/van-1/bait.ics"}
    many = f"""<c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
        <d:prop><c:calendar-data/></d:prop><d:href>/dav/{SLUG}/van-1/secret.ics</d:href></c:calendar-multiget>"""

    moved = ask(product, "MOVE", f"/dav/{OTHER}/van-1/bait.ics", bob, headers=to)
    read = ask(product, "REPORT", f"/dav/{OTHER}/van-1/", bob, data=many)

    assert moved.status_code == 403
    assert "Dentist" not in read.text


def test_headers_of_a_phone_do_not_make_it_somebody_else(product, mia, bob):
    forged = {"X-Remote-User": SLUG, "X-Script-Name": f"/dav/{SLUG}", "X-Forwarded-Host": "x"}

    answer = ask(product, "PROPFIND", f"/dav/{OTHER}/", bob, headers=forged)

    assert answer.status_code == 207
    assert SLUG not in answer.text


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
@pytest.mark.parametrize("path", [f"/dav/{SLUG}/van-1/", f"/dav/{SLUG}/van-1", f"/dav/{SLUG}/"])
def test_a_slip_on_the_phone_costs_no_whole_calendar(product, mia, method, path):
    assert ask(product, method, path, mia, data=event("all").encode()).status_code == 403

    assert ask(product, "PROPFIND", f"/dav/{SLUG}/van-1/", mia).status_code == 207


def test_many_phones_at_once_all_get_an_answer(product, mia):
    def look(_place):
        return ask(product, "PROPFIND", f"/dav/{SLUG}/van-1/", mia).status_code

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(look, range(150))) == {207}


def test_a_calendar_server_that_dies_is_back_with_every_event(product, mia):
    ask(product, "PUT", f"/dav/{SLUG}/van-1/kept.ics", mia, data=event("kept").encode())
    (server,) = radicales(product.server)

    server.send_signal(signal.SIGKILL)
    began = time.monotonic()
    back = until(
        lambda: (answer := ask(product, "GET", f"/dav/{SLUG}/van-1/kept.ics", mia)).ok and answer,
        "the event is there again",
    )

    assert "SUMMARY:Dentist" in back.text
    assert time.monotonic() - began < 10
    assert "calendar_server.died" in product.log()


def test_who_hammers_with_wrong_passwords_has_to_wait_and_nobody_else(product, mia):
    def status(login, address):
        headers = {"X-Forwarded-For": address}  # as our own reverse proxy says it
        return ask(product, "PROPFIND", "/dav/", login, headers=headers).status_code

    answers = [status(("mia", str(place)), "203.0.113.7") for place in range(22)]

    assert answers == [401] * 20 + [429] * 2
    assert status(mia, "203.0.113.7") == 429
    assert status(("sam", "wrong"), "203.0.113.7") == 401
    assert status(mia, "203.0.113.8") == 207


def test_no_calendar_server_is_left_behind_and_the_next_start_has_the_events(start_product):
    product = start_product()
    login = "mia", product.calendar_password()
    ask(product, "PUT", f"/dav/{SLUG}/van-1/kept.ics", login, data=event("kept").encode())
    (orphan,) = radicales(product.server)

    product.kill_server()
    until(lambda: not orphan.is_running(), "the calendar server is gone")
    product.start_server()

    assert ask(product, "GET", f"/dav/{SLUG}/van-1/kept.ics", login).status_code == 200
    (server,) = radicales(product.server)
    product.server.terminate()
    product.server.wait(timeout=15)
    assert not server.is_running()
    product.stop()


def test_several_processes_may_share_a_calendar_server(start_product, tmp_path):
    key = "the key of them all"
    shared = CalendarServer(tmp_path / "shared")
    shared.users_file.write_text(CalendarUsers(key, None).line(SLUG) + "\n")
    shared.start()
    one = start_product(RINGBACK_CALENDAR_URL=shared.url(), RINGBACK_SECRET_KEY=key)

    with phone(one, ("mia", one.calendar_password())) as client:
        found = client.principal().get_calendars()

    assert len(found) == 2
    assert radicales(one.server) == []
    assert one.run("calendar-users") == shared.users_file.read_text()
    one.stop()
    shared.stop()
