"""What chooses a time on offer, and what only speaks of it: a wrong booking costs more than one more question."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.model import Hold
from agent.rules import choosing, offers, visit_changes
from agent.rules.reading import read

DENVER = ZoneInfo("America/Denver")
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=DENVER)


def hold(day, hour, minute=0, place=1):
    start = datetime(2026, 11, day, hour, minute, tzinfo=DENVER)
    return Hold(
        id=f"{day}-{hour}",
        service="drain-cleaning",
        start=start,
        duration_min=90,
        calendar="van-1",
        place=place,
        expires_at=NOW + timedelta(minutes=15),
    )


ONE = [hold(17, 15)]
THREE = [hold(17, 8, 0, 1), hold(17, 11, 30, 2), hold(17, 15, 30, 3)]
MENU = "Drain cleaning, free times:\n1) Tue Nov 17 at 8:00 AM\n2) Tue Nov 17 at 11:30 AM\n3) Tue Nov 17 at 3:30 PM"


def chosen(text, on_offer, last_text=None):
    reading = read(text, last_text, NOW)
    wish = offers.in_context(reading.when, on_offer, text)
    found = choosing.chosen(on_offer, wish, reading.choice, text)
    return found and found.id


@pytest.mark.parametrize(
    "text",
    [
        "yes", "YES!", "yes please", "yep", "ok", "ok thanks", "sure, that works", "perfect, yes book it", "Yes that's great thank you",
        "sounds good see you then", "si por favor", "claro, gracias", "tomorrow at 3 works", "3pm is perfect", "yes tomorrow at 3", "3", "book it",
        "I'll take it", "yes. how do i pay?", "that works for me",
    ],
)  # fmt: skip
def test_a_plain_yes_or_the_time_itself_chooses_the_one_time_on_offer(text):
    assert chosen(text, ONE) == "17-15"


@pytest.mark.parametrize(
    "text",
    [
        "please dont book anything for tomorrow yet", "i cant tomorrow, sorry", "tomorrow is bad", "i said tomorrow at 3 doesnt suit me",
        "I'm in a meeting tomorrow at 3", "tomorrow at 3 is my kids recital", "ok but not at 3", "ok 4 instead", "yes but can you come earlier",
        "si pero mas temprano", "ok let me check with my wife", "ok hold on", "ok i will think about it", "k ill get back to you", "ya no", "no",
        "no thanks", "no that's too late", "forget it", "yes\nwait no", "if my husband is home yes", "yes unless it snows", "ok how long does it take?",
        "do you have 3 plumbers", "maybe", "i work tomorrow until 5", "not tomorrow", "mañana no puedo", "the 17th doesn't work for me", "earlier?",
    ],
)  # fmt: skip
def test_what_doubts_refuses_or_tells_a_story_chooses_nothing(text):
    assert chosen(text, ONE) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", "17-8"), ("2", "17-11"), ("#3", "17-15"), ("the first one", "17-8"), ("first one please", "17-8"), ("the later one pls", "17-15"),
        ("the earliest", "17-8"), ("11:30", "17-11"), ("the 11:30 one", "17-11"), ("8", "17-8"), ("8 works", "17-8"), ("3:30 pm works great, thanks!", "17-15"),
        ("la segunda por favor", "17-11"), ("the second one", "17-11"), ("ok 8am", "17-8"),
    ],
)  # fmt: skip
def test_a_number_a_place_or_a_time_chooses_one_of_several(text, place):
    assert chosen(text, THREE, MENU) == place


@pytest.mark.parametrize(
    "text",
    [
        "yes", "ok", "tomorrow", "tuesday works", "first thing wednesday", "at the earliest thursday", "the last one was too late", "earlier", "later",
        "I'd prefer the first but let me ask", "any of those", "what about 2", "4pm", "friday at 8",
    ],
)  # fmt: skip
def test_what_fits_several_or_none_chooses_nothing(text):
    assert chosen(text, THREE, MENU) is None


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("ok ill take the first one, Rosa Delgado", "17-8"),
        ("alright first one, name's Beth Amaro", "17-8"),
        ("aight ill take the 1st one its Jay Odom", "17-8"),
        ("great,\nthe last one then. Rosa", "17-15"),
        ("la primera hora por favor, mi nombre es Lucia Ortega y vivo en 3055 Broadway 80304", "17-8"),
        ("the first one, but only if its cheap", None),
        ("the last one, what does that cost", None),
        ("not the first one, Rosa", None),
        ("the first one i tried was closed, can you call me", None),
        ("ok, the tub is leaking too", None),
    ],
)  # fmt: skip
def test_a_place_is_taken_whoever_it_is_for_and_not_where_it_is_doubted(text, taken):
    assert chosen(text, THREE, MENU) == taken


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("never mind, keep it", True), ("cancel it. no wait", True), ("cancel my 3pm, never mind", True), ("nvm", True), ("no wait i meant 3pm is fine", True),
        ("lol actually nvm cancel that", False), ("no wait make it 10:30", False), ("no wait, what about thursday", False),
    ],
)  # fmt: skip
def test_taking_something_back_keeps_a_visit_unless_more_is_asked(text, kept):
    assert visit_changes.keeps(text) == kept
