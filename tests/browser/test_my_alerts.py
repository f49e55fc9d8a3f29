"""Alerts in a real browser: turned on with a click, shown while no page asks for them, opened with a click."""

import json

import pytest
from playwright.sync_api import expect

from evals.product import until
from tests.browser.test_story import sign_in
from tests.contracts.bell_doubles import Browser, listening

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

WITHOUT_A_PUSH_SERVICE = """({endpoint, p256dh, auth}) => {
  // Chromium's own push service is out of reach: this one hands out a subscription of the test's.
  const made = (key) => ({
    endpoint, options: { applicationServerKey: key },
    toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
    unsubscribe: async () => { localStorage.removeItem("subscribed"); return true; },
  });
  const kept = () => {
    const key = localStorage.getItem("subscribed");
    return key && made(Uint8Array.from(JSON.parse(key)).buffer);
  };
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!userVisibleOnly) throw new Error("only visible ones");
    localStorage.setItem("subscribed", JSON.stringify(Array.from(applicationServerKey)));
    return made(applicationServerKey.buffer);
  };
  PushManager.prototype.getSubscription = async () => kept() || null;
}"""

SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  const shown = await worker.getNotifications();
  return shown.map((one) => ({ title: one.title, body: one.body, stays: one.requireInteraction }));
}"""


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def push():
    with listening() as double:
        yield double


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def opened(product, open_page):
    """The page of one's own alerts, signed in."""

    def one(*, allowed=True, browser=None, endpoint="", **size):
        page = sign_in(open_page, product, **size)
        if allowed:
            page.context.grant_permissions(["notifications"], origin=product.url)
        if browser:
            form = json.dumps(browser.form(endpoint))
            page.add_init_script(f"({WITHOUT_A_PUSH_SERVICE})({form})")
        page.goto(f"{product.url}/alerts")
        return page

    return one


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_alerts_are_turned_on_tested_and_turned_off(opened, push, size):
    browser = Browser()
    page = opened(browser=browser, endpoint=f"{push.url}/to/{size['width']}", **size)
    assert fits(page)

    page.get_by_role("button", name="Turn on alerts here").click()

    expect(page.get_by_test_id("told")).to_contain_text("shows your alerts now")
    expect(page.locator(".here:visible")).to_have_text("This device")
    expect(page.get_by_text("Alerts appear on this device.", exact=True)).to_be_visible()
    assert fits(page)

    page.get_by_role("button", name="Test Chrome on Linux").click()

    expect(page.get_by_test_id("told")).to_have_text("Test: Chrome on Linux: sent.")
    assert "This is a test." in browser.reads(push.asked[-1].body)["body"]

    page.get_by_role("button", name="Turn off alerts here").click()

    expect(page.get_by_test_id("told")).to_have_text("Alerts are off on this device.")
    expect(page.get_by_role("button", name="Turn on alerts here")).to_be_visible()
    expect(page.locator(".here:visible")).to_have_count(0)


def test_a_browser_that_blocks_alerts_says_what_to_do(opened):
    page = opened(allowed=False, **PHONE)
    page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )

    page.reload()

    expect(page.get_by_text("This browser blocks alerts from Ringback.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on alerts here")).to_be_hidden()


def test_a_browser_without_alerts_says_so(opened):
    page = opened(allowed=False, **PHONE)
    page.add_init_script("delete window.PushManager")

    page.reload()

    expect(page.get_by_text("This browser cannot show alerts.")).to_be_visible()


def test_an_iphone_is_told_of_the_home_screen(opened):
    page = opened(allowed=False, **PHONE)
    page.add_init_script("delete window.PushManager; navigator.standalone = false")

    page.reload()

    expect(page.get_by_text("tap Share, then Add to Home Screen")).to_be_visible()


def test_a_push_is_shown_and_a_click_opens_the_conversation(product, opened):
    page = opened(**WIDE)
    page.evaluate("navigator.serviceWorker.register('/sw.js')")
    page.wait_for_function("navigator.serviceWorker.controller")
    told = {"title": "Alder Creek", "body": "Water everywhere.", "link": f"{product.url}/visits"}
    deliver(page, product, told)

    shown = until(lambda: page.evaluate(SHOWN), "a notification is shown")
    assert shown == [{"title": "Alder Creek", "body": "Water everywhere.", "stays": True}]

    page.context.service_workers[0].evaluate(
        "self.registration.getNotifications().then(([notification]) => "
        "self.dispatchEvent(new NotificationEvent('notificationclick', { notification })))"
    )
    page.wait_for_url(f"{product.url}/visits")


@pytest.mark.parametrize("link", ["https://elsewhere.example/inbox/1", "//elsewhere.example/"])
def test_a_link_that_leads_elsewhere_opens_the_inbox(product, opened, link):
    page = opened(**WIDE)
    page.evaluate("navigator.serviceWorker.register('/sw.js')")
    page.wait_for_function("navigator.serviceWorker.controller")

    home = page.context.service_workers[0].evaluate("(link) => home(link)", link)

    assert home == f"{product.url}/inbox"


def deliver(page, product, told):
    """As the browser does when its push service has something."""
    devtools = page.context.new_cdp_session(page)
    registrations = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": product.url,
            "registrationId": registrations[-1]["registrationId"],
            "data": json.dumps(told),
        },
    )
