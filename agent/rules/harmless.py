"""What strangers write, made safe to look at: signs that turn, hide or pile up letters are shown or cut, words stay."""

import re
import unicodedata

_TURNS = {
    "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM",
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip
"""Signs that change the direction of what follows; a link or a number can be made to read backwards with them."""
_MARKS = {"\u200e", "\u200f", "\u061c"}
"""Of these, phones write the marks by themselves beside numbers and names: they turn nothing and are left out."""
_TURNING = re.compile("[" + "".join(_TURNS) + "]")
_UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060-\u2064\u206a-\u206f\u2800\u3164\ufeff\uffa0\U000e0000-\U000e0fff"
_FLOOD = re.compile(f"[{_UNSEEN}]{{3,}}")
_STRAY = re.compile("[\u200b\u2060\ufeff\u00ad\u180e]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PILED = re.compile(r"((?:[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]){3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip


def harmless(text: str) -> str:
    """The words as a page may show them; what was sent or is stored is not changed by it."""
    shown = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = _TURNING.sub(_named, shown)
    shown = _FLOOD.sub("[hidden signs]", shown)
    shown = _STRAY.sub("", shown)
    shown = _CONTROL.sub(lambda found: f"[{_name(found[0])}]", shown)
    return _PILED.sub(r"\1", shown)


def _named(found: re.Match[str]) -> str:
    sign = found[0]
    return "" if sign in _MARKS else f"[{_TURNS[sign]}]"


def _name(sign: str) -> str:
    return unicodedata.name(sign, f"U+{ord(sign):04X}")
