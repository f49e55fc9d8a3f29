"""The first text in a real browser, wide and on a phone: weighed while it is typed, refused, saved, given up."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_owner import PHONE, WIDE, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

SELLS = "{business}: Sorry we missed your call. Book now and save 20%!"
GOOD = "{business}: Sorry we missed your call. Which drain is it? Reply STOP to opt out."


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_text_is_weighed_while_it_is_typed_and_saved_with_the_keyboard(product, open_page, size):
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/business")
    page.get_by_role("link", name="What callers read after a missed call").press("Enter")
    page.wait_for_url("**/business/first-text")
    panel = page.get_by_test_id("first_text")
    box, told = page.locator("#first_text"), page.locator("#told-first_text")
    bubble = panel.get_by_test_id("bubble").first
    expect(told).to_have_text("All 15 rules are kept.")
    assert fits(page)

    box.fill("")
    box.press_sequentially(SELLS)
    expect(told).to_have_text("3 things to mend.")
    expect(panel.get_by_test_id("finding").first).to_contain_text("cannot be saved")
    expect(bubble).to_have_text("Alder Creek Plumbing: Sorry we missed your call. Reply STOP to opt out.")  # fmt: skip
    expect(box).to_be_focused()
    assert fits(page)
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_test_id("error")).to_contain_text("Not saved.")
    expect(box).to_have_value(SELLS)

    box.fill(GOOD)
    expect(told).to_have_text("All 15 rules are kept.")
    expect(bubble).to_contain_text("Which drain is it?")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_test_id("saved")).to_be_visible()
    expect(panel).to_contain_text("Your own words")
    assert fits(page)

    panel.get_by_role("button", name="Back to the standard text").press("Enter")
    expect(bubble).to_contain_text("Is it a leak")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_another_trades_words_are_taken_without_scripts(product, open_page, size):
    page = sign_in(open_page, product, java_script_enabled=False, **size)
    page.goto(f"{product.url}/business/first-text")
    panel = page.get_by_test_id("after_hours_text")

    panel.get_by_text("Start from another text").click()
    assert fits(page)
    panel.get_by_role("button", name="Use the text of Veterinary practice").click()

    expect(page.locator("#after_hours_text")).to_have_value(r"{business}: Sorry we missed your call, we're closed and a person is back {expect}. If your pet is in danger, call the nearest emergency vet; otherwise, how can we help? Reply STOP to opt out.")  # fmt: skip
    page.locator("#after_hours_text").fill("Hello?")
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_test_id("finding").first).to_be_visible()
    expect(panel.get_by_test_id("bubble").first).to_contain_text("Hello?")
