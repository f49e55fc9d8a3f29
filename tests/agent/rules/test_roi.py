"""What texting back could bring, by an owner's own figures."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.roi import Inputs, outlook

SEED = Inputs(
    missed_a_day=20, days_a_month=25, reply_rate=0.3, booking_rate=0.25, close_rate=1, ticket=200, cost_a_month=99,
)  # fmt: skip
RATES = st.floats(0, 1)
INPUTS = st.builds(
    Inputs,
    missed_a_day=st.floats(0, 1000),
    days_a_month=st.floats(0, 31),
    reply_rate=RATES,
    booking_rate=RATES,
    close_rate=RATES,
    ticket=st.floats(0, 10_000),
    cost_a_month=st.integers(0, 1_000_000).map(lambda cents: cents / 100),
)


def test_twenty_missed_a_day_are_37_and_a_half_leads_a_month():
    assert outlook(SEED).leads == 37.5


def test_money_follows_the_jobs():
    found = outlook(dataclasses.replace(SEED, close_rate=0.4))

    assert (found.jobs, found.revenue) == pytest.approx((15, 3000))


@pytest.mark.parametrize(("cost", "jobs"), [(99, 1), (200, 1), (201, 2), (0, 0)])
def test_so_many_jobs_pay_the_cost(cost, jobs):
    assert outlook(dataclasses.replace(SEED, cost_a_month=cost)).break_even_jobs == jobs


def test_jobs_that_bring_nothing_pay_no_cost():
    found = outlook(dataclasses.replace(SEED, ticket=0))

    assert found.break_even_jobs is None
    assert not found.pays


@given(INPUTS)
def test_each_step_is_at_most_the_one_before(of):
    found = outlook(of)
    assert found.missed >= found.replies >= found.leads >= found.jobs >= 0


@given(INPUTS)
def test_break_even_jobs_bring_in_the_cost(of):
    found = outlook(of)
    if found.break_even_jobs is not None:
        assert found.break_even_jobs * of.ticket >= of.cost_a_month * (1 - 1e-9)
