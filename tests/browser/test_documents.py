"""Documents of three kinds from the owner's page to a caller's phone and away again, in a real browser."""

import io
import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_owner import PHONE, WIDE, file, fits
from tests.browser.test_story import sign_in

pytestmark = pytest.mark.browser

ASKED = {
    "csv": "do you sweep chimneys?",
    "pdf": "what do you charge for gutter cleaning?",
    "docx": "do you repair garage doors?",
}
PRICES = {"csv": "$189", "pdf": "$175", "docx": "$245"}
MANY = "question,answer\n" + "".join(
    f"What does valve number {n} cost?,Valve number {n} is ${n + 20}.\n" for n in range(300)
)


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


def table():
    return file(
        "chimneys.csv", b"question,answer\nDo you sweep chimneys?,Sweeping a chimney is $189.\n"
    )


def pdf():
    from fpdf import FPDF

    made = FPDF()
    made.add_page()
    made.set_font("helvetica", "B", 18)
    made.cell(text="Gutter cleaning", new_x="LMARGIN", new_y="NEXT")
    made.set_font("helvetica", size=11)
    made.multi_cell(0, text="Gutter cleaning is $175 for a house of one storey.")
    return file("gutters.pdf", bytes(made.output()))


def word():
    from docx import Document

    made, content = Document(), io.BytesIO()
    made.add_heading("Do you repair garage doors?", level=1)
    made.add_paragraph("Repairing a garage door is $245 with a new spring.")
    made.save(content)
    return file("doors.docx", content.getvalue())


def documents_page(open_page, product, **size):
    page = sign_in(open_page, product, **size)
    page.goto(f"{product.url}/business/documents")
    return page


def test_facts_of_three_kinds_of_files_reach_a_caller_and_are_gone_with_the_file(
    product, open_page
):
    page = documents_page(open_page, product)

    page.set_input_files("#files", [table(), pdf(), word()])

    outcomes = page.get_by_test_id("outcome")
    for place in range(3):
        expect(outcomes.nth(place)).to_contain_text("in use now")
    for kind in ("PDF", "Word", "FAQ table"):
        expect(page.get_by_test_id("document").filter(has_text=kind).first).to_be_visible()
    phone = open_page(product.phone)
    answers = _asked(product, phone, list(ASKED.values()))
    assert [price in words for price, words in zip(PRICES.values(), answers, strict=True)] == [
        True
    ] * 3

    for name in ("chimneys.csv", "gutters.pdf", "doors.docx"):
        page.goto(f"{product.url}/business/documents")
        listed = page.get_by_test_id("document").filter(has_text=name)
        listed.get_by_text("Remove", exact=True).click()
        listed.get_by_role("button", name=f"Remove {name}").click()
        expect(page.get_by_test_id("told")).to_contain_text(f"{name} is removed")
    answers = _asked(product, phone, list(ASKED.values()))
    assert [price in words for price, words in zip(PRICES.values(), answers, strict=True)] == [
        False
    ] * 3

    page.get_by_text("Removed documents (3)").click()
    page.get_by_role("button", name="Bring back doors.docx, version 1", exact=True).click()
    expect(page.get_by_test_id("document").filter(has_text="doors.docx")).to_be_visible()
    assert "$245" in _asked(product, phone, [ASKED["docx"]])[0]


def _asked(product, phone, questions):
    """What the phone page shows as the answer to each question."""
    answers = []
    for question in questions:
        count = len(product.bodies())
        phone.get_by_test_id("compose-input").fill(question)
        phone.get_by_test_id("send-button").click()
        answers.append(product.replied(count + 1)[count])
        expect(phone.get_by_test_id("bubble-in").nth(count)).to_be_visible()
    return answers


def test_progress_counts_what_is_indexed(product, open_page):
    page = documents_page(open_page, product)
    page.evaluate("""() => {
        window.told = [];
        new MutationObserver(() => window.told.push(document.getElementById('uploads').textContent))
            .observe(document.getElementById('uploads'), {childList: true, subtree: true, characterData: true});
    }""")

    page.set_input_files("#files", file("valves.csv", MANY.encode()))

    expect(page.get_by_test_id("outcome")).to_contain_text(
        "300 passages, in use now", timeout=60_000
    )
    told = " ".join(page.evaluate("window.told"))
    counted = [int(one) for one in re.findall(r"indexing (\d+) of 300", told)]
    assert len(set(counted)) > 1
    assert counted == sorted(counted)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_text_is_pasted_looked_at_and_published(product, open_page, size):
    page = documents_page(open_page, product, **size)
    page.get_by_role("link", name="Paste text instead").click()
    assert fits(page)
    name = f"Attics {size['width']}"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Text").fill("# Do you insulate attics?\n\nInsulating an attic is $910.")

    page.get_by_role("button", name="See what would change first").click()
    expect(page.get_by_test_id("draft")).to_contain_text(f"Add {name}.md")
    expect(page.get_by_test_id("summary")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Publish").click()

    expect(page.get_by_test_id("told")).to_contain_text("in use now")
    page.get_by_role("link", name=f"{name}.md").first.click()
    expect(page.get_by_test_id("passage")).to_contain_text("Insulating an attic is $910.")
    assert fits(page)
    page.get_by_role("link", name="Edit text").click()
    page.get_by_label("Text").fill("# Do you insulate attics?\n\nInsulating an attic is $930.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name=f"{name}.md").first.click()
    expect(page.get_by_test_id("version")).to_contain_text("Version 1")
    assert fits(page)
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_test_id("passage")).to_contain_text("$910")
    assert fits(page)


def test_files_to_be_looked_at_first_lead_to_what_would_change(product, open_page):
    page = documents_page(open_page, product)
    page.get_by_label("See what would change first").check()

    page.set_input_files("#files", table())

    page.wait_for_url(re.compile("/business/documents/draft"))
    expect(page.get_by_test_id("draft")).to_contain_text("chimneys.csv")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_test_id("told")).to_contain_text("discarded")


def test_another_way_to_ask_is_approved_by_keyboard(product, open_page):
    page = documents_page(open_page, product)
    page.goto(f"{product.url}/business/documents/faq.csv")
    page.get_by_label("Ways to ask How much is a drain cleaning?").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("rooter rate")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("told")).to_contain_text("One way to ask approved")
    page.get_by_label("Ways to ask How much is a drain cleaning?").click()
    expect(page.get_by_label("rooter rate")).to_be_checked()
