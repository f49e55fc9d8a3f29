"""The parts of the page of figures below the first ones: who wrote back, templates, promises, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from agent.rules import rates
from agent.rules.rates import Share
from server import numbers
from server.http import call_words, charts
from server.http.charts import Bars, Columns
from server.numbers import Report, Stretch, Template
from server.numbers_episodes import Outcome
from server.numbers_words import FEW, percent, reasons_first, seconds
from server.store import figures

_MOST_REASONS = 6
_LOOKS_BACK = timedelta(days=400)
_BASELINE = timedelta(days=27)
"""Before the last day on which calls were only noted; it makes four weeks with it."""
_REASONS = {str(why): words for why, words in call_words.REASONS.items()} | {"other": "other"}
_DELAYS = {
    "5 min": "Within 5 minutes",
    "1 h": "5 minutes to 1 hour",
    "4 h": "1 to 4 hours",
    "24 h": "4 to 24 hours",
    rates.LATER: "Later, up to 14 days",
}
_OUTCOMES = {
    Outcome.BOOKED: "Booked a visit",
    Outcome.CALLBACK: "Asked to be called back",
    Outcome.OPTED_OUT: "Opted out of texts",
    Outcome.REPLIED: "Wrote back, nothing more yet",
    Outcome.NOTHING: "Nothing was heard",
}
_NAMES = {"first_text": "while you are open", "after_hours_text": "after hours"}
_LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One version of the first text in the table."""

    name: str
    version: str
    texted: int
    replied: str
    booked: str
    opted_out: str
    filtered: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    name: str
    value: str
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class Side:
    """Before, or after."""

    title: str
    when: str
    facts: Sequence[Fact]


def by_day(report: Report) -> Columns:
    return charts.columns([(one.day, one.missed, one.texted) for one in report.days])


def by_reason(report: Report) -> Bars:
    rows = reasons_first(report.by_reason, _MOST_REASONS)
    return charts.bars([(_capital(_REASONS.get(why, why)), count) for why, count in rows])


def by_delay(report: Report) -> Bars:
    return charts.bars([(_DELAYS[name], count) for name, count in report.by_delay.items()])


def by_outcome(report: Report) -> Bars:
    return charts.bars([(_OUTCOMES[one], count) for one, count in report.outcomes.items()])


def compared(found: Sequence[Template]) -> list[Compared]:
    return [
        Compared(
            name=_template_name(one.template),
            version=one.template.rpartition(" ")[2],
            texted=one.texted,
            replied=_share(Share(part=one.replied, of=one.texted)),
            booked=_share(Share(part=one.booked, of=one.texted)),
            opted_out=_share(Share(part=one.opted_out, of=one.texted)),
            filtered=_share(Share(part=one.filtered, of=one.tried)),
        )
        for one in found
    ]


def promises(report: Report) -> list[Fact]:
    """What people kept; empty: nothing was owed."""
    kept, never = report.callbacks, report.never_accepted
    middle = rates.median(report.accepted_s)
    found = []
    if kept.of:
        found.append(
            Fact(
                name="Callbacks and promises kept",
                value=f"{kept.part} of {kept.of}",
                more=percent(kept) or FEW,
            )
        )
    if middle is not None:
        found.append(
            Fact(
                name="Somebody took an alert within",
                value=seconds(middle),
                more=f"The middle one of {len(report.accepted_s)}.",
            )
        )
    if never.of:
        found.append(
            Fact(
                name="Alerts that nobody took",
                value=f"{never.part} of {never.of}",
                more=percent(never) or FEW,
            )
        )
    return found


def before_and_after(connection: sa.Connection, report: Report) -> tuple[Side, Side] | None:
    """Days on which calls were only noted beside those since; None: there were none of one kind."""
    if not report.live.days:
        return None
    if report.shadow.days:
        return _side("Only noted", "in these days", report.shadow), _live(report)
    zone = report.business.zone
    since = numbers.midnight(report.first, zone)
    at = figures.last_shadow(connection, report.business.slug, since - _LOOKS_BACK, since)
    if at is None:
        return None
    last = at.astimezone(zone).date()
    first = last - _BASELINE
    earlier = numbers.report(connection, report.business, first, last, now=report.counted_at)
    when = f"up to {last:%b} {last.day}, {last.year}"
    return _side("Before: only noted", when, earlier.shadow), _live(report)


def _live(report: Report) -> Side:
    return _side("With texts", "in these days", report.live)


def _side(title: str, when: str, one: Stretch) -> Side:
    again = Share(part=one.answered_later, of=one.missed)
    return Side(
        title=title,
        when=when,
        facts=[
            Fact(name="Days", value=f"{one.days}"),
            Fact(name="Missed calls a day", value=f"{one.missed_a_day or 0:.1f}"),
            Fact(
                name="Rang again and were answered",
                value=f"{one.answered_later}",
                more=percent(again) and f"{percent(again)} of the missed calls",
            ),
            Fact(name="Visits booked a week", value=f"{one.visits_a_week or 0:.1f}"),
        ],
    )


def _share(one: Share) -> str:
    """14 (42%)."""
    return f"{one.part} ({one.percent}%)" if not one.is_few else f"{one.part}"


def _template_name(template: str) -> str:
    match template.split():
        case [whose, name, language, _]:
            ours = "Your own words" if whose == "own" else "The words of your trade"
            return f"{ours}, {_NAMES.get(name, name)}, {_LANGUAGES.get(language, language)}"
        case _:
            return "From before versions were kept"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
