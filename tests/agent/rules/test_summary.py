"""What a person reads before taking a thread over."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.model import Reason, TaskKind
from agent.rules.summary import LETTERS, Owed, summary

ZONE = ZoneInfo("America/Denver")
DUE = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)


def owed(kind, note="", due=None):
    return Owed(kind=kind, note=note, due=due)


def made(**known):
    nothing: dict[str, Any] = {
        "phone": "+17205550733", "details": {}, "kept": (), "said": "", "about": "", "reason": "", "danger": "",
        "owed": (), "callback": {}, "visits": (), "opted_out": False,
    }  # fmt: skip
    return summary(**nothing | known)


def test_all_that_is_known_of_a_caller_is_told():
    told = made(
        details={"name": "Dana Reyes", "zip": "80301"},
        kept=["two dogs in the yard"],
        about="Drain cleaning",
        reason=Reason.COMPLAINT,
        owed=[owed(TaskKind.QUESTION, "do you fix roofs?"), owed(TaskKind.PROMISE, "Reply", DUE)],
        visits=["Drain cleaning, Tue Nov 24 at 2:00 PM (van-1)"],
        opted_out=True,
    )

    assert vars(told) == {
        "who": "Dana Reyes, (720) 555-0733",
        "wants": "do you fix roofs?",
        "about": "Drain cleaning",
        "why": "Complaint",
        "promised": "A reply by Mon Nov 23 at 8:00 AM",
        "visits": "Drain cleaning, Tue Nov 24 at 2:00 PM (van-1)",
        "known": "zip 80301; two dogs in the yard",
        "consent": "Opted out of texts: phone only",
    }


def test_of_a_caller_of_whom_nothing_is_known_only_the_number_is_told():
    told = {name: words for name, words in vars(made()).items() if words}

    assert told == {"who": "(720) 555-0733"}


@pytest.mark.parametrize(
    ("notes", "wants"),
    [
        (["one", "two", "three"], "three / two"),
        (["again", "again"], "again"),
        ([], "the last words"),
        (["word " * 60], f"{('word ' * 60)[: LETTERS - 3].rstrip()}..."),
    ],
)
def test_the_newest_open_wishes_are_told_once_each_else_the_last_words(notes, wants):
    tasks = [owed(TaskKind.QUESTION, note) for note in notes]

    assert made(owed=tasks, said="the last\nwords").wants == wants


def test_what_we_owe_is_not_taken_for_a_wish():
    told = made(owed=[owed(TaskKind.PROMISE, "Reply to: hello")], said="get me Mia")

    assert (told.wants, told.promised) == ("get me Mia", "A reply")


@pytest.mark.parametrize(
    ("callback", "promised"),
    [
        ({}, "A call"),
        ({"date": "2026-11-24", "from": "15:00", "to": None}, "A call on Tue Nov 24 from 3 PM"),
        ({"date": None, "from": "15:30", "to": "17:00"}, "A call from 3:30 PM to 5 PM"),
    ],
)
def test_a_promised_call_is_told_with_its_time(callback, promised):
    assert made(owed=[owed(TaskKind.CALLBACK)], callback=callback).promised == promised
    assert made(callback=callback).promised == ""


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.OTHER])
def test_every_reason_has_words_of_its_own(reason):
    every = [made(reason=one).why for one in Reason if one is not Reason.OTHER]

    assert every.count(made(reason=reason).why) == 1


def test_a_danger_is_named():
    assert made(reason=Reason.EMERGENCY, danger="gas smell").why == "Emergency: gas smell"


def test_what_is_dangerous_is_said_of_danger_alone():
    assert (
        made(reason=Reason.UNANSWERABLE, danger="active leak").why == "The documents have no answer"
    )
    assert made(reason=Reason.URGENT, danger="active leak").why == "Urgent: active leak"
