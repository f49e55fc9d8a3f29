"""Where the marks of a chart stand: shapes for SVG, in the units of its view box; each has its table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH = 360
_LEVELS = 5
_HOUR_H, _DAY_W, _LEFT = 24, 44, 50
_BAR_H, _BAR_W = 46, 300
_COLUMNS_H, _MOST_COLUMNS = 110, 62


@dataclass(frozen=True, kw_only=True)
class Cell:
    x: int
    y: int
    count: int
    level: int
    """0: none, to 5: the most."""


@dataclass(frozen=True, kw_only=True)
class Label:
    x: float
    y: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Hours down, days across."""

    height: int
    cells: Sequence[Cell]
    hours: Sequence[Label]
    days: Sequence[Label]
    rows: Sequence[tuple[str, Sequence[int]]]
    """The same as a table: an hour, and the counts from Monday on."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    name: str
    value: str
    y: int
    width: float


@dataclass(frozen=True, kw_only=True)
class Bars:
    height: int
    bars: Sequence[Bar]


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    """Of the day, or the week's first."""
    x: float
    width: float
    whole: int
    part: int
    whole_h: float
    part_h: float


@dataclass(frozen=True, kw_only=True)
class Columns:
    height: int
    columns: Sequence[Column]
    first: str
    last: str
    most: int
    by_week: bool


def heat(by_weekday_hour: Sequence[Sequence[int]]) -> Heat | None:
    """Missed calls by hour and weekday, from the first such hour to the last; None: there are none."""
    by_hour = [[day[hour] for day in by_weekday_hour] for hour in range(24)]
    known = [hour for hour, counts in enumerate(by_hour) if any(counts)]
    if not known:
        return None
    hours = range(known[0], known[-1] + 1)
    most = max(max(counts) for counts in by_hour)
    cells = [
        Cell(
            x=_LEFT + day * _DAY_W,
            y=24 + place * _HOUR_H,
            count=by_hour[hour][day],
            level=-(-by_hour[hour][day] * _LEVELS // most),
        )
        for place, hour in enumerate(hours)
        for day in range(7)
    ]
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return Heat(
        height=28 + len(hours) * _HOUR_H,
        cells=cells,
        hours=[
            Label(x=0, y=41 + place * _HOUR_H, words=clock(hour))
            for place, hour in enumerate(hours)
        ],
        days=[
            Label(x=_LEFT + 21 + day * _DAY_W, y=15, words=name) for day, name in enumerate(names)
        ],
        rows=[(clock(hour), by_hour[hour]) for hour in hours],
    )


def bars(rows: Sequence[tuple[str, int]]) -> Bars:
    """One bar a row, the longest as wide as there is room."""
    most = max((count for _, count in rows), default=0) or 1
    found = [
        Bar(name=name, value=f"{count:,}", y=place * _BAR_H, width=_BAR_W * count / most)
        for place, (name, count) in enumerate(rows)
    ]
    return Bars(height=len(rows) * _BAR_H, bars=found)


def columns(rows: Sequence[tuple[date, int, int]]) -> Columns:
    """A column a day: all, and a part of them; weeks together where there are too many days.

    Args:
        rows: at least one, without gaps.
    """
    by_week = len(rows) > _MOST_COLUMNS
    shown = _weeks(rows) if by_week else list(rows)
    most = max(1, *(whole for _, whole, _ in shown))
    step = WIDTH / len(shown)
    found = [
        Column(
            name=f"{day:%b} {day.day}",
            x=round(place * step, 2),
            width=round(max(step - 2, step * 0.7), 2),
            whole=whole,
            part=part,
            whole_h=round(_COLUMNS_H * whole / most, 2),
            part_h=round(_COLUMNS_H * part / most, 2),
        )
        for place, (day, whole, part) in enumerate(shown)
    ]
    return Columns(
        height=_COLUMNS_H,
        columns=found,
        first=found[0].name,
        last=found[-1].name,
        most=most,
        by_week=by_week,
    )


def clock(hour: int) -> str:
    """8 AM."""
    return f"{(hour - 1) % 12 + 1} {'AM' if hour < 12 else 'PM'}"  # noqa: PLR2004 - noon


def _weeks(rows: Sequence[tuple[date, int, int]]) -> list[tuple[date, int, int]]:
    found: dict[date, tuple[int, int]] = {}
    for day, whole, part in rows:
        monday = day - timedelta(days=day.weekday())
        before = found.get(monday, (0, 0))
        found[monday] = (before[0] + whole, before[1] + part)
    return [(monday, *sums) for monday, sums in found.items()]
