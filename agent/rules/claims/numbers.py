"""Numbers as digits or as words, English and Spanish."""

import re

from agent.data import rule_data

_NAMED: dict[str, int] = {
    word: number
    for words, number in rule_data("claims")["numbers"].items()
    for word, number in [(one, int(words)) for one in number.split()]
}
_ONCE = r"(?:(?<=las )|(?<=los )|(?<=son )|(?<=de )|(?<= a )|(?<=hasta ))once"
"""Eleven in Spanish; in English it says when."""
_WORD = "|".join(
    _ONCE if word == "once" else word for word in sorted(_NAMED, key=len, reverse=True)
)
WORDS = rf"(?:{_WORD})(?:[ -](?:and |y )?(?:{_WORD}))*"
"""A number in words."""
NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?k?|{WORDS})"
"""A number in digits ("1,650", "1.5", "2k") or in words."""


def number(said: str) -> float:
    """The amount: `1,650` is 1650, `forty-five` 45, `a hundred and ten` 110.

    Raises:
        ValueError: it is not a number.
    """
    plain = said.lower().replace(",", "").strip()
    if plain[:1].isdigit():
        return float(plain[:-1]) * 1000 if plain.endswith("k") else float(plain)
    total = 0
    for word in re.findall(r"[a-zñ]+", plain):
        value = _NAMED.get(word, 0)
        total = max(total, 1) * value if value == 100 else total + value  # noqa: PLR2004 - a hundred
    if not total:
        raise ValueError(said)
    return float(total)
