"""Comparisons in the words of their pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from agent.business import Business
from agent.rules.phone import masked
from agent.rules.reply_changes import ChangeKind, Part, Said, Warn, marked
from server.documents import counted
from server.http import profile_words
from server.preflight import CALLER, FIRST_TEXT, Difference, Found
from server.preflight_replay import Source
from server.profile_diffs import differences
from server.store.document_drafts import Draft
from server.store.preflights import PreflightRow, State

SHOWN = 25
"""Differences on one page."""
WHAT_MAX = 12
_TITLES = {
    ChangeKind.HANDED_OVER: "Would go to a person",
    ChangeKind.ANSWERED: "Would be answered, and goes to a person today",
    ChangeKind.FIGURES: "Another price, time or number",
    ChangeKind.ALERTS: "Same words, but your people would be told another reason",
    ChangeKind.WORDING: "Other words",
}
_WARNS = {
    Warn.LESS_URGENT: "No longer seen as urgent",
    Warn.SILENT: "No reply at all",
    Warn.FORBIDDEN: "Left out, since it is never texted",
    Warn.SAYS_LESS: "Says less",
}
_STATES = {
    State.WAITING: "waiting",
    State.RUNNING: "comparing",
    State.DONE: "not published",
    State.FAILED: "failed",
    State.STOPPED: "stopped",
    State.PUBLISHED: "published",
}
_NO_REPLY = "No text."


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One reply before and after."""

    asked: str
    who: str
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    person_before: bool
    person_after: bool
    because_before: str
    because_after: str
    warns: tuple[str, ...]
    cut: tuple[str, ...]
    """Sentences that only the new words have and that are never texted."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """What is different in the same way."""

    id: str
    title: str
    shown: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    changed: int
    compared: int
    summary: str
    warned: int
    """Replies that may be worse."""
    by_kind: tuple[tuple[str, int], ...]
    groups: tuple[Group, ...]
    part: int
    parts: int
    unfinished: str
    """Empty: everything was compared."""
    cost: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison in the list."""

    id: str
    what: str
    when: str
    state: str


def result(row: PreflightRow, business: Business, part: int) -> Result:
    """What was found, of which one page is shown."""
    found = Found.of(row.found)
    parts = max(-(-len(found.differences) // SHOWN), 1)
    part = min(max(part, 1), parts)
    here = found.differences[(part - 1) * SHOWN : part * SHOWN]
    return Result(
        changed=found.changed,
        compared=found.compared,
        summary=_summary(found),
        warned=sum(one.times for one in found.differences if one.change.warns),
        by_kind=_by_kind(found),
        groups=tuple(
            Group(id=kind, title=_TITLES[kind], shown=tuple(_shown(one, business) for one in same))
            for kind, same in groupby(here, key=lambda one: one.change.kind)
        ),
        part=part,
        parts=parts,
        unfinished=_unfinished(found),
        cost=_cost(found),
    )


def listed(row: PreflightRow, business: Business) -> Row:
    what = list(row.change["what"])
    more = f" and {len(what) - 1} more" if len(what) > 1 else ""
    return Row(
        id=row.id,
        what=f"{what[0] if what else 'A change'}{more}",
        when=_clock(row.at, business),
        state=_STATES[State(row.state)],
    )


def of_profile(before: Business, after: Business) -> list[str]:
    """What is different between two profiles, a line each."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    lines = [profile_words.said(one, old, new).words for one in differences(old, new)]
    left = len(lines) - WHAT_MAX
    return lines[:WHAT_MAX] + ([f"{left} more changes"] if left > 0 else [])


def of_drafts(drafts: Sequence[Draft]) -> list[str]:
    return [
        f"Document {one.name}: {'removed' if one.is_removal else counted(len(one.passages))}"
        for one in drafts
    ]


def _summary(found: Found) -> str:
    """What was compared."""
    typical = found.compared - found.of_callers - found.first_texts
    parts = [
        _counted(found.of_callers, "text", "that callers sent in the last 30 days"),
        _counted(typical, "text", "that callers of your trade often send"),
        _counted(found.first_texts, "first text", "after a missed call"),
    ]
    return ", ".join(part for part in parts if part) + "."


def _counted(count: int, what: str, which: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'} {which}" if count else ""


def _by_kind(found: Found) -> tuple[tuple[str, int], ...]:
    sums = {
        kind: sum(one.times for one in found.differences if one.change.kind is kind)
        for kind in ChangeKind
    }
    return tuple((_TITLES[kind], count) for kind, count in sums.items() if count)


def _shown(one: Difference, business: Business) -> Shown:
    before, after = marked(one.before.reply or _NO_REPLY, one.after.reply or _NO_REPLY)
    return Shown(
        asked=one.asked,
        who=_who(one, business),
        before=tuple(before),
        after=tuple(after),
        person_before=one.before.handed,
        person_after=one.after.handed,
        because_before=_because(one.sources_before, one.before),
        because_after=_because(one.sources_after, one.after),
        warns=tuple(_WARNS[warn] for warn in one.change.warns),
        cut=tuple(words for words in one.after.cut if words not in one.before.cut),
    )


def _who(one: Difference, business: Business) -> str:
    at = _clock(datetime.fromisoformat(one.at), business)
    more = f", {one.times} times" if one.times > 1 else ""
    if one.source == CALLER:
        return f"{masked(one.caller)}, {at}{more}"
    if one.source == FIRST_TEXT:
        who = f"after the call of {masked(one.caller)}, " if one.caller else "as for a call "
        return f"First text {who}{at}{more}"
    return f"A typical text{more}"


def _because(sources: Sequence[Source], said: Said) -> str:
    """What the reply was made of, or what came nearest."""
    used = [one for one in sources if one.used]
    if used:
        return "From " + ", ".join(_source(one) for one in used)
    if said.handed and sources:
        return f"Nearest, but not said: {_source(sources[0])}"
    return ""


def _source(one: Source) -> str:
    heading = " ".join(one.heading.split())
    return f"{one.document}: {heading}" if heading else one.document


def _unfinished(found: Found) -> str:
    if found.compared == found.total:
        return ""
    return f"It took too long, so only {found.compared} of {found.total} were compared."


def _cost(found: Found) -> str:
    if not found.model_calls:
        return ""
    calls = "once" if found.model_calls == 1 else f"{found.model_calls} times"
    return f"The language model was asked {calls} for this."


def _clock(moment: datetime, business: Business) -> str:
    return moment.astimezone(business.zone).strftime("%b %-d, %-I:%M %p")
