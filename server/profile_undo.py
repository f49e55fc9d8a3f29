"""Takes one change of a profile back, value by value, where nothing has come after it."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.profile_diffs import (
    MISSING,
    ORDER,
    Difference,
    Plain,
    Where,
    by_name,
    differences,
    in_lists,
    is_thing,
    value_at,
)

NOT_HERE: frozenset[Where] = frozenset(
    {("calendars", "url"), ("calendars", "username"), ("calendars", "password_env")}
)
"""Where calendars live: their events and passwords do not come back with a profile."""
_ACCOUNT = "twilio"
"""Nor does the carrier account, which is the installation's to say."""


@dataclass(frozen=True, kw_only=True)
class Undone:
    profile: Plain
    taken_back: tuple[Difference, ...]
    """From what is now to what was."""
    clashes: tuple[tuple[Difference, Any], ...] = ()
    """What has changed again since, with what it is now: nothing of the change is taken back."""
    left: tuple[Difference, ...] = ()
    """What has to be changed on a page of its own."""


def undo(before: Plain, after: Plain, now: Plain) -> Undone:
    """The profile of now with the change from `before` to `after` taken back."""
    changed = differences(before, after)
    left = tuple(one for one in changed if is_place(one.where))
    asked = [one for one in changed if one not in left]
    named = by_name(copy.deepcopy(now))
    found = [(one, value_at(named, one.where)) for one in asked]
    to_do = [one for one, value in found if not _is(one, value, one.before)]
    clashes = tuple(
        (one, value) for one, value in found if one in to_do and not _is(one, value, one.after)
    )
    for one in [] if clashes else _ordered(to_do):
        _put(named, one, by_name(before))
    back = with_places(in_lists(named), now)
    return Undone(profile=back, taken_back=tuple(to_do), clashes=clashes, left=left)


def is_place(where: Where) -> bool:
    """It says where a calendar lives, or which carrier account is used."""
    return where[0] == _ACCOUNT or (len(where) > 1 and (where[0], where[-1]) in NOT_HERE)


def with_places(profile: Plain, now: Plain) -> Plain:
    """A profile whose calendars live where those of the same name live now, others being Ringback's own; and with the carrier account of now."""
    known = {one["id"]: one for one in now.get("calendars", ())}
    calendars = [
        one | {key: known.get(one["id"], {}).get(key) for _, key in NOT_HERE}
        for one in profile.get("calendars", ())
    ]
    return profile | {"calendars": calendars, _ACCOUNT: now[_ACCOUNT]}


def _is(one: Difference, value: Any, wanted: Any) -> bool:
    if one.where[-1] != ORDER:
        return bool(value == wanted)
    both = [name for name in wanted if name in value]
    return [name for name in value if name in both] == both


def _ordered(changed: Sequence[Difference]) -> list[Difference]:
    return sorted(changed, key=lambda one: one.where[-1] == ORDER)


def _put(named: Plain, one: Difference, before: Plain) -> None:
    if one.where[-1] == ORDER:
        held = named[one.where[0]]
        named[one.where[0]] = _in_order(held, one.before)
        return
    holder = named
    for key in one.where[:-1]:
        holder = holder.setdefault(key, {})
    if one.before is MISSING:
        holder.pop(one.where[-1], None)
        return
    holder[one.where[-1]] = one.before
    if one.after is MISSING and is_thing(one.where):
        named[one.where[0]] = _back_in_place(holder, one.where[1], list(before[one.where[0]]))


def _in_order(held: Plain, order: Sequence[str]) -> Plain:
    """Those that the order names stand in it, at the places that they have together."""
    wanted = iter([name for name in order if name in held])
    return {
        name: held[name] for name in [next(wanted) if one in set(order) else one for one in held]
    }


def _back_in_place(held: Plain, name: str, order: Sequence[str]) -> Plain:
    """A thing that is back stands behind the one that it stood behind."""
    before = [one for one in order[: order.index(name)] if one in held]
    others = [one for one in held if one != name]
    place = others.index(before[-1]) + 1 if before else 0
    return {one: held[one] for one in [*others[:place], name, *others[place:]]}
