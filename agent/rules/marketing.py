"""Does a sentence sell? Unasked + push = removed; asked + plain fact = kept.

One promotional sentence makes the whole text promotional (47 CFR 64.1200(f)(13)), so a false cut costs less than a pitch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.data import rule_data
from agent.rules import clauses, selling
from agent.rules.normal import first_match, normal
from agent.rules.sentences import sentences

RULES = "marketing"

Embed = Callable[[list[str]], NDArray[np.float32]]
"""One vector a text, each of length 1."""

_ASKED_SURER = 0.15
"""How much surer the trained judge must be of an answer than of a text that nobody asked for."""
_SHORTEST = 4
"""Letters of a word that carries a meaning."""
_LEANS = "leans on what was cut"
_READS = "reads as promotion"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One sentence of a draft, and what of it may be said."""

    sentence: str
    """As it stands in the draft."""
    kept: str
    """What of it may be said; empty: nothing."""
    why: str = ""
    """Why something was cut, for staff to read; empty: nothing was."""


def judge(draft: str, asked: str | None, embed: Embed | None = None) -> list[Judged]:
    """Every sentence of a draft in order, without what sells.

    Args:
        asked: the caller's last text; what it asks for and is plainly answered stays.
        embed: None where the installation has no embedder.
    """
    found = [_judged(one, asked, embed) for one in sentences(draft)]
    return _without_leaning(found)


def push_in(sentence: str, asked: str | None, embed: Embed | None = None) -> str | None:
    """Why a sentence or clause sells, or None. What the caller asked about is not a push."""
    said, question = _folded(sentence), _folded(asked or "")
    pushes = list(_pushes(said))
    for rule, span in pushes:
        if not _asked_for(rule, said, question):
            return f"{rule['why']}: {span!r}"
    if pushes or _answers(said, question):
        return None
    vector = embed([sentence])[0] if embed else None
    chance = selling.likely(sentence, [], vector)
    least = selling.cut(with_vector=embed is not None) + (_ASKED_SURER if asked else 0.0)
    return f"{_READS}: {chance:.2f}" if chance >= least else None


def selling_in(template: str) -> list[str]:
    """The sentences that sell in a template that the owner or staff wrote."""
    return [one.sentence for one in judge(template, None) if one.why]


def rules_found(text: str) -> list[str]:
    """The names of the pushes in a text, asked for or not."""
    return [rule["why"] for rule, _ in _pushes(_folded(text))]


def _judged(sentence: str, asked: str | None, embed: Embed | None) -> Judged:
    why = push_in(sentence, asked, embed)
    if not why:
        return Judged(sentence=sentence, kept=sentence)
    for kept, dropped in clauses.ways_to_cut(sentence):
        if not push_in(kept, asked, embed) and (tail := push_in(dropped, asked, embed)):
            return Judged(sentence=sentence, kept=kept, why=tail)
    return Judged(sentence=sentence, kept="", why=why)


def _without_leaning(found: list[Judged]) -> list[Judged]:
    """What only leads up to a cut pitch, or leans on it, goes too."""
    rules = rule_data(RULES)["leans"]
    left = list(found)
    for at, one in enumerate(left):
        before = left[at - 1] if at else None
        if not one.why and before and before.why and _leans(one.sentence, rules):
            left[at] = replace(one, kept="", why=_LEANS)
    for at in range(len(left) - 2, -1, -1):
        after, one = left[at + 1], left[at]
        if not one.why and after.why and first_match(rules["leads"], _folded(one.sentence)):
            left[at] = replace(one, kept="", why=_LEANS)
    return left


def _leans(sentence: str, rules: dict[str, Any]) -> bool:
    said = _folded(sentence)
    short = len(said.split()) <= rules["longest"]
    return bool(
        short and first_match(rules["patterns"], said) and not first_match(rules["unless"], said)
    )


def _pushes(said: str) -> Iterator[tuple[dict[str, Any], str]]:
    for rule in rule_data(RULES)["push"]:
        if span := first_match(rule["patterns"], said):
            yield rule, span


def _asked_for(rule: dict[str, Any], said: str, question: str) -> bool:
    """Whether the caller asked for this kind of thing, or named the very thing that is added."""
    if rule.get("same"):
        return bool(_content(said) & _content(question))
    return bool(first_match(rule.get("asked", []), question))


def _answers(said: str, question: str) -> bool:
    """Whether both speak of the same kind of thing: a discount, a review."""
    topics = [rule["asked"] for rule in rule_data(RULES)["push"] if "asked" in rule]
    return any(first_match(topic, question) and first_match(topic, said) for topic in topics)


def _content(said: str) -> set[str]:
    """The beginnings of the words that carry a meaning."""
    return {word[:5] for word in said.split() if len(word.strip("?.")) >= _SHORTEST} - _EMPTY


_EMPTY = {
    word[:5]
    for word in ("also", "want", "would", "like", "have", "your", "that", "this", "with", "what", "while", "there", "know", "just", "thanks", "para", "como", "quiere", "tambien")
}  # fmt: skip


def _folded(text: str) -> str:
    plain = text.replace("%", " percent ").replace("-", " ").replace("£", "$").replace("€", "$")
    return normal(plain)
