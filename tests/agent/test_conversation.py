"""Whole turns through the graph, with the business's words and no model."""

from typing import Any

import pytest

from agent import inbound
from agent.errors import ModelError
from agent.graph import Conversation
from agent.model import Draft, Intent, Passage, Reading, Urgency
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


class Thinks:
    """A model that returns one reading, or fails."""

    def __init__(self, thought):
        self.thought, self.calls = thought, 0

    def read(self, situation):
        self.calls += 1
        if isinstance(self.thought, Exception):
            raise self.thought
        return self.thought


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
    return Turn(key="t1", now=now, business=shop, caller="+13035550199", texts=texts, **given)


def decide(*bodies, mind=None, **more):
    conversation = Conversation(Ports(knowledge=Shelf(), mind=mind))
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
    assert [alert["to"] for alert in decision.alerts] == ["+13035550141"]


def test_an_emergency_alerts_everyone_on_call_and_stops_the_agent():
    decision = decide("water is pouring through the ceiling")

    assert [alert["to"] for alert in decision.alerts] == ["+13035550141", "+13035550142"]
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

    assert said(decision) == []
    assert len(decision.alerts) == 2


def test_stop_gets_the_one_confirmation():
    decision = decide("Stop")

    assert [reply["kind"] for reply in decision.replies] == ["opt_out_confirmation"]
    assert decision.opted_out


def test_stop_gets_no_confirmation_of_ours_when_the_carrier_confirms():
    assert said(decide("STOP", carrier_acts=True)) == []


def test_the_last_word_on_consent_counts():
    assert not decide("STOP", "START", "how much is a drain cleaning").opted_out
    assert decide("START", "STOP").opted_out


def test_an_emergency_is_heard_inside_stop():
    decision = decide("STOP texting and send someone, water everywhere")

    assert decision.opted_out
    assert [reply["kind"] for reply in decision.replies] == ["opt_out_confirmation"]
    assert "Opted out of texts: phone them" in decision.alerts[0]["body"]
    assert [task["kind"] for task in decision.tasks] == ["phone_caller"]


def test_someone_who_stops_texts_but_wants_a_call_is_phoned():
    decision = decide("stop texting me, just call me")

    assert [task["kind"] for task in decision.tasks] == ["phone_caller"]
    assert len(decision.alerts) == 1


def test_an_opted_out_caller_gets_no_answer():
    assert said(decide("how much is a drain cleaning", opted_out=True)) == []


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

    assert "can't put visits on the calendar" in said(decision)[0]
    assert decision.tasks[0]["kind"] == "callback"
    assert "tomorrow at 3" in decision.tasks[0]["note"]


def test_one_text_can_ask_and_book():
    decision = decide("how much is drain cleaning and can you come tomorrow?")

    assert said(decision)[0].startswith("Drain cleaning (one sink or tub line) is $149.")
    assert "confirm a time with you" in said(decision)[0]
    assert len(decision.replies) == 1


def test_a_digit_means_the_menu_that_was_last_sent():
    menu = "Reply 1 to book, 2 with your question, or 3 for a callback. Reply STOP to opt out."
    history = [{"seq": 0, "author": "template", "body": menu, "at": OPEN, "kind": "first_text", "media": []}]  # fmt: skip

    assert "calendar" in said(decide("1", history=history))[0]
    assert "call you back" in said(decide("3", history=history))[0]
    assert "What can we help you with?" in said(decide("#2", history=history))[0]


def test_the_agent_never_denies_being_automated():
    assert "automated assistant" in said(decide("are you a robot?"))[0]


def test_two_unclear_texts_later_a_person_is_asked():
    first = decide("hmm the thing in the place")
    second = decide("the thing", memory=first.memory)
    third = decide("well the thing", memory=second.memory)

    assert "not sure I understood" in said(first)[0]
    assert "not sure I understood" in said(second)[0]
    assert third.hands_over
    assert third.reason == "unclear"


def test_spanish_is_answered_in_spanish():
    assert "persona de Alder Creek Plumbing" in said(decide("hola, ustedes hacen pianos?"))[0]


def test_a_model_draft_is_said_only_as_far_as_its_passages_hold_it():
    draft = Draft(
        text="A drain cleaning is $149. We can come for $99 on Friday.", passage_ids=("faq-1",)
    )
    mind = Thinks(Reading(intents=(Intent.QUESTION,), draft=draft))

    decision = decide("drain price?", mind=mind)

    assert said(decision) == ["A drain cleaning is $149."]
    assert {cut["why"] for cut in decision.why["removed"]} == {
        "no evidence: price",
        "no evidence: date",
    }
    assert mind.calls == 1


def test_a_draft_with_nothing_left_becomes_a_task():
    mind = Thinks(Reading(intents=(Intent.QUESTION,), draft=Draft(text="It costs $12.")))

    decision = decide("price of a faucet?", mind=mind)

    assert "passed your question to a person" in said(decision)[0]
    assert [task["kind"] for task in decision.tasks] == ["question"]


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
    mind = Thinks(ModelError("time-out", permanent=False))

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
    assert decision.alerts
