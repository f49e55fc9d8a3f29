"""A price that stands in a document as well is told from there: the owner hears of it."""

import pytest

from agent.business import Service
from agent.model import Passage
from server.other_prices import told_otherwise


def service(price="$159"):
    return Service(
        id="drain", name="Drain cleaning", aliases=("snake",), duration_min=60, price=price, calendars=("van-1",),
    )  # fmt: skip


def passage(text, heading="", phrasings=()):
    return Passage(id="1", document="faq.csv", text=text, heading=heading, phrasings=phrasings)


@pytest.mark.parametrize(
    "other",
    [
        passage("Drain cleaning is $149."),
        passage("It is $149.", heading="How much is a drain cleaning?"),
        passage("$1,149.50", phrasings=("what do you take to snake a drain",)),
    ],
)
def test_a_document_with_another_price_is_named(other):
    [words] = told_otherwise([service()], [other, other])

    assert words.startswith("faq.csv names another price for Drain cleaning")


@pytest.mark.parametrize(
    "same",
    [
        passage("Drain cleaning is $159, on Sundays $209."),
        passage("Drain cleaning takes an hour."),
        passage("A water heater is $1,800."),
        passage("A rattlesnake in the yard costs $80 to move."),
    ],
)
def test_one_with_the_same_price_none_or_of_something_else_is_not(same):
    assert told_otherwise([service()], [same]) == []
