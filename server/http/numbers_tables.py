"""Figures as tables for spreadsheets: a line a day, a line an episode."""

from collections.abc import Iterator
from datetime import timedelta

from fastapi.responses import Response

from agent.rules import callers
from server.http import call_words
from server.http.spreadsheet import download
from server.numbers import Report, worth
from server.numbers_episodes import Episode

_REASONS = {str(why): words for why, words in call_words.REASONS.items()}
_DAYS = ("day", "missed_calls", "episodes", "texted", "wrote_back", "booked", "worth_at_least_usd")
_EPISODES = (
    "date", "time", "caller", "why_missed", "missed_calls", "text", "text_after_seconds", "template", "wrote_back_after_minutes",
    "came_to", "visits", "worth_at_least_usd", "visits_without_price", "opted_out", "rang_again_and_was_answered",
)  # fmt: skip


def days(report: Report) -> Response:
    lines = (
        [one.day.isoformat(), *map(str, (one.missed, one.episodes, one.texted, one.replied, one.booked)), _usd(one.cents)]
        for one in report.days
    )  # fmt: skip
    return download(_name("days", report), _DAYS, lines)


def episodes(report: Report) -> Response:
    return download(_name("episodes", report), _EPISODES, _lines(report))


def _lines(report: Report) -> Iterator[list[str]]:
    """Wall times of the business."""
    for one in report.episodes:
        at, money = one.call.at.astimezone(report.business.zone), worth(report.business, [one])
        priced = money.visits > money.unpriced
        yield [
            f"{at:%Y-%m-%d}",
            f"{at:%H:%M:%S}",
            "" if callers.is_withheld(one.call.caller) else one.call.caller,
            _REASONS.get(one.call.reason or "", one.call.reason or ""),
            str(one.missed),
            _text(one),
            "" if one.first_text_s is None else f"{one.first_text_s:.0f}",
            one.call.template or "",
            _minutes(one.reply_after),
            str(one.outcome),
            str(money.visits),
            _usd(money.cents) if priced else "",
            str(money.unpriced),
            _yes(one.opted_out),
            _yes(one.answered_later),
        ]


def _text(one: Episode) -> str:
    """Sent, or why there is none."""
    if one.texted:
        return "held until opening, then sent" if one.call.held else "sent"
    if one.call.status:
        return one.call.status
    said = call_words.DECISIONS.get(one.call.decision or "", one.call.decision or "not decided")
    return said.removeprefix("no text: ")


def _name(what: str, report: Report) -> str:
    return f"{what}-{report.business.slug}-{report.first}-{report.last}"


def _usd(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _minutes(after: timedelta | None) -> str:
    return "" if after is None else f"{after.total_seconds() / 60:.1f}"


def _yes(value: bool) -> str:
    return "yes" if value else ""
