"""What callers hear and read before they are texted."""

import pytest

from agent.rules import wording
from tests.agent.rules.shops import NAME_OF_20, shop

RECORDED = {"voicemail": {"enabled": True}}


@pytest.mark.parametrize(
    ("language", "text", "recorded"), [("en", "We will send a text", "It will be recorded"), ("es", "mensaje de texto", "Quedará grabado")]
)  # fmt: skip
def test_a_greeting_says_who_that_a_text_comes_how_to_stop_and_what_is_recorded(language, text, recorded):  # fmt: skip
    said = wording.greeting(shop(), language)
    with_voicemail = wording.greeting(shop(calls=RECORDED), language)

    assert NAME_OF_20 in said
    assert text in said
    assert "STOP" in said
    assert recorded not in said
    assert recorded in with_voicemail


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("more", [{"industry": "Family dentistry"}, {"privacy": {"health": True}}])
def test_a_health_offices_greeting_begins_with_the_emergency_number(more, language):
    said = wording.greeting(shop(**more), language)

    assert "911" in said.partition(".")[0]


def test_nothing_is_said_of_a_text_that_does_not_come():
    assert "text" not in wording.greeting(shop(texting={"mode": "shadow"}))


def test_the_language_is_the_businesss_first_where_none_is_wanted():
    assert "Se ha comunicado" in wording.greeting(shop(languages=["es", "en"]))
    assert "You've reached" in wording.greeting(shop(languages=["fr"]))


def test_other_words_have_another_id_and_the_same_words_the_same():
    own = {"voicemail": {"enabled": True, "greeting": "Mia here, leave a message."}}

    ids = {wording.greeting_id(one) for one in (shop(), shop(calls=RECORDED), shop(calls=own))}

    assert len(ids) == 3
    assert wording.greeting_id(shop()) == wording.greeting_id(shop(address="1 Main St"))
    assert wording.heard(shop(calls=own)) == "Mia here, leave a message."


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_website_says_what_carriers_ask_of_an_opt_in(language):
    said = wording.for_website(shop(name="A {business} B"), language)

    assert said.count("A {business} B") == 1
    for words in ("HELP", "STOP", "Msg & data rates" if language == "en" else "tarifas"):
        assert words in said
