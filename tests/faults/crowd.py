"""Callers who text at random moments: three different questions each, some of them STOP."""

import heapq
import random
import time
from dataclasses import dataclass

SETTINGS = {"RINGBACK_GRACE_S": "1", "RINGBACK_TEXTS_PER_BUSINESS_HOUR": "0"}
"""Of a product that serves a crowd: it texts more in a minute than a shop's callers in a day."""
QUESTIONS = (
    "how much is a drain cleaning?",
    "what does a sewer camera inspection cost?",
    "how much to replace a garbage disposal?",
    "do you take credit cards?",
    "is your work guaranteed?",
    "are you licensed and insured?",
    "how much is a new 50 gallon water heater?",
    "do you work in Longmont?",
)
"""Each has an answer of its own that no person is needed for."""
PLAIN_STOP = "please stop texting me"
"""Known to the product alone: the carrier blocks nothing, and the product confirms."""
CARRIERS_STOP = "STOP"
"""Known to the carrier too, which blocks and confirms."""
STOPS = (PLAIN_STOP, CARRIERS_STOP)

_ONE_IN = 10
_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Caller:
    phone: str
    texts: tuple[str, ...]
    waits: bool
    """For an answer before the next text; else the texts follow each other within a second."""


def phones(count, first):
    """Fictional numbers; tests that share a product begin at different ones."""
    return [f"+1720555{number:04d}" for number in range(first, first + count)]


def moment_of_a_turn(chance):
    """Seconds after a question at which its turn may still run; early ones are likelier, as most turns are short."""
    return 0.4 * chance.random() ** 2


def make_crowd(count, first, chance):
    """One caller in ten says STOP, in turns as the last and as the second text."""
    crowd = []
    for place, phone in enumerate(phones(count, first)):
        texts = chance.sample(QUESTIONS, 3)
        if place % _ONE_IN == _ONE_IN // 2:
            texts[2 - place // _ONE_IN % 2] = chance.choice(STOPS)
        crowd.append(Caller(phone=phone, texts=tuple(texts), waits=place % 2 == 0))
    return crowd


def play(product, crowd, texts_per_s, patience_s=20.0):
    """Send everybody's texts, about so many a second; returns when the last one is on its way.

    Args:
        patience_s: a caller who waits for an answer writes again after this long without one.
    """
    chance = random.Random(len(crowd))
    began = time.monotonic()
    due = [
        (3 * place / texts_per_s, place, 0, 3 * place / texts_per_s) for place in range(len(crowd))
    ]
    answers = _Answers(product)
    while due:
        at, who, place, asked_at = heapq.heappop(due)
        time.sleep(max(0.0, began + at - time.monotonic()))
        now = time.monotonic() - began
        caller = crowd[who]
        if _would_wait(caller, place, answers, now - asked_at, patience_s):
            heapq.heappush(due, (now + _LOOK_AGAIN_S, who, place, asked_at))
            continue
        product.text(caller.texts[place], caller=caller.phone, wait=False)
        if place + 1 < len(caller.texts):
            heapq.heappush(due, (now + chance.uniform(0.05, 0.8), who, place + 1, now))


def _would_wait(caller, place, answers, waited_s, patience_s):
    if not caller.waits or place == 0 or caller.texts[place - 1] in STOPS:
        return False
    return waited_s < patience_s and answers.count(caller.phone) < place


class _Answers:
    """How many texts each caller has got, as of a moment ago."""

    def __init__(self, product):
        self._product = product
        self._seen_at = 0.0
        self._counts = {}

    def count(self, phone):
        if time.monotonic() - self._seen_at > _LOOK_AGAIN_S:
            self._counts = {}
            for one in self._product.accepted(to=None):
                self._counts[one["to"]] = self._counts.get(one["to"], 0) + 1
            self._seen_at = time.monotonic()
        return self._counts.get(phone, 0)
