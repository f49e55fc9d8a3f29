"""The carrier simulator keeps Twilio's promises to the real twilio client and to a product."""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI, Request, Response
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from server.demo.simulator import BusinessNumber, SimulatorSettings, StaffPhone, create_simulator
from server.demo.simulator.segments import count_segments
from tests.server.demo.serving import listen, serve

SID, TOKEN = "AC" + "0" * 32, "a-token"
SHOP, CALLER, MIA, BEN = "+13035550140", "+13035550199", "+13035550141", "+13035550142"

DIAL = """<Response><Dial action="/twilio/voice/dialed" timeout="20">
  <Number url="/twilio/voice/screen">+13035550141</Number></Dial></Response>"""
DIAL_BOTH = """<Response><Dial action="/twilio/voice/dialed"{sequential}>
  <Number>+13035550141</Number><Number>+13035550142</Number></Dial></Response>"""
SCREEN = """<Response><Gather numDigits="1" action="/twilio/voice/accepted">
  <Say>Press 1 to take the call.</Say></Gather><Hangup/></Response>"""
DIAL_ON_BRIDGE = DIAL.replace("<Dial", '<Dial answerOnBridge="true"')
DIAL_MIA = '<Response><Dial action="/twilio/voice/dialed?rung=1">+13035550141</Dial></Response>'
DIAL_BEN = '<Response><Dial action="/twilio/voice/second">+13035550142</Dial></Response>'
TRANSCRIBED = """<Response><Record action="/twilio/voice/recorded" transcribe="true"
  transcribeCallback="/twilio/voice/transcribed"/></Response>"""
VOICEMAIL = """<Response><Say>Sorry we missed you.</Say>
  <Record action="/twilio/voice/recorded" recordingStatusCallback="/twilio/voice/recording"/>
  </Response>"""


@dataclass
class Product:
    """Stands in for the product: checks signatures, remembers, answers as told."""

    url: str
    answers: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def params(self, path: str) -> list[dict[str, str]]:
        return [params for got, params in self.received if got == path]

    def forget(self) -> None:
        for memory in (self.answers, self.statuses, self.received, self.tokens):
            memory.clear()

    async def answer(self, request: Request) -> Response:
        params = {name: str(value) for name, value in (await request.form()).items()}
        path, headers = request.url.path, request.headers
        signature = headers.get("X-Twilio-Signature", "")
        asked = self.url + urlsplit(str(request.url))._replace(scheme="", netloc="").geturl()
        if not RequestValidator(TOKEN).validate(asked, params, signature):
            return Response(status_code=403)
        self.received.append((path, params))
        self.tokens.append(headers["I-Twilio-Idempotency-Token"])
        waiting = self.statuses.get(path)
        status = waiting.pop(0) if waiting else 200
        return Response(self.answers.get(path, "<Response/>"), status_code=status)


@dataclass
class Simulator:
    url: str
    http: httpx2.Client

    def post(self, path: str, body: object) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def get(self, path: str, /, **params: str) -> Any:
        return self.http.get(path, params=params).raise_for_status().json()

    def call(self, **wish: object) -> Any:
        return self.post("/sim/call", {"from": CALLER, "to": SHOP, **wish})

    def text(self, body: str, **wish: object) -> Any:
        return self.post("/sim/text", {"from": CALLER, "to": SHOP, "body": body, **wish})

    def settle(self) -> None:
        """Wait until nothing is under way."""
        deadline = time.monotonic() + 10
        while self.http.get("/sim/ready").json()["pending"]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


class Loopback(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    def __init__(self, url: str) -> None:
        super().__init__(timeout=5)
        self.url = url

    def request(self, method, url, *args, **kwargs):
        asked = urlsplit(url)._replace(scheme="http", netloc=urlsplit(self.url).netloc)
        return super().request(method, asked.geturl(), *args, **kwargs)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Product, Simulator, dict[str, Any]]]:
    """Both servers, started once, and the settings every test begins with."""
    (product_listener, product_url), (listener, url) = listen(), listen()
    product, app = Product(product_url), FastAPI()
    app.add_api_route("/{path:path}", product.answer, methods=["POST"])
    settings = SimulatorSettings(
        account_sid=SID,
        auth_token=TOKEN,
        webhook_base_url=product_url,
        numbers=(BusinessNumber(phone=SHOP, name="Alder Creek Plumbing", slug="alder-creek"),),
        staff=(StaffPhone(phone=MIA, name="Mia Torres"), StaffPhone(phone=BEN, name="Ben")),
        ring_s=0.2,
        delivery_delay_s=0.01,
        webhook_timeout_s=2,
    )
    with (
        serve(app, product_listener),
        serve(create_simulator(settings), listener),
        httpx2.Client(base_url=url) as http,
    ):
        yield product, Simulator(url, http), asdict(settings)


@pytest.fixture
def simulator(served):
    _, simulator, settings = served
    simulator.post("/sim/reset", {})
    simulator.post("/sim/settings", settings)
    return simulator


@pytest.fixture
def product(served, simulator):
    stand_in, _, _ = served
    stand_in.forget()
    return stand_in


@pytest.fixture
def twilio(simulator: Simulator) -> Iterator[Client]:
    http = Loopback(simulator.url)
    yield Client(SID, TOKEN, http_client=http)
    http.session.close()


def send(twilio: Client, product: Product, **changes: object):
    wish = {
        "to": CALLER,
        "from_": SHOP,
        "body": "Sorry we missed your call.",
        "status_callback": product.url + "/twilio/sms/status#rc=3&rp=all",
    }
    return twilio.messages.create(**(wish | changes))


def statuses(product: Product) -> list[str]:
    return [params["MessageStatus"] for params in product.params("/twilio/sms/status")]


# Texts from the product


def test_the_twilio_client_creates_a_message(twilio, product):
    message = send(twilio, product)

    assert message.sid.startswith("SM")
    assert (message.status, message.num_segments, message.error_code) == ("queued", "1", None)


def test_a_sent_text_is_reported_as_sent_and_delivered(twilio, product, simulator):
    message = send(twilio, product)
    simulator.settle()

    assert statuses(product) == ["sent", "delivered"]
    assert twilio.messages(message.sid).fetch().status == "delivered"


def test_the_twilio_client_finds_a_text_by_pair_and_date(twilio, product):
    since = datetime.fromtimestamp(time.time(), UTC)
    message = send(twilio, product)
    send(twilio, product, to="+13035550177")

    def found(after: datetime) -> list[str]:
        texts = twilio.messages.list(to=CALLER, from_=SHOP, date_sent_after=after)
        return [text.sid for text in texts]

    assert found(since) == [message.sid]
    assert found(since + timedelta(minutes=1)) == []


def test_the_twilio_client_pages_through_many_texts(twilio, product):
    sent = [send(twilio, product, body=f"Text {place}").body for place in range(5)]

    listed = [text.body for text in twilio.messages.list(page_size=2)]

    assert listed == sent[::-1]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "12"}, 21211),
        ({"body": "x" * 1601}, 21617),
        ({"body": ""}, 21602),
        ({"from_": MIA}, 21606),
        ({"from_": ""}, 21603),
        ({"status_callback": "nowhere"}, 21609),
    ],
)
def test_an_invalid_text_is_refused_with_twilios_code(twilio, product, changes, code):
    with pytest.raises(TwilioRestException) as refusal:
        send(twilio, product, **changes)

    assert refusal.value.code == code


def test_a_wrong_token_is_refused(simulator, product):
    http = Loopback(simulator.url)
    with pytest.raises(TwilioRestException) as refusal:
        send(Client(SID, "wrong", http_client=http), product)
    http.session.close()

    assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_a_text_can_be_redacted(twilio, product, simulator):
    message = send(twilio, product)

    twilio.messages(message.sid).update(body="")

    assert simulator.get("/sim/messages", to=CALLER)[0]["body"] == ""


@pytest.mark.parametrize(
    ("body", "segments"), [("a" * 160, 1), ("a" * 161, 2), ("é€" * 80, 2), ("日" * 71, 2), ("", 1)]
)
def test_segments_are_counted_by_alphabet(body, segments):
    assert count_segments(body) == segments


# Faults


def fault(simulator: Simulator, kind: str, **more: object) -> None:
    simulator.post("/sim/faults", [{"match": {"to": CALLER}, "kind": kind, "times": 1, **more}])


@pytest.mark.parametrize(("kind", "code"), [("500", 20500), ("429", 20429), ("21610", 21610)])
def test_a_refusing_fault_hits_once_and_accepts_nothing(twilio, product, simulator, kind, code):
    fault(simulator, kind)

    with pytest.raises(TwilioRestException) as refusal:
        send(twilio, product)
    send(twilio, product)

    assert refusal.value.code == code
    assert len(simulator.get("/sim/messages", to=CALLER)) == 1


def test_a_fault_leaves_other_texts_alone(twilio, product, simulator):
    fault(simulator, "500")

    assert send(twilio, product, to="+13035550177").status == "queued"


def test_a_dropped_answer_is_a_connection_error_though_the_text_was_taken(
    twilio, product, simulator
):
    fault(simulator, "accept_then_drop")

    with pytest.raises(OSError, match=r"closed|reset|aborted"):
        send(twilio, product)

    assert len(simulator.get("/sim/messages", to=CALLER)) == 1


def test_a_hanging_request_accepts_nothing(twilio, product, simulator):
    fault(simulator, "hang", delay_s=0.05)

    with pytest.raises(TwilioRestException):
        send(twilio, product)

    assert simulator.get("/sim/messages") == []


def test_a_landline_is_reported_undelivered(twilio, product, simulator):
    fault(simulator, "30006")
    send(twilio, product)
    simulator.settle()

    assert product.params("/twilio/sms/status")[-1]["ErrorCode"] == "30006"
    assert simulator.get("/sim/messages")[0]["status"] == "undelivered"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"code": 21211}, (400, 21211)),
        ({"code": 20003}, (401, 20003)),
        ({"code": 20429, "status": 503}, (503, 20429)),
        ({"code": 99999}, (400, 99999)),
    ],
)
def test_any_code_can_be_ordered_as_a_refusal(twilio, product, simulator, order, expected):
    fault(simulator, "refuse", **order)

    with pytest.raises(TwilioRestException) as refusal:
        send(twilio, product)

    assert (refusal.value.status, refusal.value.code) == expected
    assert simulator.get("/sim/messages") == []


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("undelivered", 30007, ["sent", "undelivered"]),
        ("undelivered", 99999, ["sent", "undelivered"]),
        ("failed", 30001, ["failed"]),
    ],
)
def test_any_code_can_be_ordered_as_a_report(twilio, product, simulator, kind, code, expected):
    fault(simulator, kind, code=code)
    message = send(twilio, product)
    simulator.settle()

    assert statuses(product) == expected
    assert product.params("/twilio/sms/status")[-1]["ErrorCode"] == str(code)
    assert twilio.messages(message.sid).fetch().error_code == code


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "refuse"},
        {"kind": "undelivered"},
        {"kind": "30006", "code": 30007},
        {"kind": "undelivered", "code": 30007, "status": 400},
        {"kind": "refuse", "code": 21211, "status": 200},
        {"kind": "lost"},
        {"kind": "lost", "match": {"path": "/v2/PhoneNumbers"}},
        {"kind": "30006", "match": {"path": "/twilio/sms/status"}},
        {"kind": "duplicate_status", "match": {"path": "/v2/PhoneNumbers"}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(simulator, wish):
    assert simulator.http.post("/sim/faults", json=[wish]).status_code == 422


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("reordered_status", ["delivered", "sent"]),
        ("duplicate_status", ["sent", "sent", "delivered", "delivered"]),
    ],
)
def test_reports_misbehave_on_order(twilio, product, simulator, kind, expected):
    fault(simulator, kind)
    send(twilio, product)
    simulator.settle()

    assert statuses(product) == expected
    assert simulator.get("/sim/messages")[0]["status"] == "delivered"


# Texts from callers


def test_a_callers_text_reaches_the_product_signed(simulator, product):
    sent = simulator.text("My sink leaks 💧\nplease", media=[{"type": "image/jpeg"}])

    [params] = product.params("/twilio/sms")
    assert sent == {"message_sid": params["MessageSid"], "webhook_status": 200}
    assert params["Body"] == "My sink leaks 💧\nplease"
    assert (params["NumMedia"], params["MediaContentType0"]) == ("1", "image/jpeg")
    assert httpx2.get(params["MediaUrl0"]).content.startswith(b"\xff\xd8")


def test_a_failing_webhook_is_retried_with_the_same_token(simulator, product):
    product.statuses["/twilio/sms"] = [503, 503]

    sent = simulator.text("Hello")

    assert sent["webhook_status"] == 200
    assert len(product.tokens) == 3
    assert len(set(product.tokens)) == 1
    assert simulator.get("/sim/webhooks", path="/twilio/sms")[0]["attempts"] == 3


def test_a_product_that_stays_down_is_named_in_plain_words(simulator, product):
    simulator.post("/sim/settings", {"retries": 0})
    product.statuses["/twilio/sms"] = [503]

    simulator.text("Hello")

    [text] = simulator.get("/sim/messages", direction="inbound")
    assert text["status"] == "failed"
    assert text["trouble"] == "The business's phone system did not answer (503)."


def test_a_product_that_is_not_there_is_no_connection(simulator):
    simulator.post("/sim/settings", {"retries": 0, "webhook_base_url": "http://127.0.0.1:1"})

    assert simulator.text("Hello")["webhook_status"] is None


def test_a_repeated_sid_is_a_replay_not_a_new_text(simulator, product):
    sid = simulator.text("Hello")["message_sid"]

    simulator.text("Hello", message_sid=sid)

    assert [params["MessageSid"] for params in product.params("/twilio/sms")] == [sid, sid]
    assert len(simulator.get("/sim/messages", direction="inbound")) == 1


def test_a_forged_webhook_is_signed_wrongly(simulator, product):
    forged = {"path": "/twilio/sms", "params": {"Body": "x"}, "sign": False}

    assert simulator.post("/sim/webhook", forged)["status"] == 403
    assert simulator.post("/sim/webhook", forged | {"sign": True})["status"] == 200


# STOP


def test_stop_blocks_the_pair_and_the_carrier_confirms_once(simulator, twilio, product):
    simulator.text(" Stop ")
    simulator.text("STOP")

    with pytest.raises(TwilioRestException) as refusal:
        send(twilio, product)
    assert (refusal.value.status, refusal.value.code) == (400, 21610)
    [confirmation] = simulator.get("/sim/messages", to=CALLER)
    assert confirmation["by_carrier"]
    assert confirmation["body"].startswith("You have successfully been unsubscribed.")
    assert "OptOutType" not in product.params("/twilio/sms")[0]


def test_start_lets_texts_through_again(simulator, twilio, product):
    simulator.text("STOP")
    simulator.text("START")

    assert send(twilio, product).status == "queued"


def test_stop_in_a_sentence_blocks_nothing(simulator, twilio, product):
    simulator.text("STOP texting me please")

    assert send(twilio, product).status == "queued"


def test_yes_without_an_opt_out_is_just_a_text(simulator):
    simulator.text("YES")

    assert simulator.get("/sim/messages", to=CALLER) == []


def test_advanced_opt_out_marks_the_webhook_and_answers_help(simulator, product):
    simulator.post("/sim/settings", {"advanced_opt_out": True})

    simulator.text("HELP")

    assert product.params("/twilio/sms")[0]["OptOutType"] == "HELP"
    assert simulator.get("/sim/messages", to=CALLER)[0]["by_carrier"]


# Calls from callers


@pytest.fixture
def dialing(product: Product) -> Product:
    product.answers |= {"/twilio/voice": DIAL, "/twilio/voice/screen": SCREEN}
    return product


def dialed(product: Product) -> tuple[str, str]:
    [params] = product.params("/twilio/voice/dialed")
    return params["DialCallStatus"], params["DialBridged"]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"answer": "no-answer"}, ("no-answer", "false")),
        ({"answer": "busy"}, ("busy", "false")),
        ({"answer": "answered", "screen": "1"}, ("completed", "true")),
        ({"answer": "answered", "screen": None}, ("completed", "false")),
        ({"answer": "hangup"}, ("canceled", "false")),
    ],
)
def test_the_dial_action_is_told_how_the_ring_went(simulator, dialing, wish, expected):
    call = simulator.call(**wish)

    assert dialed(dialing) == expected
    assert call["status"] == "completed"


def test_the_caller_hears_the_action_and_a_final_status_follows(simulator, dialing):
    dialing.answers["/twilio/voice/dialed"] = VOICEMAIL

    call = simulator.call(answer="no-answer", forwarded_from="+13035550100", voicemail_s=4)

    assert call["spoken"] == ["Sorry we missed you."]
    [voice] = dialing.params("/twilio/voice")
    assert (voice["CallStatus"], voice["ForwardedFrom"]) == ("ringing", "+13035550100")
    [recorded] = dialing.params("/twilio/voice/recorded")
    assert (recorded["RecordingDuration"], recorded["Digits"]) == ("4", "hangup")
    assert httpx2.get(recorded["RecordingUrl"] + ".wav").content.startswith(b"RIFF")
    [ended] = dialing.params("/twilio/voice/status")
    assert (ended["CallStatus"], ended["CallSid"]) == ("completed", voice["CallSid"])


def test_the_screen_hears_the_caller_and_gets_the_key(simulator, dialing):
    simulator.call(answer="answered", screen="1")

    [screen] = dialing.params("/twilio/voice/screen")
    [accepted] = dialing.params("/twilio/voice/accepted")
    assert (screen["From"], screen["To"]) == (CALLER, MIA)
    assert accepted["Digits"] == "1"
    assert screen["ParentCallSid"] == dialing.params("/twilio/voice")[0]["CallSid"]


@pytest.mark.parametrize(("sequential", "rung"), [("", {MIA, BEN}), (' sequential="true"', {MIA})])
def test_staff_ring_together_or_in_order(simulator, product, sequential, rung):
    product.answers["/twilio/voice"] = DIAL_BOTH.format(sequential=sequential)
    simulator.post("/sim/staff", {"phone": MIA, "script": "answer"})
    simulator.post("/sim/staff", {"phone": BEN, "script": "ignore"})

    call = simulator.call()

    assert {leg["to"] for leg in call["legs"]} == rung
    assert [leg["to"] for leg in call["legs"] if leg["bridged"]] == [MIA]


def test_a_call_to_a_product_that_is_down_says_so(simulator, product):
    simulator.post("/sim/settings", {"retries": 0})
    product.statuses["/twilio/voice"] = [503]

    call = simulator.call(answer="no-answer")

    assert call["status"] == "failed"
    assert call["trouble"] == "The business's phone system did not answer (503)."


def test_a_call_says_where_it_was_forwarded_from_and_who_vouches_for_the_caller(simulator, product):
    simulator.call(forwarded_from="+13035550100", stir_verstat="TN-Validation-Passed-A")

    [voice] = product.params("/twilio/voice")
    assert (voice["ForwardedFrom"], voice["StirVerstat"]) == (
        "+13035550100",
        "TN-Validation-Passed-A",
    )


def test_who_hangs_up_while_it_rings_was_never_answered_and_the_action_is_told(simulator, product):
    product.answers["/twilio/voice"] = DIAL_ON_BRIDGE

    call = simulator.call(answer="hangup")

    assert dialed(product) == ("canceled", "false")
    assert product.params("/twilio/voice/status")[0]["CallStatus"] == "no-answer"
    assert (call["status"], call["answered_at"]) == ("no-answer", None)


@pytest.mark.parametrize(
    ("wish", "answered"), [({"answer": "no-answer"}, True), ({"answer": "hangup"}, False)]
)
def test_a_call_that_rings_on_is_answered_by_what_is_said_afterwards(
    simulator, product, wish, answered
):
    product.answers |= {"/twilio/voice": DIAL_ON_BRIDGE, "/twilio/voice/dialed": VOICEMAIL}

    call = simulator.call(**wish)

    assert product.params("/twilio/voice/dialed")[0]["CallStatus"] == (
        "ringing" if answered else "no-answer"
    )
    assert (call["status"] == "completed", bool(call["spoken"])) == (answered, answered)


def test_two_dials_in_turn_each_tell_their_own_action(simulator, product):
    product.answers |= {"/twilio/voice": DIAL_MIA, "/twilio/voice/dialed": DIAL_BEN}
    simulator.post("/sim/staff", {"phone": MIA, "script": "decline"})
    simulator.post("/sim/staff", {"phone": BEN, "script": "ignore"})

    call = simulator.call()

    assert dialed(product) == ("busy", "false")
    [second] = product.params("/twilio/voice/second")
    assert (second["DialCallStatus"], second["DialCallSid"]) == (
        "no-answer",
        call["legs"][1]["sid"],
    )
    assert [leg["to"] for leg in call["legs"]] == [MIA, BEN]


@pytest.mark.parametrize(
    ("said", "seconds", "expected"),
    [
        ("the basement is full of water", 8, ("completed", "the basement is full of water")),
        ("", 8, ("completed", "(blank)")),
        ("too long a story", 121, ("failed", "")),
    ],
)
def test_the_words_of_a_voicemail_come_later(simulator, product, said, seconds, expected):
    simulator.post("/sim/settings", {"transcription_delay_s": 0.05})
    product.answers["/twilio/voice"] = TRANSCRIBED

    simulator.call(voicemail_s=seconds, voicemail_words=said)
    simulator.settle()

    [words] = product.params("/twilio/voice/transcribed")
    [recorded] = product.params("/twilio/voice/recorded")
    assert (words["TranscriptionStatus"], words["TranscriptionText"]) == expected
    assert (words["RecordingSid"], words["CallSid"]) == (
        recorded["RecordingSid"],
        recorded["CallSid"],
    )
    assert [path for path, _ in product.received][-1] == "/twilio/voice/transcribed"


# Webhooks that go astray


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("lost", ["", "/status"]),
        ("doubled", ["", "/dialed", "/dialed", "/status"]),
        ("delayed", ["", "/dialed", "/status"]),
        ("swapped", ["", "/status", "/dialed"]),
    ],
)
def test_a_webhook_goes_astray_on_order(simulator, dialing, kind, expected):
    delay = {"delay_s": 0.3} if kind == "delayed" else {}
    match = {"to": SHOP, "path": "/twilio/voice/dialed"}
    simulator.post("/sim/faults", [{"match": match, "kind": kind, **delay}])
    began = time.monotonic()

    simulator.call(answer="no-answer", ring_s=0)
    simulator.settle()

    assert [path.removeprefix("/twilio/voice") for path, _ in dialing.received] == expected
    assert not delay or time.monotonic() - began >= delay["delay_s"]


def test_a_lost_webhook_hits_its_path_alone_and_only_once(simulator, product):
    simulator.post("/sim/faults", [{"match": {"path": "/twilio/sms"}, "kind": "lost"}])

    statuses = [simulator.text(body)["webhook_status"] for body in ("one", "two")]

    assert statuses == [None, 200]
    assert [params["Body"] for params in product.params("/twilio/sms")] == ["two"]


# Look-ups


def look_up(twilio: Client, number: str = CALLER):
    return twilio.lookups.v2.phone_numbers(number).fetch(fields="line_type_intelligence")


@pytest.mark.parametrize(
    ("number", "scripted", "expected"),
    [
        (CALLER, None, ("mobile", None)),
        (CALLER, "landline", ("landline", None)),
        ("+14165550123", None, (None, 60601)),
        ("+14165550123", "nonFixedVoip", ("nonFixedVoip", None)),
    ],
)
def test_a_look_up_tells_the_line_type(simulator, twilio, number, scripted, expected):
    if scripted:
        simulator.post("/sim/line", {"phone": number, "type": scripted})

    found = look_up(twilio, number)

    line = found.line_type_intelligence
    assert (line["type"], line["error_code"]) == expected
    assert found.phone_number == number


def test_a_look_up_goes_wrong_on_order_and_leaves_texts_alone(simulator, twilio, product):
    match = {"to": CALLER, "path": "/v2/PhoneNumbers"}
    simulator.post("/sim/faults", [{"match": match, "kind": "refuse", "code": 60601}])

    assert send(twilio, product).status == "queued"
    with pytest.raises(TwilioRestException) as refusal:
        look_up(twilio)

    assert (refusal.value.status, refusal.value.code) == (403, 60601)
    assert look_up(twilio).line_type_intelligence["type"] == "mobile"


# Calls to staff


def place(twilio: Client, product: Product):
    return twilio.calls.create(
        to=MIA,
        from_=SHOP,
        url=product.url + "/twilio/voice/alert",
        status_callback=product.url + "/twilio/voice/status",
    )


@pytest.fixture
def alerting(product: Product) -> Product:
    product.answers["/twilio/voice/alert"] = (
        '<Response><Gather numDigits="1" action="/twilio/voice/alert/answer">'
        "<Say>Water in the basement. Press 1 to take it.</Say></Gather></Response>"
    )
    return product


def test_an_answered_alert_call_is_spoken_and_takes_the_key(simulator, twilio, alerting):
    script = {"action": "answer", "digits": "1"}
    simulator.post("/sim/staff", {"phone": MIA, "script": script})
    call = place(twilio, alerting)
    simulator.settle()

    assert call.status == "queued"
    assert alerting.params("/twilio/voice/alert/answer")[0]["Digits"] == "1"
    assert twilio.calls(call.sid).fetch().status == "completed"
    assert simulator.get("/sim/calls")[0]["spoken"] == [
        "Water in the basement. Press 1 to take it."
    ]


@pytest.mark.parametrize(("script", "status"), [("ignore", "no-answer"), ("decline", "busy")])
def test_an_alert_call_nobody_takes_is_reported(simulator, twilio, alerting, script, status):
    simulator.post("/sim/staff", {"phone": MIA, "script": script})
    place(twilio, alerting)
    simulator.settle()

    assert alerting.params("/twilio/voice/status")[0]["CallStatus"] == status
    assert [call.status for call in twilio.calls.list(to=MIA)] == [status]


# The page


def wait_for(simulator: Simulator, claim) -> Any:
    """The first open call of which the claim is true."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for call in simulator.get("/phone/state", caller=CALLER)["calls"]:
            if claim(call):
                return call
        time.sleep(0.02)
    pytest.fail("no such call")


def press(simulator: Simulator, call: dict[str, Any], button: str) -> None:
    simulator.post(f"/phone/calls/{call['sid']}/{button}", {})


def test_a_call_from_the_page_is_answered_and_screened_by_hand(simulator, dialing):
    simulator.post("/sim/settings", {"ring_s": 5})
    simulator.post("/phone/call", {"caller": CALLER, "business": SHOP})
    ringing = wait_for(simulator, lambda call: call["to"] == MIA)
    press(simulator, ringing, "answer")
    asked = wait_for(simulator, lambda call: call["to"] == MIA and call["gathering"])
    simulator.post(f"/phone/calls/{asked['sid']}/keys/press", {"digits": "1"})
    talking = wait_for(simulator, lambda call: call["to"] == SHOP and call["bridged"])
    press(simulator, talking, "hangup")
    simulator.settle()

    assert dialed(dialing) == ("completed", "true")


def test_a_photo_from_the_page_is_served_to_the_product(simulator, product):
    headers = {"Content-Type": "image/png"}
    upload = simulator.http.post("/phone/media", content=b"png", headers=headers).json()

    wish = {"caller": CALLER, "business": SHOP, "media": [upload["id"]]}
    simulator.post("/phone/text", wish)
    simulator.settle()

    [params] = product.params("/twilio/sms")
    assert httpx2.get(params["MediaUrl0"]).content == b"png"


def test_news_reach_an_open_page(simulator):
    with simulator.http.stream("GET", "/phone/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        simulator_text = threading.Thread(target=simulator.text, args=("Hello",))
        simulator_text.start()
        event = next(line for line in lines if line.startswith("data:"))
        simulator_text.join()

    assert '"body": "Hello"' in event


def test_the_page_names_the_business_and_the_inbox(simulator, product):
    page = simulator.http.get("/").text

    assert "Alder Creek Plumbing" in page
    assert product.url + "/inbox" in page


def test_reset_forgets_everything_but_the_settings(simulator, twilio, product):
    simulator.text("STOP")
    simulator.post("/sim/reset", {})

    assert send(twilio, product).status == "queued"
    assert len(simulator.get("/sim/messages")) == 1
