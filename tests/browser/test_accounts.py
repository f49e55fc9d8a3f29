"""Logins as people use them: an invitation on a phone, a code beside the password, sizes and themes."""

import re
from datetime import UTC, datetime

import pyotp
import pytest

pytestmark = pytest.mark.browser

SIZES = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
WORDS = "seven blue paper boats"


@pytest.fixture(scope="module")
def product(start_product):
    return start_product()


def signed_in(page, product, login="mia", password=None):
    page.goto(f"{product.url}/login")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(password or product.password)
    page.get_by_role("button", name="Sign in").click()
    return page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_colleague_is_invited_and_comes_in(product, open_page):
    owner = signed_in(open_page(f"{product.url}/login"), product)
    owner.goto(f"{product.url}/business/people")
    sam = owner.get_by_test_id("person-sam")
    sam.get_by_text("Invite").click()
    sam.get_by_role("button", name="Make an invitation link").click()
    link = owner.get_by_test_id("new-link").locator("code").inner_text()

    guest = open_page(link, width=390)
    guest.get_by_label("Password").fill(WORDS)
    guest.get_by_role("button", name="Make my login").click()

    assert "Your login is ready: sam" in guest.get_by_role("status").inner_text()
    signed_in(guest, product, "sam", WORDS)
    guest.wait_for_url(f"{product.url}/inbox")


def test_a_code_is_set_up_and_asked_for(product, open_page):
    product.run("login", "alder-creek-plumbing", "sam")
    password = product.run("login", "alder-creek-plumbing", "sam").split()[-1]
    page = signed_in(open_page(f"{product.url}/login", width=390), product, "sam", password)
    page.goto(f"{product.url}/account")
    page.get_by_role("link", name="Set it up").click()
    secret = page.get_by_test_id("secret").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows now").fill(pyotp.TOTP(secret).at(datetime.now(UTC)))
    page.get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Switch it on").click()
    codes = page.get_by_test_id("recovery").inner_text().split()
    assert len(codes) == 10

    again = signed_in(open_page(f"{product.url}/login", width=390), product, "sam", password)
    again.wait_for_url(f"{product.url}/login/code")
    assert again.evaluate("document.activeElement.name") == "code"
    again.keyboard.type(codes[0])
    again.keyboard.press("Enter")

    again.wait_for_url(f"{product.url}/inbox")


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_every_page_fits_and_is_named(product, open_page, width, scheme):
    page = signed_in(open_page(f"{product.url}/login", width=width, color_scheme=scheme), product)
    for path in ("/account", "/account/second-factor", "/business/people", "/business/audit"):
        answered = page.goto(f"{product.url}{path}")

        assert fits(page), path
        assert len(answered.body()) < 100_000
        assert page.get_by_role("heading", level=1).count() == 1
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length).length"
        )
        assert unnamed == 0, path


def test_an_admin_opens_a_business_and_comes_back(product, open_page):
    password = product.run("admin", "root").split()[-1]
    page = signed_in(open_page(f"{product.url}/login"), product, "root", password)

    page.get_by_role("button", name="Open Alder Creek Plumbing").click()
    page.wait_for_url(f"{product.url}/inbox")
    assert re.search("You can read, not change", page.get_by_role("note").first.inner_text())
    page.get_by_role("link", name="Back to all businesses").click()

    page.wait_for_url(f"{product.url}/admin")
