"""A report under the names that the API and other programs read."""

from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from agent.rules import rates
from agent.rules.rates import Share

if TYPE_CHECKING:
    from server.numbers import Report, Stretch, Template


def of(report: "Report") -> dict[str, Any]:
    return {
        "business": report.business.slug,
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "time_zone": report.business.timezone,
        "counted_at": report.counted_at.astimezone(UTC).isoformat(),
        "missed": _missed(report),
        "days": [asdict(one) | {"day": one.day.isoformat()} for one in report.days],
        "episodes": {
            "all": len(report.episodes),
            "texted": len(report.texted),
            "outcomes": {str(outcome): count for outcome, count in report.outcomes.items()},
        },
        **_of_texts(report),
        **_of_people(report),
        "templates": [_template(one) for one in report.templates],
        "baseline": {"shadow": _stretch(report.shadow), "live": _stretch(report.live)},
        "model": asdict(report.model),
        "alarms": [asdict(one) for one in report.alarms],
    }


def _missed(report: "Report") -> dict[str, Any]:
    table = report.by_weekday_hour
    return {
        "calls": len(report.calls),
        "by_hour": [sum(day[hour] for day in table) for hour in range(24)],
        "by_weekday": [sum(day) for day in table],
        "by_weekday_hour": table,
        "by_reason": report.by_reason,
    }


def _of_texts(report: "Report") -> dict[str, Any]:
    money = report.money
    return {
        "first_text": {
            "timed": len(report.first_text_s),
            "median_s": rates.median(report.first_text_s),
            "within_120_s": sum(one <= rates.SLOW_S for one in report.first_text_s),
        },
        "replies": _share(report.replies, "texted", "replied") | {"by_delay": report.by_delay},
        "bookings": _share(report.bookings, "texted", "booked")
        | {
            "visits": money.visits,
            "cents": money.cents,
            "unpriced": money.unpriced,
            "cents_per_missed_call": report.cents_per_missed_call,
        },
        "opt_outs": _share(report.opt_outs, "texted", "opted_out"),
    }


def _of_people(report: "Report") -> dict[str, Any]:
    kept, never = report.callbacks, report.never_accepted
    return {
        "callbacks": {"kept": kept.part, "broken": kept.of - kept.part, "rate": kept.rate},
        "escalations": {
            "accepted": len(report.accepted_s),
            "never": never.part,
            "median_s": rates.median(report.accepted_s),
            "never_rate": never.rate,
        },
    }


def _template(one: "Template") -> dict[str, Any]:
    return asdict(one) | {
        "reply_rate": Share(part=one.replied, of=one.texted).rate,
        "booking_rate": Share(part=one.booked, of=one.texted).rate,
        "opt_out_rate": Share(part=one.opted_out, of=one.texted).rate,
        "filtered_rate": Share(part=one.filtered, of=one.tried).rate,
    }


def _stretch(one: "Stretch") -> dict[str, Any]:
    return asdict(one) | {"missed_a_day": one.missed_a_day, "visits_a_week": one.visits_a_week}


def _share(one: Share, of: str, part: str) -> dict[str, Any]:
    return {of: one.of, part: one.part, "rate": one.rate}
