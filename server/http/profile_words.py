"""Values of a profile, and what changed in one, in an owner's words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from agent.rules.phone import spoken
from server.http import glance
from server.profile_diffs import (
    LISTS,
    MISSING,
    ORDER,
    Difference,
    Plain,
    Where,
    is_thing,
)
from server.profile_sections import DAYS, ELSEWHERE, FIXED, SECTIONS, Field, every_field

_NOTHING = "nothing"
_LIST_TITLES = {"canned_replies": "Saved replies"}
_LABELS: dict[Where, str] = {
    ("alerts", "urgent_min"): "Minutes each has when it is urgent",
    ("alerts", "normal_min"): "Minutes each has otherwise",
    ("alerts", "rounds"): "Rounds when urgent",
    ("autonomy", "default"): "What is not set apart",
    ("autonomy", "topics"): "Set apart",
    ("autonomy", "wait_s"): "Seconds a reply waits",
    ("weekly_summary", "enabled"): "Sent each Monday",
    ("weekly_summary", "to"): "To",
    ("weekly_summary", "by"): "By",
    ("canned_replies", "text"): "Words",
    ("canned_replies", "name"): "Name",
}
_TITLES = {
    "on_call": "On call",
    "alerts": "On call",
    "weekly_summary": "The figures of each week",
    "autonomy": "How freely the agent sends",
    "policy": "Booking",
    "holidays": "Hours",
    "service_area": "Service area",
    "first_text": "First text",
    "after_hours_text": "First text",
}
_LONGEST = 400
_IN_WORDS = {
    "send": "send at once", "wait": "wait, then send", "suggest": "only suggest", "live": "texts are sent",
    "shadow": "texts are not sent", "none": "may not sign in", "auto": "at once", "sms": "text",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Said:
    """One difference, in words."""

    title: str
    """Where: "Services: Drain cleaning"."""
    what: str
    """"Price"; empty: the thing itself."""
    before: str = ""
    after: str = ""
    did: str = "changed"
    """added, removed, changed."""

    @property
    def words(self) -> str:
        if self.did != "changed":
            return f"{self.title} {self.did}"
        return f"{self.title}: {self.what} {self.before} \N{RIGHTWARDS ARROW} {self.after}"


def said(one: Difference, before: Plain, after: Plain) -> Said:
    """A difference between two profiles."""
    title = _title(one.where, before, after)
    key = _key(one.where)
    if one.where[-1] == ORDER:
        return Said(title=title, what="Order", before=_list(one.before), after=_list(one.after))
    if is_thing(one.where) and MISSING in (one.before, one.after):
        return Said(
            title=title, what="", did="added" if one.before is MISSING else "removed",
            before="" if one.before is MISSING else _thing(one.where[0], one.before),
            after="" if one.after is MISSING else _thing(one.where[0], one.after),
        )  # fmt: skip
    field = _fields().get(key)
    return Said(
        title=title,
        what=_label(key, field),
        before=value(one.before, field, key),
        after=value(one.after, field, key),
    )


def value(held: Any, field: Field | None = None, key: Where = ()) -> str:
    """A value as an owner would write it; long ones are cut."""
    words = _value(held, field, key)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}"


def _value(held: Any, field: Field | None, key: Where) -> str:
    kind = field.kind if field else ""
    if _is_day(kind, key) and (held is MISSING or isinstance(held, list | tuple)):
        return glance.spans(held if isinstance(held, list | tuple) else ())
    match held:
        case bool():
            return "yes" if held else "no"
        case str():
            return _word(held, field, kind)
        case list() | tuple():
            return ", ".join(_value(one, field, key) for one in held) or _NOTHING
        case dict():
            return _mapping(held, field)
    return _NOTHING if held is None or held is MISSING else str(held)


def _word(held: str, field: Field | None, kind: str) -> str:
    choices = dict(field.choices) if field else {}
    if kind == "date":
        return day(held)
    if held.startswith("+"):
        return spoken(held)
    if held in choices:
        return choices[held]
    return held if kind else _IN_WORDS.get(held, held) or _NOTHING


def _mapping(held: Mapping[str, Any], field: Field | None) -> str:
    if field and field.kind in ("week", "own_week"):
        days = [f"{DAYS[one][:3]} {glance.spans(held.get(one, ()))}" for one in DAYS]
        return "; ".join(days)
    if "staff" in held and "when" in held:
        return f"{held['staff']} ({held['when']}, {_list(held['reach']) or 'browsers'})"
    return (
        ", ".join(f"{name} {_value(one, None, ())}" for name, one in held.items() if one)
        or _NOTHING
    )


def day(written: str) -> str:
    try:
        return date.fromisoformat(written).strftime("%a, %b %-d, %Y")
    except ValueError:
        return written


def _is_day(kind: str, key: Where) -> bool:
    return kind == "spans" or (kind in ("week", "own_week") and key[-1:] != ("hours",))


def _title(where: Where, before: Plain, after: Plain) -> str:
    top = where[0]
    if top not in LISTS:
        return _TITLES.get(top) or _section_title(where)
    title = SECTIONS[top].title if top in SECTIONS else _LIST_TITLES[top]
    if where[-1] == ORDER:
        return title
    thing = _found(top, where[1], after) or _found(top, where[1], before) or {}
    name = (
        day(where[1].partition("~")[0]) if top == "closures" else str(thing.get("name", where[1]))
    )
    return f"{title}: {name}"


def _found(key: str, name: str, profile: Plain) -> Plain | None:
    mark = LISTS[key]
    return next((one for one in profile.get(key, ()) if str(one.get(mark)) == name), None)


def _section_title(where: Where) -> str:
    for section in SECTIONS.values():
        if not section.is_list and any(_starts(where, one.where) for one in section.fields):
            return section.title
    return _TITLES.get(where[0]) or SECTIONS[where[0]].title if where[0] in SECTIONS else "Profile"


def _starts(where: Where, field: Where) -> bool:
    both = min(len(where), len(field))
    return where[:both] == field[:both]


def _key(where: Where) -> Where:
    """Without what the thing of a list is called."""
    return (where[0], *where[2:]) if where[0] in LISTS else where


def _label(key: Where, field: Field | None) -> str:
    if field is not None:
        last = key[-1]
        is_day = field.kind in ("week", "own_week") and last in DAYS
        return DAYS[last] if is_day else field.label  # type: ignore[index]  # it is a day
    for known in (_LABELS.get(key), ELSEWHERE.get(key, ("", ""))[1], FIXED.get(key)):
        if known:
            return known
    return str(key[-1]).replace("_", " ").capitalize()


@cache
def _fields() -> "_Fields":
    return _Fields(every_field())


class _Fields:
    """Fields by the way to their values, and to what is in these."""

    def __init__(self, known: Iterator[tuple[Where, Field]]) -> None:
        self._known = dict(known)

    def get(self, key: Where) -> Field | None:
        return self._known.get(key) or self._known.get(key[:-1])


def _thing(key: str, held: Any) -> str:
    """What a thing of a list says, where it says something."""
    if not isinstance(held, Mapping):
        return str(held)
    told = []
    for name, one in held.items():
        where = (key, name)
        field = _fields().get(where)
        if one and name != LISTS[key] and name != "name":
            told.append(f"{_label(where, field)}: {value(one, field, where)}")
    return "; ".join(told)


def _list(held: Sequence[str]) -> str:
    return ", ".join(_IN_WORDS.get(str(one), str(one)) for one in held)
