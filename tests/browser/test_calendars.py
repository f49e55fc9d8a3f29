"""The calendars' pages in a real browser, wide and on a phone: connecting one elsewhere, and adding ours to a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_owner import PHONE, WIDE, fits
from tests.browser.test_story import sign_in
from tests.contracts.dav_servers import account

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """An account at another server, with two calendars."""
    with account(tmp_path_factory.mktemp("radicale"), "work", "private") as home:
        yield home


def types_login(page, elsewhere, password):
    page.get_by_label("Address of the calendar server").fill(elsewhere.url)
    page.get_by_label("User name").fill(elsewhere.username)
    page.get_by_label("App password").fill(password)
    page.get_by_role("button", name="Find my calendars").click()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_calendar_elsewhere_is_connected_checked_and_given_back(
    product, elsewhere, open_page, size
):
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/business")
    page.get_by_role("link", name="Check and connect calendars").click()
    van = page.get_by_test_id("calendar").first
    expect(van).to_contain_text("Kept by Ringback")
    assert fits(page)
    page.get_by_role("link", name="Connect another calendar instead of van-1").click()
    for provider, words in (("iCloud (Apple)", "account.apple.com"), ("Google Calendar", "cannot be connected")):  # fmt: skip
        page.get_by_role("link", name=provider).click()
        expect(page.get_by_text(words).first).to_be_visible()
        assert fits(page), provider

    page.get_by_role("link", name="Another server").click()
    types_login(page, elsewhere, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("user name or the password is wrong")
    expect(page.get_by_label("App password")).to_be_focused()
    expect(page.get_by_label("App password")).to_have_value("")
    expect(page.get_by_label("User name")).to_have_value(elsewhere.username)
    assert fits(page)

    types_login(page, elsewhere, elsewhere.password)
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    assert fits(page)
    page.get_by_label("Ällice & Co - work").check()
    page.get_by_role("button", name="Use this calendar").click()
    expect(page.get_by_test_id("told")).to_contain_text("van-1 is now the calendar Ällice & Co - work")  # fmt: skip
    expect(van.get_by_test_id("where")).to_have_text(f"At 127.0.0.1, as {elsewhere.username}")
    page.get_by_role("button", name="Check now: van-1").click()
    expect(van).to_contain_text("Read just now.")
    expect(van.get_by_test_id("state")).to_have_text("Works")
    assert fits(page)

    page.get_by_role("link", name="Use the built-in calendar again: van-1").click()
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Use the built-in calendar").click()
    expect(van.get_by_test_id("where")).to_have_text("Kept by Ringback")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_server_user_and_password_are_copied_one_by_one(product, open_page, size):
    page = sign_in(open_page, product, **size, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{product.url}/business/calendars/phone")
    qr_code = page.get_by_role("img", name=re.compile("QR code that opens"))
    expect(qr_code).to_be_visible(visible=size == WIDE)

    page.get_by_role("button", name=re.compile("calendar password")).click()

    shown = page.locator("#password").inner_text()
    for name, value in (
        ("Server", f"{product.url}/dav/alder-creek-plumbing/"),
        ("User name", "mia"),
        ("Password", shown),
    ):
        button = page.get_by_role("button", name=f"Copy: {name}")
        button.click()
        expect(button).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == value
    assert fits(page)


def test_without_a_script_the_keyboard_alone_connects_a_calendar(product, elsewhere, open_page):
    page = sign_in(open_page, product, java_script_enabled=False)
    page.goto(f"{product.url}/business/calendars/van-2/connect?provider=other")

    page.get_by_label("Address of the calendar server").focus()
    page.keyboard.type(elsewhere.url)
    for words in (elsewhere.username, elsewhere.password):
        page.keyboard.press("Tab")
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose a calendar for van-2")).to_be_visible()
    page.get_by_label("Ällice & Co - private").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Use this calendar")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("told")).to_contain_text("van-2 is now")
