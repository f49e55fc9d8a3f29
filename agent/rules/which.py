"""Similar entries: which of them does the next text mean?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.model import Passage
from agent.rules.answering import labels, own_words
from agent.rules.choosing import place_said
from agent.rules.normal import words_only
from agent.rules.segments import plain
from agent.rules.stems import telling

_SHORT = 8
"""Words of a text that only says which."""
_THANKS = {"thanks", "thank", "thx", "gracias"}
"""Who thanks corrects nothing."""
_BEGINNING = 30
"""Letters by which our text is known again."""


@dataclass(frozen=True, kw_only=True)
class Meant:
    """The entry that a text names."""

    question: str
    """What was asked before."""
    passage: str
    """Its id."""
    label: str


def kept(
    question: str, entries: Sequence[Passage], said: str, *, asks: bool = True
) -> dict[str, Any]:
    """What to remember of entries that could be meant.

    Args:
        said: our words.
        asks: they asked which; else they told the first of the entries, and a correction may follow.
    """
    choices = [
        {"passage": one.id, "label": label, "words": sorted(own_words(one, entries))}
        for one, label in zip(entries, labels(entries), strict=True)
    ]
    said = plain(said)[:_BEGINNING]
    return {"question": question, "choices": choices, "said": said, "asks": asks}


def pending(before: Mapping[str, Any], last_text: str | None) -> bool:
    """Our last text is the one that told or asked of these entries."""
    return before["said"] in (last_text or "")


def meant(before: Mapping[str, Any] | None, last_text: str | None, text: str) -> Meant | None:
    """The entry that the very next text names; None: it names none, or asks for something else."""
    if not before or not pending(before, last_text) or len(text.split()) > _SHORT:
        return None
    choices: Sequence[Mapping[str, Any]] = before["choices"]
    said = telling(text)
    named = [one for one in choices if said & {*one["words"]}]
    place = place_said(text, len(choices)) if before["asks"] else None
    if not (place or len(named) == 1):
        return None
    chosen = choices[place - 1] if place else named[0]
    known = {*chosen["words"], *telling(chosen["label"]), *telling(before["question"])}
    if not before["asks"] and (not said <= known or _THANKS & {*words_only(text).split()}):
        return None
    return Meant(question=before["question"], passage=chosen["passage"], label=chosen["label"])
