"""How long the agent waits for the rest of a burst."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inbound import wait_s


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ("STOP", 0),
        ("help", 0),
        ("2", 0),
        ("#1 please", 0),
        ("water everywhere, basement is flooding", 0),
        ("there's a gas smell in my kitchen", 0),
        ("how much is a drain cleaning?", 2),
        ("do you work on sundays", 2),
        ("My kitchen sink drains slowly.", 2),
        ("yes", 2),
        ("hello", 3),
        ("my kitchen sink", 3),
        ("hi I have a problem with,", 6),
        ("so the thing is...", 6),
        ("it is the upstairs bath and", 6),
        ("", 5),
    ],
)
def test_a_text_is_waited_on_by_how_finished_it_looks(body, seconds):
    assert wait_s(body) == seconds


@given(st.text())
def test_no_text_is_waited_on_for_longer_than_six_seconds(body):
    assert 0 <= wait_s(body) <= 6
