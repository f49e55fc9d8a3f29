"""A report in plain words: what an owner wants first, for the page and for the weekly summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agent.model import NoText
from agent.rules import rates
from agent.rules.rates import Share
from server.numbers import Money, Report

FEW = "Too few to say how many of 100."
_DOLLAR = 100
_MINUTES_FROM_S = 120


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One of the figures that stand at the top."""

    id: str
    big: str
    """A number, or a word like "None"."""
    words: str
    """What goes on behind it."""
    more: str
    """What else is to be said; empty: nothing."""
    how: str
    """How it is counted."""


def first_figures(report: Report) -> list[Figure]:
    return [_missed(report), _texted(report), _replied(report), _booked(report), _opted_out(report)]


def summary(report: Report) -> str:
    """A week for a text to the owner: plain signs, short."""
    parts = [counted(len(report.calls), "missed call")]
    if report.texted:
        middle = rates.median(report.first_text_s)
        soon = f" (half within {seconds(middle)})" if middle is not None else ""
        parts.append(f"{len(report.texted)} got a text{soon}")
        parts.append(f"{report.replies.part} wrote back")
        parts.append(f"{report.bookings.part} booked{_about(report.money)}")
    elif noted := _noted(report):
        parts.append(f"{noted} would have got a text (sending is off)")
    if broken := report.callbacks.of - report.callbacks.part:
        parts.append(f"{counted(broken, 'promised callback')} not kept")
    alarms = "".join(f" Look: {one.words}" for one in report.alarms)
    return f"{', '.join(parts)}.{alarms}"


def money(cents: float) -> str:
    """$1,120; cents only where they matter."""
    whole = cents >= 100 * _DOLLAR or cents % _DOLLAR == 0
    return f"${cents / _DOLLAR:,.0f}" if whole else f"${cents / _DOLLAR:,.2f}"


def seconds(took: float) -> str:
    """12 seconds, 3 minutes, 2 hours, 3 days."""
    if took < _MINUTES_FROM_S:
        return counted(round(took), "second")
    minutes = took / 60
    if minutes < 120:  # noqa: PLR2004 - two hours
        return counted(round(minutes), "minute")
    hours = minutes / 60
    return counted(round(hours), "hour") if hours < 48 else counted(round(hours / 24), "day")  # noqa: PLR2004 - two days


def percent(share: Share) -> str:
    """42%; empty where there are too few to speak of a share."""
    return "" if share.is_few else f"{share.percent}%"


def counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def span(first: date, last: date) -> str:
    """Nov 16 to 22, 2026; Nov 30 to Dec 6, 2026; Nov 16, 2026."""
    begin = f"{first:%b} {first.day}"
    if first == last:
        return f"{begin}, {first.year}"
    if first.year != last.year:
        return f"{begin}, {first.year} to {last:%b} {last.day}, {last.year}"
    end = f"{last.day}" if first.month == last.month else f"{last:%b} {last.day}"
    return f"{begin} to {end}, {last.year}"


def _missed(report: Report) -> Figure:
    count = len(report.calls)
    again = count - len(report.episodes)
    return Figure(
        id="missed",
        big=_number(count, capital=True),
        words="call was missed." if count == 1 else "calls were missed.",
        more=f"{again} of them by callers who rang again about the same thing."
        if again > 0
        else "",
        how="Calls that nobody of you took. Test calls, your own phones and numbers that you have blocked do not count.",
    )


def _texted(report: Report) -> Figure:
    count, noted = len(report.texted), _noted(report)
    middle = rates.median(report.first_text_s)
    more = [f"Half of them within {seconds(middle)} of the call." if middle is not None else ""]
    if noted:
        others = f"{noted} more" if count else f"{noted}"
        more.append(f"{others} would have got one, but sending was off.")
    return Figure(
        id="texted",
        big=_number(count, capital=True),
        words="got a text.",
        more=" ".join(filter(None, more)),
        how="Missed calls after which our first text left. A caller who rings again about the same thing gets no second one. "
        "The time is from the end of the call until the text leaves, the middle one of all; texts held until you open "
        "are left out of it. It should be under 2 minutes.",
    )


def _replied(report: Report) -> Figure:
    return Figure(
        id="replied",
        big=_number(report.replies.part, capital=True),
        words="wrote back.",
        more=_rate(report.replies, "of those who got a text"),
        how="Callers who got a text and wrote within 24 hours of it, before they were missed again, out of all who got one. "
        "Whoever was missed in the last day may still write.",
    )


def _booked(report: Report) -> Figure:
    found = report.money
    more = []
    if found.cents and report.cents_per_missed_call is not None:
        more.append(f"That is {money(report.cents_per_missed_call)} for each missed call.")
    if found.unpriced:
        known = "more visits have" if found.cents else "visits have"
        more.append(f"{found.unpriced} {known} no price in your list, and count as nothing.")
    more.append(_rate(report.bookings, "of those who got a text"))
    return Figure(
        id="booked",
        big=_number(report.bookings.part, capital=True),
        words=f"booked{_about(found)}.",
        more=" ".join(filter(None, more)),
        how="Callers who got a text and have a visit that was chosen within 14 days of it and still stands. The money is what "
        'the service costs at least by your list of today: "from $99" counts as $99, "call for price" as nothing. What '
        "you really earned, only your books know.",
    )


def _opted_out(report: Report) -> Figure:
    return Figure(
        id="opted-out",
        big=_number(report.opt_outs.part, capital=True),
        words="opted out of texts.",
        more=_rate(report.opt_outs, "of those who got a text"),
        how="Callers who got a text and asked for no more within 14 days, by STOP or in other words, out of all who got one. "
        "More than 2 in 100 is too many.",
    )


def _noted(report: Report) -> int:
    """Would have got a text, had sending been on."""
    return sum(one.call.decision == NoText.SHADOW for one in report.episodes)


def _about(found: Money) -> str:
    if not found.cents:
        return ""
    return f": {'at least' if found.unpriced else 'about'} {money(found.cents)}"


def _rate(share: Share, of: str) -> str:
    if not share.of:
        return ""
    return FEW if share.is_few else f"{share.percent}% {of}."


def _number(count: int, *, capital: bool) -> str:
    none = "None" if capital else "none"
    return f"{count:,}" if count else none


def reasons_first(counts: dict[str, int], most: int) -> Sequence[tuple[str, int]]:
    """The most frequent, and the rest as one."""
    rows = list(counts.items())
    rest = sum(count for _, count in rows[most:])
    return [*rows[:most], *([("other", rest)] if rest else [])]
