"""The owner's pages about calls in a real browser, wide and on a phone: a test call, a shadow week, the other phone system."""

import pytest
from playwright.sync_api import expect

from evals.product import MIA
from tests.browser.test_owner import PHONE, WIDE, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product(RINGBACK_GRACE_S="1")
    yield running
    running.stop()


@SIZES
def test_a_test_call_is_watched_until_the_reply_is_there(product, open_page, size):
    page = sign_in(open_page, product, **size)
    page.get_by_role("link", name="Business", exact=True).click()
    page.get_by_role("link", name="Send yourself a test missed call").press("Enter")
    page.get_by_role("radio", name="Mia Torres").check()
    page.get_by_role("button", name="Send a test missed call").press("Enter")

    steps = page.get_by_test_id("steps")
    expect(steps.get_by_text("and the signature holds")).to_be_visible()
    expect(steps.locator("li.done")).to_have_count(5)
    product.text("ok", caller=MIA)
    expect(page.get_by_test_id("passed")).to_be_visible()
    assert fits(page)


@SIZES
def test_a_shadow_week_is_looked_at_and_ended(product, open_page, size):
    caller = f"+1720555{size['width']:04}"
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/business/calls/week")
    page.get_by_text("Stop sending and only note").press("Enter")
    page.get_by_role("button", name="Yes, stop sending").press("Enter")
    expect(page.get_by_test_id("told")).to_contain_text("only noted")
    product.call(caller=caller)
    product.stays_silent(0, to=caller)

    page.reload()
    expect(page.get_by_test_id("headline")).to_contain_text("would have got a text within seconds")
    mine = page.get_by_test_id("call").filter(has_text=f"555-{size['width']:04}")
    expect(mine).to_contain_text("Sorry we missed your call")
    page.get_by_text("As a list").press("Enter")
    expect(page.get_by_test_id("hours")).to_be_visible()
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="As a table (CSV)").click()
    assert caller in download.value.path().read_text()

    page.goto(f"{product.url}/business")
    page.get_by_test_id("shadow").get_by_role("link").press("Enter")
    page.get_by_text("Start sending", exact=True).press("Enter")
    page.get_by_role("button", name="Yes, start sending").press("Enter")
    expect(page.get_by_test_id("told")).to_contain_text("Sending is on")
    page.goto(f"{product.url}/business/calls?show=missed")
    expect(page.locator("nav [aria-current]").last).to_have_text("Missed")
    assert fits(page)


@SIZES
def test_the_secret_is_shown_and_copied(product, open_page, size):
    page = sign_in(open_page, product, permissions=["clipboard-read", "clipboard-write"], **size)
    page.goto(f"{product.url}/business/phone-system")
    page.get_by_role("button", name="Show the secret").press("Enter")

    secret = page.get_by_test_id("secret").inner_text()
    page.get_by_role("button", name="Copy: Secret").click()

    assert page.evaluate("navigator.clipboard.readText()") == secret
    expect(page.locator("#copied")).to_have_text("Copy: Secret: done")
    page.get_by_text("With Python").press("Enter")
    expect(page.locator("#python")).to_be_visible()
    assert fits(page)
