"""Numbered menus in texts that were sent, and what callers pick from them."""

import pytest

from agent.rules import menus, packs
from agent.rules.menus import Meaning

SERVICE = "Alder: Sorry we missed your call. Reply 1 to book the next slot, 2 with your question, or 3 for a callback. Reply STOP to opt out."
SHOP = "Alder: Want product info or to hold an item? Reply 1=Info, 2=Hold, 3=Callback. Reply STOP to opt out."
SPANISH = "Alder: Responda 1 para una cita, 2 con su pregunta o 3 para que le llamemos. Responda STOP para no recibir mas."
TIMES = "Drain cleaning, free times:\n1) Tue Nov 17 at 11:30 AM\n2) Wed Nov 18 at 8:00 AM\nReply with the number, or tell me another day or time."
ANSWER = "Drain cleaning is $149 for one sink or tub line."


def picked(text, menu, *, just_sent=True):
    """The choice; there must be one."""
    found = menus.chosen(text, menus.read(menu), just_sent=just_sent)
    assert found
    return found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SERVICE, ["book the next slot", "your question", "a callback"]),
        (SHOP, ["Info", "Hold", "Callback"]),
        (SPANISH, ["una cita", "su pregunta", "que le llamemos"]),
        ("Reply:\n1) Book a visit\n2) Ask a question\nReply STOP to opt out", ["Book a visit", "Ask a question"]),
        ("Reply with 1 (book), 2 (question) or 3 (callback).", ["book", "question", "callback"]),
        ("Text us back: 1 - hours, 2 - prices", ["hours", "prices"]),
    ],
)  # fmt: skip
def test_a_menu_is_read_from_the_text_that_was_sent(text, words):
    assert menus.read(text) == dict(enumerate(words, start=1))


@pytest.mark.parametrize(
    "text",
    [
        TIMES,
        ANSWER,
        "We're at 1 Main St, suite 2. Text us at 303-555-0140.",
        "Reply YES to book it, or tell me another day or time.",
        "Reply 2 for a callback.",
        "",
    ],
)
def test_what_offers_no_numbered_choice_or_offers_times_is_no_menu(text):
    assert menus.read(text) == {}


def test_the_menu_that_was_last_sent_counts_until_a_list_of_times_replaces_it():
    assert menus.last_sent([ANSWER, SERVICE]) == menus.read(SERVICE)
    assert menus.last_sent([SHOP, SERVICE]) == menus.read(SHOP)
    assert menus.last_sent([ANSWER, TIMES, SERVICE]) == {}
    assert menus.last_sent([]) == {}


@pytest.mark.parametrize("language", packs.LANGUAGES)
@pytest.mark.parametrize("name", ["first_text", "after_hours_text"])
def test_the_menu_of_our_own_pack_is_understood(language, name):
    menu = packs.template("menu", name, language)

    picks = [picked(str(place), menu) for place in menus.read(menu)]

    assert [one.meaning for one in picks] == [Meaning.BOOK, Meaning.QUESTION, Meaning.CALLBACK]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *((one, Meaning.BOOK) for one in ("1", "1.", "one", "1 please", "#1", "uno", "option 1", "reply 1", "I'll take 1", "the first one")),
        *((one, Meaning.QUESTION) for one in ("2", "two", "number two", "dos", "2 gracias", "la 2 por favor")),
        *((one, Meaning.CALLBACK) for one in ("3", "press 3", "ok 3", "3 por favor", "a callback", "Callback")),
        ("7", Meaning.UNKNOWN),
    ],
)  # fmt: skip
def test_a_number_in_any_wording_picks_its_place(text, meaning):
    pick = picked(text, SERVICE)

    assert (pick.meaning, pick.more) == (meaning, "")


@pytest.mark.parametrize(
    "text",
    [
        "2 toilets are clogged", "3pm works", "3 pm works", "3:30", "1-2 hours", "1.5 hours", "10", "1 STOP", "1 gas leak",
        "a 2 bedroom house", "how much is it?", "hola", "cancel", "",
    ],
)  # fmt: skip
def test_a_quantity_a_time_or_another_matter_picks_nothing(text):
    assert menus.chosen(text, menus.read(SERVICE), just_sent=True) is None


@pytest.mark.parametrize(
    ("menu", "text", "reads_as"),
    [
        (SERVICE, "3 after 5 pls", "please call me back after 5 pls"),
        (SERVICE, "2. how much is it?", "how much is it?"),
        (SPANISH, "3", "llameme por favor"),
        (SERVICE, "3 por favor", "llameme por favor"),
        (SHOP, "2: the blue raincoat", "the blue raincoat"),
        ("Reply 1 for our hours, 2 to reschedule", "1", "our hours?"),
        ("Reply 1 if you have a leak, 2 to cancel a visit", "2", "cancel a visit?"),
    ],
)
def test_a_pick_reads_as_what_the_caller_would_have_written(menu, text, reads_as):
    assert picked(text, menu).reads_as == reads_as


def test_a_number_with_more_words_is_a_pick_only_right_after_the_menu():
    assert menus.chosen("3 after 5", menus.read(SERVICE), just_sent=False) is None
    assert picked("3", SERVICE, just_sent=False).meaning is Meaning.CALLBACK
