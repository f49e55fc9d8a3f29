"""The Carrier port: what every carrier promises, tried on the real Twilio client over HTTP."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.errors import DeliveryError
from agent.model import OutgoingText
from evals.product import CALLER, SHOP, free_port
from server.adapters.carrier_twilio import TwilioCarrier


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@pytest.fixture
def carrier(product):
    env = product.environment
    return TwilioCarrier(
        env["TWILIO_ACCOUNT_SID"], env["TWILIO_AUTH_TOKEN"], product.phone, product.url, str
    )


def text(body, to=CALLER):
    return OutgoingText(key=f"key-{body}", sender=SHOP, to=to, body=body)


def fault(product, kind, body, **more):
    wish = {"match": {"body_contains": body}, "kind": kind, "times": 1} | more
    assert product.client.post(f"{product.phone}/sim/faults", json=[wish]).status_code < 300


def last_report(product, sid, status):
    """What the carrier told the product when the text had come to this status."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        log = product.client.get(
            f"{product.phone}/sim/webhooks", params={"path": "/twilio/sms/status"}
        )
        for one in log.json():
            if (one["params"]["MessageSid"], one["params"]["MessageStatus"]) == (sid, status):
                return one["params"]
        time.sleep(0.02)
    pytest.fail(f"{status} was never reported")


def test_a_text_is_taken_and_found_again(carrier):
    since = datetime.now(UTC)

    sid = carrier.send(text("hello there"))

    assert sid.startswith("SM")
    assert carrier.find(text("hello there"), since) == [sid]


def test_a_text_that_was_not_taken_is_not_found(carrier):
    assert carrier.find(text("never sent"), datetime.now(UTC)) == []


def test_a_text_of_long_ago_is_not_mistaken_for_this_one(carrier):
    carrier.send(text("same words"))

    assert carrier.find(text("same words"), datetime.now(UTC) + timedelta(minutes=5)) == []


@pytest.mark.parametrize(
    ("kind", "permanent", "unknown", "code"),
    [("21610", True, False, "21610"), ("429", False, False, "20429"), ("500", False, True, None)],
)
def test_failures_say_whether_trying_again_can_help(
    product, carrier, kind, permanent, unknown, code
):
    fault(product, kind, f"fails {kind}")

    with pytest.raises(DeliveryError) as failed:
        carrier.send(text(f"fails {kind}"))

    assert (failed.value.permanent, failed.value.unknown) == (permanent, unknown)
    if code:
        assert failed.value.code == code


@pytest.mark.parametrize(
    ("code", "status", "permanent", "said"),
    [
        ("21211", 400, True, "The carrier does not know this phone number. Please check it."),
        ("20003", 401, True, "The carrier does not accept our credentials."),
        ("20429", 429, False, "The carrier asks us to send more slowly."),
        ("30001", 400, False, "Too many texts from your number are waiting at the carrier."),
        ("30008", 400, False, "The phone company lost the text"),
        ("99999", 400, True, "The request was refused"),
        ("99999", 429, False, "The request was refused"),
    ],
)
def test_a_refusal_is_judged_by_its_code_and_else_by_its_status(
    product, carrier, code, status, permanent, said
):
    fault(product, "refuse", f"refused {code} {status}", code=int(code), status=status)

    with pytest.raises(DeliveryError, match=said) as failed:
        carrier.send(text(f"refused {code} {status}"))

    assert (failed.value.code, failed.value.permanent) == (code, permanent)
    assert not failed.value.unknown


def test_a_known_code_with_a_server_error_may_have_been_taken(product, carrier):
    fault(product, "refuse", "broken", code=20429, status=503)

    with pytest.raises(DeliveryError) as failed:
        carrier.send(text("broken"))

    assert (failed.value.permanent, failed.value.unknown) == (False, True)


@pytest.mark.parametrize(("status", "code"), [("undelivered", "30007"), ("failed", "30001")])
def test_a_text_that_fails_after_it_was_taken_is_reported_with_its_code(
    product, carrier, status, code
):
    fault(product, status, f"taken, then {status}", code=int(code))

    sid = carrier.send(text(f"taken, then {status}"))

    assert last_report(product, sid, status)["ErrorCode"] == code


AT_ONCE = 20


class Crowd(ThreadingHTTPServer):
    request_queue_size = AT_ONCE
    connections = 0

    def process_request(self, *asked):
        self.connections += 1
        super().process_request(*asked)


class Crowded(BaseHTTPRequestHandler):
    """Takes every text, and answers when so many wait that none can share a connection."""

    protocol_version = "HTTP/1.1"
    together = threading.Barrier(AT_ONCE, timeout=30)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.together.wait()
        body = b'{"sid": "SM1"}'
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def crowded():
    server = Crowd(("127.0.0.1", 0), Crowded)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_second_burst_of_texts_opens_no_new_connection(crowded):
    url = f"http://127.0.0.1:{crowded.server_port}"
    carrier = TwilioCarrier("AC1", "x", url, url, str)
    burst = [text(f"text {place}") for place in range(AT_ONCE)]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        sids = [*threads.map(carrier.send, burst), *threads.map(carrier.send, burst)]
    carrier._http.session.close()

    assert sids == ["SM1"] * 2 * AT_ONCE
    assert crowded.connections == AT_ONCE


def test_a_connection_that_breaks_after_the_text_was_taken_is_unknown(product, carrier):
    fault(product, "accept_then_drop", "dropped")
    since = datetime.now(UTC)

    with pytest.raises(DeliveryError) as failed:
        carrier.send(text("dropped"))

    assert failed.value.unknown
    assert carrier.find(text("dropped"), since)


def test_an_invalid_number_is_permanent(carrier):
    with pytest.raises(DeliveryError) as failed:
        carrier.send(text("to nobody", to="+1"))

    assert failed.value.permanent


def test_a_carrier_that_is_not_there_can_be_tried_again(product):
    env = product.environment
    nowhere = TwilioCarrier(
        env["TWILIO_ACCOUNT_SID"], "x", f"http://127.0.0.1:{free_port()}", product.url, str
    )

    with pytest.raises(DeliveryError) as failed:
        nowhere.send(text("hello"))

    assert not failed.value.permanent
