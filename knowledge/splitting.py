"""Cuts sections into passages: small enough to be said, whole enough to be understood."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from agent.model import Passage
from knowledge.section import Section

PIECE_MAX = 600
"""Characters; about four SMS."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")


def split(document: str, sections: Iterable[Section]) -> tuple[Passage, ...]:
    """The passages of one document, in its order; the same document always gives the same ids."""
    passages = (
        _passage(document, section, piece)
        for section in sections
        for piece in ([section.text] if section.whole else _pieces(section.text))
    )
    return tuple({passage.id: passage for passage in passages}.values())


def _passage(document: str, section: Section, text: str) -> Passage:
    return Passage(
        id=_id(document, section, text),
        document=document,
        text=text,
        heading=section.heading,
        phrasings=section.phrasings,
        source_id=section.source_id,
    )


def _id(document: str, section: Section, text: str) -> str:
    """Says the document for people and hashes all that is embedded, so that a change gets a new id."""
    parts = (document, section.source_id or "", section.heading, text, *section.phrasings)
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    stem = re.sub(r"[^a-z0-9]+", "-", PurePath(document).stem.lower()).strip("-")[:24]
    return f"{stem or 'document'}-{digest}"


def _pieces(text: str) -> list[str]:
    """Whole paragraphs while they fit; a longer one is cut at its lines, then its sentences."""
    return _packed(_fitting(text.split("\n\n"), "\n\n"))


def _packed(parts: Iterable[tuple[str, str]]) -> list[str]:
    pieces: list[str] = []
    for part, joint in parts:
        if pieces and len(pieces[-1]) + len(joint) + len(part) <= PIECE_MAX:
            pieces[-1] += joint + part
        else:
            pieces.append(part)
    return pieces


def _fitting(parts: Iterable[str], joint: str) -> Iterator[tuple[str, str]]:
    """Parts of at most PIECE_MAX, each with what joins it to the one before."""
    for part in parts:
        if len(part) <= PIECE_MAX:
            yield part, joint
        elif "\n" in part:
            yield from _first_joined(_fitting(part.split("\n"), "\n"), joint)
        else:
            yield from _first_joined(_fitting_sentences(part), joint)


def _fitting_sentences(text: str) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE_END.split(text):
        words = [sentence] if len(sentence) <= PIECE_MAX else _cut_words(sentence)
        yield from ((part, " ") for part in words)


def _cut_words(sentence: str) -> list[str]:
    """A sentence without end is cut between words, a word without end anywhere."""
    chunks = (
        word[at : at + PIECE_MAX]
        for word in sentence.split()
        for at in range(0, len(word), PIECE_MAX)
    )
    return _packed((chunk, " ") for chunk in chunks)


def _first_joined(parts: Iterator[tuple[str, str]], joint: str) -> Iterator[tuple[str, str]]:
    first = next(parts, None)
    if first is not None:
        yield first[0], joint
        yield from parts
