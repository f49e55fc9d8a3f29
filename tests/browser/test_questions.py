"""An open question in a real browser, wide and on a phone: seen, weighed while it is answered, told from then on."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from server.store import questions, threads
from tests.browser.test_owner import PHONE, WIDE, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

SHOP = "alder-creek-plumbing"
ASKED = (
    "do you tune pianos?",
    "can you guys tune my piano",
    "piano tuning?",
    "do u tune pianos",
    "tune a piano?",
)


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


def callers_ask(product):
    now = datetime.now(UTC)
    with product.database().begin() as connection:
        for place, words in enumerate(ASKED):
            thread, _ = threads.locked(connection, SHOP, f"+1720555082{place}", now)
            questions.add(
                connection, business=SHOP, thread=thread.id, at=now, words=words,
                reply="", passage=None, score=0.1, answered=False,
            )  # fmt: skip


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_question_is_answered_with_the_keyboard_alone(product, open_page, size):
    callers_ask(product)
    page = sign_in(open_page, product, **size)
    page.get_by_role("link", name="Questions").click()
    expect(page.get_by_test_id("question")).to_have_count(1)
    expect(page.get_by_test_id("question")).to_contain_text("5 callers asked")
    assert fits(page)

    page.get_by_text("2 more").press("Enter")
    expect(page.get_by_test_id("question").get_by_role("listitem").last).to_be_visible()
    page.get_by_role("link", name="Add answer").press("Enter")
    expect(page.get_by_role("textbox", name="Answer")).to_be_focused()
    page.keyboard.type("Yes, for $90. Book now and save 20%!")
    expect(page.get_by_test_id("segments")).to_have_text("36 characters, 1 text segment.")
    expect(page.locator("#check")).to_contain_text("Never texted")
    assert fits(page)

    page.get_by_role("button", name="Save answer").press("Enter")

    expect(page.get_by_test_id("said")).to_have_count(5)
    expect(page.get_by_test_id("said").first).to_have_text("Yes, for $90.")
    assert fits(page)
