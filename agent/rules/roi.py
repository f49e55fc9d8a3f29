"""What texting back missed calls can bring in, from an owner's own figures: a sum, no promise."""

import math
from dataclasses import dataclass

_CENT = 0.01
"""A job that brings in less brings in nothing."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    missed_a_day: float
    days_a_month: float
    """On which calls come in."""
    reply_rate: float
    """Share of the texted callers who write back, 0..1."""
    booking_rate: float
    """Share of those who write back that become a lead, 0..1."""
    close_rate: float
    """Share of the leads that become a paid job, 0..1."""
    ticket: float
    """Money of one job."""
    cost_a_month: float
    """Money that all of this costs."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Of one month."""

    missed: float
    replies: float
    leads: float
    jobs: float
    revenue: float
    break_even_jobs: int | None
    """Jobs that pay the cost; None: a job brings in nothing."""

    @property
    def pays(self) -> bool:
        return self.break_even_jobs is not None and self.jobs >= self.break_even_jobs


def outlook(of: Inputs) -> Outlook:
    missed = of.missed_a_day * of.days_a_month
    replies = missed * of.reply_rate
    leads = replies * of.booking_rate
    jobs = leads * of.close_rate
    return Outlook(
        missed=missed,
        replies=replies,
        leads=leads,
        jobs=jobs,
        revenue=jobs * of.ticket,
        break_even_jobs=math.ceil(of.cost_a_month / of.ticket) if of.ticket >= _CENT else None,
    )
