"""What an owner's words say that a service costs at least."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.prices import least_cents


@pytest.mark.parametrize(
    ("words", "cents"),
    [
        ("$149", 14900),
        ("from $99", 9900),
        ("$80-120", 8000),
        ("$ 80", 8000),
        ("80 to 120", 8000),
        ("$1,120.50", 112050),
        ("149", 14900),
        ("99 and up", 9900),
        ("120 dollars a visit", 12000),
        ("90 min, $40", 4000),
        ("2 rooms 149", 14900),
        ("free", 0),
        ("No charge for estimates", 0),
        ("Free estimate (repairs from $200)", 0),
        ("$49, free if we do the work", 4900),
        ("toll-free call, $20", 2000),
    ],
)
def test_a_price_names_its_lowest_amount(words, cents):
    assert least_cents(words) == cents


@pytest.mark.parametrize(
    "words",
    [
        None,
        "",
        "call for price",
        "up to $200",
        "max. 90",
        "10%",
        "90 min",
        "24/7",
        "30-40 hours",
        "99.5%",
        "1,650/hr",
        "89.50 min",
        "1,250.00%",
        "90–120 min",
        "recharge R22",
    ],
)
def test_a_price_without_a_lowest_amount_is_unknown(words):
    assert least_cents(words) is None


@given(st.integers(0, 999_999), st.sampled_from(["", "from ", "starting at ", "about "]))
def test_any_whole_amount_is_read_as_it_is_written(dollars, before):
    assert least_cents(f"{before}${dollars:,}") == dollars * 100
    assert least_cents(f"{before}${dollars}.99 and up") == dollars * 100 + 99


@given(st.text(max_size=60))
def test_whatever_is_written_no_amount_is_below_nothing(words):
    found = least_cents(words)
    assert found is None or found >= 0
