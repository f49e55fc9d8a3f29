"""The list of conversations in a browser: keys, the number that waits, live rows, a phone's screen."""

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from agent.model import Reason
from agent.state import NOBODY
from server.store import threads
from server.store.tables import seal, seen, task, text, thread
from tests.server.conversations import converse, say

pytestmark = pytest.mark.browser

SHOP = "alder-creek-plumbing"
ANN, BEA, CAL = "+13035550201", "+13035550202", "+13035550203"
ASKED = "caller: how much is it?"


@pytest.fixture
def product(product_on_sqlite):
    """With three conversations: urgent, for a person, the agent's."""
    now = datetime.now(UTC)
    with product_on_sqlite.database().begin() as connection:
        urgent = {"owner": NOBODY, "reason": Reason.EMERGENCY}
        converse(connection, SHOP, ANN, ASKED, now=now, hours=3, **urgent)
        converse(connection, SHOP, BEA, ASKED, now=now, hours=1, owner=NOBODY, name="Bea Bell")
        converse(connection, SHOP, CAL, ASKED, "agent: $149", now=now)
    yield product_on_sqlite
    with product_on_sqlite.database().begin() as connection:
        for table in (seal, seen, task, text, thread):
            connection.execute(sa.delete(table))


def to(caller):
    return f"thread-{caller.lstrip('+')}"


def sign_in(open_page, product, path="/inbox", **size):
    page = open_page(f"{product.url}/login", **size)
    page.get_by_label("Login").fill("mia")
    page.get_by_label("Password").fill(product.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/inbox"))
    if path != "/inbox":
        page.goto(f"{product.url}{path}")
    return page


def test_the_keyboard_goes_through_the_list_and_leaves_fields_alone(product, open_page):
    page = sign_in(open_page, product)

    page.keyboard.press("j")
    expect(page.get_by_test_id(to(ANN))).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id(to(CAL))).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_test_id(to(BEA))).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("jk?/")
    expect(page.get_by_role("searchbox")).to_have_value("jk?/")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_keys_are_shown_and_can_be_switched_off(product, open_page):
    page = sign_in(open_page, product)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")

    expect(page.get_by_test_id(to(ANN))).not_to_be_focused()
    page.get_by_role("button", name="Keyboard").click()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_enter_opens_and_the_filter_stays(product, open_page):
    page = sign_in(open_page, product, "/inbox?show=person")

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/inbox/13035550202\?show=person"))
    expect(page.get_by_test_id(to(BEA))).to_have_attribute("aria-current", "page")
    expect(page.get_by_test_id(to(CAL))).to_have_count(0)


def test_the_title_and_the_rows_follow_what_happens(product, open_page):
    page = sign_in(open_page, product, "/inbox?show=urgent")
    expect(page).to_have_title("(2) Inbox - Alder Creek Plumbing")
    page.get_by_role("searchbox").fill("half a wo")

    with product.database().begin() as connection:
        bea, cal = f"{SHOP}:{BEA}", f"{SHOP}:{CAL}"
        threads.update(connection, bea, reason=Reason.URGENT)
        threads.update(connection, cal, owner=NOBODY)
        threads.touch(connection, cal)
        say(connection, bea, BEA, "caller: no heat since this morning", datetime.now(UTC))

    expect(page).to_have_title("(3) Inbox - Alder Creek Plumbing")
    expect(page.get_by_test_id(to(BEA))).to_contain_text("no heat since this morning")
    expect(page.get_by_test_id(to(CAL))).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value("half a wo")


def test_on_a_phone_the_list_is_a_page_that_fingers_can_use(product, open_page):
    page = sign_in(open_page, product, width=390, height=844)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    targets = page.locator("#threads :is(a, button, input:not([type=hidden])):visible")
    for place in range(targets.count()):
        assert targets.nth(place).bounding_box()["height"] >= 44, targets.nth(place).inner_text()
    page.get_by_role("link", name="Done", exact=True).scroll_into_view_if_needed()
    page.get_by_role("link", name="Done", exact=True).click()
    expect(page.get_by_text("Nothing is done yet.")).to_be_visible()


def test_the_way_back_from_a_conversation_is_the_list_that_was_left(product, open_page):
    page = sign_in(open_page, product, "/inbox?show=person", width=390, height=844)

    page.get_by_test_id(to(BEA)).click()
    page.get_by_label("Back to all conversations").click()

    page.wait_for_url(re.compile(r"/inbox\?show=person$"))
    expect(page.get_by_test_id(to(BEA))).to_be_visible()
