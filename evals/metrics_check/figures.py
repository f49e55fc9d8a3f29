"""A recount in the shape of `server.numbers.as_json`, so that both can be laid side by side."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

from evals.metrics_check.amounts import cents
from evals.metrics_check.moments import days_of
from evals.metrics_check.recount import Episode, Recount, Row

Figures = dict[str, Any]

_OUTCOMES = ("booked", "callback", "opted out", "replied", "nothing")
_DELAYS = {
    "5 min": timedelta(minutes=5),
    "1 h": timedelta(hours=1),
    "4 h": timedelta(hours=4),
    "24 h": timedelta(hours=24),
    "later": timedelta(days=14),
}
_GRACE = timedelta(minutes=15)
_SLOW_S, _TIMED_AT_LEAST = 120, 5
_TOO_MANY, _TEXTED_AT_LEAST = 0.02, 50
_CAME_BACK = ("accepted", "sent", "delivered", "failed", "undelivered")


def figures(counted: Recount, first: date, last: date) -> Figures:
    """Of the local days `first` to `last`, both included."""
    episodes = counted.of(first, last)
    texted = [one for one in episodes if one.texted]
    missed = counted.missed(first, last)
    found = {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "missed": _missed(counted, missed),
        "days": [_day(counted, day) for day in days_of(first, last)],
        "episodes": {
            "all": len(episodes),
            "texted": len(texted),
            "outcomes": {
                name: _count(one.outcome == name for one in episodes) for name in _OUTCOMES
            },
        },
        "first_text": _first_text(texted),
        "replies": _replies(texted),
        "bookings": _bookings(counted, texted, len(missed)),
        "opt_outs": _opt_outs(texted),
        "callbacks": _callbacks(counted, first, last),
        "escalations": _escalations(counted, first, last),
        "templates": _templates(episodes),
        "baseline": _baseline(counted, first, last),
        "model": _model(counted, first, last),
    }
    return found | {"alarms": _alarms(found)}


def _missed(counted: Recount, missed: Sequence[Row]) -> Figures:
    by_weekday_hour = [[0] * 24 for _ in range(7)]
    by_reason: dict[str, int] = {}
    for call in missed:
        local = call["at"].astimezone(counted.zone)
        by_weekday_hour[local.weekday()][local.hour] += 1
        reason = call["reason"] or "unknown"
        by_reason[reason] = by_reason.get(reason, 0) + 1
    return {
        "calls": len(missed),
        "by_hour": [sum(row[hour] for row in by_weekday_hour) for hour in range(24)],
        "by_weekday": [sum(row) for row in by_weekday_hour],
        "by_weekday_hour": by_weekday_hour,
        "by_reason": by_reason,
    }


def _day(counted: Recount, day: date) -> Figures:
    episodes = counted.of(day, day)
    texted = [one for one in episodes if one.texted]
    return {
        "day": day.isoformat(),
        "missed": len(counted.missed(day, day)),
        "episodes": len(episodes),
        "texted": len(texted),
        "replied": _count(one.replied for one in texted),
        "booked": _count(bool(one.visits) for one in texted),
        "cents": sum(_cents(counted, texted)),
    }


def _first_text(texted: Sequence[Episode]) -> Figures:
    took_s = []
    for one in texted:
        text = one.first_text or {}
        if not text["why"]["held"]:
            known_at = one.opener["settled_at"] or one.opener["at"]
            took_s.append(max(0.0, (text["sending_at"] - known_at).total_seconds()))
    return {
        "timed": len(took_s),
        "median_s": median(took_s) if took_s else None,
        "within_120_s": _count(one <= _SLOW_S for one in took_s),
    }


def _replies(texted: Sequence[Episode]) -> Figures:
    by_delay = dict.fromkeys(_DELAYS, 0)
    for one in texted:
        if one.replied_after is not None:
            name = next(name for name in _DELAYS if one.replied_after <= _DELAYS[name])
            by_delay[name] += 1
    replied = _count(one.replied for one in texted)
    return {
        "texted": len(texted),
        "replied": replied,
        "rate": _share(replied, len(texted)),
        "by_delay": by_delay,
    }


def _bookings(counted: Recount, texted: Sequence[Episode], missed: int) -> Figures:
    booked = _count(bool(one.visits) for one in texted)
    visits = sum(len(one.visits) for one in texted)
    prices = _cents(counted, texted)
    return {
        "texted": len(texted),
        "booked": booked,
        "rate": _share(booked, len(texted)),
        "visits": visits,
        "cents": sum(prices),
        "unpriced": visits - len(prices),
        "cents_per_missed_call": _share(sum(prices), missed),
    }


def _cents(counted: Recount, episodes: Sequence[Episode]) -> list[int]:
    """Of every visit whose service says what it costs at least."""
    services = [row["service"] for one in episodes for row in one.visits]
    prices = [cents(counted.prices.get(service)) for service in services]
    return [one for one in prices if one is not None]


def _opt_outs(texted: Sequence[Episode]) -> Figures:
    opted_out = _count(bool(one.opt_outs) for one in texted)
    share = _share(opted_out, len(texted))
    return {"texted": len(texted), "opted_out": opted_out, "rate": share}


def _callbacks(counted: Recount, first: date, last: date) -> Figures:
    kept = broken = 0
    for row in counted.rows["task"]:
        due = row["due_at"]
        if row["kind"] not in ("callback", "promise") or due is None:
            continue
        if not counted.in_period(due, first, last):
            continue
        is_late = row["done_at"] is None and due + _GRACE <= counted.now
        kept += row["kept"] is True
        broken += row["kept"] is False or (row["kept"] is None and is_late)
    return {"kept": kept, "broken": broken, "rate": _share(kept, kept + broken)}


def _escalations(counted: Recount, first: date, last: date) -> Figures:
    asks_nobody = {
        row["escalation"] for row in counted.rows["escalation_step"] if row["way"] == "connect"
    }
    took_s: list[float] = []
    never = 0
    for row in counted.rows["escalation"]:
        is_real = row["thread"] is not None and row["id"] not in asks_nobody
        if not is_real or not counted.in_period(row["began_at"], first, last):
            continue
        if row["ended"] == "taken":
            took_s.append((row["ended_at"] - row["began_at"]).total_seconds())
        never += row["ended"] == "nobody"
    return {
        "accepted": len(took_s),
        "never": never,
        "median_s": median(took_s) if took_s else None,
        "never_rate": _share(never, len(took_s) + never),
    }


def _templates(episodes: Sequence[Episode]) -> list[Figures]:
    groups: dict[str, list[Episode]] = {}
    for one in episodes:
        if one.first_text and _is_tried(one.first_text):
            groups.setdefault(one.first_text["why"].get("template", ""), []).append(one)
    found = []
    for name, group in groups.items():
        texted = [one for one in group if one.texted]
        replied = _count(one.replied for one in texted)
        booked = _count(bool(one.visits) for one in texted)
        opted_out = _count(bool(one.opt_outs) for one in texted)
        filtered = _count((one.first_text or {})["error_code"] == "30007" for one in group)
        found.append(
            {
                "template": name,
                "texted": len(texted),
                "replied": replied,
                "booked": booked,
                "opted_out": opted_out,
                "tried": len(group),
                "filtered": filtered,
                "reply_rate": _share(replied, len(texted)),
                "booking_rate": _share(booked, len(texted)),
                "opt_out_rate": _share(opted_out, len(texted)),
                "filtered_rate": _share(filtered, len(group)),
            }
        )
    return sorted(found, key=lambda one: (-one["texted"], one["template"]))


def _is_tried(text: Row) -> bool:
    """The carrier has had it."""
    if text["status"] == "sending":
        return text["sid"] is not None
    return text["status"] in _CAME_BACK


def _baseline(counted: Recount, first: date, last: date) -> Figures:
    """What it was while nothing was sent, and what it is since."""
    shadow = [
        day
        for day in days_of(first, last)
        if any(one.opener["decision"] == "shadow" for one in counted.of(day, day))
    ]
    began = [row["at"] for row in counted.rows["call"] if not row["is_test"]]
    if not began:
        return {"shadow": _stretch(counted, shadow), "live": _stretch(counted, [])}
    since, until = counted.day(min(began)), counted.day(counted.now)
    live = [day for day in days_of(first, last) if day not in shadow and since <= day <= until]
    return {"shadow": _stretch(counted, shadow), "live": _stretch(counted, live)}


def _stretch(counted: Recount, days: Sequence[date]) -> Figures:
    missed = sum(len(counted.missed(day, day)) for day in days)
    episodes = [one for day in days for one in counted.of(day, day)]
    visits = _count(
        row["state"] == "booked" and counted.day(row["created_at"]) in days
        for row in counted.rows["appointment"]
    )
    return {
        "days": len(days),
        "missed": missed,
        "answered_later": _count(_is_answered_later(counted, one) for one in episodes),
        "visits": visits,
        "missed_a_day": _share(missed, len(days)),
        "visits_a_week": _share(visits * 7, len(days)),
    }


def _is_answered_later(counted: Recount, one: Episode) -> bool:
    """The caller called once more within a day, and a person took it."""
    opener = one.opener
    if (opener["thread"] or "").endswith(":withheld"):
        return False
    for call in counted.calls_of[opener["caller"]]:
        is_ours = str(call["raw"].get("Direction", "")).startswith("outbound")
        if call["is_test"] or is_ours:
            continue
        soon = opener["at"] < call["at"] <= opener["at"] + timedelta(hours=24)
        if soon and call["outcome"] == "answered":
            return True
    return False


def _model(counted: Recount, first: date, last: date) -> Figures:
    asked = [row for row in counted.rows["model_call"] if counted.in_period(row["at"], first, last)]
    return {
        "turns": len({row["turn"] for row in asked}),
        "calls": len(asked),
        "failed": _count(row["ended"] != "answered" for row in asked),
        **{
            name: sum(row[name] for row in asked) for name in ("tokens_in", "tokens_out", "took_ms")
        },
    }


def _alarms(found: Figures) -> list[Figures]:
    timed, opted_out = found["first_text"], found["opt_outs"]
    is_slow = timed["timed"] >= _TIMED_AT_LEAST and timed["median_s"] > _SLOW_S
    too_many = opted_out["texted"] >= _TEXTED_AT_LEAST and opted_out["rate"] > _TOO_MANY
    kinds = [("slow first text", is_slow), ("opt-outs", too_many)]
    return [{"kind": name} for name, rings in kinds if rings]


def _count(claims: Iterable[bool]) -> int:
    return sum(claims)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
