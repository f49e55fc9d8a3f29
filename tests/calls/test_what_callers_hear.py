"""What the carrier is told to do with a call: whom to ring, how long, and what the caller hears when nobody came."""

import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.calls.line import Line

TOLD = tomllib.loads((Path(__file__).parent / "histories.toml").read_text(encoding="utf-8"))
ARRIVES = {"at": 0, "post": "voice", "call": "A"}
ENDS = {"at": 20, "post": "dialed", "call": "A", "status": "no-answer", "bridged": False}


@pytest.fixture
def told(tmp_path):
    """Plays events and gives each answer to the call, as XML."""
    opened = []

    def play(*events, setup="dial", start="2026-09-15T10:00", **business):
        history = {"setup": setup, "start": start, "business": business}
        line = Line(tmp_path, TOLD["cast"], TOLD["shop"], history)
        opened.append(line)
        line.play(list(events))
        return [ET.fromstring(said) for said in line._twiml["CAA" + "0" * 30]]

    yield play
    for line in opened:
        line.close()


def numbers(answer):
    return [one.text for one in answer.iter("Number")]


def test_everyone_on_call_rings_at_once_and_the_caller_hears_it_ring(told):
    [answer] = told(ARRIVES)

    dial = answer.find("Dial")
    assert numbers(answer) == [TOLD["cast"]["mia"], TOLD["cast"]["sam"]]
    assert dial.get("answerOnBridge") == "true"
    assert [child.tag for child in answer] == ["Dial"]  # nothing is said before staff are rung


def test_in_order_the_next_phone_rings_when_the_first_was_not_taken(told):
    first, second, end = told(
        ARRIVES, ENDS | {"at": 12}, ENDS | {"at": 24}, calls={"ring": "in_order", "ring_s": 12}
    )

    assert (numbers(first), numbers(second)) == ([TOLD["cast"]["mia"]], [TOLD["cast"]["sam"]])
    assert first.find("Dial").get("timeout") == "12"
    assert [child.tag for child in end] == ["Say", "Hangup"]


def test_who_hangs_up_while_the_first_rings_is_not_passed_on(told):
    _, end = told(ARRIVES, ENDS | {"status": "canceled"}, calls={"ring": "in_order"})

    assert end.find("Dial") is None


def test_without_screening_whoever_picks_up_has_the_caller(told):
    [answer] = told(ARRIVES, calls={"screen": False})

    assert [one.get("url") for one in answer.iter("Number")] == [None, None]


def test_after_hours_phones_ring_unless_the_owner_wants_none_to(told):
    [rings] = told(ARRIVES, start="2026-09-15T22:00")
    assert numbers(rings)


def test_after_hours_a_call_can_be_taken_by_us_at_once(told):
    [taken] = told(ARRIVES, start="2026-09-15T22:00", calls={"when_closed": "take"})

    assert [child.tag for child in taken] == ["Say", "Hangup"]
    assert "text" in taken.find("Say").text


def test_a_caller_to_whom_no_text_comes_is_not_told_of_one(told):
    _, end = told(ARRIVES | {"from": "anonymous"}, ENDS | {"from": "anonymous"})

    assert "text" not in end.find("Say").text
    assert "Alder Creek Plumbing" in end.find("Say").text


def test_voicemail_says_that_it_records_and_has_its_words_written_down(told):
    _, end = told(ARRIVES, ENDS, calls={"voicemail": {"enabled": True, "longest_s": 60}})

    record = end.find("Record")
    assert "recorded" in end.find("Say").text
    assert (record.get("maxLength"), record.get("transcribe")) == ("60", "true")
    assert record.get("action") == record.get("transcribeCallback")


def test_an_owner_can_speak_in_their_own_words_and_a_spanish_shop_in_spanish(told):
    own = {"enabled": True, "greeting": "Hola, deje su mensaje."}
    _, end = told(ARRIVES, ENDS, calls={"voicemail": own}, languages=["es", "en"])

    assert end.find("Say").text == "Hola, deje su mensaje."
    assert end.find("Say").get("language") == "es-US"


def test_a_forwarded_call_has_been_missed_already(told):
    [end] = told(ARRIVES | {"ForwardedFrom": "old_number"}, setup="forwarded")

    assert [child.tag for child in end] == ["Say", "Hangup"]
