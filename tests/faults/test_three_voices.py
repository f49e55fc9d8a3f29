"""A person answers, the agent answers and the caller says STOP at the same moment: one voice, and none after STOP."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.crowd import CARRIERS_STOP, PLAIN_STOP, QUESTIONS, moment_of_a_turn, phones
from tests.faults.forms import text_form
from tests.faults.ledger import CONFIRMATION, accepted_later, examine, read_books, settle
from tests.visitor import Visitor

WORDS = "Mia here, I'll look after this myself."
TAKEN, REFUSED = 303, 200
"""The page leads back to the conversation; or it says that the caller has opted out."""


def test_nobody_speaks_beside_a_person_or_after_stop(one_process, tell):
    """Small; `make faults` runs the full size."""
    _race(one_process, tell, "three voices, SQLite", runs=8, first=6000)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_nobody_speaks_beside_a_person_or_after_stop_fifty_times(one_process, tell):
    _race(one_process, tell, "three voices, SQLite", runs=50, first=6100)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_no_other_process_speaks_beside_a_person_or_after_stop(cluster, tell):
    _race(cluster.product, tell, "three voices, PostgreSQL", runs=50, first=6200)


def _race(product, tell, name, runs, first):
    chance = random.Random(runs)
    everybody = phones(runs, first)
    mia = Visitor(product).signs_in("mia", product.password)
    answered_at = {}
    with ThreadPoolExecutor(2) as pool:
        for caller in everybody:
            if moment := _all_at_once(product, mia, pool, caller, chance):
                answered_at[caller] = moment
    mia.http.close()
    settle(product, everybody)

    books = read_books(product, everybody)
    beside = [one for one in accepted_later(books, answered_at) if not _may_follow(one[1])]
    findings = examine(books)
    tell(name, books, findings, after_person=len(beside))
    assert len(books.stopped_at()) == runs
    assert beside == []
    assert findings.after_stop == []
    assert findings.duplicate == []


def _may_follow(body):
    """The person's own words, and that the caller is opted out."""
    return body == WORDS or body.startswith(CONFIRMATION)


def _all_at_once(product, mia, pool, caller, chance):
    """When the person's text was taken, in epoch seconds; None: STOP was quicker."""
    product.text(QUESTIONS[0], caller=caller)
    stop = pool.submit(_stops, product, caller, moment_of_a_turn(chance))
    answer = pool.submit(_answers, mia, caller, moment_of_a_turn(chance))
    stop.result()
    return answer.result()


def _stops(product, caller, moment_s):
    time.sleep(moment_s)
    if int(caller[-1]) % 2:
        product.text(PLAIN_STOP, caller=caller)
    else:  # as the carrier would send it; it is told nothing, so that it blocks nothing for us
        form = text_form(product, f"SMstop{caller[1:]}", caller, CARRIERS_STOP)
        assert product.webhook("/twilio/sms", form)["status"] == 200


def _answers(mia, caller, moment_s):
    time.sleep(moment_s)
    answered = mia.sends(f"/inbox/{caller[1:]}/send", {"body": WORDS, "key": f"three-{caller}"})
    assert answered.status_code in (TAKEN, REFUSED), answered.text
    return time.time() if answered.status_code == TAKEN else None
