"""The go-live list: every check as it should be and as it should not, against the real simulator; then the switch."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from evals.product import until
from server.store import businesses, registrations, setups
from tests.server.newcomer import NUMBER, OWN_PHONE, EmptyProduct, answers, begins
from tests.visitor import Visitor

PAGE, SLUG = "/business/go-live", "oneil-sons-plumbing"


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    running = EmptyProduct(tmp_path_factory.mktemp("going-live"))
    running.start()
    running.buys(NUMBER)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def dana(product):
    """An owner who has begun and skipped everything."""
    visitor = Visitor(product)
    begins(product, visitor)
    visitor.sees("/setup/trade")
    yield visitor
    visitor.http.close()


def business(product):
    with product.database().connect() as connection:
        return businesses.get(connection, SLUG)


def change(product, **values):
    with product.database().begin() as connection:
        held = businesses.get(connection, SLUG)
        assert held is not None
        businesses.save(connection, held.model_copy(update=values), datetime.now(UTC))


def check(visitor, name):
    """(state, words) of a check, as the page shows it."""
    page = visitor.sees(PAGE)
    found = re.search(
        rf'<li id="{name}" class="check (\w+)".*?<p class="why">(.*?)</p>', page, re.S
    )
    assert found is not None
    return found.group(1), " ".join(unescape(re.sub("<[^>]+>", " ", found.group(2))).split())


def tries(visitor, name):
    """The same, tried now."""
    visitor.sees(PAGE)
    assert visitor.sends(f"{PAGE}/check/{name}").status_code == 303
    return check(visitor, name)


def test_nothing_is_done_and_nothing_is_sent_at_the_beginning(product, dana):
    states = {name: check(dana, name)[0] for name in ("address", "number", "registration", "calendar", "call", "greeting")}  # fmt: skip

    assert set(states.values()) == {"todo"}
    assert check(dana, "alert") == ("bad", "Nobody on call has a phone.")
    assert "Callers are not texted yet" in dana.sees(PAGE)


def test_a_number_that_was_not_entered_is_asked_for(dana):
    state, words = tries(dana, "number")

    assert (state, words) == ("todo", "You have not entered your number yet.")
    assert 'href="/setup/number"' in dana.sees(PAGE)


def test_a_number_that_is_not_the_accounts_is_told(product, dana):
    answers(dana, "number", {"phone": "+13035550176", "missed_call": "dial"})

    state, words = tries(dana, "number")

    assert state == "bad"
    assert "(303) 555-0176 is not a number of the phone company's account" in words


def test_a_number_that_cannot_text_is_told(product, dana):
    answers(dana, "number", {"phone": NUMBER})
    product.number_is(phone=NUMBER, texts=False)

    assert tries(dana, "number")[0] == "bad"
    assert "cannot text" in check(dana, "number")[1]


def test_a_number_that_leads_elsewhere_is_brought_here_by_one_tap(product, dana):
    product.number_is(phone=NUMBER, points_elsewhere=True)
    state, words = tries(dana, "number")
    assert (state, "reported to nobody" in words) == ("bad", True)
    assert "Bring its calls and texts here" in dana.sees(PAGE)

    assert dana.sends(f"{PAGE}/point").status_code == 303

    assert check(dana, "number")[0] == "ok"
    assert "can text" in check(dana, "number")[1]


def test_a_carrier_that_does_not_answer_is_no_broken_page(product, dana):
    product._post("/sim/faults", [{"kind": "500", "match": {"path": "/IncomingPhoneNumbers"}}])
    assert tries(dana, "number")[0] == "bad"
    assert "Twilio answered with the error" in check(dana, "number")[1]

    assert tries(dana, "number")[0] == "ok"


def test_our_address_is_asked_as_the_carrier_would_and_nothing_comes_of_it(product, dana):
    before = len(product.accepted(to=None))

    state, words = tries(dana, "address")

    assert (state, "the signature holds" in words) == ("ok", True)
    assert len(product.accepted(to=None)) == before


def test_a_wrong_account_is_told(product, dana):
    own = business(product).twilio
    change(product, twilio=own.model_copy(update={"account_sid": "AC" + "8" * 32}))
    try:
        state, words = tries(dana, "address")
    finally:
        change(product, twilio=own)

    assert (state, "No account of the phone company" in words) == ("bad", True)
    assert tries(dana, "address")[0] == "ok"


def test_calendars_are_written_and_left_clean(product, dana):
    assert tries(dana, "calendar")[0] == "ok"

    kept = (product.data / "calendars").rglob("*ringback-test*")
    assert [one for one in kept if ".Radicale.cache" not in one.parts] == []


def test_a_calendar_that_does_not_answer_is_named(product, dana):
    held = business(product).calendars
    elsewhere = held[0].model_copy(update={"url": "http://127.0.0.1:9/dav/", "username": "dana"})
    change(product, calendars=(elsewhere,))
    try:
        state, words = tries(dana, "calendar")
    finally:
        change(product, calendars=held)

    assert (state, words.startswith("dana: ")) == ("bad", True)
    assert 'href="/business/calendars"' in dana.sees(PAGE)
    assert tries(dana, "calendar")[0] == "ok"


@pytest.mark.parametrize(
    ("status", "state"),
    [("submitted", "todo"), ("rejected", "bad"), ("approved", "ok")],
)
def test_the_registration_is_entered_here(product, dana, status, state):
    dana.sees(PAGE)

    dana.sends(f"{PAGE}/registration", {"number": NUMBER, "status": status, "note": "C123"})

    assert check(dana, "registration")[0] == state
    with product.database().connect() as connection:
        (kept,) = registrations.of_business(connection, SLUG)
    assert (kept.status, kept.note) == (status, "C123")


def test_a_registration_of_nothing_known_is_refused_in_words(dana):
    dana.sees(PAGE)
    answered = dana.sends(f"{PAGE}/registration", {"number": NUMBER, "status": "sure"})

    assert answered.status_code == 400
    assert "Choose how far the registration is" in answered.text


def test_an_alert_that_arrives_is_seen(product, dana):
    answers(dana, "people", {"phone-0": OWN_PHONE})
    assert check(dana, "alert") == ("todo", "Not tried yet.")

    dana.sees("/business/on-call")
    dana.sends("/business/on-call/test", {"staff": "dana", "text": "true"})

    until(lambda: check(dana, "alert")[0] == "ok", "the alert has arrived")


def test_an_alert_that_is_lost_is_told(product, dana):
    product.fault("30006", to=OWN_PHONE)
    dana.sees("/business/on-call")
    dana.sends("/business/on-call/test", {"staff": "dana", "text": "true"})

    until(lambda: check(dana, "alert")[0] == "bad", "the alert is lost")

    dana.sees("/business/on-call")
    dana.sends("/business/on-call/test", {"staff": "dana", "text": "true"})
    until(lambda: check(dana, "alert")[0] == "ok", "the next one arrives")


def test_a_test_missed_call_passes_once_its_text_is_answered(product, dana):
    dana.sees("/business/test-call")
    dana.sends("/business/test-call", {"staff": "dana"})
    until(lambda: "Reply to it" in check(dana, "call")[1], "the text is out")
    assert check(dana, "call")[0] == "todo"

    product._post("/sim/text", {"from": OWN_PHONE, "to": NUMBER, "body": "works"})

    until(lambda: check(dana, "call")[0] == "ok", "the reply has come")


def test_what_is_missing_is_named_before_going_live(product, dana):
    dana.sees(PAGE)
    answered = dana.sends(PAGE, {"mode": "live"})

    assert answered.status_code == 400
    assert "Still open: callers hear that a text comes." in unescape(answered.text)
    assert business(product).texting.mode == "shadow"


def test_an_owner_may_go_live_anyway_and_stop_again(product, dana):
    dana.sees(PAGE)
    assert dana.sends(PAGE, {"mode": "live", "anyway": "1"}).status_code == 303
    assert business(product).texting.mode == "live"
    assert "You are live" in dana.sees(PAGE)
    with product.database().connect() as connection:
        assert not setups.is_under_way(connection, business(product).slug)

    dana.sends(PAGE, {"mode": "shadow"})

    assert business(product).texting.mode == "shadow"


def test_the_greeting_is_confirmed_with_name_and_time(product, dana):
    page = dana.sees(PAGE)
    assert "We will send a text" in unescape(page)

    dana.sends(f"{PAGE}/greeting")

    state, words = check(dana, "greeting")
    assert (state, words.startswith("dana has confirmed it.")) == ("ok", True)


def test_with_all_done_one_tap_goes_live(product, dana):
    assert check(dana, "call")[1].startswith("A test missed call was texted, and the reply came")
    assert "Still open" not in dana.sees(PAGE)

    dana.sends(PAGE, {"mode": "live"})

    assert business(product).texting.mode == "live"


def test_another_number_is_tried_anew(product, dana):
    product.buys(NUMBER, "+13035550175")
    answers(dana, "number", {"phone": "+13035550175"})

    assert check(dana, "number") == ("todo", "Not tried yet.")
    assert check(dana, "call")[0] == "todo"
    answers(dana, "number", {"phone": NUMBER})
    assert tries(dana, "number")[0] == "ok"


def test_a_line_is_tried_alone_on_an_open_page(dana):
    dana.sees(PAGE)
    answered = dana.sends(f"{PAGE}/check/address", headers={"HX-Request": "true"})

    assert answered.text.lstrip().startswith('<li id="address" class="check ok"')
    assert "hx-trigger" not in answered.text


def test_doctor_prints_the_same_list(product, dana):
    dana.sees(PAGE)
    dana.sends(PAGE, {"mode": "live", "anyway": "1"})
    said = product.run("doctor", SLUG)

    assert f"{SLUG} (callers are texted): Your number can text: (303) 555-0177 can text" in said
    assert "Callers hear that a text comes: dana has confirmed it." in said
    assert "database: SQLite" in said
