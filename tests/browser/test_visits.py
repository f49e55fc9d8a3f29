"""A visit booked, moved and cancelled by text: seen by the caller, by staff, and by a calendar client that is not ours."""

import re

import caldav.davclient
import pytest
from playwright.sync_api import expect

from evals.product import until
from tests.browser.test_story import DIGITS, sign_in
from tests.server.test_booking import events, spoken, working_day

pytestmark = pytest.mark.browser


@pytest.fixture
def van(product):
    """The owner's first calendar, in a client of its own."""
    with caldav.davclient.DAVClient(
        f"{product.url}/dav/",
        username="mia",
        password=product.calendar_password(),
        auth_type="basic",
        enable_rfc6764=False,
    ) as client:
        [van] = [one for one in client.principal().calendars() if "van-1" in str(one.url)]
        yield van


def test_a_visit_is_booked_moved_and_cancelled_and_everyone_sees_it(product, open_page, van):
    size = {"width": 390, "height": 844}
    first, second = working_day(3), working_day(4)
    phone, desk = open_page(product.phone), sign_in(open_page, product, **size)
    said = len(product.bodies())

    def text(words):
        nonlocal said
        phone.get_by_test_id("compose-input").fill(words)
        phone.get_by_test_id("send-button").click()
        said += 1
        return product.replied(said)[-1]

    def seen(day):
        return [(one["uid"], one["summary"]) for one in events(van, day)]

    text(f"can someone snake my drain on {spoken(first)} at 1pm? Joan Miller here")
    booked = text("yes please")
    [(uid, summary)] = seen(first)
    assert summary == "Drain cleaning - Joan M."
    [link] = re.findall(r"http\S+/v/\S+", booked)
    visit = open_page(link, **size)
    expect(visit.get_by_role("main")).to_contain_text(f"{spoken(first)[:3]}")
    expect(visit.get_by_role("main")).to_contain_text("1 PM")
    desk.goto(f"{product.url}/visits")
    expect(desk.get_by_text("1:00 PM to 2:30 PM")).to_be_visible()

    text(f"something came up, can we move it to {spoken(second)} at 10?")
    assert text("yes").startswith("Moved: Drain cleaning is now")
    assert seen(first) == []
    assert seen(second) == [(uid, summary)]
    visit.reload()
    expect(visit.get_by_role("main")).to_contain_text("10 AM")
    desk.reload()
    expect(desk.get_by_text("10:00 AM to 11:30 AM")).to_be_visible()
    wide = desk.evaluate("document.documentElement.scrollWidth")
    assert wide <= desk.viewport_size["width"]

    assert text("please cancel my appointment").startswith("Cancelled: Drain cleaning")
    assert seen(second) == []
    visit.reload()
    expect(visit.get_by_role("main")).to_contain_text("cancelled", ignore_case=True)
    desk.reload()
    expect(desk.get_by_text("No visits ahead")).to_be_visible()


def test_what_the_owner_moves_on_the_phone_is_asked_and_told_with_one_click(
    product, open_page, van
):
    day, other = working_day(6), working_day(7)
    said = len(product.bodies())
    product.text(f"can someone snake my drain on {spoken(day)} at 1pm?")
    product.replied(said + 1)
    product.text("yes please")
    product.replied(said + 2)
    [event] = [one for one in van.events() if one.icalendar_component["dtstart"].dt.date() == day]
    part = event.icalendar_component
    long = part["dtend"].dt - part["dtstart"].dt
    part["dtstart"].dt = part["dtstart"].dt + (other - day)
    part["dtend"].dt = part["dtstart"].dt + long
    event.save()

    desk = sign_in(open_page, product, width=390, height=844)
    address = f"{product.url}/inbox/{DIGITS}"
    until(lambda: desk.goto(address) and desk.get_by_text("was moved in the").count(), "a task", 60)
    desk.get_by_role("button", name="Text this to the caller").click()

    assert "Your visit is now at another time" in product.replied(said + 3)[-1]
    expect(desk.get_by_text("was moved in the")).to_have_count(0)
