"""Booking from the conversation in a browser: beside the texts, on a phone, by keyboard, and while the page lives on."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

NUMBERS = count(7400)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@pytest.fixture
def caller(product):
    number = f"+1303555{next(NUMBERS)}"
    product.call(number)
    product.replied(1, number)
    return number


def conversation(open_page, product, caller, **size):
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/inbox/{caller.lstrip('+')}")
    return page


def is_as_wide_as_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("size", [{}, PHONE, {"color_scheme": "dark"}])
def test_a_visit_is_booked_moved_and_cancelled_beside_the_conversation(
    open_page, product, caller, size
):
    page = conversation(open_page, product, caller, **size)
    reply = page.get_by_test_id("reply")
    reply.fill("half a sentence")

    page.get_by_test_id("book").click()
    page.get_by_test_id("service").select_option("leak-repair")
    page.get_by_test_id("slot").first.click()
    expect(page.get_by_test_id("words")).to_have_value(re.compile("You're booked: Leak repair"))
    page.get_by_test_id("caller-name").fill("Ada King")
    page.get_by_test_id("book-now").click()
    expect(page.get_by_test_id("done")).to_contain_text("The caller is told by text.")
    page.get_by_test_id("close").click()

    expect(page.get_by_test_id("visits")).to_contain_text("Leak repair")
    expect(reply).to_have_value("half a sentence")
    assert "/v/" in product.replied(2, caller)[-1]

    page.get_by_test_id("move").click()
    page.get_by_test_id("slot").nth(3).click()
    page.get_by_test_id("tell").uncheck()
    page.get_by_test_id("book-now").click()
    expect(page.get_by_test_id("done")).to_contain_text("The caller was not told.")
    page.get_by_test_id("close").click()

    page.get_by_test_id("cancel").click()
    page.get_by_test_id("cancel-now").click()
    expect(page.get_by_test_id("done")).to_contain_text("Cancelled: Leak repair")
    assert product.replied(3, caller)[-1].startswith("Cancelled: Leak repair")
    assert is_as_wide_as_the_window(page)


def test_the_panel_and_what_is_open_survive_what_happens_meanwhile(open_page, product, caller):
    page = conversation(open_page, product, caller)
    page.get_by_test_id("ledger").locator("..").locator("summary").click()
    page.get_by_test_id("book").click()
    page.get_by_test_id("slot").first.click()
    page.get_by_test_id("note").fill("Gate code")

    product.text("is anybody there?", caller)

    expect(page.get_by_text("is anybody there?").last).to_be_attached()
    expect(page.get_by_test_id("note")).to_have_value("Gate code")
    expect(page.get_by_test_id("ledger")).to_be_visible()


def test_a_time_after_hours_is_warned_of(open_page, product, caller):
    page = conversation(open_page, product, caller)
    page.get_by_test_id("book").click()
    page.get_by_test_id("another").click()
    page.get_by_test_id("day").fill("2031-06-02")
    page.get_by_test_id("clock").fill("21:00")
    page.get_by_test_id("look").click()

    expect(page.get_by_test_id("warnings")).to_contain_text("is closed at that time")
    expect(page.get_by_test_id("warnings")).to_contain_text("days ahead")
    expect(page.get_by_test_id("book-now")).to_have_text("Book anyway")


def test_by_keyboard_alone_the_focus_goes_along(open_page, product, caller):
    page = conversation(open_page, product, caller)

    page.get_by_test_id("book").press("Enter")
    expect(page.get_by_role("heading", name="Book a visit")).to_be_focused()
    page.get_by_test_id("slot").first.press("Enter")

    expect(page.get_by_role("heading", name="Book ")).to_be_focused()


def test_the_card_stands_beside_the_texts_and_folds_on_a_phone(open_page, product, caller):
    wide = conversation(open_page, product, caller)
    expect(wide.get_by_test_id("consent")).to_be_visible()
    wide.get_by_test_id("card-name").fill("Joan Miller")
    wide.get_by_test_id("save-name").click()
    expect(wide.get_by_test_id("caller").get_by_text("Saved.")).to_be_visible()

    small = conversation(open_page, product, caller, **PHONE)
    expect(small.get_by_test_id("consent")).to_be_hidden()
    small.get_by_text("Joan Miller").and_(small.locator("summary")).click()
    expect(small.get_by_test_id("consent")).to_be_visible()
    assert is_as_wide_as_the_window(small)


def test_without_scripts_a_visit_is_booked_on_pages_of_their_own(open_page, product, caller):
    page = conversation(open_page, product, caller, java_script_enabled=False)

    page.get_by_test_id("book").click()
    page.get_by_role("button", name="Show times").click()
    page.get_by_test_id("slot").last.click()
    page.get_by_test_id("book-now").click()

    expect(page.get_by_test_id("visits")).to_contain_text("Drain cleaning")
