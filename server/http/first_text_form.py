"""The form of the first texts: what it says, and what becomes of a business with it."""

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Form

from agent.business import Business
from agent.rules import packs
from server.http import first_text_views as views

LONGEST = 1000
"""Characters of a template."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the form says."""

    first_text: str
    after_hours_text: str
    rates_line: bool

    def into(self, business: Business) -> Business:
        """The business with these words; none, or the pack's own, are kept as none."""
        texting = business.texting.model_copy(update={"rates_line": self.rates_line})
        words = {
            "first_text": _own(business, "first_text", self.first_text),
            "after_hours_text": _own(business, "after_hours_text", self.after_hours_text),
        }
        return business.model_copy(update={**words, "texting": texting})


def written(
    first_text: Annotated[str, Form()] = "",
    after_hours_text: Annotated[str, Form()] = "",
    rates_line: Annotated[bool, Form()] = False,
) -> Written:
    return Written(
        first_text=_tidy(first_text),
        after_hours_text=_tidy(after_hours_text),
        rates_line=rates_line,
    )


TheWords = Annotated[Written, Depends(written)]


def picked(words: Written, pick: str, business: Business) -> Written:
    """With a pack's text, written as `vet/first_text`, in place of one's own."""
    pack, _, text = pick.partition("/")
    if pack not in packs.titles() or text not in ("first_text", "after_hours_text"):
        return words
    language = views.spoken(business)[0]
    if text == "first_text":
        return replace(words, first_text=packs.template(pack, "first_text", language))
    return replace(words, after_hours_text=packs.template(pack, "after_hours_text", language))


def without(words: Written, text: str) -> Written:
    """With the pack's own in place of one of the owner's."""
    match text:
        case "first_text":
            return replace(words, first_text="")
        case "after_hours_text":
            return replace(words, after_hours_text="")
        case _:
            return words


def _own(business: Business, text: packs.TextName, words: str) -> str | None:
    return words if words and words != views.pack_words(business, text) else None


def _tidy(words: str) -> str:
    """One line, without signs that no phone shows; of what is far too long, enough to say so."""
    shown = "".join(sign for sign in words[: 2 * LONGEST] if sign.isprintable() or sign.isspace())
    return " ".join(shown.split())


def seen_now(business: Business) -> str:
    """Names what is stored, so that a page that shows something older is noticed."""
    stored = (business.first_text, business.after_hours_text, business.texting.rates_line)
    return hashlib.sha256(repr(stored).encode()).hexdigest()[:12]
