"""Is a number well? Judged by what became of its texts in the last thirty days, with what to do about it."""

from dataclasses import dataclass
from typing import Literal

Light = Literal["green", "amber", "red", "none"]
"""None: too few texts to say anything."""

TOO_FEW = 20
"""Texts: below this a share says nothing."""
FILTERED_AMBER, FILTERED_RED = 0.01, 0.05
DELIVERED_AMBER, DELIVERED_RED = 0.95, 0.85
OPT_OUT_AMBER, OPT_OUT_RED = 0.02, 0.05
"""Two in a hundred is where carriers begin to look."""

_RANK: dict[Light, int] = {"red": 0, "amber": 1, "none": 2, "green": 3}
_PENDING = "Most texts have no report yet: check that the carrier reaches this server's address."
_ADVICE = {
    "filtered": "Carriers filter its texts. Check the registration and the first text: name the shop, no link, nothing that sells.",
    "delivered": "Many texts do not arrive: landlines and switched-off phones are common. Turn on the look-up of landlines.",
    "opt_out": "Many callers opt out. Make the first text shorter, and stop reminders and nudges for a while.",
}


@dataclass(frozen=True, kw_only=True)
class NumberHealth:
    """Shares are 0..1; None: too few texts."""

    sent: int
    delivered: float | None
    """Of the texts whose end is known."""
    filtered: float | None
    failed: float | None
    opted_out: float | None
    """Callers who opted out, of those who were texted."""
    light: Light
    advice: str

    @property
    def rank(self) -> int:
        """Worst first."""
        return _RANK[self.light]


def judge(
    *, sent: int, delivered: int, filtered: int, failed: int, reached: int, opted_out: int
) -> NumberHealth:
    """From counts, none below 0."""
    if sent < TOO_FEW:
        return NumberHealth(
            sent=sent, delivered=None, filtered=None, failed=None, opted_out=None, light="none", advice=""
        )  # fmt: skip
    ended = delivered + failed
    shares = {
        "filtered": _share(filtered, sent),
        "delivered": _share(delivered, ended) if ended else None,
        "opt_out": _share(opted_out, reached),
    }
    lights = {
        "filtered": _above(shares["filtered"], FILTERED_AMBER, FILTERED_RED),
        "delivered": _below(shares["delivered"]),
        "opt_out": _above(shares["opt_out"], OPT_OUT_AMBER, OPT_OUT_RED),
    }
    worst = min(lights, key=lambda name: _RANK[lights[name]])
    is_well = lights[worst] == "green"
    return NumberHealth(
        sent=sent,
        delivered=shares["delivered"],
        filtered=shares["filtered"],
        failed=_share(failed, sent),
        opted_out=shares["opt_out"],
        light=lights[worst] if ended else "amber",
        advice=_PENDING if not ended else "" if is_well else _ADVICE[worst],
    )


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole else 0.0


def _above(share: float | None, amber: float, red: float) -> Light:
    if share is None:
        return "green"
    return "red" if share >= red else "amber" if share >= amber else "green"


def _below(share: float | None) -> Light:
    if share is None:
        return "green"
    return "red" if share < DELIVERED_RED else "amber" if share < DELIVERED_AMBER else "green"
