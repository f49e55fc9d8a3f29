"""The whole story through the front doors: signed webhooks, the carrier's REST API, the phone page and the inbox."""

import re

import pytest
from playwright.sync_api import expect

from evals.product import CALLER, MIA

pytestmark = pytest.mark.browser

DIGITS = CALLER.lstrip("+")


def sign_in(open_page, product, **size):
    page = open_page(f"{product.url}/login", **size)
    page.get_by_label("Login").fill("mia")
    page.get_by_label("Password").fill(product.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/inbox"))
    return page


def books_a_visit(product, phone, inbox):
    phone.get_by_test_id("compose-input").fill(
        "can someone snake my kitchen drain next tuesday at 2pm?"
    )
    phone.get_by_test_id("send-button").click()
    assert "at 2:00 PM is free" in product.replied(3)[2]
    phone.get_by_test_id("compose-input").fill("yes please")
    phone.get_by_test_id("send-button").click()
    assert product.replied(4)[3].startswith("You're booked: Drain cleaning, Tue")
    expect(phone.get_by_test_id("bubble-in").nth(3)).to_contain_text("You're booked")
    expect(inbox.get_by_test_id("visits")).to_contain_text("Drain cleaning, Tue")
    expect(inbox.get_by_text("The agent booked Drain cleaning")).to_be_visible()


def test_a_missed_call_is_texted_answered_handed_over_given_back_and_silenced(product, open_page):
    phone = open_page(product.phone)
    inbox = sign_in(open_page, product)
    expect(inbox.get_by_text("No calls yet")).to_be_visible()

    phone.get_by_test_id("call-button").click()
    first = product.replied(1)[0]
    assert first.startswith("Alder Creek Plumbing: Sorry we missed your call")
    phone.get_by_test_id("hangup-button").click()
    assert "STOP" in first
    expect(phone.get_by_test_id("bubble-in").first).to_contain_text("Sorry we missed your call")
    expect(inbox.get_by_test_id(f"thread-{DIGITS}")).to_be_visible()
    inbox.get_by_test_id(f"thread-{DIGITS}").click()

    phone.get_by_test_id("compose-input").fill("how much is a drain cleaning?")
    phone.get_by_test_id("send-button").click()
    assert "$149" in product.replied(2)[1]
    expect(phone.get_by_test_id("bubble-in").nth(1)).to_contain_text("$149")
    expect(inbox.get_by_test_id("text-us").nth(1)).to_contain_text("$149")
    expect(inbox.get_by_test_id("text-us").nth(1)).to_contain_text("delivered")

    books_a_visit(product, phone, inbox)

    product.text("do you tune pianos?")
    assert "passed your question to a person" in product.replied(5)[4]
    expect(inbox.get_by_label("To do for this caller")).to_contain_text("do you tune pianos?")

    product.text("the pipe burst, water is pouring everywhere")
    assert "alerting our on-call person" in product.replied(6)[5]
    assert "EMERGENCY (flooding)" in product.replied(3, to=MIA)[2]
    expect(inbox.get_by_test_id("owner")).to_have_text("Needs a person")
    product.text("hello? anyone?")
    product.stays_silent(6)

    inbox.get_by_test_id("reply").fill("Mia here. Shut the valve under the sink, I am on my way.")
    inbox.get_by_test_id("send").click()
    assert product.replied(7)[6] == "Mia here. Shut the valve under the sink, I am on my way."
    expect(inbox.get_by_test_id("owner")).to_have_text("Mia Torres")
    product.text("thanks")
    product.stays_silent(7)

    inbox.get_by_test_id("release").click()
    expect(inbox.get_by_test_id("owner")).to_have_text("Agent")
    product.text("what does a drain cleaning cost")
    assert "$149" in product.replied(8)[7]

    product.text("STOP")
    expect(inbox.get_by_test_id("opted-out")).to_be_visible()
    inbox.reload()
    expect(inbox.get_by_test_id("closed")).to_contain_text("opted out")
    expect(inbox.get_by_label("Reply", exact=True)).to_be_disabled()
    product.call()
    product.stays_silent(8)


def test_a_reply_typed_while_the_agent_is_about_to_answer_silences_it(start_product, open_page):
    product = start_product(RINGBACK_DEBOUNCE_S="3")
    product.call()
    product.replied(1)
    inbox = sign_in(open_page, product)
    inbox.get_by_test_id(f"thread-{DIGITS}").click()
    inbox.get_by_test_id("reply").fill("Mia here, one moment.")

    product.text("how much is a drain cleaning?")
    inbox.get_by_test_id("send").click()

    assert product.replied(2)[1] == "Mia here, one moment."
    product.stays_silent(2, seconds=5)
    expect(inbox.get_by_test_id("owner")).to_have_text("Mia Torres")
    product.stop()


def test_the_inbox_works_on_a_phone(product_on_sqlite, open_page):
    product_on_sqlite.call()
    product_on_sqlite.replied(1)
    product_on_sqlite.text("how much is a drain cleaning?")
    product_on_sqlite.replied(2)

    inbox = sign_in(open_page, product_on_sqlite, width=390, height=844)
    inbox.get_by_test_id(f"thread-{DIGITS}").click()

    expect(inbox.get_by_test_id("reply")).to_be_visible()
    wide = inbox.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    inbox.get_by_label("Back to all conversations").click()
    expect(inbox.get_by_test_id(f"thread-{DIGITS}")).to_be_visible()


def test_a_stranger_is_sent_to_the_login_and_back_to_the_page(product_on_sqlite, open_page):
    page = open_page(f"{product_on_sqlite.url}/visits")

    page.get_by_label("Login").fill("mia")
    page.get_by_label("Password").fill(product_on_sqlite.password)
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url(re.compile("/visits"))
    expect(page.get_by_text("No visits ahead")).to_be_visible()
