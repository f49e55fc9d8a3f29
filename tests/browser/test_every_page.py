"""Every page at the sizes of a phone and a desk, by day and by night: for everybody, light, and without a script's error."""

from typing import Any

import pytest
from playwright.sync_api import Page

from evals.product import until
from tests.browser.get_axe import script, violations
from tests.server.test_tenants import ROUTES
from tests.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SIZES = {"phone": (390, 844), "desk": (1280, 800)}
HEAVIEST_KB = 100
TALKER, FLOODED, QUIET_ONE, ODD = "+17205550811", "+17205550812", "+17205550813", "+17205550814"
ODD_TEXT = (
    "<script>document.title='stolen'</script><b>bold</b> \u202egnp.exe\u202c "
    + "\U0001f4a7" * 300
    + " "
    + "w" * 400
)

PAGES = [
    "/inbox", "/inbox?queue=urgent", "/inbox?q=nothing+like+this", "/inbox/{digits}", "/inbox/{flooded}", "/inbox/{odd}",
    "/tasks", "/visits", "/account", "/account/second-factor", "/alerts", "/business", "/business/on-call", "/business/people", "/business/audit", "/business/replies",
    "/business/autonomy", "/business/go-live", "/setup/all", "/setup/trade", "/setup/name", "/setup/number", "/setup/hours", "/setup/services", "/setup/people",
    "/setup/calendar", "/setup/knowledge", "/setup/text", "/setup/try", "/business/api", "/business/exports", "/business/webhooks", "/business/calls", "/business/calls/week", "/business/numbers", "/business/numbers/roi", "/business/numbers/weekly", "/business/test-call", "/business/phone-system", "/business/calendars",
    "/business/profile", "/business/profile/business", "/business/profile/hours", "/business/profile/services",
    "/business/profile/services/item?name=drain-cleaning", "/business/profile/calendars/item", "/business/profile/closures/item",
    "/business/profile/services/remove?name=drain-cleaning", "/business/history", "/business/history/1", "/business/folder", "/business/folder/look",
    "/business/calendars/phone", "/business/first-text", "/business/documents", "/business/documents/paste", "/business/questions", "/business/data", "/business/data/{digits}", "/business/preflight", "/business/model",
]  # fmt: skip
"""Addresses with what they show of the lively business."""
NO_PAGES = {
    "/admin", "/admin/numbers", "/admin/businesses", "/admin/businesses/new", "/admin/businesses/{slug}", "/", "/health", "/ready", "/metrics", "/static", "/.well-known/caldav", "/dav", "/dav/{path:path}",
}  # fmt: skip
"""Answers for machines, and what an owner may not see."""


@pytest.fixture(scope="module")
def lively(start_product):
    """A business on a busy day."""
    product = start_product()
    product.text("how much is a drain cleaning?", caller=TALKER)
    product.replied(1, to=TALKER)
    product.text("water is flooding my basement, help!", caller=FLOODED)
    product.replied(1, to=FLOODED)
    product.text("do you sell a zebra faucet?", caller=QUIET_ONE)
    product.replied(1, to=QUIET_ONE)
    product.text(ODD_TEXT, caller=ODD)
    product.call(caller=ODD)
    product.replied(1, to=ODD)
    yield product
    product.stop()


@pytest.fixture(scope="module")
def axe():
    found = script()
    if found is None:
        pytest.skip("axe-core could not be had from npm")
    return found.read_text()


@pytest.fixture(scope="module")
def signed_in(lively, chromium):
    """A page of a size and scheme in which the owner is signed in; its script errors are noted on it."""
    contexts = []

    def opened(size: str, scheme: str) -> Any:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{lively.url}/login")
        page.get_by_label("Login").fill("mia")
        page.get_by_label("Password").fill(lively.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox")
        return page

    yield opened
    for context in contexts:
        context.close()


def address(product, path: str) -> str:
    digits = {"digits": TALKER[1:], "flooded": FLOODED[1:], "odd": ODD[1:]}
    return f"{product.url}{path.format(**digits)}"


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("phone", "dark"),
        ("desk", "light"),
        pytest.param("phone", "light", marks=pytest.mark.full),
        pytest.param("desk", "dark", marks=pytest.mark.full),
    ],
)
def test_every_page_can_be_used_by_everybody(lively, signed_in, axe, size, scheme):
    page, errors, found = signed_in(size, scheme), [], {}
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))

    for path in PAGES:
        page.goto(address(lively, path))
        found[path] = violations(page, axe)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found[path].append(f"{wide} px wider than the window")

    assert {path: lines for path, lines in found.items() if lines} == {}
    assert errors == []


@pytest.mark.parametrize("path", ["/login"])
def test_the_way_in_can_be_used_by_everybody(lively, open_page, axe, path):
    page = open_page(lively.url + path, width=390)

    assert violations(page, axe) == []


def test_every_page_is_light(lively, signed_in):
    page, heavy = signed_in("phone", "light"), {}
    for path in PAGES:
        weight = _weight_kb(page, address(lively, path))
        if weight >= HEAVIEST_KB:
            heavy[path] = weight

    assert heavy == {}


def _weight_kb(page: Page, url: str) -> float:
    """What is sent for a page to a browser that has nothing of it yet."""
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    page.goto(url, wait_until="load")
    session.detach()
    return sum(sizes) / 1000


def test_what_a_caller_sends_is_shown_and_does_nothing(lively, signed_in):
    page = signed_in("phone", "light")
    page.goto(address(lively, "/inbox/{odd}"))

    assert "stolen" not in page.title()
    said = page.get_by_test_id("text-caller").first
    assert "<script>" in said.inner_text()
    assert said.locator("script, b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_page_was_forgotten(lively):
    visitor = Visitor(lively).signs_in("mia", lively.password)
    shown = {path.split("?")[0] for path in PAGES} | {"/login"}
    pages = set()
    for method, path in ROUTES:
        if method != "GET" or "{" in path or path in NO_PAGES or path in shown:
            continue
        with visitor.http.stream("GET", path, headers={"Accept": "text/html"}) as answered:
            if "text/html" in answered.headers.get("content-type", ""):
                start = "".join(answered.iter_text())[:200]
                pages |= {path} if "<html" in start else set()
    visitor.http.close()

    assert pages == set()


def test_the_day_is_lively(lively):
    assert until(lambda: len(lively.bodies(ODD)) >= 1, "an answer")
