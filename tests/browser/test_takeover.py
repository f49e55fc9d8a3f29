"""One conversation in a real browser: taken back, noted, handed on, put aside; strangers' texts do no harm."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import sign_in
from tests.visitor import give_login

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">",
    "\u202eThis reads backwards\u202c and this does not",
    "hidden" + "\u200b\u200c\u200d\u2060" * 390,
    "Z" + "\u0301\u0316\u0324" * 300,
    "W" * 1600,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 60,
    "مرحبا، كم سعر تنظيف المصرف؟",
]


@pytest.fixture(scope="module")
def slow(start_product):
    """Texts of staff wait ten seconds, as they do in life."""
    running = start_product(RINGBACK_UNDO_S="20")
    give_login(running, "alder-creek-plumbing", "sam", "staff")
    yield running
    running.stop()


def conversation(slow, open_page, caller, body="hello there", **size):
    """A caller has written and was answered, and Mia looks at it."""
    slow.text(body, caller=caller)
    slow.replied(1, to=caller)
    page = sign_in(open_page, slow, **size)
    page.get_by_test_id(f"thread-{caller[1:]}").click()
    expect(page.get_by_test_id("reply")).to_be_visible()
    return page


def test_a_text_is_taken_back_while_the_seconds_run(slow, open_page):
    caller = "+13035552001"
    page = conversation(slow, open_page, caller)
    page.get_by_test_id("reply").fill("On my way.")
    page.get_by_test_id("reply").press("Control+Enter")

    undo = page.get_by_test_id("undo")
    expect(undo).to_have_text(re.compile(r"Undo \d+ s"))
    page.get_by_test_id("reply").fill("And bring")
    undo.click()

    expect(page.get_by_test_id("reply")).to_have_value("On my way.\nAnd bring")
    expect(page.get_by_text("taken back by Mia")).to_be_visible()
    assert "On my way." not in slow.bodies(caller)


def test_a_note_looks_different_and_stays_here(slow, open_page):
    caller = "+13035552002"
    page = conversation(slow, open_page, caller)
    page.get_by_role("heading", level=1).click(trial=True)
    page.locator("body").press("n")
    expect(page.get_by_role("radio", name="Note")).to_be_checked()
    expect(page.get_by_test_id("send")).to_have_text("Keep note", use_inner_text=True)
    color = "el => getComputedStyle(el).backgroundColor"
    noted = page.locator("#composer").evaluate(color)

    page.get_by_test_id("reply").fill("@sam the one with the dog")
    page.get_by_test_id("reply").press("Control+Enter")

    expect(page.get_by_test_id("private-note")).to_contain_text("Note by Mia Torres")
    expect(page.locator("mark")).to_have_text("@sam")
    assert page.locator("#composer").evaluate(color) != noted
    assert "@sam the one with the dog" not in slow.bodies(caller)


def test_colleagues_see_each_other_and_a_late_text_is_held(slow, open_page):
    caller = "+13035552003"
    mia = conversation(slow, open_page, caller)
    sam = open_page(f"{slow.url}/login")
    sam.get_by_label("Login").fill("sam")
    sam.get_by_label("Password").fill("for-tests-only")
    sam.get_by_role("button", name="Sign in").click()
    sam.wait_for_url(re.compile("/inbox"))
    sam.goto(f"{slow.url}/inbox/{caller[1:]}")

    mia.get_by_test_id("reply").press_sequentially("We come at five.")
    expect(sam.locator("#here")).to_have_text("Mia is typing a reply")
    sam.get_by_test_id("reply").fill("We come at three.")
    sam.get_by_test_id("send").click()
    expect(sam.get_by_test_id("undo")).to_be_visible()
    mia.get_by_test_id("send").click()

    expect(mia.get_by_test_id("others")).to_contain_text("wrote to this caller")
    expect(mia.get_by_test_id("reply")).to_have_value("We come at five.")
    expect(mia.get_by_text("We come at three.").first).to_be_visible()


def test_strangers_texts_do_no_harm(slow, open_page):
    caller = "+13035552004"
    page = conversation(slow, open_page, caller, body=HOSTILE[0], width=390, height=844)
    for body in HOSTILE[1:]:
        slow.text(body, caller=caller)
    page.reload()

    texts = page.get_by_test_id("text-caller")
    expect(texts).to_have_count(len(HOSTILE))
    expect(texts.nth(0)).to_contain_text("<script>document.title")
    expect(texts.nth(1)).to_contain_text("[RLO]This reads backwards[PDF] and this does not")
    expect(texts.nth(2)).to_contain_text("hidden[hidden signs]")
    assert "taken" not in page.title()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    view = page.locator("#timeline").bounding_box()
    for place in range(len(HOSTILE)):
        bubble = texts.nth(place).locator(".bubble").bounding_box()
        assert bubble["x"] >= view["x"]
        assert bubble["x"] + bubble["width"] <= view["x"] + view["width"]
    piled = texts.nth(3).locator(".bubble").bounding_box()
    assert piled["height"] < 100
    assert texts.nth(6).locator(".words").evaluate("el => getComputedStyle(el).direction") == "rtl"


def test_on_a_phone_the_head_is_small_and_every_move_is_reached(slow, open_page):
    caller = "+13035552005"
    page = conversation(
        slow, open_page, caller, body="water is pouring everywhere", width=390, height=844
    )

    expect(page.get_by_test_id("owner")).to_have_text("Needs a person")
    assert page.locator(".thread-head").bounding_box()["height"] <= 96
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_test_id("summary").locator("dl")).not_to_be_visible()
    for name in ("done-menu", "more-menu"):
        page.get_by_test_id(name).locator("summary").first.click()
        menu = page.get_by_test_id(name).locator(".choices-list")
        box = menu.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    page.get_by_role("button", name="Sam Reed").click()
    expect(page.get_by_test_id("owner")).to_have_text("Sam Reed")
    page.get_by_test_id("more-menu").locator("summary").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.get_by_test_id("snoozed")).to_be_visible()
    page.get_by_test_id("done-menu").locator("summary").click()
    page.get_by_role("button", name="Won the job").click()
    expect(page.get_by_test_id("still-owed")).to_contain_text("still to do")
    page.get_by_test_id("done-anyway").click()
    expect(page.get_by_test_id("resolved")).to_have_text("Done: Won the job")


def test_a_menu_stays_open_while_the_page_is_renewed_and_closes_by_escape(slow, open_page):
    caller = "+13035552006"
    page = conversation(slow, open_page, caller)
    menu = page.get_by_test_id("more-menu")
    menu.locator("summary").click()

    slow.text("are you there?", caller=caller)
    expect(page.get_by_text("are you there?").first).to_be_visible()
    expect(menu.get_by_test_id("unread")).to_be_visible()
    page.keyboard.press("Escape")

    expect(menu.get_by_test_id("unread")).not_to_be_visible()


def test_a_reply_is_found_by_its_name_and_put_into_the_box(slow, open_page):
    caller = "+13035552007"
    page = conversation(slow, open_page, caller)
    page.goto(f"{slow.url}/business/replies")
    for name, words in (("Directions", "We are at 120 Alder St."), ("Hours", "Open at 8.")):
        page.get_by_label("Name, to find it by").last.fill(name)
        page.get_by_label("Words", exact=True).last.fill(words)
        page.get_by_test_id("add").click()
        expect(page.get_by_test_id("saved")).to_contain_text(name)
    page.goto(f"{slow.url}/inbox/{caller[1:]}")

    page.get_by_test_id("canned").locator("summary").click()
    page.get_by_placeholder("Find a reply").fill("dir")
    expect(page.get_by_role("button", name="Hours")).not_to_be_visible()
    page.get_by_placeholder("Find a reply").press("Enter")

    expect(page.get_by_test_id("reply")).to_have_value("We are at 120 Alder St.")


def test_whoever_opted_out_can_be_called_and_noted_but_not_texted(slow, open_page):
    caller = "+13035552008"
    slow.text("hello", caller=caller)
    slow.replied(1, to=caller)
    page = conversation(slow, open_page, caller, body="STOP")

    expect(page.get_by_test_id("closed")).to_contain_text("opted out")
    expect(page.get_by_role("link", name=re.compile("^Call "))).to_have_attribute(
        "href", f"tel:{caller}"
    )
    expect(page.get_by_label("Reply", exact=True)).to_be_disabled()
    page.get_by_test_id("reply").fill("Phone her.")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("private-note")).to_contain_text("Phone her.")
