"""The owner's page of callers' data: found, handed out, erased; and how long things are kept."""

import io
import json
import uuid
from html import unescape
from zipfile import ZipFile

import pytest
import sqlalchemy as sa

from evals.product import until
from server.store import businesses
from tests.visitor import rows_of

SHOP, PAGE = "alder-creek-plumbing", "/business/data"


@pytest.fixture
def caller(two_businesses):
    """A new one, who was answered."""
    number = f"+1720{uuid.uuid4().int % 10**7:07d}"
    two_businesses.text("how much is a drain cleaning?", caller=number)
    two_businesses.replied(1, to=number)
    return number


def of(caller):
    return f"{PAGE}/{caller[1:]}"


def spoken(caller):
    return f"({caller[2:5]}) {caller[5:8]}-{caller[8:]}"


def find(visitor, number):
    return visitor.http.get(PAGE, params={"number": number}, headers={"Accept": "text/html"})


def test_a_caller_is_found_by_the_number_as_people_write_it(mia, caller):
    found = find(mia, spoken(caller))

    assert found.status_code == 303
    assert found.headers["location"] == of(caller)
    assert "2 texts" in mia.sees(of(caller))


@pytest.mark.parametrize(
    ("number", "words"),
    [("(303) 555-0001", "Nothing is held of (303) 555-0001"), ("my number", "This is no phone number")],
)  # fmt: skip
def test_what_is_not_found_is_said_and_stays_in_the_field(mia, number, words):
    answered = find(mia, number)

    assert answered.status_code == 422
    assert words in answered.text
    assert f'value="{number}"' in answered.text


def test_it_is_for_owners_alone_and_for_their_own_business(sam, nora, caller):
    assert sam.http.get(PAGE).status_code == 403
    assert sam.http.get(of(caller)).status_code == 403
    assert nora.http.get(of(caller)).status_code == 404
    nora.sees(PAGE)
    assert nora.sends(f"{of(caller)}/erase", {"typed": caller}).status_code == 404


def test_the_record_is_downloaded_and_noted(mia, caller, two_businesses, tmp_path):
    content = mia.http.get(f"{of(caller)}/record.zip").content

    file = tmp_path / "record.zip"
    file.write_bytes(content)
    told = json.loads(ZipFile(io.BytesIO(content)).read("receipt.json"))
    assert told["made_by"] == "mia"
    assert len([one for one in told["record"] if one["kind"] == "text"]) == 2
    assert two_businesses.run("verify", str(file)).startswith("whole: ")
    assert "exported the record of a caller" in unescape(mia.sees("/business/audit"))


def test_facts_are_sealed_soon_and_the_page_says_whether_they_are_whole(
    mia, caller, two_businesses
):
    until(lambda: "The record is whole" in mia.sees(of(caller)), "the seals")

    with two_businesses.database().begin() as connection:
        change = "update text set body = 'nothing' where thread = :of and author = 'caller'"
        connection.execute(sa.text(change), {"of": f"{SHOP}:{caller}"})

    assert "was changed after it was sealed" in mia.sees(of(caller))


def test_without_the_number_typed_nothing_is_erased(mia, caller, two_businesses):
    mia.sees(of(caller))

    answered = mia.sends(f"{of(caller)}/erase", {"typed": "(303) 555-0001"})

    assert answered.status_code == 422
    assert "nothing was erased" in answered.text
    assert 'value="(303) 555-0001"' in answered.text
    assert caller in str(rows_of(two_businesses, SHOP)["text"])


def test_a_caller_is_erased_and_the_log_says_how_much_and_not_of_whom(mia, caller, two_businesses):
    mia.sees(of(caller))

    answered = mia.sends(f"{of(caller)}/erase", {"typed": spoken(caller)})

    assert answered.status_code == 303
    assert "Erased: 2 texts, 1 question" in mia.sees(PAGE)
    log = mia.sees("/business/audit")
    assert "Erased a caller: 2 texts, 1 question" in log
    assert spoken(caller) not in log
    assert caller[1:] not in str(rows_of(two_businesses, SHOP))
    assert mia.http.get(of(caller)).status_code == 404


def test_days_that_are_too_few_are_refused_and_nothing_typed_is_lost(mia, two_businesses):
    mia.sees(PAGE)

    answered = mia.sends(f"{PAGE}/kept", {"texts": "3", "media": "ninety", "consent": ""})

    assert answered.status_code == 422
    assert answered.text.count("Write a number of days, 7 or more.") == 3
    assert 'value="ninety"' in answered.text
    assert privacy_of(two_businesses).retention_days == 365


def test_days_are_kept_and_an_empty_one_is_as_long_as_the_texts(mia, two_businesses):
    mia.sees(PAGE)

    mia.sends(f"{PAGE}/kept", {"texts": "730", "media": "90", "consent": "2000"})

    held = privacy_of(two_businesses)
    assert (held.retention_days, held.media_days, held.calls_days) == (730, 90, None)
    assert "Saved." in unescape(mia.sees(PAGE))
    mia.sends(f"{PAGE}/kept", {"texts": "365", "consent": "1826"})


def privacy_of(product):
    with product.database().connect() as connection:
        shop = businesses.get(connection, SHOP)
    assert shop is not None
    return shop.privacy
