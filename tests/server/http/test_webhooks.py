"""Webhooks: believed only when signed, stored once, answered at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from evals.product import CALLER, MIA, SHOP


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product(RINGBACK_GRACE_S="2")
    yield running
    running.stop()


def incoming(product, sid, caller, body):
    return {
        "MessageSid": sid, "SmsMessageSid": sid, "AccountSid": product.environment["TWILIO_ACCOUNT_SID"],
        "From": caller, "To": SHOP, "Body": body, "NumMedia": "0", "SomethingNew": "kept",
    }  # fmt: skip


PATHS = ["/twilio/voice", "/twilio/voice/dialed", "/twilio/voice/status", "/twilio/sms", "/twilio/sms/status?key=x"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_an_unsigned_request_is_refused(product, path):
    answered = product.client.post(
        f"{product.url}{path}", data=incoming(product, "SM0", CALLER, "hi")
    )

    assert answered.status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_a_forged_signature_is_refused(product, path):
    answered = product.client.post(
        f"{product.url}{path}",
        data=incoming(product, "SM0", CALLER, "hi"),
        headers={"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    )

    assert answered.status_code == 403


def test_a_signature_for_another_address_is_refused(product):
    answered = product.webhook(
        "/twilio/sms", incoming(product, "SM1", CALLER, "hi"), sign=True, signed_for="https://elsewhere.example/twilio/sms",
    )  # fmt: skip

    assert answered["status"] == 403


def test_another_account_is_refused(product):
    params = incoming(product, "SM2", CALLER, "hi") | {"AccountSid": "AC" + "9" * 32}

    assert product.webhook("/twilio/sms", params, sign=True)["status"] == 403


def test_a_number_that_no_business_has_is_refused(product):
    params = incoming(product, "SM3", CALLER, "hi") | {"To": "+13035559999"}

    assert product.webhook("/twilio/sms", params, sign=True)["status"] == 404


def test_twenty_parallel_deliveries_of_one_text_have_one_effect(product):
    caller = "+17205550901"
    params = incoming(product, "SM4", caller, "how much is a drain cleaning?")

    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: product.webhook("/twilio/sms", params, sign=True), range(20))
        )

    assert {one["status"] for one in answers} == {200}
    product.replied(1, to=caller)
    product.stays_silent(1, to=caller)


def test_repeated_and_late_callbacks_of_a_call_send_one_first_text(product):
    caller = "+17205550902"
    call = {"AccountSid": product.environment["TWILIO_ACCOUNT_SID"], "CallSid": "CA1", "From": caller, "To": SHOP}  # fmt: skip

    for path, more in [
        ("/twilio/voice", {"CallStatus": "ringing"}),
        ("/twilio/voice/dialed", {"DialCallStatus": "no-answer"}),
        ("/twilio/voice/dialed", {"DialCallStatus": "no-answer"}),
        ("/twilio/voice/status", {"CallStatus": "completed"}),
        ("/twilio/voice", {"CallStatus": "ringing"}),
    ]:
        assert product.webhook(path, call | more, sign=True)["status"] == 200

    product.replied(1, to=caller)
    product.stays_silent(1, to=caller)


def test_an_answered_call_is_not_texted(product):
    caller = "+17205550903"

    record = product.call(caller=caller, answer="answered", screen="1")

    assert record["bridged"]
    product.stays_silent(0, to=caller)


def test_a_call_that_only_a_voicemail_took_is_texted(product):
    caller = "+17205550911"

    record = product.call(caller=caller, answer="answered", screen=None)

    assert not record["bridged"]
    product.replied(1, to=caller)


def test_an_answer_reported_after_the_end_of_the_call_still_stops_the_text(product):
    caller = "+17205550912"
    call = {"AccountSid": product.environment["TWILIO_ACCOUNT_SID"], "CallSid": "CA2", "From": caller, "To": SHOP}  # fmt: skip
    product.webhook("/twilio/voice", call | {"CallStatus": "ringing"}, sign=True)
    product.webhook("/twilio/voice/status", call | {"CallStatus": "completed"}, sign=True)
    product.webhook("/twilio/voice/dialed", call | {"DialCallStatus": "completed", "DialBridged": "true"}, sign=True)  # fmt: skip

    product.stays_silent(0, seconds=4, to=caller)


def test_a_staff_members_reply_to_an_alert_is_no_callers_text(product):
    product.text("Got it, gas leak at Smith, on my way", caller=MIA)

    with product.database().connect() as connection:
        kept = connection.execute(
            sa.text("select turn from text where sender = :mia"), {"mia": MIA}
        )
        assert [row.turn for row in kept] == ["staff"]


def test_saying_stop_again_is_not_confirmed_again(product):
    caller = "+17205550913"

    product.text("stop texting me", caller=caller)
    product.replied(1, to=caller)
    product.text("I said stop texting me", caller=caller)

    product.stays_silent(1, to=caller)


def test_yes_after_stop_is_no_consent(product):
    caller = "+17205550914"

    product.text("stop texting me", caller=caller)
    product.replied(1, to=caller)
    params = incoming(product, "SM9", caller, "yes") | {"OptOutType": "START"}
    product.webhook("/twilio/sms", params, sign=True)
    product.text("how much is a drain cleaning?", caller=caller)

    product.stays_silent(1, to=caller)


def test_no_try_is_made_after_an_opt_out_that_came_between_two_tries(product):
    caller = "+17205550915"
    fault = {"match": {"to": caller}, "kind": "500", "times": 2}
    product.client.post(f"{product.phone}/sim/faults", json=[fault])

    product.text("how much is a drain cleaning?", caller=caller)
    time.sleep(1)
    product.text("STOP", caller=caller)

    product.stays_silent(0, seconds=6, to=caller)


def test_a_caller_who_hangs_up_while_it_rings_is_texted(product):
    caller = "+17205550904"

    product.call(caller=caller, answer="hangup")

    product.replied(1, to=caller)


def test_a_second_miss_in_the_episode_sends_no_second_text(product):
    caller = "+17205550905"

    product.call(caller=caller)
    product.replied(1, to=caller)
    product.call(caller=caller)

    product.stays_silent(1, to=caller)


def test_stop_holds_for_the_next_call_too(product):
    caller = "+17205550906"

    product.text("stop texting me", caller=caller)
    assert "opted out" in product.replied(1, to=caller)[0]
    product.text("how much is a drain cleaning?", caller=caller)
    product.call(caller=caller)

    product.stays_silent(1, to=caller)


def test_start_lets_texts_flow_again(product):
    caller = "+17205550907"

    product.text("STOP", caller=caller)
    product.text("START", caller=caller)
    product.text("how much is a drain cleaning?", caller=caller)

    assert "$149" in product.replied(1, to=caller)[-1]


def test_a_photo_without_words_is_taken(product):
    caller = "+17205550908"

    product.text("", caller=caller, media=[{"type": "image/jpeg"}])

    assert "photo" in product.replied(1, to=caller)[0]


def test_a_refusal_by_the_carrier_for_opt_out_is_learned(product):
    caller = "+17205550909"
    fault = {"match": {"to": caller}, "kind": "21610", "times": 1}
    product.client.post(f"{product.phone}/sim/faults", json=[fault])

    product.text("how much is a drain cleaning?", caller=caller)
    product.stays_silent(0, to=caller)
    product.text("hello?", caller=caller)

    product.stays_silent(0, to=caller)


def test_health_and_readiness_are_told(product):
    assert product.client.get(f"{product.url}/health").status_code == 200
    ready = product.client.get(f"{product.url}/ready").json()
    assert ready["status"] == "ready"
    assert set(ready["checks"].values()) == {"ok"}


def test_logs_hold_no_texts_and_no_whole_numbers(product):
    product.text("a very private matter", caller="+17205550910")
    product.replied(1, to="+17205550910")

    assert "private matter" not in product.log()
    assert "7205550910" not in product.log()
