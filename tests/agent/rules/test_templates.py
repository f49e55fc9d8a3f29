"""The first text that an owner writes: what is wrong with it is said, and never sent."""

from datetime import UTC, datetime

import pytest

from agent.business import Business
from agent.rules import first_text, templates

CALLED = datetime(2026, 11, 16, 18, tzinfo=UTC)
SHOP = {
    "slug": "alder",
    "name": "Alder Creek Plumbing",
    "industry": "plumbing",
    "timezone": "America/Denver",
    "phone": "+13035550140",
    "hours": {"mon": ["08:00-17:00"]},
    "calendars": [],
    "services": [],
}
GOOD = "{business}: Sorry we missed your call. What's going on? Reply STOP to opt out."


def shop(text, **links):
    return Business.model_validate(SHOP | {"first_text": text, "links": links})


def test_a_sound_template_has_no_faults():
    assert templates.faults(shop(GOOD)) == []
    assert templates.faults(Business.model_validate(SHOP)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Sorry we missed your call, we will be right with you. {business}", "put {business} first"),
        ("{business}: Thanks for reaching out. How can we help?", "missed their call"),
        ("{business}: Sorry we missed your call. What is it? And where?", "more than one question"),
        (GOOD + " Our spring tune-up special is 20% off this week only!", "this sells"),
        (GOOD + " Book at alder.example/book", "this link is left out"),
        (GOOD + " We are a family shop in Boulder and look after drains, heaters and leaks.", "2 SMS"),
        (GOOD.replace(":", " —") + " Gracias por su paciencia ☺", "2 SMS"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_mend(text, fault):
    assert any(fault in one for one in templates.faults(shop(text)))


def test_what_sells_is_never_sent():
    sent = first_text.render(shop(GOOD + " Ask about our $49 drain special!"), CALLED)

    assert (
        sent
        == "Alder Creek Plumbing: Sorry we missed your call. What's going on? Reply STOP to opt out."
    )


@pytest.mark.parametrize(
    ("links", "is_sent"),
    [
        ({"booking": "https://alder.example/book"}, False),
        ({"booking": "https://alder.example/book", "allow_in_first_text": True}, True),
        ({"booking": "https://bit.ly/alder", "allow_in_first_text": True}, False),
    ],
)
def test_a_link_is_sent_where_the_owner_has_turned_it_on_and_no_shortener_hides_it(links, is_sent):
    sent = first_text.render(shop("{business}: Sorry we missed your call. Book here: {booking_link}", **links), CALLED)  # fmt: skip

    assert ("alder" in sent.lower().replace("alder creek", "")) == is_sent
    assert "Sorry we missed your call." in sent


def test_a_host_that_nobody_allowed_is_not_linked():
    sent = first_text.render(shop(GOOD + " See evil.example/x", allow_in_first_text=True), CALLED)

    assert "evil" not in sent
