"""What the pages of a profile show: each section in a line or two, each field with its inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from zoneinfo import available_timezones

from agent.business import Business
from agent.rules import packs
from server.http import glance, profile_words
from server.profile_diffs import Plain, names_of
from server.profile_drafts import Clash, dig, inputs
from server.profile_kinds import KINDS, SPANS, Typed
from server.profile_sections import DAYS, ELSEWHERE, Field, Section

_NEAR = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Honolulu",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A field as it stands on the page."""

    of: Field
    inputs: Mapping[str, str]
    """By the inputs' endings."""
    choices: Sequence[tuple[str, str]] = ()
    errors: Sequence[str] = ()
    stored: str = ""
    """What somebody else has made of it meanwhile; empty: nobody has."""

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def id(self) -> str:
        return self.of.name.replace(".", "-")

    @property
    def value(self) -> str:
        return self.inputs.get("", "")

    def spans(self, start: str = "") -> list[tuple[int, str, str]]:
        """Rows of a day, as many as there is room for."""
        rows = [place for place in range(12) if f"{start}.{place}.from" in self.inputs]
        return [
            (
                place,
                self.inputs.get(f"{start}.{place}.from", ""),
                self.inputs.get(f"{start}.{place}.to", ""),
            )
            for place in range(max(SPANS, len(rows)))
        ]

    def is_wide(self, start: str) -> bool:
        """A day has more than one span."""
        return any(begin or end for place, begin, end in self.spans(start) if place)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A section in the list of all."""

    name: str
    title: str
    lines: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """An item of a list."""

    name: str
    """What its address says."""
    title: str
    price: str = ""
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why a form is shown again."""

    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    clashes: Mapping[str, Clash] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    """The fields that were changed in the form; where there are clashes, all others are shown as they are stored."""
    is_gone: bool = False
    """The item was removed meanwhile."""

    def takes(self, name: str) -> bool:
        """The field is shown as it was typed."""
        return not self.clashes or name in self.touched


def shown(
    fields: Sequence[Field],
    values: Plain,
    business: Business,
    typed: Typed | None,
    trouble: Trouble,
) -> list[Shown]:
    """The fields as they are stored, or as they were typed."""
    found = []
    for one in fields:
        stood = KINDS[one.kind].show(dig(values, one.where))
        mine = inputs(one, typed) if typed is not None and trouble.takes(one.name) else stood
        clash = trouble.clashes.get(one.name)
        found.append(
            Shown(
                of=one,
                inputs=mine,
                choices=_choices(one, business, mine),
                errors=trouble.errors.get(one.name, ()),
                stored=profile_words.value(clash.stored, one, one.where) if clash else "",
            )
        )
    return found


def cards(business: Business, sections: Sequence[Section]) -> list[Card]:
    return [Card(name=one.name, title=one.title, lines=_lines(business, one)) for one in sections]


def rows(business: Business, section: Section) -> list[Row]:
    """The items of a list, in order; closed days by date."""
    names = names_of(section.name, business.model_dump(mode="json")[section.name])
    if section.name == "services":
        return [
            Row(name=name, title=one.name, price=one.price, words=one.words)
            for name, one in zip(names, glance.offers(business), strict=True)
        ]
    if section.name == "calendars":
        lines = glance.calendars(business)
        return [
            Row(name=name, title=one.name, words=one.words)
            for name, one in zip(names, lines, strict=True)
        ]
    if section.name == "staff":
        return [
            Row(
                name=one.id,
                title=one.name,
                words=f"{one.role}, {profile_words.value(one.phone) if one.phone else 'no phone'}",
            )
            for one in business.staff
        ]
    days = sorted(zip(names, business.closures, strict=True), key=lambda one: one[1].date)
    return [
        Row(
            name=name,
            title=profile_words.day(one.date.isoformat()),
            words=": ".join(filter(None, (one.reason, glance.spans(one.hours)))),
        )
        for name, one in days
    ]


def elsewhere() -> list[tuple[str, str]]:
    """Pages of their own that hold more of the profile."""
    wanted = ("first_text", "on_call", "autonomy", "canned_replies", "weekly_summary")
    more = [("/business/calls/week", "Whether callers are texted"), ("/business/people", "Logins and invitations"), ("/business/calendars", "Connected calendars"), ("/business/data", "How long things are kept")]  # fmt: skip
    return [ELSEWHERE[one,] for one in wanted] + more


def _lines(business: Business, section: Section) -> list[str]:
    if section.is_list:
        return _list_lines(rows(business, section))
    if section.name == "hours":
        return _week_lines(business)
    values = business.model_dump(mode="json")
    told = []
    for one in section.fields:
        held = dig(values, one.where)
        is_off = dig(values, (*one.where[:-1], "enabled")) is False
        if held not in (None, "", [], False) and not is_off:
            words = "" if held is True else f": {profile_words.value(held, one, one.where)}"
            told.append(f"{one.label}{words}")
    return told[:4] or ["Nothing yet."]


def _list_lines(items: Sequence[Row]) -> list[str]:
    if not items:
        return ["None yet."]
    told = [" ".join(filter(None, (one.title, one.price))) for one in items[:4]]
    return [*told, f"and {len(items) - 4} more"] if len(items) > 4 else told  # noqa: PLR2004 - as many as are told


def _week_lines(business: Business) -> list[str]:
    """Days with the same hours in one line."""
    lines: list[tuple[str, str, str]] = []
    for day, name in DAYS.items():
        words = glance.spans(business.hours.get(day, ()))
        if lines and lines[-1][2] == words:
            lines[-1] = (lines[-1][0], name[:3], words)
        else:
            lines.append((name[:3], name[:3], words))
    told = [
        f"{first if first == last else f'{first} to {last}'}: {words}"
        for first, last, words in lines
    ]
    if business.holidays:
        told.append(f"Closed on public holidays ({business.holidays.country})")
    return told


def _choices(one: Field, business: Business, mine: Mapping[str, str]) -> list[tuple[str, str]]:
    known = list(one.choices)
    if one.offered == "calendars":
        known = [(calendar.id, calendar.id) for calendar in business.calendars]
    elif one.offered == "staff":
        known = [("", "Nobody in particular"), *((who.id, who.name) for who in business.staff)]
    elif one.offered == "trades":
        known = [(name, title) for name, title in packs.titles().items() if name != "menu"]
    elif one.offered == "zones":
        known = [(zone, zone.replace("_", " ")) for zone in _zones()]
    listed = {value for value, _ in known}
    held = [mine[""]] if "" in mine else [ending[1:] for ending in mine]
    return known + [(value, value) for value in held if known and value not in listed]


@cache
def _zones() -> tuple[str, ...]:
    others = sorted(one for one in available_timezones() if "/" in one and one not in _NEAR)
    return (*_NEAR, *(one for one in others if not one.startswith(("Etc/", "SystemV/", "US/"))))
