"""The profile on a phone: hours, a new service, and the way back."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from server.store import businesses

SHOP = "alder-creek-plumbing"


@pytest.fixture
def product(product_on_sqlite):
    """The profile is afterwards as it was."""
    with product_on_sqlite.database().connect() as connection:
        before = businesses.get(connection, SHOP)
    assert before is not None
    yield product_on_sqlite
    with product_on_sqlite.database().begin() as connection:
        businesses.save(connection, before, datetime.now(UTC))


@pytest.mark.browser
def test_hours_a_service_and_the_way_back_on_a_phone(product, open_page):
    page = open_page(f"{product.url}/login", width=390, height=844)
    page.get_by_label("Login").fill("mia")
    page.get_by_label("Password").fill(product.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox**")

    page.goto(f"{product.url}/business/profile")
    page.get_by_role("link", name="Hours", exact=True).click()
    page.get_by_label("Sunday, from", exact=True).fill("10:00")
    page.get_by_label("Sunday, to", exact=True).fill("14:00")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_test_id("saved")).to_contain_text("Saved.")

    page.goto(f"{product.url}/business/profile/services")
    page.get_by_role("link", name="Add a service").click()
    page.get_by_label("Name", exact=True).fill("Sewer camera")
    page.get_by_label("Price").fill("$99")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    expect(page.get_by_label("Price")).to_have_value("$99")
    page.get_by_label("van-1").check()
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("link", name="Sewer camera")).to_be_visible()

    page.goto(f"{product.url}/business/history")
    versions = page.get_by_test_id("version")
    expect(versions.first).to_contain_text("Sewer camera added")
    expect(versions.nth(1)).to_contain_text("Sunday Closed")
    versions.nth(1).get_by_role("link").click()
    page.get_by_role("button", name="Undo this change").click()
    expect(versions.first).to_contain_text("10 AM to 2 PM")

    page.goto(f"{product.url}/business")
    expect(page.get_by_role("row", name="Sunday")).to_contain_text("Closed")
    expect(page.get_by_text("Sewer camera")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
