"""The Lines port: what every source of line types promises, tried on the real Twilio client over HTTP."""

import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from agent.business import Business, TwilioAccount
from evals.product import free_port
from server.adapters.lines_twilio import AT_ONCE, LIMIT_S, TwilioLines
from server.demo.simulator import SimulatorSettings, create_simulator
from server.lines import CANNOT_TEXT, KEPT, LineBook
from server.settings import Settings
from server.store import lines as store
from server.store.engine import create, make_engine
from tests.server.demo.serving import listen, serve

SID, TOKEN = "AC" + "0" * 32, "a-token"
CALLER = "+13035550199"
OURS = TwilioAccount()
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def carrier():
    """The simulator's control, and its address."""
    listener, url = listen()
    settings = SimulatorSettings(account_sid=SID, auth_token=TOKEN, webhook_base_url=url)
    with (
        serve(create_simulator(settings), listener),
        httpx2.Client(base_url=url) as http,
    ):
        yield http


@pytest.fixture
def say(carrier):
    """Tell the carrier something; it forgets all between tests."""

    def tell(path, body):
        carrier.post(f"/sim/{path}", json=body).raise_for_status()

    tell("reset", {})
    return tell


@pytest.fixture
def ask():
    """Sources of line types, closed at the end; patient, as the machine that tests may be busy."""
    opened = []

    def source(url, token=TOKEN, limit_s=10.0):
        opened.append(TwilioLines(SID, token, str(url).rstrip("/"), lambda _name: TOKEN, limit_s))
        return opened[-1]

    yield source
    for one in opened:
        one._http.session.close()


@pytest.fixture
def lines(carrier, say, ask):
    return ask(carrier.base_url)


@pytest.mark.parametrize("line_type", ["mobile", "landline", "fixedVoip"])
def test_a_line_has_the_carriers_word(lines, say, line_type):
    say("line", {"phone": CALLER, "type": line_type})

    assert lines.line_type(CALLER, OURS) == line_type


def test_a_business_with_an_account_of_its_own_asks_for_itself(carrier, say, ask):
    lines = ask(carrier.base_url, token="not ours")
    own = TwilioAccount(account_sid=SID, auth_token_env="THEIR_TOKEN")

    assert (lines.line_type(CALLER, OURS), lines.line_type(CALLER, own)) == (None, "mobile")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500"},
        {"kind": "429"},
        {"kind": "refuse", "code": 20003},
        {"kind": "refuse", "code": 60601},
    ],
)
def test_what_goes_wrong_is_not_known_this_time(lines, say, capfd, fault):
    say("faults", [{"match": {"path": "/v2/PhoneNumbers"}} | fault])

    first, second = lines.line_type(CALLER, OURS), lines.line_type(CALLER, OURS)

    assert (first, second) == (None, "mobile")
    logged = "".join(capfd.readouterr())
    assert "lines.not_known" in logged
    assert CALLER[1:] not in logged


def test_a_carrier_that_does_not_answer_is_not_waited_for(carrier, say, ask):
    slow_s = 5
    match = {"path": "/v2/PhoneNumbers"}
    say("faults", [{"match": match, "kind": "hang", "delay_s": slow_s}])
    began = time.monotonic()

    assert ask(carrier.base_url, limit_s=LIMIT_S).line_type(CALLER, OURS) is None
    assert time.monotonic() - began < slow_s / 2


def test_canadian_lines_are_not_known_without_approval(lines):
    assert lines.line_type("+14165550123", OURS) is None


def test_a_carrier_that_is_not_there_is_not_known(ask):
    assert ask(f"http://127.0.0.1:{free_port()}").line_type(CALLER, OURS) is None


BODY = b'{"line_type_intelligence": {"type": "mobile"}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Crowded(socketserver.ThreadingTCPServer):
    request_queue_size = 2 * AT_ONCE


@pytest.fixture
def raw():
    """Servers that say bytes of ours to everybody, each after a pause."""
    stop, started = threading.Event(), []

    def serve_bytes(said, pause_s=0.0):
        class Answer(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.recv(4096)
                for part in said:
                    self.request.sendall(part)
                    if stop.wait(pause_s):
                        return

        server = Crowded(("127.0.0.1", 0), Answer)
        started.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve_bytes
    stop.set()
    for server in started:
        server.shutdown()
        server.server_close()


DRIP_S = 0.2


@pytest.fixture
def dripping(ask, raw):
    """Every answer takes nine seconds, a byte now and then."""
    drops = [HEAD % len(BODY), *(BODY[place : place + 1] for place in range(len(BODY)))]
    return ask(raw(drops, pause_s=DRIP_S), limit_s=1.0)


def test_an_answer_that_drips_in_is_not_waited_for(dripping):
    began = time.monotonic()

    assert dripping.line_type(CALLER, OURS) is None
    assert time.monotonic() - began < len(BODY) * DRIP_S / 2


def test_nothing_more_is_asked_while_many_answers_drip_in(dripping, capfd):
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda _: dripping.line_type(CALLER, OURS), range(AT_ONCE)))
    capfd.readouterr()

    assert dripping.line_type(CALLER, OURS) is None
    assert "too many questions" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "body",
    [
        b"no JSON",
        b"[]",
        b"{}",
        b'{"line_type_intelligence": null}',
        b'{"line_type_intelligence": "mobile"}',
        b'{"line_type_intelligence": {"type": 7}}',
    ],
)
def test_an_answer_that_says_nothing_is_not_known(ask, raw, body):
    assert ask(raw([HEAD % len(body) + body])).line_type(CALLER, OURS) is None


def test_the_raw_server_would_be_understood(ask, raw):
    assert ask(raw([HEAD % len(BODY) + BODY])).line_type(CALLER, OURS) == "mobile"


# The book of what was learned


class Clock:
    moment = NOW

    def now(self):
        return self.moment


@pytest.fixture
def book(tmp_path, database_url, lines):
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    create(settings.url)
    database = make_engine(settings.url)
    yield LineBook(lines=lines, database=database, clock=Clock())
    database.dispose()


def business(**calls):
    return Business.model_validate(
        {
            "slug": "shop",
            "name": "Shop",
            "industry": "plumbing",
            "timezone": "America/Denver",
            "phone": "+13035550140",
            "hours": {},
            "services": [],
            "calendars": [{"id": "van"}],
            "calls": calls,
        }
    )


PAYS, DOES_NOT_PAY = business(look_up_lines=True), business()


def test_a_line_is_asked_for_once_and_again_after_a_while(book, say):
    say("line", {"phone": CALLER, "type": "landline"})
    first = book.learn(PAYS, CALLER)
    say("line", {"phone": CALLER, "type": "mobile"})

    second = book.learn(PAYS, CALLER)
    book.clock.moment = NOW + KEPT + timedelta(seconds=1)

    assert (first, second, book.learn(PAYS, CALLER)) == ("landline", "landline", "mobile")
    assert first in CANNOT_TEXT


def test_nobody_is_asked_unless_the_owner_wants_it(book):
    book.learn(PAYS, CALLER)

    assert book.learn(DOES_NOT_PAY, CALLER) is None


def test_what_is_not_known_is_asked_again(book, say):
    say("faults", [{"match": {"path": "/v2/PhoneNumbers"}, "kind": "500"}])

    assert [book.learn(PAYS, CALLER) for _ in range(2)] == [None, "mobile"]


def test_what_is_old_or_erased_is_gone(book):
    book.learn(PAYS, CALLER)
    book.learn(PAYS, "+13035550177")
    with book.database.begin() as connection:
        store.forget(connection, CALLER)
        kept = [store.get(connection, one, NOW) for one in (CALLER, "+13035550177")]
    book.clock.moment = NOW + KEPT + timedelta(days=1)
    book.learn(PAYS, "+13035550178")

    with book.database.connect() as connection:
        left = store.get(connection, "+13035550177", NOW)
    assert (kept, left) == ([None, "mobile"], None)
