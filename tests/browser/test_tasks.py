"""What people owe callers, and the agent's reply that waits for a person, in a real browser: wide and on a phone."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from evals.product import until
from server.store.tables import text
from tests.browser.test_owner import PHONE, WIDE, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
HOURS = "Are you open on Saturday?"


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@SIZES
def test_a_task_is_added_taken_put_off_done_and_put_back(product, open_page, size):
    caller = f"+1303555{size['width']:04d}"
    product.text("Hello there", caller=caller)
    until(lambda: product.bodies(caller), "the agent's answer")
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/tasks/of/{caller[1:]}/new")
    page.get_by_label("What is to be done").fill("Send the drawing")
    page.get_by_label("Kind").select_option(label="Promised")
    expect(page.get_by_role("button", name="Add task")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Add task").press("Enter")
    expect(page).to_have_url(f"{product.url}/inbox/{caller[1:]}")

    page.goto(f"{product.url}/tasks")
    item = page.get_by_test_id("task").filter(has_text=str(size["width"])[-3:]).filter(has_text="Send the drawing")  # fmt: skip
    item.get_by_role("button", name="I do it").press("Enter")
    expect(item).to_contain_text("Yours")
    item.locator("summary").press("Enter")
    item.get_by_label("When").select_option(index=0)
    assert fits(page)
    item.get_by_role("button", name="Change time").press("Enter")
    expect(item.locator(".due")).not_to_contain_text("overdue")

    item.get_by_role("button", name="Done").press("Enter")
    expect(page.get_by_test_id("undo")).to_contain_text("Done: Promised")
    expect(item).to_have_count(0)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(item).to_have_count(1)
    assert fits(page)


@SIZES
def test_a_suggestion_is_edited_and_another_is_sent(product, open_page, size):
    caller = f"+1303556{size['width']:04d}"
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/business/autonomy")
    page.get_by_test_id("topic-answers").get_by_label("Only suggest").check()
    assert fits(page)
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_test_id("saved")).to_be_visible()

    page.goto(f"{product.url}/inbox")
    product.text(HOURS, caller=caller)
    until(lambda: _is_suggested(product, caller), "the suggestion")
    page.goto(f"{product.url}/inbox/{caller[1:]}")
    kept = page.get_by_test_id("kept-reply")
    expect(kept).to_contain_text("The agent suggests")
    expect(kept.get_by_role("button", name="Send as it is")).to_be_in_viewport()
    words = kept.locator(".said").inner_text()
    page.get_by_test_id("reply-edit").press("Enter")
    expect(page.get_by_test_id("reply")).to_have_value(words)

    page.get_by_test_id("reply-send").press("Enter")
    expect(page.get_by_test_id("kept-reply")).to_have_count(0)
    until(lambda: product.bodies(caller) == [words], "the approved reply")


def _is_suggested(product, caller):
    with product.database().connect() as connection:
        mine = (text.c.thread.endswith(caller), text.c.status == "suggested")
        return connection.scalar(sa.select(sa.func.count()).select_from(text).where(*mine))
