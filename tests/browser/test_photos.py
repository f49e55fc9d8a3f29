"""A caller's photos, as staff see them arrive."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import sign_in
from tests.server import pictures
from tests.server.test_photos import put

pytestmark = pytest.mark.browser
CALLER = "+17205550461"


@pytest.mark.parametrize("width", [1280, 390])
def test_photos_appear_by_themselves_and_open_in_full(
    product_on_sqlite, open_page, tmp_path, width
):
    product, caller = product_on_sqlite, f"{CALLER[:-4]}{width:04d}"
    late = put(product, pictures.jpeg(3000, 4000), mishaps=["404", "404"])
    media = [late, *(put(product, pictures.jpeg(1200, 900)) for _ in range(2))]
    media += [put(product, kind="video/mp4"), put(product, pictures.jpeg(300, 1200))]
    product.text("Hi, my sink leaks", caller=caller)
    desk = sign_in(open_page, product, width=width, height=844)
    desk.goto(f"{product.url}/inbox/{caller[1:]}")

    product.text("this is how it looks", caller=caller, media=[one.wish for one in media])

    expect(desk.get_by_text("could not be fetched yet")).to_be_visible()
    desk.screenshot(path=tmp_path / "waiting.png")
    expect(desk.get_by_test_id("photo")).to_have_count(4, timeout=40_000)
    expect(desk.get_by_text("A video came with this text; it is not shown here.")).to_be_visible()
    first = desk.get_by_role("link", name="Photo 1 of 5 from the caller")
    first.scroll_into_view_if_needed()
    expect(first.get_by_role("img")).to_have_js_property("naturalHeight", 480)
    across = desk.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert across <= 0
    desk.screenshot(path=tmp_path / "shown.png")
    first.focus()
    with desk.expect_popup() as opened:
        desk.keyboard.press("Enter")
    large = opened.value
    expect(large.get_by_role("img")).to_have_js_property("naturalHeight", 2048)
    large.screenshot(path=tmp_path / "large.png")
