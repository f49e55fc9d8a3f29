"""The words of a text that carry meaning, each as the idea that other words of English or Spanish share."""

import re
from dataclasses import dataclass
from functools import cache

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

from agent.data import rule_data

_STEMMERS = {name: snowballstemmer.stemmer(name).stemWord for name in ("english", "spanish")}
_COGNATE = 6
"""Letters that an English word and a Spanish one begin with alike, when they are the same."""
_STEM, _ENDING = 5, 2
"""Letters of a stem, and of what a language may add to it."""
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


@dataclass(frozen=True, kw_only=True)
class Word:
    idea: str
    said: str
    start: int


def words(text: str) -> tuple[list[Word], str]:
    """The meaningful words, noise left out, and the text without the turns of phrase among them.

    Args:
        text: folded, its values blanked.
    """
    found: list[Word] = []
    for one in rule_data("claims")["phrase"]:
        for match in _re(one["said"]).finditer(text):
            found.append(Word(idea=one["means"], said=match.group(0), start=match.start()))
            text = text[: match.start()] + "\x00" * len(match[0]) + text[match.end() :]
    for match in _WORD.finditer(text):
        said = re.sub(r"n't$|'[a-z]*$", "", match.group(0))
        if said == "free" and text[match.start() - 1 : match.start()] == "-":
            continue
        if len(said) > 1 and (idea := _idea(said)):
            found.append(Word(idea=idea, said=said, start=match.start()))
    return sorted(found, key=lambda word: word.start), text


def opposite(said: str) -> str | None:
    """The idea that the word turns into its contrary; empty: that of its sentence."""
    found: str | None = rule_data("claims")["opposites"].get(said)
    return found


def alike(idea: str, other: str) -> bool:
    """The same idea, or a word that both languages write nearly alike."""
    if idea == other:
        return True
    short, long = sorted((idea, other), key=len)
    if len(short) >= _STEM and long.startswith(short) and len(long) - len(short) <= _ENDING:
        return True
    return len(short) >= _COGNATE and idea[:_COGNATE] == other[:_COGNATE]


@cache
def _idea(said: str) -> str:
    """The idea of a word; empty for noise."""
    if said in _noise():
        return ""
    known = _ideas()
    turned = opposite(said)
    if turned is not None:
        return known.get(turned, turned)
    if said in known:
        return known[said]
    stem: str = _STEMMERS["english"](said)
    if stem in _noise():
        return ""
    spanish: str = _STEMMERS["spanish"](said)
    return known.get(stem) or known.get(f"es:{spanish}") or stem


def is_noise(said: str) -> bool:
    """It carries no fact."""
    return said.replace("'", "") in _noise() or not _idea(re.sub(r"n't$|'[a-z]*$", "", said))


@cache
def _noise() -> frozenset[str]:
    return frozenset(rule_data("claims")["noise"].split())


@cache
def _ideas() -> dict[str, str]:
    """Word or stem to the first word of its line."""
    found: dict[str, str] = {}
    for line in rule_data("claims")["ideas"]["lines"].strip().splitlines():
        named = line.split()
        for word in named:
            found.setdefault(word, named[0])
            found.setdefault(_STEMMERS["english"](word), named[0])
            found.setdefault(f"es:{_STEMMERS['spanish'](word)}", named[0])
    return found


@cache
def _re(source: str) -> re.Pattern[str]:
    return re.compile(source)
