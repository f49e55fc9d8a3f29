"""What a form makes of a profile: only what was touched changes, and what somebody else has changed meanwhile is never lost."""

import copy
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.business import Business
from agent.errors import BadInput
from server.profile_diffs import Plain, names_of
from server.profile_kinds import KINDS, Typed
from server.profile_sections import Field, Section, fields_of
from server.yaml_mends import mend

_BOXES = {"flag", "picks", "days", "week", "own_week", "spans"}
"""Their inputs are missing where nothing is ticked or written."""
_REMOVED = "Somebody else has removed this since you opened it. Save again to add it back as it stands here."
_UNKNOWN = "Fill this in."
_BY_KIND = {
    "phone": "That is no phone number. Write it like (303) 555-0140.",
    "phones": "One of these is no phone number. Write one a line, like (303) 555-0140.",
    "date": "Choose a day.",
    "picks": "Choose at least one.",
}
_OF_A_DAY = {"week", "own_week", "spans"}
_NO_TIME = "Write when it begins and when it ends. For a whole day, tick All day."
_BOUNDS = {
    "greater_than_equal": "Write {ge} or more.",
    "greater_than": "Write more than {gt}.",
    "less_than_equal": "Write {le} or less.",
    "string_too_short": _UNKNOWN,
    "string_type": _UNKNOWN,
    "missing": _UNKNOWN,
    "int_type": "Write a whole number, like 30.",
}


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a browser sent for a section, or for one item of it."""

    section: Section
    typed: Typed
    """By the inputs' names."""
    item: str = ""
    """What it is called; empty: a new one, or no list."""


@dataclass(frozen=True, kw_only=True)
class Clash:
    """A field that two people have changed."""

    stored: Any


class Refused(BadInput):
    """It cannot be kept so; `errors` by field, those of the whole under an empty name."""

    def __init__(
        self,
        errors: Mapping[str, Sequence[str]] | None = None,
        clashes: Mapping[str, Clash] | None = None,
        *,
        touched: Collection[str] = (),
        is_gone: bool = False,
    ) -> None:
        super().__init__("Not saved.")
        self.errors = dict(errors or {})
        self.clashes = dict(clashes or {})
        self.touched = frozenset(touched)
        """The fields that the form has changed."""
        self.is_gone = is_gone
        """Somebody else has removed what the form is about."""


@dataclass
class _Touched:
    values: dict[Field, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


def drafted(form: Form, base: Plain, now: Plain) -> Business:
    """The business as the form would have it.

    Args:
        base: the profile that the form was made from.
        now: the one that is stored.

    Raises:
        Refused: what was typed does not do, or somebody else has changed the same.

    """
    was, held = part(form.section, base, form.item), part(form.section, now, form.item)
    if form.item and held is None and not form.typed.get("again"):
        raise Refused({"": [_REMOVED]}, is_gone=True)
    start = held or was or blank(form.section, now)
    touched = _touched(form, was or start, fields_of(form.section, is_new=not form.item))
    clashes = {
        one.name: Clash(stored=dig(start, one.where))
        for one, value in touched.values.items()
        if was and held and dig(held, one.where) not in (dig(was, one.where), value)
    }
    names = {*(one.name for one in touched.values), *touched.errors}
    changed = _with(start, touched.values)
    if form.section.is_list and not start.get("id") and "id" not in touched.errors:
        _give_id(form.section, changed, now)
    profile, place = placed(form.section, now, form.item if held else "", changed)
    try:
        business = Business.model_validate(profile)
    except ValidationError as error:
        found = _errors(form.section, place, error)
        raise Refused({**found, **touched.errors}, clashes, touched=names) from error
    if touched.errors or clashes:
        raise Refused(touched.errors, clashes, touched=names)
    return business


def part(section: Section, profile: Plain, item: str) -> Plain | None:
    """What a form is about: the profile itself, or an item of its list; None: it is not there."""
    if not section.is_list:
        return profile
    place = _place(section, profile, item)
    return profile[section.name][place] if place >= 0 else None


def blank(section: Section, profile: Plain) -> Plain:
    """A new item as its form begins."""
    if section.name == "services":
        every = [one["id"] for one in profile["calendars"]]
        return {
            "id": "", "name": "", "aliases": [], "duration_min": 60, "buffer_before_min": 0, "buffer_min": 0, "price": None,
            "calendars": every[:1] if len(every) == 1 else [], "need": [],
        }  # fmt: skip
    if section.name == "staff":
        return {"id": "", "name": "", "role": "staff", "phone": None, "email": None}
    if section.name == "calendars":
        week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        return {"id": "", "staff": None, "days": week, "hours": None}
    return {"date": None, "hours": [], "reason": ""}


def placed(section: Section, profile: Plain, item: str, changed: Plain) -> tuple[Plain, int]:
    """The profile with the part changed, and the item's place in its list; -1: no list."""
    if not section.is_list:
        return changed, -1
    place = _place(section, profile, item)
    items = list(profile[section.name])
    if place < 0:
        items, place = [*items, changed], len(items)
    else:
        items[place] = changed
    return profile | {section.name: items}, place


def dig(values: Plain, where: Sequence[str]) -> Any:
    found: Any = values
    for key in where:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def inputs(one: Field, typed: Typed) -> dict[str, str]:
    """What stands in a field's inputs, by their endings."""
    name = one.name
    return {
        key[len(name) :]: value.replace("\r\n", "\n")
        for key, value in typed.items()
        if key == name or key.startswith(f"{name}.")
    }


def _place(section: Section, profile: Plain, item: str) -> int:
    names = names_of(section.name, profile[section.name])
    return names.index(item) if item in names else -1


def _touched(form: Form, base: Plain, fields: Sequence[Field]) -> _Touched:
    """What does not stand in the form as it was put there; everything else stays as it is stored."""
    found = _Touched()
    for one in fields:
        kind, mine, old = KINDS[one.kind], inputs(one, form.typed), dig(base, one.where)
        if not mine and one.kind not in _BOXES:
            continue
        if _filled(mine) == _filled(kind.show(old)):
            continue
        try:
            value = kind.read(mine, old)
        except BadInput as error:
            found.errors[one.name] = [str(error)]
            continue
        found.values[one] = one.nothing if value is None else value
    return found


def _filled(typed: Typed) -> dict[str, str]:
    return {ending: value for ending, value in typed.items() if value}


def _with(start: Plain, values: Mapping[Field, Any]) -> Plain:
    changed = copy.deepcopy(start)
    for one, value in values.items():
        holder = changed
        for key in one.where[:-1]:
            holder = holder.setdefault(key, {})
        holder[one.where[-1]] = value
    return changed


def _give_id(section: Section, item: Plain, profile: Plain) -> None:
    """Of its name: drain-cleaning, drain-cleaning-2."""
    if section.name == "closures":
        return
    words = str(item.get("name") or section.one)
    if section.name == "staff":
        words = words.split(maxsplit=1)[0]
    if section.name == "calendars":
        words = str(item.pop("name", "") or section.one)
    plain = re.sub(r"[^a-z0-9]+", "-", words.casefold()).strip("-")[:60].strip("-") or section.one
    taken = {one["id"] for one in profile[section.name]}
    spelled = (plain if count == 1 else f"{plain}-{count}" for count in range(1, 1000))
    item["id"] = next(one for one in spelled if one not in taken)


def _errors(section: Section, place: int, error: ValidationError) -> dict[str, list[str]]:
    """In plain words, by the field that each is about."""
    told: dict[str, list[str]] = {}
    for where, say, kind in _located(error):
        inner = where[2:] if place >= 0 and where[:2] == (section.name, place) else where
        is_inside = place < 0 or where[:2] == (section.name, place)
        one = _field_at(section, inner) if is_inside else None
        words = _spoken(one, say) if one and kind in _SPOKEN else say
        name = one.name if one else ""
        if words not in told.setdefault(name, []):
            told[name].append(words)
    return told


def _spoken(one: Field, say: str) -> str:
    if one.kind in _OF_A_DAY:
        return say if "overlap" in say else _NO_TIME
    return _BY_KIND.get(one.kind, say)


_SPOKEN = {"value_error", "date_type", "date_parsing", "date_from_datetime_parsing", "too_short"}
"""Kinds of errors for which a field has better words than the folder."""


def _located(error: ValidationError) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    for detail in error.errors(include_url=False):
        where = tuple(part for part in detail["loc"] if part != "[key]")
        if detail["type"] == "names_do_not_resolve":
            for path, say in detail["ctx"]["problems"]:
                yield path, _sentence(say), "name"
        else:
            yield where, _mend(detail), detail["type"]


def _mend(detail: ErrorDetails) -> str:
    if detail["type"] in _BOUNDS:
        return _BOUNDS[detail["type"]].format(**detail.get("ctx", {}))
    return _sentence(mend(detail, None, Business))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _field_at(section: Section, where: Sequence[Any]) -> Field | None:
    plain = tuple(part for part in where if isinstance(part, str))
    return next((one for one in section.fields if plain[: len(one.where)] == one.where), None)
