"""What stops or will soon stop a business's texts, in words for the people who work there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.rules.phone import spoken
from server import quotas
from server.quotas import Spent
from server.refusals import Limits
from server.store import registrations, setups, usage

_ASK = "Whoever runs your Ringback can give you more."


@dataclass(frozen=True, kw_only=True)
class Notice:
    name: str
    title: str
    words: str
    link: str = ""
    """Where it is mended; empty: not by the people of the business."""
    link_words: str = ""


def of_business(
    connection: sa.Connection, business: Business, limits: Limits, now: datetime
) -> list[Notice]:
    """The weightiest first; a draft is only led on, since its go-live list says the rest."""
    is_live = business.texting.mode == "live"
    found: list[Notice] = []
    if setups.is_under_way(connection, business.slug):
        found.append(_DRAFT if is_live else replace(_DRAFT, words="No caller is texted yet."))
        if not is_live:
            return found
    found += _unregistered(connection, business, limits)
    return [*found, *_spent(connection, business, limits, now)]


_DRAFT = Notice(
    name="draft",
    title="The set-up is not finished.",
    words="",
    link="/setup",
    link_words="Go on with it",
)


def _unregistered(
    connection: sa.Connection, business: Business, limits: Limits
) -> Iterator[Notice]:
    if not limits.registered_only:
        return
    for one in registrations.of_business(connection, business.slug):
        if one.is_refused:
            yield Notice(
                name="registration",
                title=f"No text leaves from {spoken(one.number)}.",
                words=f"{one.words.rstrip('.')}.",
                link="/business/go-live#registration",
                link_words="What to do",
            )


def _spent(
    connection: sa.Connection, business: Business, limits: Limits, now: datetime
) -> Iterator[Notice]:
    allowed = quotas.of_business(connection, business.slug, limits.measure)
    month = usage.month_of(now, business.zone)
    used = usage.used(connection, business.slug, month, "segments")
    texts = Spent(what="segments", used=used, limit=allowed.segments_month or 0)
    if texts.is_over:
        stopped = "Neither the agent's answers nor first texts leave" if allowed.hard else "The agent does not answer"  # fmt: skip
        yield Notice(
            name="quota",
            title=f"All {texts.limit:,} texts of this month are used.",
            words=f"{stopped} until next month. You can still write yourself. {_ASK}",
        )
    elif texts.is_near:
        yield Notice(
            name="quota",
            title=f"{used:,} of this month's {texts.limit:,} texts are used.",
            words=f"When all are, the agent stops answering until next month. {_ASK}",
        )
