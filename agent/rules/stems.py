"""The words of a text that tell something, without their endings: to compare a question with an answer."""

from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

from agent.data import rule_data
from agent.rules.normal import words_only


@lru_cache(maxsize=4096)
def telling(text: str) -> frozenset[str]:
    """Stems of what remains when small words and the words of asking are left out."""
    small = _small()
    words = [word for word in words_only(text).split() if word not in small]
    # One a call: a stemmer keeps state and may not be shared between threads.
    return frozenset(snowballstemmer.stemmer("english").stemWords(words))


def _small() -> frozenset[str]:
    rules = rule_data("words")
    return frozenset((rules["common"].replace("'", "") + rules["asking"]).split())
