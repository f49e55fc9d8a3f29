"""Which visit does a caller want moved or cancelled, is it meant for certain, and to when?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from agent.business import Business
from agent.data import rule_data
from agent.model import Appointment, Intent, OptOut, Reading, When
from agent.rules import choosing, services, when
from agent.rules.normal import first_match, normal, pattern
from agent.rules.offers import asked_for, in_context

_PIECE_END = re.compile(r"(?<=[,;.!?])\s+|\n+")


class Kind(StrEnum):
    MOVE = "move"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True)
class Change:
    kind: Kind
    visits: tuple[Appointment, ...]
    """Those that can be meant, soonest first; one: it is this."""
    is_sure: bool = True
    """Asked for outright; else it is asked back before anything is cancelled."""
    wish: When | None = None
    """Where a visit is to move."""
    all_of_them: bool = False


def asked_change(
    reading: Reading, text: str, visits: Sequence[Appointment], business: Business, now: datetime
) -> Change | None:
    """What a text wants of visits that stand; None: nothing of the kind.

    Args:
        visits: of this caller, at least one, soonest first, with the business's offset.
        now: with the business's offset.
    """
    intents = set(reading.intents)
    cancels = Intent.CANCEL_APPOINTMENT in intents or reading.opt_out is OptOut.CLARIFY
    if keeps(text) or not (cancels or Intent.RESCHEDULE in intents):
        return None
    about, wished = _parts(text)
    if not wished and first_match(_rules()["adds_visit"], normal(text)):
        return None

    def read(words: str) -> When | None:
        return when.read(words, now, business.hours) if words else None

    wish = _told_by(wished, read)
    moves = Intent.RESCHEDULE in intents or any(
        first_match(_rules()["other_times"], normal(one)) for one in wished
    )
    if cancels and wish is None and not moves:
        said = reading.when if reading.when and reading.when.span else None
        return _cancelled(read(about) or said, reading, text, visits, business)
    meant = _meant(read(about), about or text, visits, business)
    wish = wish if wished else reading.when
    if wish and not wish.time and (own := [one for one in meant if asked_for(wish, one.start)]):
        wish, meant = None, own  # the day of the visit itself says which, not where to
    return Change(kind=Kind.MOVE, visits=tuple(meant), wish=in_context(wish, meant, text))


def answered_which(
    reading: Reading, text: str, asked: Change, business: Business, now: datetime
) -> Change | None:
    """The change with the visit that answers "which one?", by number, time, service or place; None: it does not say."""
    told = asked.visits
    sure = replace(asked, is_sure=True)
    if first_match(_rules()["all_visits"], normal(text)) and asked.kind is Kind.CANCEL:
        return replace(sure, all_of_them=True)
    if reading.choice is not None:
        chosen = told[reading.choice - 1 : reading.choice]
        return replace(sure, visits=chosen) if chosen else None
    said = [when.read(one, now, business.hours) for one in _pieces(text)]
    times = [one for one in said if one]
    own = [one for one in times if any(asked_for(one, visit.start) for visit in told)]
    meant = _meant(own[0] if own else None, text, told, business)
    if len(meant) == len(told):
        meant = [one for one in [choosing.placed(text, told)] if one]
    if not meant:
        return None
    new = next((one for one in times if one not in own), None)
    return replace(sure, visits=tuple(meant), wish=in_context(new, meant, text) or asked.wish)


def cannot_come(text: str) -> bool:
    """The time does not suit any more; whether the visit is still wanted is not said."""
    return first_match(_rules()["cannot_come"], normal(text)) is not None


def keeps(text: str) -> bool:
    """The visit is to stay as it is."""
    return first_match(_rules()["keeps_visit"], normal(text)) is not None


def _cancelled(
    wanted: When | None,
    reading: Reading,
    text: str,
    visits: Sequence[Appointment],
    business: Business,
) -> Change:
    """A time or a service in the text says which visit; one that fits none is asked about."""
    said = normal(text)
    if first_match(_rules()["all_visits"], said):
        return Change(kind=Kind.CANCEL, visits=tuple(visits), all_of_them=True)
    meant = _meant(wanted, text, visits, business)
    named = {service.id for service in services.named(business, text)}
    fits = all(
        (wanted is None or asked_for(wanted, visit.start)) and (not named or visit.service in named)
        for visit in meant
    )
    doubts = reading.opt_out is OptOut.CLARIFY or bool(
        first_match(_rules()["cancel_unsure"] + _rules()["cannot_come"], said)
    )
    return Change(kind=Kind.CANCEL, visits=tuple(meant), is_sure=fits and not doubts)


def _meant(
    wanted: When | None, text: str, visits: Sequence[Appointment], business: Business
) -> list[Appointment]:
    """The visits that a time and a service can mean; where they fit none, all."""
    left = list(visits)
    if wanted is not None:
        left = [visit for visit in left if asked_for(wanted, visit.start)] or left
    named = {service.id for service in services.named(business, text)}
    return [visit for visit in left if visit.service in named] or left


def _parts(text: str) -> tuple[str, list[str]]:
    """("my thursday cleaning", ["next week", ...]) of "move my thursday cleaning to next week, ..."; empty where it does not say."""
    pieces = _pieces(text)
    for name in ("moves_to", "cannot_come"):
        for place, piece in enumerate(pieces):
            for source in _rules()[name]:
                if match := pattern(source).search(normal(piece)):
                    before = pieces[:place] if name == "cannot_come" else []
                    new = match.groupdict().get("new") or normal(piece)[match.end() :]
                    return match["old"], [new, *pieces[place + 1 :], *before]
    return "", []


def _told_by(pieces: Sequence[str], read: Callable[[str], When | None]) -> When | None:
    """The first day or time among these, with a time that follows a day: "to sat" and "like 10ish"."""
    told = [one for one in map(read, pieces) if one]
    if not told:
        return None
    first, *others = told
    later = next((one for one in others if one.time and not one.date), None)
    if later and first.date and not (first.time or first.time_end or first.dayparts):
        return replace(first, time=later.time, time_end=later.time_end, ambiguous=later.ambiguous)
    return first


def _pieces(text: str) -> list[str]:
    return [one for one in _PIECE_END.split(text) if one.strip()]


def _rules() -> dict[str, list[str]]:
    return rule_data("when_offered")
