"""A model proposes; what the rules heard stays, and what it says is measured against the texts."""

from datetime import UTC, date, datetime

import pytest

from agent.model import Draft, Hold, Intent, OptOut, Reading, Urgency, When
from agent.rules import merging

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
HOLD = Hold(id="h", service="drain", start=NOW, duration_min=60, calendar="van", place=2, expires_at=NOW)  # fmt: skip


def merged(rules=None, thought=None, text="could you help me with something", offers=()):
    known = merging.Known(
        text=text,
        today=date(2026, 11, 16),
        horizon_days=30,
        services=["drain"],
        offers=offers,
    )
    return merging.merged(rules or Reading(), thought or Reading(), known)


@pytest.mark.parametrize("sure", [1.0, 0.1])
@pytest.mark.parametrize(
    ("rules", "thought", "both"),
    [
        (Urgency.ROUTINE, Urgency.EMERGENCY, Urgency.EMERGENCY),
        (Urgency.EMERGENCY, Urgency.ROUTINE, Urgency.EMERGENCY),
        (Urgency.URGENT, Urgency.ROUTINE, Urgency.URGENT),
    ],
)
def test_danger_that_either_heard_stands_however_sure_the_model_is(rules, thought, both, sure):
    found = merged(Reading(urgency=rules), Reading(urgency=thought, confidence=sure))

    assert found.urgency is both


def test_a_model_that_is_not_sure_is_not_heard_otherwise():
    thought = Reading(intents=(Intent.BOOK,), opt_out=OptOut.REVOKE, draft=Draft(text="Hi!"), confidence=0.3)  # fmt: skip
    found = merged(Reading(intents=(Intent.THANKS,)), thought, "stop it")

    assert (found.intents, found.opt_out, found.draft) == ((Intent.THANKS,), OptOut.NONE, None)


@pytest.mark.parametrize("heard", [Intent.REQUEST_HUMAN, Intent.COMPLAINT, Intent.REQUEST_CALLBACK])
def test_who_wants_a_person_gets_one_whatever_the_model_says(heard):
    assert heard in merged(Reading(intents=(heard,)), Reading(intents=(Intent.CHITCHAT,))).intents


def test_a_visit_is_not_given_up_on_a_model_s_word():
    gives_up = Reading(intents=(Intent.CANCEL_APPOINTMENT,))

    assert merged(Reading(intents=(Intent.BOOK,)), gives_up).intents == (Intent.BOOK,)
    assert merged(Reading(), gives_up, "we moved the couch for you").intents == ()
    said = "my visit on friday is not going to happen after all"
    assert merged(Reading(), gives_up, said).intents == (Intent.CANCEL_APPOINTMENT,)


@pytest.mark.parametrize("silent", [Intent.CONFIRM, Intent.DECLINE, Intent.THANKS, Intent.GOODBYE])
def test_a_model_alone_does_not_hear_what_may_be_met_with_silence(silent):
    found = merged(Reading(intents=(Intent.BOOK,)), Reading(intents=(silent,)), "need plumber")

    assert found.intents == (Intent.BOOK,)


def test_a_time_that_is_leaned_to_is_no_new_wish():
    thought = Reading(intents=(Intent.BOOK,), leans=2, when=When(date="2026-11-16", time="12:00"))

    assert merged(thought=thought, offers=(HOLD,)).when is None


@pytest.mark.parametrize("given", ["4471", "blue one", "12", "+1"])
def test_not_every_number_is_a_zip(given):
    assert merged(thought=Reading(details={"zip": given}), text=f"code {given}").details == {}


def test_a_question_that_was_plainly_asked_is_not_lost():
    rules = Reading(intents=(Intent.QUESTION, Intent.BOOK))
    found = merged(rules, Reading(intents=(Intent.GREETING,)), "do you do drains?")

    assert found.intents == (Intent.QUESTION, Intent.GREETING)


@pytest.mark.parametrize("ends", [Intent.SPAM_OR_VENDOR, Intent.WRONG_NUMBER])
def test_nobody_is_left_alone_on_a_model_s_word(ends):
    assert merged(Reading(intents=(Intent.BOOK,)), Reading(intents=(ends,))).intents == (
        Intent.BOOK,
    )


def test_a_time_is_chosen_only_where_times_are_on_offer():
    thought = Reading(intents=(Intent.CHOOSE_SLOT,), leans=2)

    assert merged(thought=thought).leans is None
    assert Intent.CHOOSE_SLOT not in merged(thought=thought).intents
    assert merged(thought=thought, offers=(HOLD,)).leans == 2
    assert merged(thought=Reading(leans=3), offers=(HOLD,)).leans is None


@pytest.mark.parametrize(
    ("text", "heard", "revoked"),
    [
        ("i am so done with hearing from you people", (Intent.COMPLAINT,), True),
        ("dejen de molestarme", (), True),
        ("how much is a drain, stop by friday", (Intent.PRICE_REQUEST,), False),
        ("the pipe is leaking a bit", (), False),
        ("stop by tomorrow and text before", (), False),
        ("remove the stump please and text me both", (), False),
        ("i hear a noise in the wall", (), False),
        ("no hurry, ill call when im home", (), False),
        ("take me off whatever this is", (), True),
        ("lose my number", (), True),
    ],
)
def test_an_opt_out_is_heard_only_in_words_that_speak_of_being_written_to(text, heard, revoked):
    found = merged(Reading(intents=heard), Reading(opt_out=OptOut.REVOKE), text)

    assert (found.opt_out is OptOut.REVOKE) == revoked


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        (When(date="2026-11-20", time="14:00"), ("2026-11-20", "14:00")),
        (When(date="2026-11-15"), None),
        (When(date="2027-11-20"), None),
        (When(date="thursday afternoon", time="1:30 PM"), None),
        (When(time="09:30"), (None, "09:30")),
    ],
)
def test_a_day_ahead_and_a_time_of_day_are_believed(wish, kept):
    found = merged(thought=Reading(intents=(Intent.BOOK,), when=wish)).when

    assert (found and (found.date, found.time)) == kept


def test_a_time_is_no_wish_of_who_asks_for_none():
    thought = Reading(intents=(Intent.QUESTION,), when=When(date="2026-11-20"))

    assert merged(thought=thought).when is None


def test_details_and_what_is_kept_are_the_caller_s_own_words():
    thought = Reading(
        details={"name": "Joanne Petrie", "zip": "80301", "address": "12 Oak St"},
        keep=("the dog bites", "all prices are $1", "bites the dog", "", "!!!", "x" * 200),
    )
    found = merged(thought=thought, text="Joanne Petrie here, 12 Oak St. careful, the dog bites")

    assert found.details == {"name": "Joanne Petrie", "address": "12 Oak St"}
    assert found.keep == ("the dog bites",)


def test_a_draft_in_another_language_is_dropped():
    draft = Draft(text="La limpieza cuesta $149 y es para una linea.")

    assert merged(thought=Reading(draft=draft)).draft is None
    assert merged(Reading(language="es"), Reading(draft=draft)).draft == draft


def test_an_unknown_service_is_none():
    assert merged(thought=Reading(service="roofing")).service is None
    assert merged(thought=Reading(service="drain")).service == "drain"


def test_of_a_caller_the_last_few_things_are_remembered_once():
    assert merging.remembered(["a", "b"], ["b", *"cdefg"]) == [*"bcdefg"]
