"""Which of the business's services does a caller mean?"""

from collections import Counter

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

from agent.business import Business, Service
from agent.data import rule_data
from agent.rules.normal import words_only

_TELLING = 0.5
_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "for",
        "from",
        "i",
        "in",
        "it",
        "my",
        "of",
        "on",
        "or",
        "our",
        "that",
        "the",
        "this",
        "to",
        "up",
        "with",
    ]
)


def named(business: Business, text: str) -> list[Service]:
    """The services that a text names by name or alias, the closest match first; ties stay tied.

    Returns:
        One service when the text decides it, several when it fits several alike, none when it names none.
    """
    said = set(_stems(text))
    scores = {service.id: _fit(said, service) for service in business.services}
    best = max(scores.values(), default=0.0)
    return [service for service in business.services if best and scores[service.id] == best]


def _fit(said: set[str], service: Service) -> float:
    """Whole labels first, the longer the better; then half of one with the word that the service is about."""
    labels = [set(_stems(label)) for label in (service.name, *service.aliases)]
    counted = Counter(word for label in labels for word in label)
    subjects = {word for word, count in counted.items() if count > 1}
    return max(_label_fit(said, label, subjects) for label in labels)


def _label_fit(said: set[str], label: set[str], subjects: set[str]) -> float:
    common = label & said
    if not common:
        return 0.0
    if common == label:
        return 10.0 + len(label)
    share = len(common) / len(label)
    return share if common & subjects and share >= _TELLING else 0.0


def _stems(text: str) -> list[str]:
    spanish = rule_data("service_words")["es"]
    words = [spanish.get(word, word) for word in words_only(text).split() if word not in _SMALL]
    # One a call: a stemmer keeps state and may not be shared between threads.
    stems: list[str] = snowballstemmer.stemmer("english").stemWords(words)
    return [_without_y(stem) for stem in stems]


def _without_y(stem: str) -> str:
    """Leaky (stem `leaki`) as leak."""
    return stem[:-1] if stem.endswith("i") and len(stem) > len("icki") else stem
