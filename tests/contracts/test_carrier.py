"""The Carrier port: what every carrier promises, tried on the real Twilio client over HTTP."""

from datetime import UTC, datetime, timedelta

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
