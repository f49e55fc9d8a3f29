"""What is different between two replies to the same text, and how much it matters: pure, for whoever publishes a change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from agent.model import Urgency

_TOKEN = re.compile(r"\s+|[$€£]?\w+(?:[.,:]\d+)*|[^\w\s]")
_FIGURE = re.compile(
    r"[$€£]\s?\d[\d,.]*|\d[\d,.:]*\s?(?:%|[ap]\.?m\b)?|"
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b",
    re.IGNORECASE,
)
_LESS = 0.6
"""A reply with fewer of the words than this share says less."""
_RELATED = 0.4
"""Replies that share less of their words are two different ones."""
_PRESSING = {Urgency.ROUTINE: 0, Urgency.URGENT: 1, Urgency.EMERGENCY: 2}


class ChangeKind(StrEnum):
    """What is different, what matters most first."""

    HANDED_OVER = "handed_over"  # a person would be asked, and is not today
    ANSWERED = "answered"  # the agent would answer what goes to a person today
    FIGURES = "figures"  # a price, time, date or number is another
    ALERTS = "alerts"  # the same words, but a person is needed for another reason
    WORDING = "wording"  # nothing but words


class Warn(StrEnum):
    """What may make a change for the worse."""

    LESS_URGENT = "less_urgent"  # a missed emergency is worse than a false alarm
    SILENT = "silent"  # the caller would get no reply at all
    FORBIDDEN = "forbidden"  # words stand in the owner's text that are never sent
    SAYS_LESS = "says_less"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one side of a comparison says to a text."""

    reply: str
    """All that would be texted; empty: nothing."""
    handed: bool = False
    """A person is asked for at least a part of it."""
    reason: str = ""
    """`agent.model.Reason`; empty: nobody is alerted."""
    urgency: str = Urgency.ROUTINE
    cut: tuple[str, ...] = ()
    """Sentences that the guard took out: they sell, promise, or have no evidence."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Words that stand together in a reply."""

    words: str
    changed: bool
    """The other reply does not have them here."""


@dataclass(frozen=True, kw_only=True)
class ReplyChange:
    kind: ChangeKind
    warns: tuple[Warn, ...] = ()
    """The worst first."""


def compare(before: Said, after: Said) -> ReplyChange | None:
    """How a reply would change; None: the caller reads and the staff hear the same."""
    alerts = (before.handed, before.reason, before.urgency)
    if before.reply == after.reply and alerts == (after.handed, after.reason, after.urgency):
        return None
    return ReplyChange(kind=_kind(before, after), warns=tuple(_warns(before, after)))


def weight(change: ReplyChange) -> tuple[int, int]:
    """Sorts by what matters: what is worse first, then by kind."""
    worst = min((list(Warn).index(one) for one in change.warns), default=len(Warn))
    return list(ChangeKind).index(change.kind), worst


def marked(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Both replies in parts; put together, the parts of one are that reply.

    Where they have little in common, all of both is changed: a word here and there that stays would only confuse.
    """
    ours, theirs = _TOKEN.findall(before), _TOKEN.findall(after)
    old, new = list[Part](), list[Part]()
    matcher = SequenceMatcher(a=ours, b=theirs, autojunk=False)
    if before and after and _shared(matcher, ours, theirs) < _RELATED:
        return [Part(words=before, changed=True)], [Part(words=after, changed=True)]
    for what, a, b, c, d in matcher.get_opcodes():
        changed = what != "equal"
        old += [Part(words="".join(ours[a:b]), changed=changed)] if a < b else []
        new += [Part(words="".join(theirs[c:d]), changed=changed)] if c < d else []
    return _joined(old), _joined(new)


def _shared(matcher: SequenceMatcher[str], ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Which share of the words of the shorter reply the other has in the same order, spaces aside."""
    same = sum(
        not ours[block.a + place].isspace()
        for block in matcher.get_matching_blocks()
        for place in range(block.size)
    )
    fewest = min(sum(not one.isspace() for one in side) for side in (ours, theirs))
    return same / fewest if fewest else 1.0


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Spaces between changed words count as changed: one mark, not one a word."""
    joined: list[Part] = []
    for place, part in enumerate(parts):
        is_gap = not part.words.strip() and 0 < place < len(parts) - 1
        changed = part.changed or (is_gap and joined[-1].changed)
        if joined and joined[-1].changed == changed:
            joined[-1] = Part(words=joined[-1].words + part.words, changed=changed)
        else:
            joined.append(Part(words=part.words, changed=changed))
    return joined


def _kind(before: Said, after: Said) -> ChangeKind:
    if after.handed != before.handed:
        return ChangeKind.HANDED_OVER if after.handed else ChangeKind.ANSWERED
    if before.reply == after.reply:
        return ChangeKind.ALERTS
    if _figures(before.reply) != _figures(after.reply):
        return ChangeKind.FIGURES
    return ChangeKind.WORDING


def _warns(before: Said, after: Said) -> list[Warn]:
    pressing = _PRESSING[Urgency(before.urgency)] > _PRESSING[Urgency(after.urgency)]
    new_cuts = set(after.cut) - set(before.cut)
    says_less = len(after.reply.split()) < _LESS * len(before.reply.split())
    found = {
        Warn.LESS_URGENT: pressing or ("emergency" in {before.reason} - {after.reason}),
        Warn.SILENT: bool(before.reply) and not after.reply,
        Warn.FORBIDDEN: bool(new_cuts),
        Warn.SAYS_LESS: bool(after.reply) and not before.handed and says_less,
    }
    return [one for one in Warn if found[one]]


def _figures(words: str) -> list[str]:
    """Numbers, times and days as they stand, spelled alike."""
    return [re.sub(r"[\s.]+", "", one).lower() for one in _FIGURE.findall(words)]
