"""Shares, delays and alarms."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.rates import DELAYS, LATER, Share, alarms, delay, median

FINE = Share(part=0, of=0)


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (timedelta(0), "5 min"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(minutes=5, microseconds=1), "1 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=4), "4 h"),
        (timedelta(hours=24), "24 h"),
        (timedelta(hours=24, microseconds=1), LATER),
    ],
)
def test_each_bound_belongs_to_the_shorter_delay(after, name):
    assert delay(after) == name


@given(st.timedeltas(min_value=timedelta(0)))
def test_every_delay_has_one_name(after):
    assert delay(after) in {name for name, _ in DELAYS} | {LATER}


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_never_more_than_all(one, other):
    found = Share(part=min(one, other), of=max(one, other))
    assert 0 <= found.percent <= 100
    assert found.rate is None or 0 <= found.rate <= 1


def test_a_share_of_nothing_is_none():
    assert (FINE.rate, FINE.percent, FINE.is_few) == (None, 0, True)


def test_under_twenty_are_too_few():
    assert Share(part=1, of=19).is_few
    assert not Share(part=1, of=20).is_few


def test_the_median_of_an_even_count_lies_between():
    assert median([10, 1, 4, 2]) == 3
    assert median([]) is None


@pytest.mark.parametrize(
    ("seconds", "raised"),
    [([120.0] * 5, False), ([121.0] * 5, True), ([500.0] * 4, False), ([5, 5, 5, 999, 999], False)],
)
def test_late_texts_raise_an_alarm(seconds, raised):
    assert bool(alarms(seconds, FINE)) == raised


@pytest.mark.parametrize(
    ("part", "of", "raised"), [(1, 50, False), (2, 50, True), (2, 100, False), (3, 100, True), (9, 49, False)]
)  # fmt: skip
def test_opt_outs_over_two_percent_raise_an_alarm_with_advice(part, of, raised):
    found = alarms([], Share(part=part, of=of))
    assert bool(found) == raised
    assert all(one.advice for one in found)
