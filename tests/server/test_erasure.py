"""One caller is erased: nothing of them is left, but an opt-out stays in force."""

import uuid

import pytest
import sqlalchemy as sa

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
