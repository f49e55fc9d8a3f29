"""How careful a reply has to be: the most careful of all that it touches, and never with what cannot wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import Autonomy, Business, Texting
from agent.model import Intent, Reason, TextKind
from agent.rules.autonomy import TOPICS, Said, alert_words, level, topics
from tests.server.at_desk import TOLD

SHOP = Business.model_validate(TOLD["shop"])
CARE = ["send", "wait", "suggest"]
LEVELS = st.sampled_from(CARE)
OWNERS = st.builds(
    Autonomy, default=LEVELS, topics=st.dictionaries(st.sampled_from(TOPICS), LEVELS)
)
INTENTS = st.lists(st.sampled_from(Intent), max_size=4)


def shop(autonomy, **more) -> Business:
    return SHOP.model_copy(update={"autonomy": autonomy, **more})


def said(*intents, words="Yes.", kinds=(TextKind.REPLY,), **more) -> Said:
    return Said(words=words, kinds=kinds, intents=intents, **more)


@given(OWNERS, INTENTS, st.booleans(), st.booleans())
def test_a_reply_is_as_careful_as_its_most_careful_topic(autonomy, intents, visit, moves):
    reply = said(*intents, visit=visit, moves=moves)
    wanted = [autonomy.topics.get(one, autonomy.default) for one in topics(reply)]

    assert level(shop(autonomy), reply) == max(wanted, key=CARE.index)


@given(OWNERS, INTENTS, st.sampled_from([kind for kind in TextKind if kind is not TextKind.REPLY]))
def test_a_fixed_line_leaves_at_once(autonomy, intents, kind):
    assert level(shop(autonomy), said(*intents, kinds=(kind,))) == "send"
    assert level(shop(autonomy), said(*intents, kinds=(TextKind.REPLY, kind))) == "send"


@given(OWNERS, INTENTS, st.sampled_from(["acted", "hands_over", "opted_out"]))
def test_what_was_done_is_told_at_once(autonomy, intents, what):
    assert level(shop(autonomy), said(*intents, **{what: True})) == "send"


@given(OWNERS, INTENTS, st.sampled_from([Reason.EMERGENCY, Reason.URGENT]))
def test_danger_never_waits(autonomy, intents, reason):
    assert level(shop(autonomy), said(*intents, reason=reason)) == "send"


@given(OWNERS, INTENTS)
def test_shadow_mode_notes_at_once(autonomy, intents):
    shadow = shop(autonomy, texting=Texting(mode="shadow"))

    assert level(shadow, said(*intents)) == "send"


@pytest.mark.parametrize(
    ("reply", "about"),
    [
        (said(Intent.QUESTION), {"answers"}),
        (said(Intent.PRICE_REQUEST), {"prices"}),
        (said(Intent.QUESTION, words="It is $149."), {"answers", "prices"}),
        (said(Intent.QUESTION, words="It is 149 dollars."), {"answers", "prices"}),
        (said(Intent.BOOK, Intent.PRICE_REQUEST), {"booking", "prices"}),
        (said(Intent.GIVE_DETAILS, visit=True), {"booking"}),
        (said(Intent.GIVE_DETAILS, visit=True, moves=True), {"changes"}),
        (said(Intent.RESCHEDULE), {"changes"}),
        (said(Intent.CANCEL_APPOINTMENT), {"changes"}),
        (said(Intent.THANKS), {"other"}),
        (said(), {"other"}),
    ],
)
def test_what_a_reply_is_about(reply, about):
    assert topics(reply) == about


def test_the_alert_tells_no_gist():
    assert alert_words(SHOP, "+13035550201") == (
        f"{SHOP.name}: (303) ***-0201 has texted. The agent's reply waits for you to look at it."
    )
