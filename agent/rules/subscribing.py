"""A caller's answer to the one question whether marketing is wanted: only a plain yes is consent (47 CFR 64.1200(f)(9))."""

from enum import StrEnum

from agent.rules.normal import words_only

_YES = frozenset({
    "yes", "yes please", "yes pls", "yes thanks", "yes thank you", "yes subscribe", "yes subscribe me", "subscribe",
    "si", "si por favor", "si gracias", "si quiero",
})  # fmt: skip
_NO = frozenset({"no", "no thanks", "no thank you", "no thx", "nope", "no gracias"})


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NEITHER = "neither"  # whatever else it says is answered as usual


def read(text: str) -> Answer:
    said = words_only(text)
    if "?" in text:
        return Answer.NEITHER
    return Answer.YES if said in _YES else Answer.NO if said in _NO else Answer.NEITHER
