"""Whole turns through the graph, with the business's words and no model."""

import json
from typing import Any

import pytest

from agent import inbound
from agent.graph import Conversation
from agent.model import Draft, Intent, OptOut, Passage, Reading, Thought, Urgency
from agent.ports import Ports
from agent.state import NOBODY, Turn

OPEN = "2026-11-16T10:00:00-07:00"
CLOSED = "2026-11-16T22:00:00-07:00"
SHOP = {
    "slug": "alder-creek",
    "name": "Alder Creek Plumbing",
    "industry": "plumbing",
    "timezone": "America/Denver",
    "phone": "+13035550140",
    "hours": {"mon": ["08:00-17:00"], "tue": ["08:00-17:00"]},
    "calendars": [],
    "services": [],
    "staff": [
        {"id": "mia", "name": "Mia Torres", "phone": "+13035550141"},
        {"id": "sam", "name": "Sam Reed", "phone": "+13035550142"},
    ],
    "on_call": [{"staff": "mia"}, {"staff": "sam"}],
}
DRAIN = Passage(
    id="faq-1",
    document="faq.csv",
    heading="How much is a drain cleaning?",
    text="Drain cleaning (one sink or tub line) is $149.",
    score=0.9,
)


class Shelf:
    """The shop's only answer, found for whatever speaks of drains."""

    def search(self, business, question, limit):
        return [DRAIN] if "drain" in question.lower() else []


class NoDiary:
    """Of a shop without services: nothing can be offered, and nobody may ask."""

    def offer(self, business, caller, service, wish, moves=None):
        raise AssertionError("a shop without services offered a time")

    def book(self, business, caller, hold):
        raise AssertionError("a shop without services booked a time")

    def cancel(self, business, caller, visit):
        raise AssertionError("nothing is cancelled here")

    def release(self, business, caller):
        raise AssertionError("a shop without services had a time on offer")


class Thinks:
    """A model that returns one reading, or fails for the reason given."""

    def __init__(self, thought):
        self.thought, self.calls = thought, 0

    def read(self, situation):
        self.calls += 1
        if isinstance(self.thought, str):
            return Thought(failed=self.thought)
        return Thought(reading=self.thought)


def turn(*bodies, now=OPEN, shop=SHOP, carrier_acts=False, **more):
    texts = [
        {"seq": place, "author": "caller", "body": body, "at": now, "kind": None, "media": []}
        | {"carrier_acts": carrier_acts}
        for place, body in enumerate(bodies)
    ]
    given: dict[str, Any] = {
        "owner": "agent",
        "opted_out": False,
        "history": [],
        "memory": {},
    } | more
    return Turn(
        key="t1", now=now, business=json.dumps(shop), caller="+13035550199", texts=texts, **given
    )


def decide(*bodies, mind=None, **more):
    conversation = Conversation(Ports(knowledge=Shelf(), diary=NoDiary(), mind=mind))
    return inbound.answer(turn(*bodies, **more), conversation)


def said(decision):
    return [reply["body"] for reply in decision.replies]


def test_a_question_is_answered_in_the_shops_own_words():
    decision = decide("how much is a drain cleaning")

    assert said(decision) == ["Drain cleaning (one sink or tub line) is $149."]
    assert decision.replies[0]["evidence"] == ["faq-1"]
    assert (decision.tasks, decision.alerts) == ([], [])


def test_a_question_without_an_answer_becomes_a_task_and_is_said_to_be_one():
    decision = decide("do you repair pianos?")

    assert "passed your question to a person" in said(decision)[0]
    assert decision.tasks == [{"kind": "question", "note": "do you repair pianos?", "due_at": None}]
    assert decision.escalation["reason"] == "unanswerable"


def test_an_emergency_is_escalated_and_stops_the_agent():
    decision = decide("water is pouring through the ceiling")

    assert decision.escalation["words"].startswith("Alder Creek Plumbing: EMERGENCY (flooding)")
    assert decision.hands_over
    assert decision.reason == "emergency"
    assert "shut off the main water valve" in said(decision)[0]
    assert [task["kind"] for task in decision.tasks] == ["phone_caller"]


def test_without_anyone_on_call_no_alert_is_claimed():
    decision = decide("water is pouring through the ceiling", shop=SHOP | {"on_call": []})

    assert "alerting" not in said(decision)[0]
    assert "(303) 555-0140" in said(decision)[0]


@pytest.mark.parametrize("owner", ["mia", NOBODY])
def test_the_agent_is_silent_on_a_thread_that_a_person_holds(owner):
    assert said(decide("how much is a drain cleaning", owner=owner)) == []


def test_an_emergency_alerts_staff_also_on_a_thread_that_a_person_holds():
    decision = decide("now there is smoke coming from the heater", owner="mia")

    assert "911" in said(decision)[0]
    assert decision.escalation["reason"] == "emergency"


def stopped(*bodies, **more):
    """A turn whose own texts have opted the caller out, as the store does when they arrive."""
    return decide(*bodies, opted_out=True, just_opted_out=True, **more)


def test_stop_gets_the_one_confirmation():
    assert [reply["kind"] for reply in stopped("Stop").replies] == ["opt_out_confirmation"]


def test_stop_gets_no_confirmation_of_ours_when_the_carrier_confirms():
    assert said(stopped("STOP", carrier_acts=True)) == []


def test_saying_it_again_is_not_confirmed_again():
    assert said(decide("I said stop texting me", opted_out=True)) == []


def test_a_question_after_stop_and_start_is_answered():
    assert (
        "$149"
        in said(decide("STOP", "START", "how much is a drain cleaning", carrier_acts=True))[0]
    )


@pytest.mark.parametrize("word", ["START", "HELP"])
def test_a_keyword_that_the_carrier_answers_gets_nothing_from_us(word):
    assert said(decide(word, carrier_acts=True)) == []


def test_start_is_answered_when_the_carrier_does_not():
    assert "opted in" in said(decide("START"))[0]


def test_an_emergency_is_heard_inside_stop():
    decision = stopped("STOP texting and send someone, water everywhere")

    assert [reply["kind"] for reply in decision.replies] == ["opt_out_confirmation"]
    assert "Opted out of texts: phone them" in decision.escalation["words"]
    assert [task["kind"] for task in decision.tasks] == ["phone_caller"]


def test_someone_who_stops_texts_but_wants_a_call_is_phoned():
    decision = stopped("stop texting me, just call me")

    assert [task["kind"] for task in decision.tasks] == ["phone_caller"]
    assert decision.escalation["reason"] == "callback_request"


def test_an_opted_out_caller_who_asks_is_phoned_instead():
    decision = decide("is someone still coming at 3?", opted_out=True)

    assert said(decision) == []
    assert [task["kind"] for task in decision.tasks] == ["phone_caller"]
    assert "Opted out of texts: phone them" in decision.escalation["words"]


@pytest.mark.parametrize(
    "text",
    [
        "Hi, my water heater is leaking",
        "No hot water since this morning and I have a newborn",
        "ok the toilet is overflowing",
        "my ceiling is leaking, how much is a drain cleaning?",
    ],
)
def test_what_is_urgent_reaches_a_person_whatever_else_is_said(text):
    decision = decide(text)

    assert decision.escalation
    assert "phone_caller" in [task["kind"] for task in decision.tasks]
    assert "on-call person" in said(decision)[0]


def test_a_new_danger_gets_its_safety_line_while_a_person_is_awaited():
    first = decide("water is pouring through the ceiling")
    gas = decide("now i smell gas", owner=NOBODY, memory=first.memory)
    again = decide("still smell gas!!", owner=NOBODY, memory=gas.memory)

    assert "leave the building" in said(gas)[0]
    assert "gas" in gas.escalation["words"]
    assert said(again) == []
    assert again.escalation


def test_help_says_who_we_are_and_how_to_stop():
    text = said(decide("HELP"))[0]

    assert text.startswith("Alder Creek Plumbing:")
    assert "(303) 555-0140" in text
    assert "STOP" in text


def test_asking_for_a_person_hands_over_and_leaves_a_task():
    decision = decide("can i talk to a real person")

    assert decision.hands_over
    assert "passed this to a person" in said(decision)[0]
    assert [task["kind"] for task in decision.tasks] == ["promise"]


def test_after_hours_the_promise_names_the_next_opening():
    decision = decide("call me back please", now=CLOSED)

    assert "after we open tomorrow at 8 AM" in said(decision)[0]
    assert decision.tasks[0]["due_at"] == "2026-11-17T08:00:00-07:00"


def test_a_wish_for_a_visit_is_noted_and_not_called_booked():
    decision = decide("can you come tomorrow at 3?")

    assert "passed your request to a person" in said(decision)[0]
    assert decision.tasks[0]["kind"] == "callback"
    assert "tomorrow at 3" in decision.tasks[0]["note"]


def test_one_text_can_ask_and_book():
    decision = decide("how much is drain cleaning and can you come tomorrow?")

    assert said(decision)[0].startswith("Drain cleaning (one sink or tub line) is $149.")
    assert "get back to you" in said(decision)[0]
    assert len(decision.replies) == 1


def test_a_digit_means_the_menu_that_was_last_sent():
    menu = "Reply 1 to book, 2 with your question, or 3 for a callback. Reply STOP to opt out."
    history = [{"seq": 0, "author": "template", "body": menu, "at": OPEN, "kind": "first_text", "media": []}]  # fmt: skip

    assert "passed your request to a person" in said(decide("1", history=history))[0]
    assert "call you back" in said(decide("3", history=history))[0]
    assert "What would you like to know?" in said(decide("#2", history=history))[0]


def test_a_model_leaves_the_time_that_the_rules_read():
    thought = Thinks(Reading(intents=(Intent.BOOK,)))

    decision = decide("could you guys make it friday at 3?", mind=thought)

    assert decision.why["reading"]["when"]["time"] == "15:00"


def test_the_agent_never_denies_being_automated():
    assert "automated assistant" in said(decide("are you a robot?"))[0]


def test_a_bare_subject_is_answered_and_a_story_is_asked_back_about():
    assert "$149" in said(decide("drain cleaning"))[0]
    assert "would you like a visit" in said(decide("the drain in our kitchen is slow"))[0]


def test_a_question_behind_a_greeting_is_a_question():
    assert "$149" in said(decide("hi there do you clean drains"))[0]


def test_two_unclear_texts_later_a_person_is_asked():
    first = decide("hmm the thing in the place here")
    second = decide("the other thing then", memory=first.memory)
    third = decide("well the thing", memory=second.memory)

    assert "Do you have a question" in said(first)[0]
    assert "asked a person" in said(second)[0]
    assert not second.hands_over
    assert third.hands_over
    assert third.reason == "unclear"


def test_spanish_is_answered_in_spanish():
    assert "persona de Alder Creek Plumbing" in said(decide("hola, ustedes hacen pianos?"))[0]


def test_what_a_caller_tells_of_himself_is_kept_also_with_a_model():
    mind = Thinks(Reading(intents=(Intent.QUESTION,)))

    decision = decide("drain price? my name is Joanne Petrie", mind=mind)

    assert decision.memory["details"]["name"] == "Joanne Petrie"


def test_a_model_draft_is_said_when_its_passages_hold_every_word_of_it():
    draft = Draft(
        text="Drain cleaning of one sink or tub line is $149.", evidence=(DRAIN.evidence,)
    )
    mind = Thinks(Reading(intents=(Intent.QUESTION,), draft=draft))

    assert said(decide("drain price?", mind=mind)) == [draft.text]
    assert mind.calls == 1


@pytest.mark.parametrize(
    "words",
    [
        "A drain cleaning is $149. We can come for $99 on Friday.",
        "You're booked. Our plumber is on the way.",
        "We are at 500 Main Street.",
        "It's free of charge and we serve Longmont.",
        "Your refund was issued.",
    ],
)
def test_an_invented_draft_gives_way_to_the_shops_own_words(words):
    mind = Thinks(
        Reading(intents=(Intent.QUESTION,), draft=Draft(text=words, evidence=(DRAIN.evidence,)))
    )

    assert said(decide("drain price?", mind=mind)) == [DRAIN.text]


def test_an_invented_draft_without_any_passage_becomes_a_task():
    mind = Thinks(Reading(intents=(Intent.QUESTION,), draft=Draft(text="It costs $12.")))

    decision = decide("price of a faucet?", mind=mind)

    assert "passed your question to a person" in said(decision)[0]
    assert [task["kind"] for task in decision.tasks] == ["question"]


def test_a_model_can_hear_an_opt_out_that_the_rules_missed():
    mind = Thinks(Reading(opt_out=OptOut.REVOKE))

    decision = decide("i am so done with hearing from you people", mind=mind)

    assert decision.opted_out
    assert [reply["kind"] for reply in decision.replies] == ["opt_out_confirmation"]


def test_a_model_cannot_switch_off_what_the_rules_saw():
    calm = Thinks(Reading(urgency=Urgency.ROUTINE, intents=(Intent.CHITCHAT,)))

    decision = decide("let me talk to a human", mind=calm)

    assert decision.reason == "human_request"


def test_a_model_can_hear_an_emergency_that_the_rules_missed():
    alarmed = Thinks(Reading(urgency=Urgency.EMERGENCY, urgency_reason="flooding"))

    decision = decide("it is getting rather wet down here", mind=alarmed)

    assert decision.reason == "emergency"
    assert decision.hands_over


def test_a_failed_model_leaves_the_rules_to_answer():
    mind = Thinks("time-out")

    decision = decide("how much is a drain cleaning", mind=mind)

    assert "$149" in said(decision)[0]
    assert decision.why["model"] == "failed: time-out"


def test_a_model_is_not_asked_about_emergencies_or_stop():
    mind = Thinks(Reading())

    decide("STOP", mind=mind)
    decide("my house is on fire", mind=mind)

    assert mind.calls == 0


def test_when_the_walk_itself_fails_a_person_is_asked():
    decision = inbound.at_a_loss(turn("how much?"))

    assert "passed this to a person" in decision.replies[0]["body"]
    assert decision.hands_over
    assert decision.tasks
    assert decision.escalation
