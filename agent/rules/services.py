"""Which of the business's services does a caller mean?"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

from agent.business import Business, Service
from agent.data import rule_data
from agent.rules.normal import without, words_only

_TELLING = 0.5


def named(business: Business, text: str) -> list[Service]:
    """The services that a text names by name or alias, the closest match first; ties stay tied.

    Returns:
        One service when the text decides it, several when it fits several alike or names several, none when it names none.
    """
    said = set(_stems(without(rule_data("service_words")["not_meant"], words_only(text))))
    fits = {service.id: _fit(said, service) for service in business.services}
    whole = [service for service in business.services if fits[service.id].whole]
    if several := [one for one in whole if not _is_part(fits[one.id], fits.values())]:
        return several
    best = max((fit.share for fit in fits.values()), default=0.0)
    return [service for service in business.services if best and fits[service.id].share == best]


def speaks_of_another(business: Business, text: str, service_id: str) -> bool:
    """It names part of another service ("my highlights"), and nothing of this one."""
    said = set(_stems(without(rule_data("service_words")["not_meant"], words_only(text))))
    words = {
        service.id: set().union(*map(_label_stems, (service.name, *service.aliases)))
        for service in business.services
    }
    others = set().union(*(words[one] for one in words if one != service_id))
    return bool(said & others) and not said & words.get(service_id, set())


def is_part_of_a_name(service: Service, text: str) -> bool:
    """The one word that names the service stands behind one that does not: "beard trim", "kids cut"."""
    small, plain = rule_data("service_words")["small"], rule_data("service_words")["plain"].split()
    words = words_only(text).split()
    stems = [frozenset(_stems(word)) for word in words]
    labels = [_label_stems(label) for label in (service.name, *service.aliases)]
    known = frozenset[str]().union(*labels)
    if any(len(label) > 1 and label <= set().union(*stems) for label in labels):
        return False
    for (before, before_stem), stem in zip(zip(words, stems, strict=True), stems[1:], strict=False):
        if stem and stem <= known and before_stem and not before_stem & known:
            return before not in small and before not in plain
    return False


def in_english(text: str) -> str:
    """The text, with the English of the Spanish words in it that we know, to be found in English documents."""
    rules = rule_data("service_words")
    known = {**rules["es"], **rules["es_asks"]}
    said = [known[word] for word in words_only(text).split() if word in known]
    return f"{text} {' '.join(said)}" if len(said) > 1 else text


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """How well a text fits the label of a service that it fits best."""

    words: frozenset[str] = frozenset()
    """Of that label, said in the text."""
    share: float = 0.0
    whole: bool = False


def _is_part(fit: _Fit, others: Iterable[_Fit]) -> bool:
    """Another service's whole label says this and more: "cut" beside "mens cut"."""
    return any(other.whole and fit.words < other.words for other in others)


def _fit(said: set[str], service: Service) -> _Fit:
    """Whole labels first, the longer the better; then half of one with the word that the service is about."""
    labels = [_label_stems(label) for label in (service.name, *service.aliases)]
    counted = Counter(word for label in labels for word in label)
    subjects = {word for word, count in counted.items() if count > 1}
    best = max(
        (_label_fit(said, label, subjects) for label in labels),
        key=lambda fit: (fit.whole, len(fit.words) if fit.whole else fit.share),
    )
    # "Sink is clogged", where "clogged drain" and "blocked sink" are labels.
    across = said & counted.keys()
    return best if best.words or len(across) <= 1 else _Fit(words=frozenset(across), share=_TELLING)


def _label_fit(said: set[str], label: frozenset[str], subjects: set[str]) -> _Fit:
    common = label & said
    if not common:
        return _Fit()
    share = len(common) / len(label)
    if common == label or (common & subjects and share >= _TELLING):
        return _Fit(words=common, share=share, whole=common == label)
    return _Fit()


@lru_cache(maxsize=10_000)
def _label_stems(label: str) -> frozenset[str]:
    """A business's own words, met again in every turn."""
    return frozenset(_stems(label))


def _stems(text: str) -> list[str]:
    rules = rule_data("service_words")
    words = [
        rules["es"].get(word, word)
        for word in words_only(text).split()
        if word not in rules["small"]
    ]
    # One a call: a stemmer keeps state and may not be shared between threads.
    stems: list[str] = snowballstemmer.stemmer("english").stemWords(words)
    return [_without_y(stem) for stem in stems]


def _without_y(stem: str) -> str:
    """Leaky (stem `leaki`) as leak."""
    return stem[:-1] if stem.endswith("i") and len(stem) > len("icki") else stem
