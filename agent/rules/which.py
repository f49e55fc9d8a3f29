"""Similar entries: which of them does the next text mean?"""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.model import Passage
from agent.rules.answering import label, own_words
from agent.rules.choosing import place_said
from agent.rules.stems import telling

_SHORT = 8
"""Words of a text that only says which."""


def kept(question: str, entries: Sequence[Passage], said: str) -> dict[str, Any]:
    """What to remember of entries that could be meant.

    Args:
        said: our words that asked which; empty: one of them was told, and a correction may follow.
    """
    labels = {label(one): sorted(own_words(one, entries)) for one in entries}
    return {"question": question, "labels": labels, "said": said}


def meant(before: Mapping[str, Any] | None, last_text: str | None, text: str) -> str | None:
    """The question with the words that decide it; None: the text does not say which."""
    if not before or not last_text or before["said"] not in last_text:
        return None
    labels: Mapping[str, Sequence[str]] = before["labels"]
    place = place_said(text, len(labels)) if before["said"] else None
    said = telling(text)
    named = [one for one, words in labels.items() if said & {*words}]
    if len(text.split()) > _SHORT or not (place or len(named) == 1):
        return None
    chosen = [*labels][place - 1] if place else named[0]
    return f"{before['question']} {chosen}"
