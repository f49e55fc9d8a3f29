"""One caller is erased: nothing of them is left, but an opt-out stays in force."""

import base64
import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from server.store import phrasings, questions, threads

SHOP, NUMBER = "alder-creek-plumbing", "+13035550140"


@pytest.fixture
def caller(product_on_sqlite):
    """A new one, who has written and was answered."""
    number = f"+1720{uuid.uuid4().int % 10**7:07d}"
    product_on_sqlite.text("how much is a drain cleaning?", caller=number)
    product_on_sqlite.replied(1, to=number)
    return number


def erase(product, number):
    return product.run("erase", SHOP, number, "--confirm", number)


def traces(product, number):
    """Tables in which the caller's number is still to be found."""
    with product.database().connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return [
            name
            for name in names
            if number[1:] in str(connection.execute(sa.text(f'select * from "{name}"')).all())
        ]


def test_nothing_of_the_caller_is_left(product_on_sqlite, caller):
    assert traces(product_on_sqlite, caller)

    told = erase(product_on_sqlite, caller)

    assert "is erased" in told
    assert traces(product_on_sqlite, caller) == []


def test_an_opt_out_outlives_the_erasure_as_a_hash(product_on_sqlite, caller):
    product_on_sqlite.text("please take me off your list", caller=caller)
    confirmed = product_on_sqlite.replied(2, to=caller)
    erase(product_on_sqlite, caller)

    product_on_sqlite.text("do you work on sundays?", caller=caller)
    product_on_sqlite.call(caller=caller)

    product_on_sqlite.stays_silent(len(confirmed), seconds=3, to=caller)


def test_without_the_number_said_twice_nothing_is_erased(product_on_sqlite, caller):
    with pytest.raises(AssertionError, match="--confirm"):
        product_on_sqlite.run("erase", SHOP, caller)

    assert traces(product_on_sqlite, caller)


def kept_words(product):
    """All that stands in the tables that the wordings of callers get into."""
    with product.database().connect() as connection:
        names = ("phrasing", "passage", "document", "document_version", "document_draft")
        every = [
            str(value)
            for name in names
            for row in connection.execute(sa.text(f'select * from "{name}"'))
            for value in row
        ]
        contents = connection.scalars(
            sa.text("select content from document union all select content from document_version")
        ).all()
    return "\n".join([*every, *(base64.b64decode(one).decode() for one in contents)])


def test_the_callers_wordings_are_taken_out_of_what_the_business_keeps(
    product_on_sqlite, caller, tmp_path
):
    product, asked, now = product_on_sqlite, "can Marys gutters be fixed", datetime.now(UTC)
    with product.database().begin() as connection:
        thread, _ = threads.locked(connection, SHOP, caller, now)
        questions.add(
            connection, business=SHOP, thread=thread.id, at=now, words=f"{asked}?",
            reply="", passage=None, score=0.1, answered=False,
        )  # fmt: skip
        phrasings.approve(connection, SHOP, "faq.csv", "What are your hours?", [asked, "open when"])
    document = tmp_path / "answers.csv"
    for price in (75, 80):
        document.write_text(
            "id,question,answer,other_phrasings\n"
            f"a1,Do you fix gutters?,Yes. It is ${price}.,{asked.upper()} | gutter repair\n"
        )
        product.run("documents", SHOP, "add", str(document))
    assert asked in kept_words(product).lower().replace("marys", "Marys")

    erase(product, caller)

    left = kept_words(product)
    assert "marys" not in left.lower()
    assert left.count("gutter repair") > 2  # the document, its passage, its versions
    assert "open when" in left
