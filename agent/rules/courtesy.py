"""Sentences that are kind and claim nothing: the only words of a model's own that a caller reads."""

import re
from functools import cache

from agent.data import rule_data
from agent.rules.sentences import sentences

LONGEST = 60
"""Letters of an opening."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - phones type the curly one
_CLAIMS = re.compile(r"[\d?$%:/@]")


def courteous(sentence: str) -> bool:
    """Every word of it is one of kindness: it says nothing of the business, a time or a deed."""
    said = _words_of(sentence)
    return (
        len(said) > 0
        and len(sentence) <= LONGEST
        and not _CLAIMS.search(sentence)
        and all(word in _words() for word in said)
        and any(word in _kind() for word in said)
    )


def opening(draft: str, *, plain: bool) -> str:
    """The kind sentence with which a draft begins; empty: it begins otherwise.

    Args:
        plain: the text only asks: there is nothing to be sorry for.
    """
    first = next(iter(sentences(draft)), "")
    sorry = {*_words_of(first)} & {*rule_data("courtesy")["sorry"].split()}
    return "" if not courteous(first) or (plain and sorry) else first


def _words_of(sentence: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(sentence.lower())]  # noqa: RUF001 - phones type the curly one


@cache
def _words() -> frozenset[str]:
    return _kind() | frozenset(rule_data("courtesy")["joining"].split())


@cache
def _kind() -> frozenset[str]:
    return frozenset(rule_data("courtesy")["kind"].split())
