"""Webhooks arrive: signed, again and again until they are answered, to nobody else, and no dead endpoint holds up another."""

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from server.adapters.webhook_http import HttpPoster
from server.calendar_reach import is_fit
from server.store import tasks, webhook_deliveries, webhook_endpoints, webhook_events
from server.webhooks import GIVEN_UP_AFTER, PAUSES, NotTold, pause_after, signed
from tests.server.api_house import SLUG, ApiHouse


@dataclass
class Receiver:
    """Another system, on this machine: keeps what arrives and answers as it is told."""

    answers: list[int] = field(default_factory=list)
    """Statuses for the next requests; then 200."""
    slow_s: float = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def take(self, headers, body):
        self.got.append((dict(headers), body))
        time.sleep(self.slow_s)
        return self.answers.pop(0) if self.answers else 200


@contextmanager
def listening(receiver):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.take(self.headers, body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{receiver.url}/elsewhere")
            self.end_headers()
            with suppress(ConnectionError):  # who asks reads only the beginning
                self.wfile.write(b"thanks" * 5000)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("webhooks"))
    yield built
    built.close()


@pytest.fixture
def receiver():
    with listening(Receiver()) as one:
        yield one


@pytest.fixture
def told(house, receiver):
    """An endpoint with one event that is due; the endpoint's id."""
    endpoint, _ = house.wants(receiver.url)
    happens(house, endpoint)
    yield endpoint
    with house.database.begin() as connection:
        webhook_endpoints.remove(connection, SLUG, endpoint)


def happens(house, endpoint):
    with house.database.begin() as connection:
        webhook_events.send_test(connection, SLUG, endpoint, house.clock.now())


def of(house, endpoint):
    return [one for one in house.deliveries() if one.endpoint == endpoint]


def known(house, endpoint):
    with house.database.connect() as connection:
        return webhook_endpoints.get(connection, SLUG, endpoint)


def test_an_event_arrives_signed_and_only_once(house, receiver, told):
    with house.database.connect() as connection:
        endpoint = webhook_endpoints.get(connection, SLUG, told)
        assert endpoint is not None
        secrets = webhook_endpoints.opened(house.webhooks.keeper, endpoint, house.clock.now())
    house.clock.moment = datetime.now(UTC)  # whoever checks a signature looks at the clock

    house.webhooks.tell_due(told)
    house.webhooks.tell_due(told)

    [(headers, body)] = receiver.got
    assert Webhook(secrets[0]).verify(body, headers)["type"] == "webhook.test"
    [sent] = of(house, told)
    assert (sent.state, sent.status, sent.tries, sent.next_at) == ("delivered", 200, 1, None)


def test_a_body_that_was_changed_on_the_way_does_not_verify():
    secret, now = "whsec_" + "a" * 40, datetime.now(UTC)
    headers = signed("evt_1", now, '{"a":1}', [secret])

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify('{"a":2}', headers)


def test_a_new_secret_and_the_last_one_both_sign_for_a_day(house, receiver, told):
    keeper = house.webhooks.keeper
    first = webhook_endpoints.opened(keeper, known(house, told), house.clock.now())[0]
    with house.database.begin() as connection:
        second = webhook_endpoints.rotate(connection, keeper, known(house, told), house.clock.now())
    house.clock.moment = datetime.now(UTC)
    with house.database.begin() as connection:
        webhook_endpoints.rotate(connection, keeper, known(house, told), house.clock.now())
    third = webhook_endpoints.opened(keeper, known(house, told), house.clock.now())

    house.webhooks.tell_due(told)

    [(headers, body)] = receiver.got
    assert third[1] == second != first
    for secret in third:
        assert Webhook(secret).verify(body, headers)
    later = house.clock.now() + timedelta(hours=25)
    assert webhook_endpoints.opened(keeper, known(house, told), later) == third[:1]


@pytest.mark.parametrize(("status", "words"), [(500, "It answered 500."), (302, "leads elsewhere")])
def test_what_fails_is_tried_again_later_under_the_same_id(house, receiver, told, status, words):
    receiver.answers = [status]

    house.webhooks.tell_due(told)
    [waiting] = of(house, told)
    assert (waiting.state, waiting.status, waiting.tries) == ("waiting", status, 1)
    assert words in waiting.error
    assert timedelta(seconds=4) < waiting.next_at - house.clock.now() < timedelta(seconds=6)
    house.webhooks.tell_due(told)
    assert len(receiver.got) == 1
    house.clock.moment += timedelta(seconds=6)
    house.webhooks.tell_due(told)

    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2
    assert of(house, told)[0].state == "delivered"


def test_after_the_last_try_it_is_given_up_and_can_be_sent_again_by_hand(house, receiver, told):
    receiver.answers = [500] * (len(PAUSES) + 1)
    for _ in range(len(PAUSES) + 1):
        house.webhooks.tell_due(told)
        house.clock.moment += timedelta(hours=27)
        with house.database.begin() as connection:
            webhook_endpoints.note_worked(connection, told)  # another event got through
    [failed] = of(house, told)
    assert (failed.state, failed.next_at, failed.tries) == ("failed", None, len(PAUSES) + 1)

    with house.database.begin() as connection:
        assert webhook_deliveries.send_again(connection, SLUG, failed.id, house.clock.now())
    house.webhooks.tell_due(told)

    assert of(house, told)[0].state == "delivered"


def test_410_switches_it_off_and_the_owner_gets_a_task(house, receiver, told):
    receiver.answers = [410]

    house.webhooks.tell_due(told)

    assert "410" in known(house, told).off_why
    assert of(house, told)[0].next_at is None
    with house.database.connect() as connection:
        listed = tasks.shown(connection, SLUG, "mia", "all", None, house.clock.now(), 50)
    assert any("is not told of your calls" in one.note for one in listed)


def test_an_endpoint_that_fails_for_five_days_is_switched_off(house, receiver, told):
    receiver.answers = [500] * 20
    house.webhooks.tell_due(told)
    house.clock.moment += GIVEN_UP_AFTER

    house.webhooks.tell_due(told)

    assert "5 days" in known(house, told).off_why
    assert [one.state for one in of(house, told)] == ["failed"]


def test_one_success_starts_the_five_days_anew(house, receiver, told):
    receiver.answers = [500, 200, 500]
    house.webhooks.tell_due(told)
    assert known(house, told).failing_since
    house.clock.moment += timedelta(days=4)
    house.webhooks.tell_due(told)
    assert known(house, told).failing_since is None

    happens(house, told)
    house.clock.moment += timedelta(days=2)
    house.webhooks.tell_due(told)

    assert known(house, told).off_at is None


def test_a_worker_that_dies_between_the_answer_and_its_record_sends_it_once_more(
    house, receiver, told
):
    now = house.clock.now()
    with house.database.begin() as connection:
        due = webhook_deliveries.claim(connection, told, now, now + timedelta(seconds=60))
    house.webhooks._posted(due)

    house.webhooks.tell_due(told)
    assert len(receiver.got) == 1
    house.clock.moment += timedelta(seconds=61)
    house.webhooks.tell_due(told)

    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_two_workers_do_not_send_one_at_the_same_time(house, told):
    now = house.clock.now()
    with house.database.begin() as connection:
        first = webhook_deliveries.claim(connection, told, now, now + timedelta(seconds=60))
    with house.database.begin() as connection:
        second = webhook_deliveries.claim(connection, told, now, now + timedelta(seconds=60))

    assert (first is not None, second) == (True, None)


def test_what_an_older_try_reports_does_not_undo_what_was_sent_again(house, told):
    now = house.clock.now()
    with house.database.begin() as connection:
        due = webhook_deliveries.claim(connection, told, now, now + timedelta(seconds=60))
        assert due is not None
        webhook_endpoints.switch_off(connection, SLUG, told, "off", now)
        webhook_deliveries.record(connection, due, webhook_events.State.WAITING, now, 500, "late")

    assert [(one.state, one.next_at) for one in of(house, told)] == [("failed", None)]


def test_a_slow_endpoint_is_given_up_in_time_and_holds_up_no_other(house, receiver, told):
    receiver.slow_s = 5
    with listening(Receiver()) as quick:
        other, _ = house.wants(quick.url)
        happens(house, other)
        began = time.monotonic()

        assert house.webhooks.look(house.clock.now()) == 2

        while not quick.got and time.monotonic() - began < 4:
            time.sleep(0.02)
        assert quick.got
        assert time.monotonic() - began < 1.5
        while not (known(house, told).failing_since) and time.monotonic() - began < 6:
            time.sleep(0.02)
        assert time.monotonic() - began < 4
    with house.database.begin() as connection:
        webhook_endpoints.remove(connection, SLUG, other)
    assert "No answer within" in of(house, told)[0].error


def test_an_endpoint_that_does_not_answer_is_left_alone_for_a_while(house, receiver, told):
    receiver.slow_s = 3
    happens(house, told)

    assert house.webhooks.tell_due(told) == 0
    assert house.webhooks.look(house.clock.now()) == 0
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://192.168.1.5/x", "https"),
        ("ftp://hooks.example/x", "no address"),
        ("https://user:secret@hooks.example/x", "password"),
        ("https://" + "a" * 1100, "no address"),
        ("nonsense", "no address"),
    ],
)
def test_an_address_that_may_not_be_told_is_refused_in_words(url, words):
    with pytest.raises(NotTold, match=words):
        HttpPoster(inside=False).check(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "[::1]"])
def test_nothing_is_sent_into_a_private_network(host):
    with pytest.raises(NotTold, match="private network"):
        HttpPoster(inside=False).post(f"https://{host}/x", b"{}", {})


def test_a_name_that_leads_inside_is_refused_too():
    poster = HttpPoster(inside=False, resolve=lambda _host: ["10.0.0.8"])

    with pytest.raises(NotTold, match="RINGBACK_PRIVATE_WEBHOOKS"):
        poster.post("https://hooks.example/x", b"{}", {})
    assert not is_fit("10.0.0.8", inside=False)


@given(st.integers(min_value=1, max_value=30))
def test_pauses_grow_and_end(tries):
    pause = pause_after(tries)

    if tries > len(PAUSES):
        assert pause is None
    else:
        assert pause is not None
        assert 0.9 <= pause / PAUSES[tries - 1] <= 1.1
