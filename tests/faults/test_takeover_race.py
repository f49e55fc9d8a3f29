"""A person answers at a random moment of a running turn: the agent says nothing after that."""

import random
import time

import pytest

from tests.faults.crowd import QUESTIONS, moment_of_a_turn, phones
from tests.faults.ledger import accepted_later, examine, read_books, settle
from tests.visitor import Visitor

WORDS = "Mia here, I'll look after this myself."


def test_the_agent_is_silent_once_a_person_has_answered(one_process, tell):
    """Small; `make faults` runs the full size."""
    _race(one_process, tell, runs=8, first=5000)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_agent_is_silent_once_a_person_has_answered_fifty_times(one_process, tell):
    _race(one_process, tell, runs=50, first=5100)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_agent_of_another_process_is_silent_once_a_person_has_answered(cluster, tell):
    _race(cluster.product, tell, runs=50, first=5200)


def _race(product, tell, runs, first):
    chance = random.Random(runs)
    everybody = phones(runs, first)
    mia = Visitor(product).signs_in("mia", product.password)

    answered_at = {caller: _ask_and_answer(product, mia, caller, chance) for caller in everybody}
    mia.http.close()
    settle(product, everybody)

    books = read_books(product, everybody)
    late = [one for one in accepted_later(books, answered_at) if one[1] != WORDS]
    findings = examine(books)
    tell("takeover race", books, findings, after_person=len(late))
    assert not late
    assert not findings.duplicate
    assert [one["body"] for one in books.accepted].count(WORDS) == runs


def _ask_and_answer(product, mia, caller, chance):
    """When the person's text was taken, in epoch seconds."""
    product.text(QUESTIONS[0], caller=caller)
    time.sleep(moment_of_a_turn(chance))
    answered = mia.sends(f"/inbox/{caller[1:]}/send", {"body": WORDS, "key": f"race-{caller}"})
    assert answered.status_code == 303, answered.text
    return time.time()
