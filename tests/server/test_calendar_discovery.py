"""From an address, a user name and an app password to calendars: on real servers, and on such as go wrong."""

import base64
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server import calendar_discovery, calendar_providers, calendar_reach
from server.calendar_discovery import Found, FoundCalendar, Trouble, start_url
from server.calendar_reach import Unreachable, is_fit, registrable
from server.settings import Settings
from tests.contracts.dav_servers import account, new_collection, xandikos

PRINCIPAL, HOME = "/principals/mia/", "/calendars/mia/"


def discover(address, username="mia", password="app password", inside=True, **more):
    return calendar_discovery.discover(address, username, password, inside=inside, **more)


@pytest.fixture(scope="module")
def on_radicale(tmp_path_factory):
    """The account of a business on a Radicale with two calendars."""
    with account(tmp_path_factory.mktemp("radicale"), "van-1", "van-2") as home:
        yield home


@pytest.fixture(scope="module")
def on_xandikos(tmp_path_factory):
    with xandikos(tmp_path_factory.mktemp("xandikos")) as home:
        new_collection(home, "van-1")
        yield home


def root(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def names(found):
    assert isinstance(found, Found), found
    return [one.name for one in found.calendars]


@pytest.mark.parametrize(
    "typed", ["{root}", "{netloc}", "{home}", "{root}nothing/here", " {root} "]
)
def test_radicales_calendars_are_found_from_whatever_is_typed(on_radicale, typed):
    there = urlsplit(on_radicale.url)
    address = typed.format(root=root(on_radicale.url), netloc=there.netloc, home=on_radicale.url)

    found = discover(address, on_radicale.username, on_radicale.password)

    assert names(found) == ["Ällice & Co - van-1", "Ällice & Co - van-2"]
    assert found.calendars[0] == FoundCalendar(
        url=f"{on_radicale.url}van-1/",
        name="Ällice & Co - van-1",
        color=None,
        takes_events=True,
        may_write=True,
    )
    assert found.calendars[0].problem == ""


def test_the_address_of_one_calendar_finds_that_one_alone(on_radicale, on_xandikos):
    found = discover(f"{on_radicale.url}van-2", on_radicale.username, on_radicale.password)

    assert [one.url for one in found.calendars] == [f"{on_radicale.url}van-2/"]
    assert names(discover(f"{on_xandikos}van-1/")) == ["van-1"]


@pytest.mark.parametrize("way", ["", "user/calendars/"])
def test_xandikoss_calendars_are_found(on_xandikos, way):
    found = discover(f"{root(on_xandikos)}{way}")

    assert f"{on_xandikos}van-1/" in [one.url for one in found.calendars]


def test_a_wrong_password_is_said_with_the_hint_at_app_passwords(on_radicale):
    trouble = discover(on_radicale.url, on_radicale.username, "wrong")

    assert trouble.field == "password"
    assert "user name or the password is wrong" in trouble.words
    assert "app password" in trouble.words


def test_nothing_inside_is_asked_where_it_is_not_allowed(on_radicale):
    trouble = discover(
        root(on_radicale.url), on_radicale.username, on_radicale.password, inside=False
    )

    assert trouble.field == "address"
    assert "inside a private network" in trouble.words
    assert "RINGBACK_PRIVATE_CALENDARS" in trouble.words


class Edge:
    """A server that answers by path; remembers who asked for what, and with which password."""

    def __init__(self, host="127.0.0.1", context=None):
        self.answers, self.asked, self.passwords = {}, [], set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        scheme = "https" if context else "http"
        self.url = f"{scheme}://{host}:{self._http.server_port}"

    def says(self, path, status, body="", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, body.encode(), names)

    def has_an_account(self, *calendars, home=HOME):
        """A principal at the root, whose home holds these."""
        principal = (
            f"<d:current-user-principal><d:href>{PRINCIPAL}</d:href></d:current-user-principal>"
        )
        self.says("/", 207, multistatus(response("/", principal)))
        self.says(PRINCIPAL, 207, multistatus(response(PRINCIPAL, home_set(home))))
        self.says(HOME, 207, multistatus(response(HOME), *calendars))

    def stop(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self):
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_PROPFIND(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                edge.asked.append(self.path)
                _, _, encoded = self.headers.get("Authorization", "").partition(" ")
                edge.passwords.add(base64.b64decode(encoded).decode().partition(":")[2])
                status, body, headers = edge.answers.get(self.path, (404, b"", {}))
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        return Handler


def multistatus(*responses):
    spaces = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/" xmlns:n="http://nextcloud.com/ns"'
    return f'<?xml version="1.0"?><d:multistatus {spaces}>{"".join(responses)}</d:multistatus>'


def response(href, props="", status="200 OK"):
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop>"
        f"<d:status>HTTP/1.1 {status}</d:status></d:propstat></d:response>"
    )


def home_set(*hrefs):
    inside = "".join(f"<d:href>{href}</d:href>" for href in hrefs)
    return f"<c:calendar-home-set>{inside}</c:calendar-home-set>"


def calendar(name, props="", kind="<c:calendar/>"):
    kinds = f"<d:resourcetype><d:collection/>{kind}</d:resourcetype>"
    return response(f"{HOME}{name}/", f"{kinds}<d:displayname>{name}</d:displayname>{props}")


def rights(*names):
    inside = "".join(f"<d:privilege><d:{name}/></d:privilege>" for name in names)
    return f"<d:current-user-privilege-set>{inside}</d:current-user-privilege-set>"


@pytest.fixture
def edge():
    server = Edge()
    yield server
    server.stop()


@pytest.fixture
def stranger():
    """Another server: it must not get the password."""
    server = Edge(host="localhost")
    server.has_an_account(calendar("Trap"))
    yield server
    server.stop()


def test_what_a_calendar_is_for_and_who_may_write_is_told(edge):
    tasks = '<c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>'
    both = '<c:supported-calendar-component-set><c:comp name="VEVENT"/><c:comp name="VTODO"/></c:supported-calendar-component-set>'
    edge.has_an_account(
        calendar("Shared", rights("read", "write-properties")),
        calendar("Tasks", tasks),
        calendar("Work", rights("read", "write") + both + "<a:calendar-color>#FF2968FF</a:calendar-color>"),
        calendar("Bare", "<a:calendar-color>url(x)</a:calendar-color>"),
        calendar("Gone", kind="<c:calendar/><n:deleted-calendar/>"),
        calendar("Inbox", kind="<c:schedule-inbox/>"),
    )  # fmt: skip

    found = discover(edge.url)

    told = {one.name: (one.color, one.problem) for one in found.calendars}
    assert told == {
        "Bare": (None, ""),
        "Work": ("#ff2968", ""),
        "Shared": (None, "You may only read it."),
        "Tasks": (None, "It is for tasks, not for appointments."),
    }
    assert list(told) == ["Bare", "Work", "Shared", "Tasks"]


def test_properties_that_a_server_does_not_have_count_for_nothing(edge):
    refused = response(f"{HOME}work/", rights("read"), status="404 Not Found")
    edge.has_an_account(calendar("work").replace("</d:response>", refused.partition("</d:href>")[2]))  # fmt: skip

    assert [one.problem for one in discover(edge.url).calendars] == [""]


def test_the_well_known_address_is_followed_when_the_root_is_a_web_page(edge):
    edge.has_an_account(calendar("work"))
    edge.answers["/dav"] = edge.answers.pop("/")
    edge.says("/", 200, "<html>Welcome</html>")
    edge.says("/.well-known/caldav", 301, Location="/go")
    edge.says("/go", 308, Location=f"{edge.url}/dav")

    assert names(discover(edge.url)) == ["work"]


def test_nextclouds_usual_place_is_tried_at_last(edge):
    edge.has_an_account(calendar("work"))
    edge.answers["/cloud/remote.php/dav/"] = edge.answers.pop("/")

    assert names(discover(f"{edge.url}/cloud")) == ["work"]


@pytest.mark.parametrize(
    ("status", "body", "field", "words"),
    [
        (403, "", "username", "does not let it see calendars"),
        (404, "", "address", "no CalDAV server at this address"),
        (405, "", "address", "no CalDAV server at this address"),
        (200, "<html>Welcome</html>", "address", "shows a web page there"),
        (207, "<html>Welcome", "address", "shows a web page there"),
        (207, "<other/>", "address", "shows a web page there"),
        (207, '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>', "address", "shows a web page there"),
        (207, multistatus(response("/")), "address", "no CalDAV server at this address"),
        (207, multistatus(), "address", "no CalDAV server at this address"),
        (302, "", "address", "no CalDAV server at this address"),
        (429, "", "address", "in trouble (HTTP 429). Try again later"),
        (503, "", "address", "in trouble (HTTP 503). Try again later"),
        (0, "", "address", "broke the connection"),
    ],
)
def test_what_goes_wrong_is_said_with_its_mend(edge, status, body, field, words):
    for path in ("/", "/.well-known/caldav", "/remote.php/dav/"):
        edge.says(path, status, body)

    trouble = discover(edge.url)

    assert isinstance(trouble, Trouble)
    assert trouble.field == field
    assert words in trouble.words


def test_another_kind_of_sign_in_is_named(edge):
    edge.says("/", 401, WWW_Authenticate='Digest realm="dav"')

    assert "another kind of sign-in (Digest)" in discover(edge.url).words


def test_basic_among_other_kinds_will_do(edge):
    edge.says("/", 401, WWW_Authenticate='Bearer, Basic realm="dav"')

    assert discover(edge.url).field == "password"


def test_an_account_without_calendars_is_said(edge):
    edge.has_an_account(calendar("Inbox", kind="<c:schedule-inbox/>"))

    assert "there is no calendar in this account" in discover(edge.url).words


@pytest.mark.parametrize("path", ["/", "/.well-known/caldav"])
def test_redirects_in_circles_end(edge, path):
    edge.says(path, 301, Location="/round")
    edge.says("/round", 302, Location=path)

    assert "in circles" in discover(edge.url).words
    assert len(edge.asked) < 10


def test_a_redirect_without_an_end_ends(edge):
    for place in range(20):
        edge.says(f"/{place or ''}", 301, Location=f"/{place + 1}")

    assert "in circles" in discover(edge.url).words
    assert len(edge.asked) < 12


@pytest.mark.parametrize("path", ["/", "/.well-known/caldav"])
def test_another_server_does_not_get_the_password_by_a_redirect(edge, stranger, path):
    edge.says(path, 307, Location=f"{stranger.url}/")

    trouble = discover(edge.url)

    assert stranger.asked == []
    assert trouble.field == "address"
    assert "passes us on to localhost, which is another server" in trouble.words
    assert "If your calendar is at localhost, type that" in trouble.words


def test_another_server_does_not_get_the_password_as_a_home_or_principal(edge, stranger):
    edge.has_an_account(home=f"{stranger.url}{HOME}")
    assert "another server" in discover(edge.url).words

    principal = f"<d:current-user-principal><d:href>{stranger.url}{PRINCIPAL}</d:href></d:current-user-principal>"
    edge.says("/", 207, multistatus(response("/", principal)))
    assert "another server" in discover(edge.url).words

    assert stranger.asked == []


def test_calendars_at_another_server_are_left_out(edge, stranger):
    edge.has_an_account(
        calendar("work"), calendar("trap").replace(HOME, f"{stranger.url}{HOME}", 1)
    )

    assert names(discover(edge.url)) == ["work"]


@pytest.mark.parametrize("host", ["metadata.example.com", "dav.example.com"])
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(edge, host):
    port = urlsplit(edge.url).port

    trouble = discover(
        f"https://{host}:{port}/", inside=False, resolve=lambda _: ["93.184.215.14", "127.0.0.1"]
    )

    assert "inside a private network" in trouble.words
    assert edge.asked == []


def test_the_address_that_was_looked_up_is_the_one_that_is_asked(edge):
    """A name that is looked up a second time may lead elsewhere."""
    looked_up = []

    def resolve(host):
        looked_up.append(host)
        return ["127.0.0.1"]

    port = urlsplit(edge.url).port
    trouble = discover(f"https://dav.example.com:{port}/", resolve=resolve)

    assert looked_up == ["dav.example.com"]
    assert "dav.example.com" in trouble.words


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("93.184.215.14", True, True), ("2606:2800:21f:cb07::1", True, True),
        ("127.0.0.1", False, True), ("::1", False, True), ("10.1.2.3", False, True), ("192.168.1.20", False, True),
        ("172.20.0.1", False, True), ("100.64.0.7", False, True), ("fd00::20", False, True), ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True), ("2002:a00:1::1", False, True),
        ("169.254.169.254", False, False), ("fe80::1%eth0", False, False), ("::ffff:169.254.169.254", False, False),
        ("224.0.0.1", False, False), ("0.0.0.0", False, False), ("::", False, False),
    ],
)  # fmt: skip
def test_which_addresses_may_be_asked(address, outside, inside):
    assert is_fit(address, inside=False) is outside
    assert is_fit(address, inside=True) is inside


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("caldav.icloud.com", "p34-caldav.icloud.com", True),
        ("fastmail.com", "caldav.fastmail.com", True),
        ("Cloud.Example.com.", "cloud.example.com", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("a.co.uk", "b.co.uk", False),
        ("alice.duckdns.org", "bob.duckdns.org", False),
        ("cloud.alice.duckdns.org", "alice.duckdns.org", True),
        ("icloud.com.evil.example", "icloud.com", False),
        ("evilicloud.com", "icloud.com", False),
        ("10.0.0.1", "20.0.0.1", False),
        ("localhost", "127.0.0.1", False),
    ],
)
def test_which_names_are_one_server(one, other, same):
    assert (registrable(one) == registrable(other)) is same


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("caldav.icloud.com", "https://caldav.icloud.com/"),
        ("mia@icloud.com", "https://caldav.icloud.com/"),
        ("mailto:mia@posteo.de", "https://posteo.de:8443/"),
        ("mia@example.com", "https://example.com/"),
        ("http://cloud.example.com/x", "https://cloud.example.com/x"),
        ("http://cloud.example.com:80", "https://cloud.example.com/"),
        ("HTTPS://Cloud.example.com:443/remote.php/dav?a=b#c", "https://cloud.example.com/remote.php/dav"),
        ("https://müller.example/", "https://xn--mller-kva.example/"),
        ("localhost:5232", "http://localhost:5232/"),
        ("http://127.0.0.1:5232/mia/", "http://127.0.0.1:5232/mia/"),
        ("[::1]:5232", "http://[::1]:5232/"),
        ("https://[::1]:5232", "https://[::1]:5232/"),
    ],
)  # fmt: skip
def test_where_the_search_begins(typed, url):
    assert start_url(typed) == url


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "no address"), ("my calendar", "no address"), ("ftp://example.com", "no address"), ("https://", "no address"),
        ("https://example.com:99999/", "no address"), ("javascript:alert(1)", "no address"), ("file:///etc/passwd", "no address"),
        ("https://mia:secret@example.com/", "their own fields"), ("http://nas.example.com:5005/", "Use the server's https address"),
        ("mia@gmail.com", "Google"), ("https://apidata.googleusercontent.com/caldav/v2/x/events", "OAuth"),
        ("calendar.google.com", "iCloud"), ("mia@outlook.com", "Microsoft"), ("outlook.office365.com", "do not speak CalDAV"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(typed, words):
    with pytest.raises(Unreachable) as raised:
        start_url(typed)

    assert words in str(raised.value)
    assert "secret" not in str(raised.value)
    assert raised.value.field == "address"


def test_a_server_that_passes_on_to_google_gets_googles_words(edge):
    edge.says("/", 301, Location="https://apidata.googleusercontent.com/caldav/v2/mia/user")

    assert "OAuth" in discover(edge.url).words


def test_http_away_from_this_machine_gets_no_password():
    asked = []

    def resolve(name):
        asked.append(name)
        return ["127.0.0.1"]

    host = calendar_reach.CalendarHost(
        "cloud.example.com",
        calendar_reach.Login(username="mia", password="app password"),
        inside=True,
        resolve=resolve,
    )
    try:
        with pytest.raises(Unreachable, match="over https only"):
            host.propfind("http://cloud.example.com/", "", 0)
    finally:
        host.close()

    assert asked == []


@pytest.mark.parametrize(
    ("resolve", "words"),
    [
        (lambda _: (_ for _ in ()).throw(socket.gaierror(-2, "Name or service not known")), "no server with the name"),
        (lambda _: [], "cannot be reached"),
    ],
)  # fmt: skip
def test_a_name_that_nobody_has_is_said(resolve, words):
    trouble = discover("dav.example.com", resolve=resolve)

    assert (trouble.field, words in trouble.words) == ("address", True)


def test_a_closed_port_is_said():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert "127.0.0.1 cannot be reached" in discover(f"127.0.0.1:{port}").words


def test_an_unproven_certificate_is_said_and_the_password_not_sent(tmp_path):
    server = Edge(context=_self_signed(tmp_path))
    server.has_an_account(calendar("work"))
    try:
        trouble = discover(server.url)
    finally:
        server.stop()

    assert trouble.field == "address"
    assert "certificate of 127.0.0.1 is not valid" in trouble.words
    assert server.asked == []


@pytest.mark.parametrize(
    ("host", "outcome"), [("dav.example.com", Found), ("cal.example.com", Trouble)]
)
def test_the_certificate_must_be_for_the_name_not_for_the_number(
    tmp_path, monkeypatch, host, outcome
):
    server = Edge(context=_self_signed(tmp_path))
    server.has_an_account(calendar("work"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
    try:
        found = discover(
            f"https://{host}:{urlsplit(server.url).port}", resolve=lambda _: ["127.0.0.1"]
        )
    finally:
        server.stop()

    assert isinstance(found, outcome), found
    assert bool(server.asked) is (outcome is Found)


def _self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dav.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("dav.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_server_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(calendar_reach, "_TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        trouble = discover(f"127.0.0.1:{silent.getsockname()[1]}")

    assert "did not answer" in trouble.words
    assert time.monotonic() - began < 5


def test_all_questions_together_have_an_end(edge, monkeypatch):
    edge.has_an_account(calendar("work"))
    monkeypatch.setattr(calendar_reach, "_PATIENCE_S", 0)

    assert "takes too long" in discover(edge.url).words


def test_an_answer_without_end_is_not_read(edge, monkeypatch):
    monkeypatch.setattr(calendar_reach, "_MOST_BYTES", 1000)
    edge.says("/", 207, multistatus(*[response("/")] * 50))

    assert "far too long" in discover(edge.url).words


def test_the_password_is_sent_as_it_is(edge):
    edge.has_an_account(calendar("work"))

    discover(edge.url, password="pässwörd: ✓")

    assert edge.passwords == {"pässwörd: ✓"}


def test_a_login_is_never_printed_with_its_password():
    assert "secret" not in repr(calendar_reach.Login(username="mia", password="secret"))


@pytest.mark.parametrize(
    ("public_url", "allowed", "inside"),
    [
        ("https://ringback.example.com", False, False), ("https://ringback.example.com", True, True),
        ("http://127.0.0.1:8000", False, True), ("http://192.168.1.5:8000", False, True), ("http://ringback.local", False, True),
        ("http://shopserver:8000", False, True), ("https://203.0.113.9.example.com", False, False), ("https://8.8.8.8", False, False),
    ],
)  # fmt: skip
def test_private_networks_are_reached_from_private_installations_or_where_allowed(
    public_url, allowed, inside
):
    settings = Settings(_env_file=None, public_url=public_url, private_calendars=allowed)

    assert settings.reaches_inside is inside


def test_every_recipe_leads_somewhere():
    for one in calendar_providers.PROVIDERS:
        assert one.refusal or one.steps, one.id
        if one.address:
            host = urlsplit(start_url(one.address)).hostname or ""
            assert calendar_providers.of_host(host) is one
        for domain in one.mail:
            assert calendar_providers.of_mail(domain) is one
