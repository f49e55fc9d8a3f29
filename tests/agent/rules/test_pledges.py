"""By when a staff member's own text promises something."""

from datetime import datetime
from pathlib import Path

import pytest

from agent.rules import pledges
from server.folder import read_folder
from server.serving import DEMO_FOLDER

SHOP = read_folder(Path(DEMO_FOLDER)).business
TUESDAY = datetime(2026, 11, 17, 9, 20, tzinfo=SHOP.zone)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("I'll call you at 3", "11-17 15:00"),
        ("Will ring you tomorrow at 9.", "11-18 09:00"),
        ("ok calling you at 3", "11-17 15:00"),
        ("Hi, this is Mia. I'll call you back first thing tomorrow.", "11-18 08:00"),
        ("I'll text you the quote by 5", "11-17 17:00"),
        ("I'll get back to you in 20 minutes", "11-17 09:40"),
        ("I'll call you Sunday", "11-22 09:00"),
        ("le llamo a las 3", "11-17 15:00"),
        ("Lo llamare manana a las 9", "11-18 09:00"),
    ],
)
def test_a_promise_with_a_time_falls_due_then(text, due):
    pledge = pledges.read(text, SHOP, TUESDAY)

    assert pledge
    assert f"{pledge.due:%m-%d %H:%M}" == due


@pytest.mark.parametrize(
    "text",
    [
        "I'll call you", "Can I call you at 3?", "I called you at 8 this morning", "We are open until 5 today",
        "You can call me at 3", "Thanks! See you Thursday at 10", "Our price is $149, we close at 5",
    ],
)  # fmt: skip
def test_what_promises_nothing_or_names_no_time_to_come_is_none(text):
    assert pledges.read(text, SHOP, TUESDAY) is None
