"""Shares, delays and alarms of what missed calls came to."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

REPLIES_WITHIN = timedelta(hours=24)
"""Who writes back later has not answered the text."""
FOLLOWS = timedelta(days=14)
"""What comes later than this is nothing that the text has brought."""
FEW = 20
"""Under so many a share says nothing."""
SLOW_S, TIMED_AT_LEAST = 120.0, 5
"""A first text later than this is late; how many must have been timed to raise an alarm."""
OPT_OUTS, TEXTED_AT_LEAST = 0.02, 50
"""More callers than this share who opt out are an alarm; how many must have been texted."""
DELAYS: tuple[tuple[str, timedelta], ...] = (
    ("5 min", timedelta(minutes=5)),
    ("1 h", timedelta(hours=1)),
    ("4 h", timedelta(hours=4)),
    ("24 h", REPLIES_WITHIN),
)
LATER = "later"


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many; never more than all of them."""

    part: int
    of: int

    @property
    def rate(self) -> float | None:
        """0..1; None: of nothing."""
        return self.part / self.of if self.of else None

    @property
    def percent(self) -> int:
        return round(100 * self.part / self.of) if self.of else 0

    @property
    def is_few(self) -> bool:
        """Too few to speak of a share."""
        return self.of < FEW


@dataclass(frozen=True, kw_only=True)
class Alarm:
    kind: str
    words: str
    advice: str


def delay(after: timedelta) -> str:
    """Within which time a reply came: a name of `DELAYS`, each with its bound, or `LATER`."""
    return next((name for name, most in DELAYS if after <= most), LATER)


def median(values: Iterable[float]) -> float | None:
    """The middle one, or the mean of the middle two; None: there are none."""
    known = list(values)
    return statistics.median(known) if known else None


def alarms(first_text_s: Sequence[float], opted_out: Share) -> list[Alarm]:
    """What an owner should look at now.

    Args:
        first_text_s: from each missed call to its text, where that was not held on purpose.
        opted_out: of the callers who were texted.
    """
    found = []
    middle = median(first_text_s)
    if middle is not None and middle > SLOW_S and len(first_text_s) >= TIMED_AT_LEAST:
        found.append(
            Alarm(
                kind="slow first text",
                words=f"Texts leave late: half of them {_minutes(middle)} or more after the call.",
                advice="Most callers have phoned the next shop by then. Send yourself a test missed call, and look at "
                "how your phone company tells us of missed calls.",
            )
        )
    if opted_out.of >= TEXTED_AT_LEAST and (opted_out.rate or 0) > OPT_OUTS:
        found.append(
            Alarm(
                kind="opt-outs",
                words=f"{opted_out.part} of {opted_out.of} callers opted out; more than 2 in 100 is too many.",
                advice="Read your first text: it should say who you are and answer their call, with nothing that sells. "
                "Text nobody twice, and see whether the same callers are texted again and again.",
            )
        )
    return found


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
