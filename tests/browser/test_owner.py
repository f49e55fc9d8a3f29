"""The owner's pages in a real browser, wide and on a phone: documents, their progress, a test question."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
TABLE = b"question,answer\nDo you thaw frozen pipes?,Yes. Thawing a frozen pipe is $189.\n"
PAGES = ("/inbox", "/business", "/business/documents", "/business/documents/faq.csv")


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


def file(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_document_is_added_with_progress_looked_at_and_asked(product, open_page, size):
    page = sign_in(open_page, product, **size)
    for address in PAGES:
        page.goto(f"{product.url}{address}")
        expect(page.locator("nav [aria-current]")).to_have_count(1)
        assert fits(page), address
    page.get_by_role("link", name="Documents", exact=True).click()
    expect(page.locator("#uploads")).to_be_attached()  # a click does not wait for the next page
    page.evaluate("""() => {
        window.told = [];
        new MutationObserver(() => window.told.push(document.getElementById('uploads').textContent))
            .observe(document.getElementById('uploads'), {childList: true, subtree: true, characterData: true});
    }""")

    page.set_input_files("#files", [file("winter.csv", TABLE), file("prices.xls", b"x")])

    outcomes = page.get_by_test_id("outcome")
    expect(outcomes.nth(0)).to_contain_text("in use")
    expect(outcomes.nth(1)).to_contain_text("choose Save As, CSV UTF-8")
    told = " ".join(page.evaluate("window.told"))
    assert "uploaded" in told
    assert "reading" in told
    listed = page.get_by_test_id("document").filter(has_text="winter.csv")
    expect(listed).to_contain_text("1 passage")
    assert fits(page)

    page.get_by_label("A caller asks").fill("do you thaw frozen pipes?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_test_id("said")).to_have_text("Yes. Thawing a frozen pipe is $189.")
    assert fits(page)
    page.get_by_test_id("answer").get_by_role("link", name="Do you thaw frozen pipes?").click()
    expect(page.get_by_test_id("passage")).to_contain_text("Thawing a frozen pipe is $189.")
    assert fits(page)


def test_a_dropped_file_is_added_and_a_too_large_one_is_not_even_sent(product, open_page):
    page = sign_in(open_page, product)
    page.goto(f"{product.url}/business/documents")

    dropped = page.evaluate_handle("""() => {
        const dropped = new DataTransfer();
        dropped.items.add(new File(["# Parking\\n\\nPark in the alley."], "parking.md"));
        dropped.items.add(new File(["x".repeat(10 * 1024 * 1024 + 1)], "long.txt"));
        return dropped;
    }""")
    page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})

    outcomes = page.get_by_test_id("outcome")
    expect(outcomes.nth(0)).to_contain_text("parking.md: 1 passage, in use now")
    expect(outcomes.nth(1)).to_contain_text("long.txt: larger than 10 MB")


def test_the_keyboard_alone_asks_and_removes(product, open_page):
    page = sign_in(open_page, product)
    page.goto(f"{product.url}/business/documents")
    page.set_input_files("#files", file("gone.txt", b"We fix pumps."))
    expect(page.get_by_test_id("document").filter(has_text="gone.txt")).to_be_visible()

    def tab_to(name):
        for _ in range(40):
            page.keyboard.press("Tab")
            if name in page.evaluate(
                "document.activeElement.ariaLabel || document.activeElement.textContent || document.activeElement.id"
            ):
                return
        raise AssertionError(f"the keyboard does not reach {name!r}")

    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    tab_to("question")
    page.keyboard.type("do you tune pianos?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The agent would pass this to a person")).to_be_visible()
    page.reload()
    tab_to("Remove gone.txt")
    page.keyboard.press("Enter")
    tab_to("Remove gone.txt")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("told")).to_contain_text("gone.txt is removed")
    expect(page.get_by_test_id("document").filter(has_text="gone.txt")).to_have_count(0)
