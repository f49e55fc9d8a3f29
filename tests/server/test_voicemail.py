"""A message that a caller leaves: kept with the call, read in the conversation, played to staff of that business alone."""

from datetime import UTC, datetime

import pytest

from evals.product import MIA, until
from server.store import businesses
from tests.visitor import Visitor

CALLER = "+17205550731"
SAID = "This is Rosa, my water heater is leaking a little, please call me back"


@pytest.fixture(scope="module")
def product(start_product):
    running = start_product()
    with running.database().begin() as connection:
        shop = businesses.get(connection, "alder-creek-plumbing")
        assert shop
        calls = shop.calls.model_copy(
            update={"voicemail": shop.calls.voicemail.model_copy(update={"enabled": True})}
        )
        businesses.save(connection, shop.model_copy(update={"calls": calls}), datetime.now(UTC))
    yield running
    running.stop()


@pytest.fixture
def mia(product):
    visitor = Visitor(product).signs_in("mia", product.password)
    yield visitor
    visitor.http.close()


def test_what_was_said_stands_in_the_conversation_and_can_be_listened_to(product, mia):
    product.call(CALLER, voicemail_s=6, voicemail_words=SAID)
    product.replied(1, to=CALLER)

    page = f"/inbox/{CALLER[1:]}"
    until(lambda: "Rosa" in mia.sees(page), "the transcript")
    seen = mia.sees(page)
    address = seen.partition('<audio controls preload="none" src="')[2].partition('"')[0]
    played = mia.http.get(f"{product.url}{address}")

    assert "Voicemail" in seen  # also what is owed
    assert played.status_code == 200
    assert played.content[:4] == b"RIFF"
    assert product.client.get(f"{product.url}{address}", follow_redirects=False).status_code != 200


def test_words_of_danger_reach_staff_at_once(product):
    product.call(
        "+17205550732",
        voicemail_s=6,
        voicemail_words="there is water pouring through the ceiling help",
    )

    until(
        lambda: any("EMERGENCY" in one["body"] for one in product.accepted(MIA)), "the alert to Mia"
    )


def test_who_says_no_more_texts_gets_none(product, mia):
    caller = "+17205550733"
    product.call(
        caller, voicemail_s=6, voicemail_words="please stop texting me and call me instead"
    )

    page = f"/inbox/{caller[1:]}"
    until(lambda: "opted out" in mia.sees(page).lower(), "the opt-out")
