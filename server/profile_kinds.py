"""The kinds of fields in which a profile is edited: how a value stands in a form's inputs, and what is typed there as a value.

Inputs have the field's name with an ending of theirs; values are plain, as JSON has them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.business import WEEKDAYS
from agent.errors import BadInput
from agent.rules.phone import normalised, spoken

Typed = Mapping[str, str]
"""By the inputs' endings; a box that is not ticked is empty or missing."""

SPANS = 3
"""Spans of a day that a form has room for."""
WHOLE_DAY = "00:00-24:00"
_ENDING = {"from": 0, "to": 1}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`show` gives the inputs of a value; `read` the value of inputs, with the one that is stored to go by."""

    show: Callable[[Any], dict[str, str]]
    read: Callable[[Typed, Any], Any]


def _show_words(value: Any) -> dict[str, str]:
    return {"": "" if value is None else str(value)}


def _read_words(typed: Typed, _: Any) -> str | None:
    """Without signs that nobody sees."""
    lines = typed.get("", "").splitlines()
    shown = ["".join(sign for sign in line if sign.isprintable()) for line in lines]
    return "\n".join(shown).strip() or None


def _read_number(typed: Typed, _: Any) -> int | None:
    words = typed.get("", "").strip()
    if not words:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", words):
        raise BadInput("Write a whole number, like 30.")
    return int(words)


def _show_flag(value: Any) -> dict[str, str]:
    return {"": "1" if value else ""}


def _read_flag(typed: Typed, _: Any) -> bool:
    return bool(typed.get(""))


def _show_lines(value: Any) -> dict[str, str]:
    return {"": "\n".join(value)}


def _read_lines(typed: Typed, _: Any) -> list[str]:
    return [line.strip() for line in (_read_words(typed, None) or "").split("\n") if line.strip()]


def _show_codes(value: Any) -> dict[str, str]:
    return {"": ", ".join(value)}


def _read_codes(typed: Typed, _: Any) -> list[str]:
    return re.findall(r"[^\s,;]+", typed.get("", ""))


def _show_phone(value: Any) -> dict[str, str]:
    return {"": spoken(value) if value else ""}


def _read_phone(typed: Typed, _: Any) -> str | None:
    words = typed.get("", "").strip()
    return _number(words) if words else None


def _show_phones(value: Any) -> dict[str, str]:
    return {"": "\n".join(one if one.endswith("*") else spoken(one) for one in value)}


def _read_phones(typed: Typed, stored: Any) -> list[str]:
    return [one if one.endswith("*") else _number(one) for one in _read_lines(typed, stored)]


def _number(words: str) -> str:
    """What is no number stays as it was typed, for the profile to refuse."""
    return normalised(words) or words


def _show_picks(value: Any) -> dict[str, str]:
    return {f".{one}": "1" for one in value}


def _read_picks(typed: Typed, stored: Any) -> list[str]:
    """In the order that is stored, what is new after that."""
    ticked = [ending[1:] for ending, value in typed.items() if value and ending.startswith(".")]
    kept = [one for one in stored or () if one in ticked]
    return [*kept, *(one for one in ticked if one not in kept)]


def _read_days(typed: Typed, _: Any) -> list[str]:
    return [day for day in WEEKDAYS if typed.get(f".{day}")]


def _show_groups(value: Any) -> dict[str, str]:
    return {"": "\n".join(", ".join(group) for group in value)}


def _read_groups(typed: Typed, stored: Any) -> list[list[str]]:
    return [re.findall(r"[^\s,;]+", line) for line in _read_lines(typed, stored)]


def _show_spans(value: Any) -> dict[str, str]:
    if WHOLE_DAY in value:
        return {".all": "1"}
    shown: dict[str, str] = {}
    for place, span in enumerate(value):
        begin, end = span.split("-")
        shown |= {f".{place}.from": begin, f".{place}.to": "00:00" if end == "24:00" else end}
    return shown


def _read_spans(typed: Typed, _: Any) -> list[str]:
    if typed.get(".all"):
        return [WHOLE_DAY]
    places = sorted({int(found[1]) for one in typed if (found := re.match(r"\.(\d+)\.", one))})
    return [span for place in places if (span := _span(typed, place))]


def _span(typed: Typed, place: int) -> str:
    begin, end = (typed.get(f".{place}.{ending}", "").strip()[:5] for ending in _ENDING)
    if not begin and not end:
        return ""
    if not begin or not end:
        raise BadInput("Write both when it begins and when it ends, or clear both.")
    return f"{begin}-{'24:00' if end == '00:00' else end}"


def _show_week(value: Any) -> dict[str, str]:
    return {
        f".{day}{ending}": words
        for day, spans in (value or {}).items()
        for ending, words in _show_spans(spans).items()
    }


def _read_week(typed: Typed, stored: Any) -> dict[str, list[str]]:
    """Closed days stay as they are stored: named with nothing, or not named."""
    week: dict[str, list[str]] = {}
    for day in WEEKDAYS:
        spans = _read_spans(inside(typed, f".{day}"), None)
        if spans or day in (stored or {}):
            week[day] = spans
    return week


def _show_own_week(value: Any) -> dict[str, str]:
    return {} if value is None else {".own": "1"} | _show_week(value)


def _read_own_week(typed: Typed, stored: Any) -> dict[str, list[str]] | None:
    return _read_week(typed, stored) if typed.get(".own") else None


def _show_holidays(value: Any) -> dict[str, str]:
    held = value or {}
    return {".country": held.get("country") or "", ".subdiv": held.get("subdiv") or ""}


def _read_holidays(typed: Typed, _: Any) -> dict[str, str | None] | None:
    country = typed.get(".country", "").strip().upper()
    subdiv = typed.get(".subdiv", "").strip().upper()
    if subdiv and not country:
        raise BadInput("Name the country too, like US.")
    return {"country": country, "subdiv": subdiv or None} if country else None


def copied(typed: Typed, name: str, day: str, to: Sequence[str]) -> dict[str, str]:
    """A form whose week has the times of one day on others too."""
    others = tuple(f"{name}.{one}." for one in to if one != day)
    same = inside(typed, f"{name}.{day}.")
    kept = {key: value for key, value in typed.items() if not key.startswith(others)}
    return kept | {f"{start}{ending}": value for start in others for ending, value in same.items()}


def inside(typed: Typed, start: str) -> dict[str, str]:
    """The inputs whose ending goes on after this."""
    return {
        ending[len(start) :]: value for ending, value in typed.items() if ending.startswith(start)
    }


KINDS: dict[str, Kind] = {
    "words": Kind(show=_show_words, read=_read_words),
    "area": Kind(show=_show_words, read=_read_words),
    "choice": Kind(show=_show_words, read=_read_words),
    "zone": Kind(show=_show_words, read=_read_words),
    "date": Kind(show=_show_words, read=_read_words),
    "number": Kind(show=_show_words, read=_read_number),
    "flag": Kind(show=_show_flag, read=_read_flag),
    "lines": Kind(show=_show_lines, read=_read_lines),
    "codes": Kind(show=_show_codes, read=_read_codes),
    "phone": Kind(show=_show_phone, read=_read_phone),
    "phones": Kind(show=_show_phones, read=_read_phones),
    "picks": Kind(show=_show_picks, read=_read_picks),
    "days": Kind(show=_show_picks, read=_read_days),
    "groups": Kind(show=_show_groups, read=_read_groups),
    "spans": Kind(show=_show_spans, read=_read_spans),
    "week": Kind(show=_show_week, read=_read_week),
    "own_week": Kind(show=_show_own_week, read=_read_own_week),
    "holidays": Kind(show=_show_holidays, read=_read_holidays),
}
