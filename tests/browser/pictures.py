"""The README's pictures: the demo story played on the real product, photographed at each turn."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from evals.product import CALLER, MIA, Product
from tests.browser.conftest import ARGUMENTS
from tests.browser.get_chromium import installed

DIGITS = CALLER.lstrip("+")
NEW_FAQ = "question,answer\nDo you thaw frozen pipes?,Yes. Thawing a frozen pipe is $189.\n"
BUSY = (
    "there is water pouring through my ceiling!",
    "hi, do you sell a zebra faucet?",
    "how much is a drain cleaning?",
    "can someone call me back tomorrow at 10?",
    "are you licensed and insured?",
    "can someone snake my kitchen drain next tuesday at 2pm?",
    "this is the third time I call, I want to talk to a person",
    "do you take credit cards?",
)
"""A day's callers, the first one in danger."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        product = Product(Path(data)).start()
        browser = playwright.chromium.launch(executable_path=installed(), args=ARGUMENTS)
        try:
            play(product, browser, folder)
        finally:
            browser.close()
            product.stop()


def play(product: Product, browser: Browser, folder: Path) -> None:
    phone = _page(browser, product.phone, 1100, 760)
    product.call()
    product.replied(1)
    product.text("how much is a drain cleaning?")
    product.replied(2)
    phone.get_by_text("$149").first.wait_for()
    phone.get_by_text("Call ended").wait_for(state="hidden")
    phone.screenshot(path=folder / "1-missed-and-answered.png")

    product.text("ok can someone come next tuesday at 2pm?")
    product.replied(3)
    product.text("yes please")
    product.replied(4)
    inbox = _signed_in(product, browser, 1100, 760)
    inbox.goto(f"{product.url}/inbox/{DIGITS}")
    inbox.get_by_test_id("visits").wait_for()
    inbox.screenshot(path=folder / "2-booked.png")

    owner = _signed_in(product, browser, 1100, 900)
    owner.goto(f"{product.url}/business/documents")
    owner.locator("input[type=file]").set_input_files(
        {"name": "winter.csv", "mimeType": "text/csv", "buffer": NEW_FAQ.encode()}
    )
    owner.get_by_text("1 passage, in use now").first.wait_for()
    owner.get_by_label("A caller asks").fill("how much to thaw a frozen pipe?")
    owner.get_by_role("button", name="Ask").click()
    owner.get_by_text("$189").first.wait_for()
    owner.screenshot(path=folder / "3-uploaded.png", full_page=True)

    product.text("a pipe burst, water is pouring through the ceiling!")
    product.replied(5)
    product.replied(2, to=MIA)
    hand = _signed_in(product, browser, 390, 780)
    hand.goto(f"{product.url}/inbox/{DIGITS}")
    hand.get_by_test_id("reply").fill("Mia here. Close the main valve, I'm on my way.")
    hand.screenshot(path=folder / "4-emergency.png")
    hand.get_by_test_id("send").click()
    product.replied(6)

    hand.get_by_test_id("release").click()
    hand.get_by_test_id("claim").wait_for()
    product.text("thank you! what does thawing a frozen pipe cost btw")
    product.replied(7)
    hand.locator("#timeline").get_by_text("$189").first.wait_for()
    hand.wait_for_timeout(1500)
    hand.screenshot(path=folder / "5-given-back.png")
    people(product, browser, folder)


def people(product: Product, browser: Browser, folder: Path) -> None:
    """A busy day in the inbox, one conversation at night on a phone, and how an emergency climbed."""
    callers = [f"+1720555{number:04d}" for number in range(1200, 1200 + len(BUSY))]
    for caller, words in zip(callers, BUSY, strict=True):
        product.text(words, caller=caller)
        product.replied(1, to=caller)
    inbox = _signed_in(product, browser, 1100, 760)
    inbox.goto(f"{product.url}/inbox/{callers[1][1:]}")
    inbox.get_by_test_id("reply").wait_for()
    inbox.wait_for_timeout(500)
    inbox.screenshot(path=folder / "6-inbox.png")
    night = _signed_in(product, browser, 390, 780, color_scheme="dark")
    night.screenshot(path=folder / "7-inbox-at-night.png")
    night.goto(f"{product.url}/inbox/{callers[0][1:]}")
    night.get_by_test_id("reply").wait_for()
    night.screenshot(path=folder / "8-emergency-at-night.png")


def _signed_in(product: Product, browser: Browser, width: int, height: int, **more: Any) -> Page:
    page = _page(browser, f"{product.url}/login", width, height, **more)
    page.get_by_label("Login").fill("mia")
    page.get_by_label("Password").fill(product.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox")
    return page


def _page(browser: Browser, url: str, width: int, height: int, **more: Any) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, **more)
    page.goto(url)
    return page


if __name__ == "__main__":
    main()
