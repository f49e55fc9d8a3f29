"""The deterministic readers."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import Intent, OptOut, Urgency
from agent.rules import intents, opt_out, reading, urgency
from agent.rules.normal import normal

OFFER = "Drain cleaning, free times:\n1) Wed Nov 18 at 9:00 AM\n2) Wed Nov 18 at 2:00 PM\n3) Thu Nov 19 at 8:00 AM\nReply with the number, or tell me another day or time."
NOW = datetime(2026, 11, 16, 9, tzinfo=ZoneInfo("America/Denver"))

KEYWORDS = [
    "stop",
    "quit",
    "end",
    "cancel",
    "unsubscribe",
    "revoke",
    "opt out",
    "optout",
    "stopall",
]


@given(st.text())
def test_no_text_breaks_a_reader(text):
    reading.read(text, text)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    assert normal(normal(text)) == normal(text)


@given(
    st.sampled_from(KEYWORDS),
    st.sampled_from(["", " ", "  ", "\n"]),
    st.sampled_from(["", ".", "!", "!!!", " .", " \U0001f6d1"]),
    st.sampled_from([str.lower, str.upper, str.title, str.swapcase]),
)
def test_keywords_stop_under_any_case_space_and_punctuation(word, space, end, case):
    assert opt_out.read(space + case(word) + end + space).meaning is OptOut.REVOKE


@given(
    st.sampled_from(KEYWORDS),
    st.text(alphabet=" .,-!*_\n\u200b", max_size=2),
    st.sampled_from(["\U0001f6d1", "!", "", "..."]),
)
def test_a_keyword_letter_by_letter_is_the_keyword(word, between, end):
    assert opt_out.read(between.join(word) + end).meaning is OptOut.REVOKE


@pytest.mark.parametrize(
    "text", ["stpo", "sotp", "STOPPP", "st0p", "unsubcribe", "s t o p", "cancell"]
)
def test_a_keyword_with_a_slip_is_the_keyword(text):
    assert opt_out.read(text).meaning is OptOut.REVOKE


@pytest.mark.parametrize(
    "text", ["shop", "spot", "step", "top", "quiet", "bend", "cancer", "altos"]
)
def test_a_word_that_looks_like_a_keyword_is_itself(text):
    assert opt_out.read(text).meaning is OptOut.NONE


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("who is this?", OptOut.HELP),
        ("new phone who dis", OptOut.HELP),
        ("quién es?", OptOut.HELP),
        ("you can text me again", OptOut.START),
        ("that's enough", OptOut.CLARIFY),
        ("cancelalo por favor", OptOut.CLARIFY),
    ],
)
def test_questions_who_we_are_and_changes_of_mind_are_heard(text, meaning):
    assert opt_out.read(text).meaning is meaning


@pytest.mark.parametrize(
    "text",
    [
        "i not want receive message from you company any more",
        "Merci de ne plus m'envoyer de SMS.",
        "BASTA DE MENSAJITOS. BORREN MI NUMERO",
        "this is harassment, stop",
        "please call instead of texting me",
        "I would appreciate if we discontinue any further texts",
        "i'm done w these texts",
        "please take me off your list",
        "stop texting me",
        "STOP texting and send someone now there's water everywhere",
        "lose my number",
        "I revoke my consent",
        "don't text me again",
        "no more texts please",
        "ya no me manden mensajes",
        "Arrêtez de m'écrire",
        "ARRÊT",
    ],
)
def test_clear_revocations_in_own_words_are_heard(text):
    assert opt_out.read(text).meaning is OptOut.REVOKE


@pytest.mark.parametrize(
    "text",
    [
        "stop by tomorrow",
        "can you stop by around 5",
        "the leak won't stop",
        "toilet won't stop running",
        "end of the day works",
        "cancel my 3pm",
        "my furnace quit",
        "I want to quit smoking, do you do hypnosis?",
        "please stop the leak",
        "can you text me the address",
        "please don't text me after 9pm",
        "why did you stop texting me",
        "how can I get a debt collector to stop texting me",
        "take me off the waiting list",
        "i didn't get your text",
        "unsubscribe me from the 8am slot lol make it noon",
    ],
)
def test_look_alikes_do_not_opt_anyone_out(text):
    assert opt_out.read(text).meaning is OptOut.NONE


def test_cancel_it_could_mean_the_visit():
    assert opt_out.read("cancel it").meaning is OptOut.CLARIFY


def test_only_the_exact_keyword_is_confirmed_by_the_carrier():
    assert opt_out.read("STOP").carrier_acts
    assert not opt_out.read("stop please").carrier_acts
    assert not opt_out.read("opt out").carrier_acts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I smell gas in the kitchen", "gas"),
        ("the basement is filling up w water", "flooding"),
        ("there's smoke coming out of the outlet", "fire"),
        ("he ate rat poison", "poisoning"),
        ("my husband has chest pain", "medical"),
        ("HELP there's smoke", "fire"),
        ("my CO alarm is going off", "carbon monoxide"),
        ("se quema la casa", "fire"),
        ("my jaw swelled up and swallowing is getting difficult", "medical"),
        ("front tooth knocked out, cant get the bleeding to stop", "medical"),
    ],
)
def test_emergencies_are_heard(text, reason):
    found = urgency.read(text)

    assert (found.urgency, found.reason) == (Urgency.EMERGENCY, reason)


@pytest.mark.parametrize(
    "text",
    [
        "do you install smoke detectors",
        "no rush, whenever you have time",
        "it's not an emergency",
        "we had a flood last year, do you do waterproofing",
        "how much for a gas stove hookup",
        "do you fix fireplaces",
        "breathing exercises are hard lol",
    ],
)
def test_idioms_denials_and_history_are_no_emergency(text):
    assert urgency.read(text).urgency is Urgency.ROUTINE


@pytest.mark.parametrize(
    "text",
    [
        "i was never any trouble but my chest is so heavy and my arm tingles",
        "mi mama no puede mover el brazo y habla raro",
        "water is running down the wall right by the breaker box",
        "kid swallowed a button battery",
        "cops are at my door asking for my son",
        "the carbon thing in the hall keeps screaming",
    ],
)
def test_understated_emergencies_reach_a_person(text):
    assert reading.read(text, None).urgency is not Urgency.ROUTINE


@pytest.mark.parametrize(
    "text",
    [
        "my husband is having a stroke",
        "grandpa had a stroke when he got up this morning",
        "at the game my dad is having a heart attack",
        "my seller says there is a gas leak in the kitchen right now",
        "My mother, who had a stroke two years ago, can't move her right arm",
        "she cant breathe again please help",
        "it hasnt stopped bleeding",
        "no fire, just smoke",
        "not an emergency but grandma can't breathe",
        "in college now, roommate overdosed",
        "can you come its an emergency",
        "We fixed it last week but the pipe is gushing again",
        "I want to die haha",
        "il y a une fuite de gaz",
    ],
)
def test_one_half_of_a_text_hides_no_emergency_in_the_other(text):
    assert urgency.read(text).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "I swear if you text me again I will sue you",
        "don't you dare text me again",
        "who is this and stop texting me",
        "ya no pueden escribirme",
        "laissez-moi tranquille",
        "dame de baja",
    ],
)
def test_an_angry_refusal_never_turns_texts_on(text):
    assert opt_out.read(text).meaning is OptOut.REVOKE


@pytest.mark.parametrize(
    "text",
    [
        "his mouth is pouring blood i cant get it to stop",
        "the smell of the drain won't go away",
        "I got a cease and desist letter",
        "my ex wont stop texting me can you help",
        "how did i opt in",
        "did you lose my number",
    ],
)
def test_other_things_that_stop_opt_nobody_out_or_in(text):
    assert opt_out.read(text).meaning is OptOut.NONE


@pytest.mark.parametrize(
    "text",
    [
        "am i talking to " + "an actual " * 40,
        "are you " + "a real live " * 60,
        "a@" * 800,
        "stop " * 300,
    ],
)
def test_no_text_takes_a_reader_long(text):
    before = time.process_time()

    reading.read(text, None, NOW)

    assert time.process_time() - before < 3


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how much is a drain cleaning", Intent.PRICE_REQUEST),
        ("no, thanks. that's all", Intent.GOODBYE),
        ("can you do it friday? also what's your address", Intent.QUESTION),
        ("put me through to a person please", Intent.REQUEST_HUMAN),
        ("we boost your google ranking, 20 leads a month guaranteed", Intent.SPAM_OR_VENDOR),
        ("get me the phone number please", Intent.QUESTION),
        ("are you open saturday?", Intent.QUESTION),
        ("can someone come out tomorrow", Intent.BOOK),
        ("is this a real person?", Intent.ARE_YOU_A_BOT),
        ("can I talk to the owner", Intent.REQUEST_HUMAN),
        ("call me back", Intent.REQUEST_CALLBACK),
        ("wrong number", Intent.WRONG_NUMBER),
        ("thanks!", Intent.THANKS),
        ("can we reschedule", Intent.RESCHEDULE),
        ("¿Cuánto cuesta?", Intent.LANGUAGE_SPANISH),
    ],
)
def test_intents_are_named(text, intent):
    assert intent in reading.read(text, None).intents


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2", 2),
        ("1 please. gate code is 4471", 1),
        ("the last one", 3),
        ("thursday works", 3),
        ("2pm", 2),
        ("ok let's do the last one before I chicken out", 3),
        ("the first one, my name is Ann", 1),
        ("wednesday", None),
        ("not thursday", None),
        ("2 if my husband agrees", None),
        ("is the last one in the morning?", None),
        ("I want the first one removed", None),
        ("The later one works. I'll confirm once I talk to my wife", None),
        ("i'll take the first, assuming it's the $99 one", None),
        ("give me the last name of the tech", None),
        ("Do the first one. Actually scratch that", None),
    ],
)
def test_a_choice_is_read_against_the_times_just_offered(text, place):
    assert reading.read(text, OFFER, NOW).choice == place


@pytest.mark.parametrize(
    "text",
    ["are you a robot?", "is this a real person", "ur a bot arent u", "am i texting a machine"],
)
def test_questions_what_we_are_are_told_from_look_alikes(text):
    assert Intent.ARE_YOU_A_BOT in reading.read(text, None).intents


@pytest.mark.parametrize(
    "text",
    [
        "do you fix robot vacuums?",
        "are you open",
        "are you a licensed plumber?",
        "is there a person I can call?",
        "what are you doing tomorrow",
    ],
)
def test_look_alikes_ask_nothing_of_what_we_are(text):
    assert Intent.ARE_YOU_A_BOT not in reading.read(text, None).intents


@pytest.mark.parametrize("text", ["1", "1.", "one", "1 please", "#1", " 1 ", "uno"])
def test_ways_to_pick_the_first(text):
    assert intents.pick(text) == 1


@pytest.mark.parametrize("text", ["1 bathroom", "tomorrow at 1", "11", ""])
def test_a_number_in_a_sentence_picks_nothing(text):
    assert intents.pick(text) is None
