"""The sheet that reckons what texting back could bring: an owner's own figures, as far as there are any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.business import Business
from agent.rules import prices
from agent.rules.roi import Inputs, Outlook, outlook
from server.numbers import Report
from server.numbers_words import money

_USUAL = {
    "missed": 20.0,
    "days": 25.0,
    "reply": 30.0,
    "book": 25.0,
    "close": 50.0,
    "ticket": 0.0,
    "cost": 0.0,
}
"""Where the business has no figures of its own yet."""
_MOST = {"missed": 10_000.0, "days": 31.0, "reply": 100.0, "book": 100.0, "close": 100.0, "ticket": 1_000_000.0, "cost": 1_000_000.0}  # fmt: skip
_LABELS = {
    "missed": ("Calls missed a day", ""),
    "days": ("Days a month on which people call", ""),
    "reply": ("Of 100 who get a text, so many write back", ""),
    "book": ("Of 100 who write back, so many want the work", ""),
    "close": ("Of 100 such leads, so many become a paid job", ""),
    "ticket": ("What one job brings in, in dollars", ""),
    "cost": ("What texting back costs a month, in dollars", "Ringback, the phone numbers and the texts."),
}  # fmt: skip
_OWN = "From your last 4 weeks."
_GUESS = "Only an example; put your own in."


@dataclass(frozen=True, kw_only=True)
class Input:
    name: str
    label: str
    hint: str
    value: str
    """As typed, or the default."""
    most: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    inputs: Sequence[Input]
    outlook: Outlook | None
    """None: something typed is no number."""
    sums: Sequence[tuple[str, str]]
    """Step by step: what, and how it comes about."""


def sheet(report: Report, typed: Mapping[str, str]) -> Sheet:
    """Args: typed: by name; empty: the default."""
    own = _own(report)
    values = {
        name: typed.get(name, "").strip() or _plain(own.get(name, usual))
        for name, usual in _USUAL.items()
    }
    problems = {name: _problem(name, words) for name, words in values.items()}
    inputs = [
        Input(
            name=name,
            label=_LABELS[name][0],
            hint=_hint(name, own),
            value=words,
            most=_plain(_MOST[name]),
            problem=problems[name],
        )
        for name, words in values.items()
    ]
    if any(problems.values()):
        return Sheet(inputs=inputs, outlook=None, sums=())
    of = _inputs({name: _number(words) or 0.0 for name, words in values.items()})
    return Sheet(inputs=inputs, outlook=outlook(of), sums=_sums(of, outlook(of)))


def amount(value: float) -> str:
    """37.5; 1,250."""
    return f"{value:,.1f}".removesuffix(".0")


def _own(report: Report) -> dict[str, float]:
    """What the business's own figures say, where there are enough of them."""
    found: dict[str, float] = {}
    if report.live.days + report.shadow.days and report.calls:
        days = report.live.days + report.shadow.days
        found["missed"] = round(len(report.calls) / days, 1)
    if not report.replies.is_few:
        found["reply"] = float(report.replies.percent)
    if not report.replies.is_few and report.replies.part:
        wanted = sum(bool(one.visits) for one in report.texted)
        found["book"] = float(min(round(100 * wanted / report.replies.part), 100))
    ticket = _ticket(report)
    return found | ({"ticket": ticket} if ticket else {})


def _ticket(report: Report) -> float:
    """Dollars a visit: of those booked, else the middle of the list."""
    priced = report.money.visits - report.money.unpriced
    if priced:
        return round(report.money.cents / priced / 100, 2)
    return _listed(report.business)


def _listed(business: Business) -> float:
    known = sorted(filter(None, (prices.least_cents(one.price) for one in business.services)))
    return known[len(known) // 2] / 100 if known else 0.0


def _hint(name: str, own: Mapping[str, float]) -> str:
    if name == "ticket" and name in own:
        return "What your booked visits cost at least, or the middle of your price list."
    if name in own:
        return _OWN
    return _LABELS[name][1] or _GUESS


def _inputs(values: Mapping[str, float]) -> Inputs:
    return Inputs(
        missed_a_day=values["missed"],
        days_a_month=values["days"],
        reply_rate=values["reply"] / 100,
        booking_rate=values["book"] / 100,
        close_rate=values["close"] / 100,
        ticket=values["ticket"],
        cost_a_month=values["cost"],
    )


def _sums(of: Inputs, out: Outlook) -> list[tuple[str, str]]:
    a = amount
    return [
        (f"{a(out.missed)} missed calls", f"{a(of.missed_a_day)} a day, {a(of.days_a_month)} days"),
        (f"{a(out.replies)} write back", _of_100(of.reply_rate)),
        (f"{a(out.leads)} leads", _of_100(of.booking_rate)),
        (f"{a(out.jobs)} jobs", _of_100(of.close_rate)),
        (f"${out.revenue:,.0f}", f"{money(of.ticket * 100)} a job"),
    ]


def _of_100(rate: float) -> str:
    return f"{amount(rate * 100)} of 100"


def _problem(name: str, words: str) -> str:
    value = _number(words)
    if value is None:
        return "Write a number, like 20 or 2.5."
    return "" if 0 <= value <= _MOST[name] else f"Write a number from 0 to {_plain(_MOST[name])}."


def _number(words: str) -> float | None:
    try:
        value = float(words.replace(",", "").replace("$", "").replace("%", ""))
    except ValueError:
        return None
    return value if value == value and abs(value) < float("inf") else None  # noqa: PLR0124 - not a number


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
