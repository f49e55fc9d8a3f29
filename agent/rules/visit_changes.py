"""Which visit does a caller want moved or cancelled, is it meant for certain, and to when?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from agent.business import WEEKDAYS, Business
from agent.data import rule_data
from agent.model import Appointment, Intent, OptOut, Reading, When
from agent.rules import choosing, services, when
from agent.rules.normal import first_match, normal, pattern
from agent.rules.offers import asked_for, in_context

_FEW = 6
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?s?\b")
_COUNTS = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0,
    "half a": 0.5, "half an": 0.5, "a couple": 2.0, "couple": 2.0,
}  # fmt: skip
_THAT_ONE = re.compile(r"\b\w+day one\b")
"""Its "one" is no time."""
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
    cancels, moves = _cancels(reading, text), Intent.RESCHEDULE in reading.intents
    if keeps(text) or not (cancels or moves):
        return None

    def read(words: str) -> When | None:
        return when.read(words, now, business.hours) if words else None

    about, wished = _parts(text)
    if moves and not wished:
        about, wished = _then_said(text, read)
    if not wished and first_match(_rules()["adds_visit"], normal(text)):
        return None

    wish = _told_by(wished, read)
    moves = moves or any(first_match(_rules()["other_times"], normal(one)) for one in wished)
    if cancels and wish is None and not moves:
        said = reading.when if reading.when and reading.when.span else None
        return _cancelled(read(about) or said, reading, text, visits, business)
    meant = _meant(read(about), about or text, visits, business)
    wish = wish if wished else reading.when
    if len(meant) == 1 and (moved := beside(text, meant[0].start, now)):
        return Change(kind=Kind.MOVE, visits=tuple(meant), wish=moved)
    if wish and not wish.time and (own := [one for one in meant if asked_for(wish, one.start)]):
        wish, meant = None, own  # the day of the visit itself says which, not where to
    return Change(kind=Kind.MOVE, visits=tuple(meant), wish=in_context(wish, meant, text))


def _cancels(reading: Reading, text: str) -> bool:
    """It speaks of cancelling a visit, and not only of a fee, of another's plans, or that it is not wanted."""
    speaks = Intent.CANCEL_APPOINTMENT in reading.intents or reading.opt_out is OptOut.CLARIFY
    other = first_match(_rules()["not_cancelling"], normal(text)) is not None
    return speaks and (asks_to_cancel(text) or not other)


def answered_which(
    reading: Reading, text: str, asked: Change, business: Business, now: datetime
) -> Change | None:
    """The change with the visit that answers "which one?", by number, time, service or place; None: it does not say."""
    told = asked.visits
    sure = replace(asked, is_sure=True)
    everything = len(text.split()) <= _FEW and first_match(_rules()["all_visits"], normal(text))
    if everything and asked.kind is Kind.CANCEL:
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


def beside(text: str, start: datetime, now: datetime) -> When | None:
    """A time told by the one that stands: "an hour later", "anything sooner?"."""
    if first_match(_rules()["sooner"], normal(text)):
        return When(date=now.date().isoformat(), date_end=start.date().isoformat(), span="sooner")
    for source in _rules()["shifts"]:
        if match := pattern(source).search(normal(text)):
            count = _COUNTS.get(match["count"].removesuffix(" of"), 0.0) or float(match["count"])
            minutes = count * (60 if match["unit"].startswith("h") else 1)
            earlier = match["way"] in ("earlier", "sooner", "before", "up", "forward")
            at = start + timedelta(minutes=-minutes if earlier else minutes)
            return When(date=at.date().isoformat(), time=f"{at:%H:%M}", span=match[0])
    return None


def undoes(text: str) -> bool:
    """A cancellation just made was not meant."""
    return first_match(_rules()["undoes"], normal(text)) is not None


def cannot_come(text: str) -> bool:
    """The time does not suit any more; whether the visit is still wanted is not said."""
    return first_match(_rules()["cannot_come"], normal(text)) is not None


def agrees(text: str) -> bool:
    """A plain yes to "shall I cancel it?"; an "ok thanks" is none."""
    return first_match(_rules()["agrees"], normal(text)) is not None


def keeps(text: str) -> bool:
    """The visit is to stay as it is; "nvm, cancel that" and "no wait, make it friday" take back something else."""
    said = normal(text)
    if first_match(_rules()["keeps_visit"], said):
        return True
    back = [match for source in _rules()["takes_back"] for match in pattern(source).finditer(said)]
    rest = said[max(match.end() for match in back) :] if back else ""
    other = asks_to_cancel(rest) or first_match(_rules()["changes_it"], rest)
    return bool(back) and not other


def _cancelled(
    wanted: When | None,
    reading: Reading,
    text: str,
    visits: Sequence[Appointment],
    business: Business,
) -> Change:
    """A time or a service in the text says which visit; what is not asked for outright is asked back."""
    said = normal(text)
    named = {service.id for service in services.named(business, text)}
    is_sure = reading.opt_out is not OptOut.CLARIFY and not _doubts(said) and asks_to_cancel(text)
    whole = wanted is None and not named and first_match(_rules()["cancels_all"], said)
    if whole and is_sure:
        return Change(kind=Kind.CANCEL, visits=tuple(visits), all_of_them=True)
    meant = _meant(wanted, text, visits, business)
    fits = all(
        (wanted is None or is_then(visit, wanted, text))
        and (not named or visit.service in named)
        and not services.speaks_of_another(business, text, visit.service)
        for visit in meant
    )
    return Change(kind=Kind.CANCEL, visits=tuple(meant), is_sure=fits and is_sure)


def asks_to_cancel(text: str) -> bool:
    """Outright: a demand, or a wish of the caller's own; the word alone is not enough."""
    return any(
        first_match(_rules()["cancel_sure"], normal(one))
        and not first_match(_rules()["not_cancelling"], normal(one))
        for one in _pieces(text)
    )


def _doubts(said: str) -> bool:
    return first_match(_rules()["cancel_unsure"] + _rules()["cannot_come"], said) is not None


def _meant(
    wanted: When | None, text: str, visits: Sequence[Appointment], business: Business
) -> list[Appointment]:
    """The visits that a time and a service can mean; where they fit none, all."""
    left = list(visits)
    if wanted is not None:
        exact = [visit for visit in left if asked_for(wanted, visit.start)]
        left = exact or [visit for visit in left if is_then(visit, wanted, text)] or left
    named = {service.id for service in services.named(business, text)}
    return [visit for visit in left if visit.service in named] or left


def is_then(visit: Appointment, wanted: When, text: str) -> bool:
    """At this time; or on the weekday alone that the text names, in whichever week: "the friday one"."""
    if asked_for(wanted, visit.start):
        return True
    named = _WEEKDAY.findall(text.lower())
    says_time = wanted.time and not _THAT_ONE.search(text.lower())
    return not says_time and WEEKDAYS[visit.start.weekday()] in named


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


def _then_said(text: str, read: Callable[[str], When | None]) -> tuple[str, list[str]]:
    """Which visit to move, and in a later sentence when: "move my thursday visit, work calls. can it be monday?"."""
    pieces = _pieces(text)
    begins = next(
        (at for at, one in enumerate(pieces) if first_match(_rules()["moves"], normal(one))), None
    )
    if begins is None or not any(map(read, pieces[begins + 1 :])):
        return "", []
    return pieces[begins], pieces[begins + 1 :]


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
