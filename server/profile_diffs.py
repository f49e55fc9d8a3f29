"""What differs between two profiles, value by value; things of a list are told apart by what they are called, not by their place.

Profiles are plain values here, as JSON has them, and may be of another time than what is known of a business now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Plain = dict[str, Any]
Where = tuple[str, ...]
"""Keys from the profile on; in a list, what its thing is called."""

LISTS = {
    "services": "id",
    "staff": "id",
    "calendars": "id",
    "closures": "date",
    "canned_replies": "name",
}
"""Lists of things, with the key that tells them apart."""
ORDER = "(order)"
"""In place of a thing: in which order they stand."""
_WHOLE = {"holidays", "topics"}
"""Taken as one value, whatever is in them."""


class Missing:
    """No such thing, at that side of a difference."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, kw_only=True)
class Difference:
    where: Where
    before: Any
    """`MISSING`: it was added."""
    after: Any
    """`MISSING`: it was removed."""


def differences(before: Plain, after: Plain) -> list[Difference]:
    """In the order of the profile."""
    return list(_between((), by_name(before), by_name(after)))


def by_name(profile: Plain) -> Plain:
    """The profile with each list of things as a mapping."""
    return {key: _named(key, value) if key in LISTS else value for key, value in profile.items()}


def in_lists(named: Plain) -> Plain:
    """The same the other way."""
    return {key: list(value.values()) if key in LISTS else value for key, value in named.items()}


def names_of(key: str, things: Sequence[Plain]) -> list[str]:
    """What each thing of a list is called; no two are called the same."""
    names: list[str] = []
    for one in things:
        name = str(one[LISTS[key]])
        while name in names:
            name += "~2"
        names.append(name)
    return names


def value_at(named: Plain, where: Where) -> Any:
    """What stands there; `MISSING` where nothing does."""
    if where[-1] == ORDER:
        return list(named.get(where[0], ()))
    found: Any = named
    for key in where:
        if not isinstance(found, Mapping) or key not in found:
            return MISSING
        found = found[key]
    return found


def is_thing(where: Where) -> bool:
    """It is a whole thing of a list, and nothing in it."""
    return where[0] in LISTS and len(where[1:]) == 1 and where[-1] != ORDER


def _named(key: str, things: Sequence[Plain]) -> Plain:
    return dict(zip(names_of(key, things), things, strict=True))


def _between(where: Where, before: Any, after: Any) -> Iterator[Difference]:
    if before == after and not _is_list(where):
        return
    if not (isinstance(before, dict) and isinstance(after, dict)) or where[-1:] in {
        (one,) for one in _WHOLE
    }:
        yield Difference(where=where, before=before, after=after)
        return
    for key in dict.fromkeys([*before, *after]):
        yield from _between((*where, key), before.get(key, MISSING), after.get(key, MISSING))
    if _is_list(where):
        yield from _reordered(where, list(before), list(after))


def _is_list(where: Where) -> bool:
    return len(where) == 1 and where[0] in LISTS


def _reordered(where: Where, before: list[str], after: list[str]) -> Iterator[Difference]:
    stayed = [name for name in before if name in after]
    if stayed != [name for name in after if name in before]:
        yield Difference(where=(*where, ORDER), before=before, after=after)
