"""Sentences that are kind and claim nothing: the only words of a model's own that a caller reads."""

from functools import cache

from agent.data import rule_data
from agent.rules.normal import words_only
from agent.rules.sentences import sentences


def courteous(sentence: str) -> bool:
    """It is one of the kind sentences, whole: it says nothing of the business, a time or a deed."""
    return "?" not in sentence and words_only(sentence) in _of("kind") | _of("sorry")


def opening(draft: str, *, plain: bool) -> str:
    """The kind sentence with which a draft begins; empty: it begins otherwise.

    Args:
        plain: the text only asks: there is nothing to be sorry for.
    """
    first = next(iter(sentences(draft)), "")
    is_pity = plain and words_only(first) in _of("sorry")
    return first if courteous(first) and not is_pity else ""


@cache
def _of(name: str) -> frozenset[str]:
    return frozenset(rule_data("courtesy")[name])
