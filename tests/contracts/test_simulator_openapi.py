"""The simulator speaks Twilio's published contract: its OpenAPI documents, watched by Prism between it and the client.

Both come from the npm registry, once; without npm there is nothing to see here.
"""

import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from evals.product import free_port
from server.demo.simulator import BusinessNumber, SimulatorSettings, create_simulator
from tests.server.demo.serving import listen, serve

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]

PACKAGES = ("@stoplight/prism-cli@5.14.2", "@twilio/cli-core@8.3.2")
CACHE = Path.home() / ".cache" / "ringback" / "npm"
DOCUMENTS = CACHE / "node_modules" / "@twilio" / "cli-core" / "src" / "services" / "twilio-api"
SID, TOKEN = "AC" + "0" * 32, "a-token"
SHOP, CALLER, MIA = "+13035550140", "+13035550199", "+13035550141"
NOWHERE = "http://127.0.0.1:1"
RELATIVE = "must match format"
NOT_DESCRIBED = "Unable to match the returned status code"


@pytest.fixture(scope="module")
def documents():
    """Twilio's documents, with Prism beside them."""
    if not DOCUMENTS.exists():
        install()
    return DOCUMENTS


def install():
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    words = [npm, "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", *PACKAGES]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry is too slow")
    if done.returncode:
        pytest.skip(f"the npm packages do not install: {done.stderr[-300:]}")


@contextmanager
def watched(document, simulator, log):
    """Prism in front of the simulator; its address."""
    port = free_port()
    prism = CACHE / "node_modules" / ".bin" / "prism"
    words = [prism, "proxy", "--host", "127.0.0.1", "--port", str(port), document, simulator]
    with log.open("w") as told:
        process = subprocess.Popen([str(word) for word in words], stdout=told, stderr=told)
        try:
            end = time.monotonic() + 60
            while "Prism is listening" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=15)


class Watching(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Twilio's client through Prism; keeps what Prism says of every request and answer."""

    def __init__(self, api, lookups):
        super().__init__(timeout=20)
        self._to = {"api.twilio.com": api, "lookups.twilio.com": lookups}
        self.violations = []
        self.seen = 0

    def request(self, method, url, *args, **kwargs):
        asked = urlsplit(url)
        there = asked._replace(scheme="http", netloc=urlsplit(self._to[asked.netloc]).netloc)
        answer = super().request(method, there.geturl(), *args, **kwargs)
        told = answer.headers.get("sl-violations")
        self.seen += 1
        for violation in json.loads(told) if told else []:
            if not excused(violation, json.loads(answer.text), answer.status_code):
                self.violations.append((method, asked.path, violation))
        return answer


def excused(violation, answer, status):
    """Where the document is wrong: Twilio's own examples in it have relative addresses, and null for what is not asked."""
    if violation["message"].startswith(NOT_DESCRIBED):
        return status >= 400
    if violation["location"][:2] != ["response", "body"]:
        return False
    value = answer
    for name in violation["location"][2:]:
        value = value[int(name) if isinstance(value, list) else name]
    relative = RELATIVE in violation["message"] and str(value).startswith("/2010-04-01/")
    return relative or ("phone_number" in answer and value is None)


@pytest.fixture(scope="module")
def control():
    listener, url = listen()
    settings = SimulatorSettings(
        account_sid=SID,
        auth_token=TOKEN,
        webhook_base_url=NOWHERE,
        numbers=(BusinessNumber(phone=SHOP, name="Alder Creek Plumbing", slug="alder-creek"),),
        ring_s=0.2,
        delivery_delay_s=0.01,
        retries=0,
    )
    with serve(create_simulator(settings), listener), httpx2.Client(base_url=url) as http:
        yield http


@pytest.fixture(scope="module")
def through_prism(documents, control, tmp_path_factory):
    logs, url = tmp_path_factory.mktemp("prism"), str(control.base_url).rstrip("/")
    with (
        watched(documents / "twilio_api_v2010.json", url, logs / "api.log") as api,
        watched(documents / "twilio_lookups_v2.json", url, logs / "lookups.log") as lookups,
    ):
        yield api, lookups


@pytest.fixture
def http(through_prism):
    client = Watching(*through_prism)
    yield client
    client.session.close()


@pytest.fixture
def twilio(http):
    return Client(SID, TOKEN, http_client=http)


def settle(control):
    end = time.monotonic() + 10
    while control.get("/sim/ready").json()["pending"]:
        assert time.monotonic() < end
        time.sleep(0.02)


def send(twilio, **more):
    return twilio.messages.create(to=CALLER, from_=SHOP, body="Sorry we missed your call.", **more)


def keeps_to_the_contract(http):
    assert http.violations == []
    assert http.seen


def test_a_message_is_created_fetched_and_redacted_by_the_contract(twilio, http, control):
    sent = send(twilio, validity_period=600, status_callback=f"{NOWHERE}/status?key=call%3A1")
    settle(control)
    delivered = twilio.messages(sent.sid).fetch()
    redacted = twilio.messages(sent.sid).update(body="")

    keeps_to_the_contract(http)
    assert (sent.status, delivered.status, redacted.body) == ("queued", "delivered", "")


@pytest.mark.parametrize("code", ["30006", "failed"])
def test_a_message_that_did_not_arrive_is_told_by_the_contract(twilio, http, control, code):
    fault = {"kind": code, "code": 30001} if code == "failed" else {"kind": code}
    control.post("/sim/faults", json=[fault]).raise_for_status()

    sent = send(twilio)
    settle(control)

    assert twilio.messages(sent.sid).fetch().error_code in (30001, 30006)
    keeps_to_the_contract(http)


def test_a_callers_text_with_a_picture_is_told_by_the_contract(twilio, http, control):
    wish = {"from": CALLER, "to": SHOP, "body": "look", "media": [{"type": "image/jpeg"}]}
    told = control.post("/sim/text", json=wish).raise_for_status().json()

    found = twilio.messages(told["message_sid"]).fetch()

    keeps_to_the_contract(http)
    assert (found.direction, found.num_media, found.status) == ("inbound", "1", "received")


def test_messages_are_listed_by_the_contract(twilio, http):
    sids = [send(twilio).sid for _ in range(3)]
    lately = datetime.now(UTC) - timedelta(minutes=1)

    found = twilio.messages.list(to=CALLER, from_=SHOP, date_sent_after=lately, page_size=2)
    today = twilio.messages.list(date_sent=datetime.now(UTC).date(), limit=3)
    before = twilio.messages.list(date_sent_before=lately, limit=3)

    keeps_to_the_contract(http)
    assert [text.sid for text in found][:3] == sids[::-1]
    assert (len(today), before) == (3, [])


def test_a_call_is_created_fetched_listed_and_ended_by_the_contract(twilio, http, control):
    made = twilio.calls.create(
        to=MIA,
        from_=SHOP,
        url=f"{NOWHERE}/alert",
        timeout=20,
        status_callback=f"{NOWHERE}/status",
    )
    twilio.calls(made.sid).fetch()
    twilio.calls(made.sid).update(status="canceled")
    settle(control)

    [listed] = twilio.calls.list(to=MIA)
    keeps_to_the_contract(http)
    assert (made.status, listed.status) == ("queued", "canceled")


def test_a_callers_call_and_its_legs_are_told_by_the_contract(twilio, http, control):
    wish = {"from": CALLER, "to": SHOP, "answer": "hangup", "forwarded_from": "+13035550100"}
    control.post("/sim/call", json=wish).raise_for_status()

    [listed] = twilio.calls.list(from_=CALLER)

    keeps_to_the_contract(http)
    assert (listed.direction, listed.forwarded_from) == ("inbound", "+13035550100")


@pytest.mark.parametrize(
    ("wish", "code"),
    [({"to": "+1"}, 21211), ({"from_": MIA}, 21606), ({"body": "x" * 1601}, 21617)],
)
def test_a_refusal_is_an_error_as_the_client_knows_it(twilio, http, wish, code):
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(**({"to": CALLER, "from_": SHOP, "body": "x"} | wish))

    assert refused.value.code == code
    keeps_to_the_contract(http)


@pytest.mark.parametrize("number", [CALLER, "+14165550123"])
def test_a_look_up_is_told_by_the_contract(twilio, http, number):
    found = twilio.lookups.v2.phone_numbers(number).fetch(fields="line_type_intelligence")

    keeps_to_the_contract(http)
    assert found.phone_number == number


def test_our_numbers_are_listed_and_changed_by_the_contract(twilio, http):
    [ours] = twilio.incoming_phone_numbers.list(phone_number=SHOP)
    changed = ours.update(sms_url=f"{NOWHERE}/sms", voice_method="POST")

    keeps_to_the_contract(http)
    assert (ours.capabilities["sms"], changed.sms_url) == (True, f"{NOWHERE}/sms")


def test_a_wrong_answer_would_be_seen(documents, tmp_path):
    """The watch itself works: a number where the contract has words is told."""
    from fastapi import FastAPI

    app, (listener, url) = FastAPI(), listen()

    @app.get("/{path:path}")
    def lie(path: str):
        return {"sid": "SM" + "1" * 32, "status": "nonsense", "num_segments": 1}

    with (
        serve(app, listener),
        watched(documents / "twilio_api_v2010.json", url, tmp_path / "lie.log") as api,
    ):
        http = Watching(api, api)
        Client(SID, TOKEN, http_client=http).messages("SM" + "1" * 32).fetch()
        http.session.close()

    wrong = {violation["location"][-1] for _, _, violation in http.violations}
    assert wrong == {"status", "num_segments"}
