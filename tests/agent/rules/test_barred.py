"""Weekdays that will not do are kept out of what is offered, and what is wished beside them stays."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.model import When
from agent.rules import barred, offers
from agent.rules.reading import read

NOW = datetime(2026, 11, 18, 10, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("any day but wednesday", ("wed",)),
        ("mornings, not mondays", ("mon",)),
        ("next week but not monday or tuesday", ("mon", "tue")),
        ("i can't do fri", ("fri",)),
        ("not wed, fri works. 8:30", ("wed",)),
        ("no weekends", ()),
        ("No, Wednesday", ()),
        ("why not wednesday", ()),
        ("not friday morning", ()),
        ("thursday but not before 10", ()),
    ],
)
def test_what_a_text_rules_out(text, days):
    assert barred.read(text) == days


def test_what_is_wished_beside_it_stays():
    wish = read("friday not thursday", None, NOW, {}, None).when

    assert wish
    assert (wish.date, wish.but) == ("2026-11-20", ("thu",))


def test_such_a_day_is_not_offered():
    starts = [At(NOW + timedelta(days=day)) for day in range(7)]

    choice = offers.choose(starts, When(but=("thu", "fri")))

    assert choice.fits
    assert {starts[place].start.weekday() for place in choice.places}.isdisjoint({3, 4})


class At:
    def __init__(self, start):
        self.start = start
