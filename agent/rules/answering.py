"""Which of the business's own words answer a question: one entry, several that fit alike, or none."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent.model import Evidence, Passage
from agent.rules.excerpt import SEGMENTS, asks_price, excerpt, tells_kind
from agent.rules.services import in_english
from agent.rules.stems import telling

WORTH_SAYING = 0.5
"""The calibrated passage score from which the owner's words are given as the answer."""
NEARLY = 0.35
"""From this score the one entry that has all telling words of a question answers it."""
_RIVAL = 0.3
"""So far below the best score a similar entry may be meant as well."""
_UNLIKE = 3
"""Telling words in which headings of similar entries differ, at most."""
_CHOICES = 3
_ASKS = re.compile(r"^(?:do|can|will|could|would) (?:you|i|we) \w+ ", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the documents say to one question."""

    words: str = ""
    """The owner's; empty: nothing worth saying, or a choice is to be made first."""
    passage: Passage | None = None
    alike: tuple[Passage, ...] = ()
    """Entries that could be meant; with words, those beside the one that was."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def asks_which(self) -> bool:
        """Several entries fit alike, and the question does not say which."""
        return bool(self.alike) and not self.words


def answer(question: str, found: Sequence[Passage], limit: int = SEGMENTS) -> Answer:
    """The answer of the passages found, best first, in at most so many SMS segments."""
    question = in_english(question)
    if not is_answered(found):
        return Answer()
    alike = [one for one in found[1:] if _is_alike(found[0], one)]
    near = [one for one in alike if one.score >= found[0].score - _RIVAL]
    entries = [found[0], *near][:_CHOICES]
    passage = _meant(question, entries)
    if passage is None:
        return Answer(alike=tuple(entries))
    words = "" if _is_of_another_thing(question, passage) else excerpt(question, passage, limit)
    if not words:
        return Answer()
    others = tuple(one for one in (found[0], *alike) if one is not passage)
    return Answer(words=words, passage=passage, alike=others, evidence=(passage.evidence,))


def fitted(question: str, found: Sequence[Passage]) -> list[Passage]:
    """The passages with the best one worth saying where it has everything that the question names, and fits it fairly."""
    asked = telling(question)
    if not found or not asked or not NEARLY <= found[0].score < WORTH_SAYING:
        return list(found)
    best, *others = found
    rival = others[0].score if others else 0.0
    if not asked <= _words(best) or rival > best.score / 2:
        return list(found)
    return [replace(best, score=WORTH_SAYING), *others]


def is_answered(found: Sequence[Passage]) -> bool:
    """Something among the passages is worth saying."""
    return bool(found) and found[0].score >= WORTH_SAYING


def leans(question: str, alone: Sequence[Passage], further: Sequence[Passage], before: str) -> bool:
    """A follow-up is about what was talked about before, rather than what it says alone.

    Args:
        further: found with the subject talked about.
        before: the id of the entry that was told; empty: none yet.
    """
    if not is_answered(further):
        return False
    covers = len(telling(question) & _words(further[0]))
    if is_answered(alone):
        return covers > len(telling(question) & _words(alone[0]))
    same_kind = bool(tells_kind(question, further[0].text)) and before in ("", further[0].id)
    return covers > 0 or same_kind


def label(passage: Passage) -> str:
    """What an entry is about: "full highlights" of "How much are full highlights?"."""
    heading = passage.heading.rpartition(" > ")[2].rstrip("?").strip()
    words = _ASKS.sub("", heading).split()
    while words and not telling(words[0]):
        words = words[1:]
    while words and not telling(words[-1]):
        words = words[:-1]
    return " ".join(words) or heading or passage.document


def labels(entries: Sequence[Passage]) -> list[str]:
    """One for each, no two alike as far as their headings differ."""
    short = [label(one) for one in entries]
    if len({one.lower() for one in short}) == len(short):
        return short
    return [one.heading.replace(" > ", ", ").rstrip("?") or one.document for one in entries]


def own_words(one: Passage, entries: Sequence[Passage]) -> frozenset[str]:
    """What only this one of several entries is asked by, in any of its phrasings."""
    return _only(one, entries, _asked_as)


def _meant(question: str, entries: Sequence[Passage]) -> Passage | None:
    """The entry whose own words the question says; else the plain one, without any of its own; None: it is not said which."""
    if len(entries) == 1:
        return entries[0]
    said = telling(question)
    for words in (_asked_as, _words):
        hits = [len(_only(one, entries, words) & said) for one in entries]
        if max(hits):
            return entries[hits.index(max(hits))]
    plain = [one for one in entries if not _only(one, entries, _heading)]
    return plain[0] if plain else None


def _is_of_another_thing(question: str, passage: Passage) -> bool:
    """A price is asked of something that the entry never names."""
    said = telling(question)
    return asks_price(question) and bool(said) and not said & _words(passage)


def _is_alike(best: Passage, other: Passage) -> bool:
    ours, theirs = telling(best.heading), telling(other.heading)
    return (
        bool(ours & theirs)
        and len(ours - theirs) <= _UNLIKE
        and len(theirs - ours) <= _UNLIKE
        and other.text != best.text
    )


def _only(
    one: Passage, entries: Sequence[Passage], words: Callable[[Passage], frozenset[str]]
) -> frozenset[str]:
    """What none of the other entries has."""
    return words(one).difference(*(words(other) for other in entries if other.id != one.id))


def _heading(passage: Passage) -> frozenset[str]:
    return telling(passage.heading)


def _asked_as(passage: Passage) -> frozenset[str]:
    return telling(" ".join((passage.heading, *passage.phrasings)))


def _words(passage: Passage) -> frozenset[str]:
    return _asked_as(passage) | telling(passage.text)
