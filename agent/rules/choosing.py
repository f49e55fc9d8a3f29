"""Which of the times on offer does a text choose? Only a text that says nothing else chooses one.

Asking once more costs a text; a van at the wrong house costs a customer.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from agent.data import rule_data
from agent.model import Appointment, Hold, When
from agent.rules import details
from agent.rules.intents import pick
from agent.rules.normal import first_match, normal, pattern, words_only
from agent.rules.offers import asked_for
from agent.rules.sentences import typed

_BARE_HOUR = re.compile(
    r"([1-9]|1[0-2])(?: works| please| pls| is (?:good|fine|great|perfect)| then| for me| bet| cool| thanks| ty| it is)*"
)
_PIECE_END = re.compile(
    r"[,;]\s*|\s+(?=(?:its|it's|this is|name's|my name|im|i'm|soy|mi nombre|me llamo)\b)",
    re.IGNORECASE,
)
"""Where who or where it is for begins: "the first one, Rosa Delgado", "the 1st one its Jay"."""
_ORDINAL = re.compile(r"\b[123](st|nd|rd)\b")
Timed = TypeVar("Timed", Hold, Appointment)


def chosen(offers: Sequence[Hold], wish: When | None, choice: int | None, text: str) -> Hold | None:
    """The one offer that the text chooses by its number, its place, its time, or a plain yes to the only one."""
    if choice is not None:
        return next((hold for hold in offers if hold.place == choice), None)
    sentences = [one for one in typed(_without_details(text)) if not one.endswith("?")]
    choosing = [one for one in _alone(sentences, wish) if _chooses(one, sentences, wish)]
    pointing = [one for one in choosing if _points(one, wish)]
    said = next(iter([*pointing, *choosing]), "")
    if not said:
        return None
    left = list(offers)
    if wish:
        left = [hold for hold in left if asked_for(wish, hold.start)]
    elif hour := _bare_hour(said):
        then = [hold for hold in left if hold.start.strftime("%I").lstrip("0") == hour]
        left = [hold for hold in then if hold.start.minute == 0] or then
    elif not (_place(said) or first_match(_rules()["yes"], normal(said))):
        return None
    if at := placed(said, left):
        if wish and _ORDINAL.search(normal(said)) and placed(said, offers) not in left:
            return None  # "the 2nd": the second of the list, or the second of the month?
        left = [at]
    return left[0] if len(left) == 1 else None


def numbered(offers: Sequence[Hold], text: str) -> Hold | None:
    """The offer whose number is all that the text says."""
    place = pick(text)
    return next((hold for hold in offers if hold.place == place), None)


def speaks_of_offers(text: str) -> bool:
    """It accepts, points at a place, refuses or puts off."""
    said = normal(text)
    names = ("yes", "first", "last", "middle", "same_time", "refuses", "puts_off", "other_times")
    return bool(_bare_hour(text) or pick(text)) or any(
        first_match(_rules()[name], said) for name in names
    )


def same_time(text: str) -> bool:
    """At the time of day that was spoken of, and nothing else of times."""
    return first_match(_rules()["same_time"], normal(text)) is not None


def refuses(text: str) -> bool:
    """The times on offer will not do."""
    said = normal(text)
    return any(first_match(_rules()[name], said) for name in ("refuses", "other_times"))


def puts_off(text: str) -> bool:
    """The caller will say later."""
    return first_match(_rules()["puts_off"], normal(text)) is not None


def doubts(text: str) -> bool:
    """It holds a condition, a doubt or a no."""
    return bool(set(_rules()["doubts"]) & set(words_only(text).split()))


def _without_details(text: str) -> str:
    """A name or an address beside a choice changes nothing of it."""
    for span in details.spans(text):
        text = text.replace(span, " ")
    return text


def _alone(sentences: Sequence[str], wish: When | None) -> list[str]:
    """The whole, then each sentence of "The later one, please. My name is Joanne", then what of one names a place or the time."""
    pieces = [piece for one in sentences for piece in _PIECE_END.split(one) if piece.strip()]
    points = [one for one in pieces if _points(one, wish)]
    return list(dict.fromkeys(one for one in ("\n".join(sentences), *sentences, *points) if one))


def _chooses(said: str, sentences: Sequence[str], wish: When | None) -> bool:
    """The words choose, and what stands beside them neither doubts it nor speaks of a time."""
    whole = "\n".join(sentences)
    beside = [one for one in sentences if one not in said]
    doubted = doubts(" ".join(beside)) or puts_off(whole) or _asks_beside(said, beside)
    if doubted or (wish and said != whole and wish.span not in said):
        return False
    takes = wish is None and first_match(_rules()["takes_place"], normal(said)) is not None
    if takes and not doubts(said):
        return True
    return _says_only_that(said, wish)


def _points(said: str, wish: When | None) -> bool:
    """It names a place in the list, or the time."""
    return _place(said) is not None or bool(wish and wish.span in said)


def _asks_beside(said: str, beside: Sequence[str]) -> bool:
    """What stands around a piece of a sentence asks something; a sentence of its own may."""
    around = [one.replace(said, " ") for one in beside if said in one]
    return any(
        first_match(_rules()["asks"], normal(piece))
        for one in around
        for piece in _PIECE_END.split(one)
    )


def _says_only_that(said: str, wish: When | None) -> bool:
    """Beside the time there is nothing but courtesy: no condition, no doubt, no other matter."""
    rest = said.replace(wish.span, " ") if wish and wish.span else said
    rest = normal(rest)
    for name in ("first", "last", "middle"):
        for source in _rules()[name]:
            rest = pattern(source).sub(" ", rest)
    plain = set(_rules()["courtesy"])
    words = words_only(rest).split()
    inside = words_only(wish.span).split() if wish else []
    doubts = set(_rules()["doubts"])
    return not doubts & {*words, *inside} and all(
        word in plain or re.fullmatch(r"\d+(am|pm)?", word) for word in words
    )


def placed(text: str, among: Sequence[Timed]) -> Timed | None:
    """The first, the last or the one in the middle, if the text says so."""
    at = _place(text)
    return sorted(among, key=lambda one: one.start)[at(len(among))] if at and among else None


def place_said(text: str, count: int) -> int | None:
    """The place from 1 among so many that a text says: by its number, or as the first, last or middle one."""
    at = _place(text)
    place = pick(text) or (at(count) + 1 if at else None)
    return place if place and place <= count else None


def _place(said: str) -> Callable[[int], int] | None:
    """Where in a list in order of time, by its length."""
    picks: dict[str, Callable[[int], int]] = {
        "first": lambda _count: 0,
        "last": lambda count: count - 1,
        "middle": lambda count: count // 2,
    }
    return next(
        (at for name, at in picks.items() if first_match(_rules()[name], normal(said))), None
    )


def _bare_hour(said: str) -> str | None:
    """An hour alone ("8", "11 works"), where no such number was on the list."""
    match = _BARE_HOUR.fullmatch(words_only(said))
    return match.group(1) if match else None


def _rules() -> dict[str, list[str]]:
    return rule_data("when_offered")
