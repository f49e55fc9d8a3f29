"""Which of the times on offer does a text choose? Only a text that says nothing else chooses one.

Asking once more costs a text; a van at the wrong house costs a customer.
"""

import re
from collections.abc import Callable, Sequence

from agent.data import rule_data
from agent.model import Hold, When
from agent.rules.intents import pick
from agent.rules.normal import first_match, normal, pattern, words_only
from agent.rules.offers import asked_for


def chosen(offers: Sequence[Hold], wish: When | None, choice: int | None, text: str) -> Hold | None:
    """The one offer that the text chooses by its number, its place, its time, or a plain yes to the only one."""
    if choice is not None:
        return next((hold for hold in offers if hold.place == choice), None)
    said = "\n".join(one for one in parts(text) if not one.endswith("?"))
    if not said or not _says_only_that(said, wish):
        return None
    left = list(offers)
    if wish:
        left = [hold for hold in left if asked_for(wish, hold.start)]
    elif hour := _bare_hour(said):
        left = [hold for hold in left if hold.start.strftime("%I").lstrip("0") == hour]
    elif not (_place(said) or first_match(_rules()["yes"], normal(said))):
        return None
    if left and (at := _place(said)):
        left = [at(left)]
    return left[0] if len(left) == 1 else None


def numbered(offers: Sequence[Hold], text: str) -> Hold | None:
    """The offer whose number is all that the text says."""
    place = pick(text)
    return next((hold for hold in offers if hold.place == place), None)


def parts(text: str) -> list[str]:
    """The sentences of a text as people type them on phones, capitals or not."""
    return [one.strip() for one in re.split(r"(?<=[.!?])\s+|\n+", text) if one.strip()]


def speaks_of_offers(text: str) -> bool:
    """It accepts, points at a place, refuses or puts off."""
    said = normal(text)
    names = ("yes", "first", "last", "middle", "same_time", "refuses", "puts_off", "other_times")
    return bool(_bare_hour(text) or pick(text)) or any(
        first_match(_rules()[name], said) for name in names
    )


def refuses(text: str) -> bool:
    """The times on offer will not do."""
    said = normal(text)
    return any(first_match(_rules()[name], said) for name in ("refuses", "other_times"))


def puts_off(text: str) -> bool:
    """The caller will say later."""
    return first_match(_rules()["puts_off"], normal(text)) is not None


def _says_only_that(said: str, wish: When | None) -> bool:
    """Beside the time there is nothing but courtesy: no condition, no doubt, no other matter."""
    rest = said.replace(wish.span, " ") if wish else said
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


def _place(said: str) -> Callable[[list[Hold]], Hold] | None:
    picks: dict[str, Callable[[list[Hold]], Hold]] = {
        "first": lambda holds: min(holds, key=lambda hold: hold.start),
        "last": lambda holds: max(holds, key=lambda hold: hold.start),
        "middle": lambda holds: sorted(holds, key=lambda hold: hold.start)[len(holds) // 2],
    }
    return next(
        (at for name, at in picks.items() if first_match(_rules()[name], normal(said))), None
    )


def _bare_hour(said: str) -> str | None:
    """An hour alone ("8", "11 works"), where no such number was on the list."""
    match = re.fullmatch(r"([1-9]|1[0-2])( works| please| is (good|fine))?", words_only(said))
    return match.group(1) if match else None


def _rules() -> dict[str, list[str]]:
    return rule_data("when_offered")
