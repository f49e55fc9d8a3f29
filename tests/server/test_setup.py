"""From an empty installation to the go-live list: every step, what is wrong in it, and coming back."""

import logging
import re
import sys
import threading
from html import unescape

import pytest
import structlog

from server import first_run, setup_answers
from server.cli import main
from server.setup_steps import STEPS
from server.store import businesses, setups
from tests.server.newcomer import (
    NUMBER,
    OWN_PHONE,
    PASSWORD,
    EmptyProduct,
    answers,
    begins,
    fields,
)
from tests.visitor import Visitor

SLUG = "oneil-sons-plumbing"


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    running = EmptyProduct(tmp_path_factory.mktemp("empty")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser(product):
    """Opens browsers, and closes them at the end."""
    opened = []

    def open_one():
        opened.append(Visitor(product))
        return opened[-1]

    yield open_one
    for one in opened:
        one.http.close()


@pytest.fixture(scope="module")
def dana(browser):
    """The new owner; the tests of this file are her way through, in their order."""
    return browser()


@pytest.fixture
def other_device(browser, dana):
    visitor = browser()
    visitor.sees("/login")
    visitor.sends("/login", {"login": "dana", "password": PASSWORD})
    return visitor


def business(product):
    with product.database().connect() as connection:
        return businesses.get(connection, SLUG)


def setup(product):
    with product.database().connect() as connection:
        return setups.of(connection, SLUG)


def problems(answered):
    return [" ".join(unescape(one).split()) for one in re.findall(r'class="problem"[^>]*>([^<]+)', answered.text)]  # fmt: skip


# The first page


def test_everything_leads_to_the_first_page_while_there_is_no_business(product, browser):
    visitor = browser()

    assert visitor.http.get("/login").headers["location"] == "/welcome"
    page = visitor.sees("/welcome")

    assert product.run("setup-link").strip() == product.url + product.link
    assert "ringback setup-link" in page
    assert "Name of your business" not in page
    assert "Begin here, once" in product.log()


def test_nobody_begins_without_the_code(product, browser):
    visitor = browser()
    page = visitor.sees("/welcome?code=wrong")
    answered = begins(product, visitor, code="wrong")

    assert "That code does not fit" in page
    assert answered.status_code == 403
    assert business(product) is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"business": " "}, "Write the name that callers know you by"),
        ({"name": ""}, "Write your name"),
        ({"login": "D!"}, "small letters"),
        ({"password": "short"}, "too short"),
        ({"password": "passwordpassword"}, "others try first"),
        ({"business": "b" * 81}, "too long"),
    ],
)
def test_the_first_page_says_what_is_wrong_and_keeps_the_rest(product, browser, typed, words):
    answered = begins(product, browser(), **typed)

    assert answered.status_code == 400
    assert any(words in one for one in problems(answered))
    assert ("name" in typed) or "Dana O&#39;Neil" in answered.text
    assert PASSWORD not in answered.text
    assert business(product) is None


def test_the_owner_begins_is_signed_in_and_the_code_is_spent(product, browser, dana):
    link = product.link
    answered = begins(product, dana)

    assert (answered.status_code, answered.headers["location"]) == (303, "/setup")
    made = business(product)
    assert (made.name, made.texting.mode) == ("O'Neil & Sons Plumbing", "shadow")
    assert not first_run.has_number(made)
    assert dana.http.get("/setup").headers["location"] == "/setup/trade"
    assert browser().http.get(link).headers["location"] == "/login"


def test_whoever_comes_later_cannot_take_it_over(product, browser, dana):
    stranger = browser()
    stranger.sees("/login")
    form = {"code": "0" * 32, "business": "Mine", "name": "Eve", "login": "eve", "password": PASSWORD}  # fmt: skip

    assert stranger.sends("/welcome", form).status_code == 403
    assert business(product).name == "O'Neil & Sons Plumbing"


# The steps


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_opened_and_says_where_one_is(dana, step):
    page = dana.sees(f"/setup/{step}")

    assert f"Step {STEPS.index(step) + 1} of {len(STEPS)}" in page
    assert ('data-testid="back"' in page) == (step != "trade")


def test_a_step_that_is_none_is_not_there(dana):
    assert dana.http.get("/setup/none", headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize(
    ("step", "typed", "words"),
    [
        ("trade", {"trade": "piracy"}, "nearest to yours"),
        ("name", {"name": ""}, "Write the name"),
        ("name", {"address": "x" * 300}, "too long"),
        ("number", {"phone": "12"}, "no phone number"),
        ("number", {"phone": "(800) 555-0177"}, "does not tell where you are"),
        ("number", {"phone": NUMBER, "missed_call": "pigeon"}, "how calls reach"),
        ("hours", {"open-mon": "1", "from-mon-0": "", "to-mon-0": "17:00"}, "both times"),
        ("hours", {"open-mon": "1", "from-mon-0": "09:00", "to-mon-0": "09:00"}, "same time"),
        ("services", {}, "Tap at least one"),
        ("services", {"take-0": "1", "minutes-0": "soon"}, "how many minutes"),
        ("services", {"take-0": "1", "name-0": ""}, "what it is called"),
        ("people", {"phone-0": "nope"}, "no phone number"),
        ("people", {"phone-1": OWN_PHONE}, "person's name"),
        ("knowledge", {"q-deposit": "Perhaps"}, "not one of the choices"),
        ("knowledge", {"q-how_long": "ages"}, "no number"),
        ("text", {"first_text": "Hi, 50% off all drains today only!"}, "ells"),
    ],
)
def test_what_cannot_be_kept_is_told_and_stays_typed(product, dana, step, typed, words):
    before = business(product)

    answered = answers(dana, step, typed)

    assert answered.status_code == 400
    assert any(words in one for one in problems(answered)), problems(answered)
    shown = fields(answered.text)
    kept = {name: value for name, value in typed.items() if name in shown}
    assert {name: shown[name] for name in kept} == kept
    assert business(product) == before


def test_the_way_through_is_kept_step_by_step(product, dana):
    ways = []
    for step, typed in (
        ("trade", {"trade": "plumbing"}),
        ("name", {"name": "O'Neil Plumbing", "address": "12 Elm St, Boulder, CO"}),
        ("number", {"phone": "303 555 0177", "missed_call": "forwarded"}),
        ("hours", {"from-mon-0": "07:30"}),
        ("services", {"take-0": "1", "price-0": "149", "name-6": "Gas lines"}),
        ("people", {"phone-0": "(303) 555-0178", "person-1": "Lee Park", "phone-1": "303-555-0179"}),
        ("calendar", {"calendars": "each"}),
    ):  # fmt: skip
        answered = answers(dana, step, typed)
        assert answered.status_code == 303, (step, problems(answered))
        ways.append(answered.headers["location"].rpartition("/")[2])

    made = business(product)
    assert ways == list(STEPS[1:8])
    assert (made.industry, made.name, made.phone) == ("plumbing", "O'Neil Plumbing", NUMBER)
    assert (made.timezone, made.texting.missed_call) == ("America/Denver", "forwarded")
    assert (made.hours["mon"], made.hours["sat"]) == (("07:30-17:00",), ("09:00-13:00",))
    assert [(one.id, one.name, one.price, one.duration_min) for one in made.services] == [
        ("drain-cleaning", "Drain cleaning", "$149", 90),
        ("gas-lines", "Gas lines", None, 60),
    ]
    assert "snake" in made.services[0].aliases
    assert [one.phone for one in made.staff] == [OWN_PHONE, "+13035550179"]
    assert [rung.staff for rung in made.on_call] == ["dana", "lee"]
    assert made.services[0].calendars == ("dana", "lee")
    assert made.texting.mode == "shadow"


def test_a_day_is_closed_by_a_tap_and_open_over_midnight(product, dana):
    answers(dana, "hours", {"from-fri-0": "18:00", "to-fri-0": "00:00"}, without=("open-wed",))

    hours = business(product).hours
    assert (hours["wed"], hours["fri"]) == ((), ("18:00-24:00",))


def test_the_time_zone_follows_the_number_while_it_is_typed(dana):
    page = dana.sees("/setup/number/zone?phone=212+555+0177")

    assert 'value="America/New_York" selected' in page


def test_answers_become_one_document_and_nothing_else_is_said(product, dana):
    typed = {"q-fee": "89", "q-emergency": "Yes", "q-area": "Boulder and Louisville"}
    assert answers(dana, "knowledge", typed).status_code == 303

    page = dana.sees(f"/business/documents/{setup_answers.NAME}")
    assert "Our fee to take a look is $89." in page
    assert "We serve Boulder and Louisville." in page
    assert "financing" not in page
    assert "$89" in dana.asks("what do you charge to come out?")
    shown = fields(dana.sees("/setup/knowledge"))
    assert {name: shown[name] for name in typed} == typed


def test_an_answer_that_is_taken_back_is_not_said_any_more(product, dana):
    answers(dana, "knowledge", {"q-fee": ""})

    page = dana.sees(f"/business/documents/{setup_answers.NAME}")
    assert "$89" not in page
    assert "We serve Boulder" in page


def test_what_was_changed_by_hand_in_the_document_stays(product, dana):
    name = f"/business/documents/{setup_answers.NAME}/edit"
    form = fields(dana.sees(name))
    text = form["text"].replace("We serve Boulder", "We gladly serve Boulder")
    assert dana.sends(name, {"base": form["base"], "text": text}).status_code == 303

    answers(dana, "knowledge", {"q-financing": "No"})

    page = dana.sees(f"/business/documents/{setup_answers.NAME}")
    assert "We gladly serve Boulder" in page
    assert "do not offer financing" in page


def test_files_are_taken_or_refused_in_words(product, dana):
    dana.sees("/setup/knowledge")
    files = [
        ("documents", ("policies.txt", b"Pets are welcome.")),
        ("documents", ("song.mp3", b"la la")),
    ]
    dana.sends("/setup/knowledge/files", files=files)

    page = dana.sees("/setup/knowledge")
    assert "policies.txt: 1 passage" in page
    assert "song.mp3" in page
    dana.sees("/setup/knowledge")
    assert dana.sends("/setup/knowledge/files", files=[("documents", ("", b""))]).status_code == 303
    assert "Choose a file first" in dana.sees("/setup/knowledge")


def test_skipping_changes_nothing_and_is_remembered(product, dana):
    before = business(product)
    dana.sees("/setup/text")

    answered = dana.sends("/setup/text/skip")

    assert answered.headers["location"] == "/setup/try"
    assert business(product) == before
    assert "text" in setup(product).skipped
    assert re.search(r"The first text</a> <span class=\"badge amber\">skipped", dana.sees("/setup/all"))  # fmt: skip


def test_another_device_goes_on_where_one_was(product, other_device):
    assert other_device.http.get("/setup").headers["location"] == "/setup/try"


def test_signing_in_leads_back_to_the_set_up(product, browser):
    visitor = browser()
    visitor.sees("/login")

    assert visitor.sends("/login", {"login": "dana", "password": PASSWORD}).headers["location"] == "/setup"  # fmt: skip


def test_two_devices_do_not_overwrite_each_other_unseen(product, dana, other_device):
    older = fields(dana.sees("/setup/name"))
    answers(other_device, "name", {"name": "Other Name"})

    answered = dana.sends("/setup/name", older | {"name": "My Name"})

    assert answered.status_code == 400
    assert "changed on another device" in answered.text
    assert fields(answered.text)["name"] == "My Name"
    assert business(product).name == "Other Name"
    again = fields(answered.text)
    assert dana.sends("/setup/name", again).status_code == 303
    assert business(product).name == "My Name"


def test_a_caller_is_played_and_nothing_is_sent(product, dana):
    dana.sees("/setup/try")
    page = dana.sends("/setup/try/say", {"words": "what area do you cover?"}).text
    assert "Boulder and Louisville" in page
    said = fields(page)["said"]

    page = dana.sends("/setup/try/say", {"said": said, "words": "water pours through my ceiling"}).text  # fmt: skip

    assert "To whoever is on call" in page
    assert "shut off the main water valve" in page
    assert product.accepted(to=None) == []


def test_the_last_step_leads_to_the_list(product, dana):
    answered = answers(dana, "try")

    assert answered.headers["location"] == "/business/go-live"
    assert setup(product).finished_at is not None
    assert dana.http.get("/setup").headers["location"] == "/setup/all"


def test_staff_do_not_set_up(browser, dana):
    dana.sees("/business/people")
    dana.sends("/business/people/add", {"name": "Kim", "access": "staff"})
    dana.sees("/business/people")
    page = dana.sends("/business/people/kim/invite").text
    found = re.search(r"/invitation/([\w-]+)", page)
    assert found is not None
    token = found.group(1)
    kim = browser()
    kim.sees(f"/invitation/{token}")
    kim.sends(f"/invitation/{token}", {"login": "kim", "password": "seven quiet orange boats"})
    kim.sees("/login")
    answered = kim.sends("/login", {"login": "kim", "password": "seven quiet orange boats"})

    assert answered.headers["location"] == "/inbox"
    assert kim.http.get("/setup/name").status_code == 403


@pytest.fixture
def logs_as_before():
    """A command points the logs at its own standard error, which is closed once the test is over."""
    kept, handlers, hook = structlog.get_config(), logging.root.handlers[:], sys.excepthook
    of_threads = threading.excepthook
    yield
    structlog.configure(**kept)
    logging.root.handlers[:] = handlers
    sys.excepthook, threading.excepthook = hook, of_threads


@pytest.mark.usefixtures("logs_as_before")
def test_setup_link_says_that_it_is_over(product, dana, monkeypatch, capsys):
    monkeypatch.setenv("RINGBACK_DATA_DIR", str(product.data))

    assert main(["setup-link"]) == 1
    assert "set up already" in capsys.readouterr().err
