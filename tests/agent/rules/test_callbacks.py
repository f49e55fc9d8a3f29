"""When a caller who asks for it is called, and how that is told."""

from datetime import datetime
from pathlib import Path

import pytest

from agent.rules import callbacks, when
from agent.rules.reading import read
from server.folder import read_folder
from server.serving import DEMO_FOLDER

SHOP = read_folder(Path(DEMO_FOLDER)).business  # Mon-Fri 8-5, Sat 9-1
TUESDAY = datetime(2026, 11, 17, 9, 20, tzinfo=SHOP.zone)


@pytest.mark.parametrize(
    ("text", "due", "is_as_wished", "words"),
    [
        ("call me after 5", "11-18 08:00", False, "Tue Nov 17 after 5 PM"),
        ("can someone call me tomorrow at 9", "11-18 09:00", True, "Wed Nov 18 at 9 AM"),
        ("call me back at 3 pls", "11-17 15:00", True, "Tue Nov 17 at 3 PM"),
        ("please call me between 2 and 4", "11-17 14:00", True, "Tue Nov 17 between 2 and 4 PM"),
        ("call me between 11 and 2", "11-17 11:00", True, "Tue Nov 17 between 11 AM and 2 PM"),
        ("can u ring me this afternoon", "11-17 12:00", True, "Tue Nov 17 in the afternoon"),
        ("call me before noon", "11-17 09:20", True, "Tue Nov 17 before 12 PM"),
        ("give me a call tonight after 8", "11-18 08:00", False, "Tue Nov 17 after 8 PM"),
        ("call me friday morning", "11-20 08:00", True, "Fri Nov 20 in the morning"),
        ("can you call me on sunday at 10", "11-23 08:00", False, "Sun Nov 22 at 10 AM"),
        ("call me at 6am tomorrow", "11-18 08:00", False, "Wed Nov 18 at 6 AM"),
        ("call me on saturday", "11-21 09:00", True, "Sat Nov 21"),
        ("llameme despues de las 3", "11-17 15:00", True, "Tue Nov 17 after 3 PM"),
        ("pueden llamarme manana a las 9", "11-18 09:00", True, "Wed Nov 18 at 9 AM"),
        ("me pueden llamar el viernes por la tarde?", "11-20 12:00", True, "Fri Nov 20 in the afternoon"),
    ],
)  # fmt: skip
def test_a_call_is_due_as_wished_or_when_the_shop_opens_next(text, due, is_as_wished, words):
    found = read(text, None, TUESDAY, SHOP.hours)
    assert found.when
    assert found.callback
    open_end = when.is_earliest(found.when)

    plan = callbacks.plan(SHOP, found.callback, TUESDAY, open_end=open_end)

    assert plan
    assert (f"{plan.due:%m-%d %H:%M}", plan.is_as_wished) == (due, is_as_wished)
    assert callbacks.wish_words(found.callback, TUESDAY, open_end=open_end) == words
