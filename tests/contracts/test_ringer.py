"""The Ringer port: what whoever rings staff promises, tried on the real Twilio client over HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from agent.errors import DeliveryError
from agent.model import StaffCall
from evals.product import free_port
from server.adapters.ringer_twilio import TwilioRinger

SID, TOKEN, OURS = "AC" + "0" * 32, "a-token", "https://ringback.example"
CALL = StaffCall(step=7, sender="+13035550140", to="+13035550141", ring_s=25)


class Carrier(BaseHTTPRequestHandler):
    server: "CarrierServer"

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.asked.append((self.path, parse_qs(self.rfile.read(length).decode())))
        status, body = self.server.answers
        if status is None:
            self.close_connection = True
            return
        said = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *words):
        pass


class CarrierServer(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Carrier)
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.answers: tuple[int | None, object] = (201, {"sid": "CA1", "status": "queued"})


@pytest.fixture
def carrier():
    server = CarrierServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ringer(port):
    return TwilioRinger(SID, TOKEN, f"http://127.0.0.1:{port}", OURS, str)


@pytest.fixture
def refused(carrier):
    """Rings where the carrier answers so; gives the error."""

    def ring(status, body=None):
        carrier.answers = (status, body)
        with pytest.raises(DeliveryError) as error:
            ringer(carrier.server_port).ring(CALL)
        return error.value

    return ring


def test_a_call_rings_so_long_and_comes_back_to_its_own_step(carrier):
    sid = ringer(carrier.server_port).ring(CALL)

    [(path, form)] = carrier.asked
    assert sid == "CA1"
    assert path.endswith(f"/Accounts/{SID}/Calls.json")
    assert form["Url"] == [f"{OURS}/twilio/voice/alert?step=7"]
    assert form["StatusCallback"] == [f"{OURS}/twilio/voice/status?step=7"]
    assert (form["From"], form["To"]) == (["+13035550140"], ["+13035550141"])
    assert form["Timeout"] == ["25"]


def test_no_machine_detection_is_paid_for(carrier):
    ringer(carrier.server_port).ring(CALL)

    assert "MachineDetection" not in carrier.asked[0][1]


def test_a_number_that_cannot_be_called_is_no_use_trying_again(refused):
    error = refused(400, {"code": 21211, "message": "Invalid 'To' number", "status": 400})

    assert (error.permanent, error.unknown, error.code) == (True, False, "21211")


def test_too_many_at_once_may_pass(refused):
    error = refused(429, {"code": 20429, "message": "Too many requests", "status": 429})

    assert (error.permanent, error.unknown) == (False, False)


@pytest.mark.parametrize("status", [500, 503, None])
def test_after_an_outage_the_phone_may_ring_all_the_same(refused, status):
    error = refused(status, {"code": 20500, "message": "Internal", "status": status})

    assert error.unknown


def test_a_carrier_that_is_away_has_rung_nobody():
    with pytest.raises(DeliveryError) as error:
        ringer(free_port()).ring(CALL)

    assert not error.value.unknown
