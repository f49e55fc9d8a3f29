"""A change tried out on a phone: from the page where it is made, while it runs, to what it would change, published."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_owner import PHONE, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser


def test_a_first_text_is_tried_out_and_published(product_on_sqlite, open_page):
    page = sign_in(open_page, product_on_sqlite, **PHONE)
    page.goto(f"{product_on_sqlite.url}/business/first-text")
    page.locator("#first_text").fill(
        "{business}: Sorry we missed your call. What can we fix? Reply STOP to opt out."
    )

    page.get_by_role("button", name="See what would change first").click()

    summary = page.get_by_test_id("summary")
    expect(summary).to_contain_text("would change", timeout=60_000)
    shown = page.get_by_test_id("difference").first
    expect(shown.locator("ins").first).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_test_id("told")).to_contain_text("published")
    page.goto(f"{product_on_sqlite.url}/business/first-text")
    expect(page.locator("#first_text")).to_have_value(
        "{business}: Sorry we missed your call. What can we fix? Reply STOP to opt out."
    )
