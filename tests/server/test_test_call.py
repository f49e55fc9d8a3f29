"""The owner's test call: the whole way from our own public address to the reply, and words for what does not work."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from evals.product import MIA, until
from server.store import businesses
from server.store.tables import call, thread
from tests.visitor import Visitor

SLUG, PAGE = "alder-creek-plumbing", "/business/test-call"
SAM = "+13035550142"


@pytest.fixture(scope="module")
def product(two_businesses):
    return two_businesses


def starts(visitor, staff="mia"):
    """The address of the test that was begun."""
    visitor.sees(PAGE)
    answered = visitor.sends(PAGE, {"staff": staff})
    assert answered.status_code == 303, answered.text
    return answered.headers["location"]


def steps(visitor, address):
    """(state, words) of each step, as the page's fragment shows them."""
    found = re.findall(r'<li class="(\w+)">(.*?)</li>', visitor.sees(f"{address}/steps"), re.S)
    return [
        (state, " ".join(unescape(re.sub(r"<[^>]+>", " ", words)).split()))
        for state, words in found
    ]


def states(visitor, address):
    return [state for state, _ in steps(visitor, address)]


def change(product, **texting):
    with product.database().begin() as connection:
        held = businesses.get(connection, SLUG)
        assert held
        changed = held.model_copy(update={"texting": held.texting.model_copy(update=texting)})
        businesses.save(connection, changed, datetime.now(UTC))


@pytest.fixture(
    params=[{}, {"mode": "shadow"}, {"missed_call": "forwarded"}, {"missed_call": "webhook"}],
    ids=["dial", "shadow", "forwarded", "webhook"],
)
def taken_so(request, product):
    change(product, **request.param)
    yield
    change(product, mode="live", missed_call="dial")


def test_the_whole_way_is_walked_step_by_step_and_counts_nowhere(product, mia, taken_so):
    before, listed = len(product.bodies(MIA)), mia.sees("/business/calls").count("data-testid")

    address = starts(mia)
    until(lambda: states(mia, address)[:5] == ["done"] * 5, "the text is delivered")
    assert states(mia, address)[5] == "now"
    assert "hx-get" in mia.sees(f"{address}/steps")
    product.text("works!", caller=MIA)
    until(lambda: states(mia, address) == ["done"] * 6, "the reply is seen")

    sent = product.bodies(MIA)[before:]
    page = mia.sees(address)
    assert len(sent) == 1
    assert sent[0] in unescape(page)
    assert "works!" in page
    assert "Everything works" in page
    assert "hx-get" not in mia.sees(f"{address}/steps")
    assert mia.sees("/business/calls").count("data-testid") == listed


def test_two_tests_in_a_row_are_both_texted(product, mia):
    before = len(product.bodies(SAM))

    for count in (1, 2):
        starts(mia, "sam")
        product.replied(before + count, to=SAM)


@pytest.fixture
def textable_again(product):
    yield
    with product.database().begin() as connection:
        mine = sa.update(thread).where(thread.c.id == f"{SLUG}:{SAM}")
        connection.execute(mine.values(untextable=None))


@pytest.mark.usefixtures("textable_again")
def test_a_phone_that_cannot_be_texted_is_named_with_the_carriers_reason(product, mia):
    product.fault("30006", to=SAM)

    address = starts(mia, "sam")
    until(lambda: "failed" in states(mia, address), "the failure is shown")

    assert states(mia, address) == ["done", "done", "done", "done", "failed", "waiting"]
    assert "(code 30006)" in steps(mia, address)[4][1]
    assert "hx-get" not in mia.sees(f"{address}/steps")


def test_what_is_waited_for_in_vain_says_how_to_mend_it(product, mia):
    product.set_carrier(delivery_delay_s=600)
    address = starts(mia)
    until(lambda: states(mia, address)[3] == "done", "the text is taken")

    with product.database().begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=4)
        connection.execute(sa.update(call).where(call.c.is_test).values(at=long_ago))
    product.set_carrier(delivery_delay_s=0)

    found = steps(mia, address)
    assert [state for state, _ in found][4:] == ["failed", "failed"]
    assert "No report yet: look at the phone" in found[4][1]
    assert f"must be {product.url}/twilio/sms" in found[5][1]
    assert "hx-get" not in mia.sees(f"{address}/steps")


def test_only_an_owner_tests_and_only_with_a_phone_of_the_staff(mia, sam, nora):
    address = starts(mia)
    until(lambda: states(mia, address)[3] == "done", "the text is taken")

    assert sam.sends(PAGE, {"staff": "mia"}).status_code == 403
    for path in (address, f"{address}/steps", f"{PAGE}/CAtest0"):
        assert nora.http.get(path, headers={"Accept": "text/html"}).status_code == 404
    for staff in ("nobody", ""):
        refused = mia.sends(PAGE, {"staff": staff})
        assert refused.status_code == 400
        assert "Choose somebody who has a phone." in refused.text


def test_a_carriers_webhook_is_no_test_unless_we_have_said_so(product):
    form = {
        "AccountSid": product.environment["TWILIO_ACCOUNT_SID"],
        "CallSid": "CAtest" + "0" * 26,
        "From": MIA,
        "To": "+13035550140",
        "CallStatus": "ringing",
    }

    product.webhook("/twilio/voice", form, sign=True)

    gone = sa.delete(call).where(call.c.sid == form["CallSid"]).returning(call.c.is_test)
    with product.database().begin() as connection:
        assert connection.execute(gone).scalar_one() is False


@pytest.mark.parametrize(
    ("public_url", "words"),
    [
        ("http://127.0.0.1:9", "cannot be reached from here"),
        ("{phone}", "At {phone}/twilio/voice is no Ringback that knows this business"),
    ],
    ids=["nobody there", "somebody else there"],
)
def test_a_wrong_public_address_is_found_and_the_rest_is_tried_all_the_same(
    start_product, public_url, words
):
    running = start_product()
    there = public_url.format(phone=running.phone)
    running.kill_server()
    running.environment["RINGBACK_PUBLIC_URL"] = there
    running.start_server()
    mia = Visitor(running).signs_in("mia", running.password)

    address = starts(mia)
    running.replied(1, to=MIA)
    until(lambda: states(mia, address)[3] == "done", "the text is taken")

    found = steps(mia, address)
    mia.http.close()
    assert found[0][0] == "failed"
    assert words.format(phone=running.phone) in found[0][1]
    assert [state for state, _ in found][1:4] == ["done"] * 3
    running.stop()
