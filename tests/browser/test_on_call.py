"""The page of who is on call, as a person sees it."""

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def product(product_on_sqlite):
    return product_on_sqlite


@pytest.fixture
def on_call(product, open_page):
    def opened(**size):
        page = open_page(f"{product.url}/login", **size)
        page.get_by_label("Login").fill("mia")
        page.get_by_label("Password").fill(product.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox**")
        page.goto(f"{product.url}/business/on-call")
        return page

    return opened


@pytest.mark.parametrize("size", [{"width": 390}, {"width": 1280, "color_scheme": "dark"}])
def test_nothing_is_wider_than_the_screen(on_call, size):
    page = on_call(**size)

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_test_shows_its_steps_until_it_is_taken(product, on_call):
    product._post("/sim/staff", {"phone": "+13035550141", "script": {"action": "answer", "digits": "1", "after_s": 0.1}})  # fmt: skip
    page = on_call()
    page.locator("form[action$='/test']").get_by_label("Call").check()

    page.get_by_role("button", name="Send a test").click()

    expect(page.get_by_test_id("test-outcome")).to_contain_text("Mia took it after")
    expect(page.get_by_test_id("test-steps")).to_contain_text("Mia was called: pressed 1")
