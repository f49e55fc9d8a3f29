"""A reply is suggested, chosen, changed and sent with the keyboard; what the model took is read: wide and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from evals.model.double import ModelDouble
from tests.browser.test_owner import PHONE, WIDE, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(start_product):
    with ModelDouble() as model:
        running = start_product(
            OPENAI_BASE_URL=model.url,
            OPENAI_API_KEY="for-tests-only",
            RINGBACK_MODEL="double",
            RINGBACK_MODEL_PRICE_IN="2",
        )
        yield running
        running.stop()


@pytest.mark.parametrize(
    ("size", "caller"), [(WIDE, "+17205550951"), (PHONE, "+17205550952")], ids=["wide", "phone"]
)
def test_a_suggestion_is_chosen_changed_and_sent(product, open_page, size, caller):
    product.text("can i talk to a real person? how much is a drain cleaning?", caller=caller)
    product.replied(1, to=caller)
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/inbox/{caller[1:]}")
    expect(page.get_by_test_id("summary")).to_contain_text("Asked for a person")
    page.get_by_test_id("why").last.get_by_text("Why this answer").press("Enter")
    expect(page.get_by_test_id("why").last).to_contain_text("With the model.")
    assert fits(page)
    page.get_by_test_id("reply").fill("Hi,")

    page.get_by_test_id("suggest").press("Enter")
    suggestions = page.get_by_role("region", name="Suggested replies")
    suggestions.get_by_role("button").first.press("Enter")

    reply = page.get_by_test_id("reply")
    expect(reply).to_be_focused()
    expect(reply).to_have_value(re.compile(r"Hi,\nDrain cleaning is \$149"))
    assert fits(page)
    assert page.evaluate("document.getElementById('timeline').clientHeight") > 100
    reply.fill("It is $149. Mia")
    page.get_by_test_id("send").press("Enter")
    assert product.replied(2, to=caller)[-1] == "It is $149. Mia"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_owner_reads_what_the_model_took(product, open_page, size):
    caller = f"+1720555{size['width']:04}"
    product.text("do you snake drains?", caller=caller)
    product.replied(1, to=caller)
    page = sign_in(open_page, product, **size)
    page.get_by_role("link", name="Business", exact=True).click()
    page.get_by_role("link", name="What it did and what it took").press("Enter")

    expect(page.get_by_test_id("figures")).to_contain_text("Calls a turn")
    expect(page.get_by_test_id("days").get_by_role("row")).to_have_count(2)
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 31
