"""Mends slips of the finger in the words that must not be missed: "stpo", "floding", "bleding"."""

from functools import cache

from agent.data import rule_data

_SHORTEST = 4


def mended(words: str) -> str:
    """Folded words, each known word in place of its slips; every other word as it is."""
    slips = _slips()
    return " ".join(slips.get(word, word) for word in words.split(" "))


def swapped(word: str) -> set[str]:
    """Two neighbouring letters in each other's place."""
    return {word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] for at in range(1, len(word))}


def shortened(word: str) -> list[str]:
    """One letter left out, by its place."""
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


@cache
def _slips() -> dict[str, str]:
    """Every slip of every known word -> the word; a slip that is a word itself is left out."""
    rules = rule_data("spelling")
    known = rules["words"].split()
    kept = {*known, *rules["own_words"].split()}
    return {slip: word for word in known for slip in _slips_of(word) if slip not in kept}


def _slips_of(word: str) -> set[str]:
    """Neighbours swapped, one letter left out (never the first), one doubled."""
    shorter = set(shortened(word)[1:] if len(word) > _SHORTEST else [])
    doubled = {word[:at] + word[at] + word[at:] for at in range(len(word))}
    return {slip for slip in swapped(word) | shorter | doubled if len(slip) >= _SHORTEST}
