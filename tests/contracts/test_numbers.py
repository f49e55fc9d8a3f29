"""The CarrierNumbers port: what is known of our own numbers, tried on the real Twilio client over HTTP."""

import httpx2
import pytest

from agent.business import TwilioAccount
from agent.errors import DeliveryError
from evals.product import free_port
from server.adapters.numbers_twilio import TwilioNumbers
from server.demo.simulator import BusinessNumber, SimulatorSettings, create_simulator
from tests.server.demo.serving import listen, serve

SID, TOKEN = "AC" + "0" * 32, "a-token"
SHOP, OTHER = "+13035550140", "+13035550149"
OURS = TwilioAccount()
HERE = "https://ringback.example"


@pytest.fixture(scope="module")
def carrier():
    listener, url = listen()
    settings = SimulatorSettings(
        account_sid=SID,
        auth_token=TOKEN,
        webhook_base_url=HERE,
        numbers=(BusinessNumber(phone=SHOP, name="Alder Creek Plumbing", slug="alder-creek"),),
    )
    with serve(create_simulator(settings), listener), httpx2.Client(base_url=url) as http:
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
    opened = []

    def source(url, token=TOKEN, limit_s=10.0):
        opened.append(TwilioNumbers(SID, token, str(url).rstrip("/"), lambda _name: TOKEN, limit_s=limit_s))  # fmt: skip
        return opened[-1]

    yield source
    for one in opened:
        one._http.session.close()


@pytest.fixture
def numbers(carrier, say, ask):
    return ask(carrier.base_url)


def test_a_number_of_the_account_is_told_as_it_is_set_up(numbers):
    found = numbers.find(SHOP, OURS)

    assert (found.number, found.texts, found.calls) == (SHOP, True, True)
    assert (found.calls_to, found.texts_to) == (f"{HERE}/twilio/voice", f"{HERE}/twilio/sms")


def test_a_number_of_somebody_else_is_none(numbers):
    assert numbers.find(OTHER, OURS) is None


def test_a_number_for_calls_alone_does_not_text(numbers, say):
    say("number", {"phone": SHOP, "texts": False})

    found = numbers.find(SHOP, OURS)

    assert (found.texts, found.calls) == (False, True)


def test_a_number_that_leads_nowhere_is_pointed_here(numbers, say):
    say("number", {"phone": SHOP, "points_elsewhere": True})
    assert numbers.find(SHOP, OURS).calls_to == ""

    assert numbers.point(SHOP, OURS, f"{HERE}/twilio/voice", f"{HERE}/twilio/sms", f"{HERE}/s")

    assert numbers.find(SHOP, OURS).texts_to == f"{HERE}/twilio/sms"


def test_nothing_is_changed_of_a_number_that_is_not_ours(numbers):
    assert not numbers.point(OTHER, OURS, HERE, HERE, HERE)


def test_a_wrong_login_is_told_as_lasting(carrier, say, ask):
    with pytest.raises(DeliveryError, match="TWILIO_AUTH_TOKEN") as refused:
        ask(carrier.base_url, token="wrong").find(SHOP, OURS)

    assert refused.value.permanent


@pytest.mark.parametrize(("kind", "words"), [("500", "error 500"), ("429", "error 429")])
def test_trouble_at_the_carrier_passes(numbers, say, kind, words):
    say("faults", [{"kind": kind, "match": {"path": "/IncomingPhoneNumbers"}}])

    with pytest.raises(DeliveryError, match=words) as failed:
        numbers.find(SHOP, OURS)

    assert not failed.value.permanent
    assert numbers.find(SHOP, OURS)


def test_an_answer_that_does_not_come_is_not_waited_for(carrier, say, ask):
    hangs = {"kind": "hang", "delay_s": 3, "match": {"path": "/IncomingPhoneNumbers"}}
    say("faults", [hangs])

    with pytest.raises(DeliveryError, match="Twilio"):
        ask(carrier.base_url, limit_s=0.2).find(SHOP, OURS)


def test_a_carrier_that_is_away_is_told(ask):
    with pytest.raises(DeliveryError, match="could not be asked"):
        ask(f"http://127.0.0.1:{free_port()}").find(SHOP, OURS)
