"""How much a business may use: the installation's measure or its own, what is left of it, and what stops when it is spent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from agent.business import Business
from agent.errors import BadInput
from agent.model import TaskKind, TextKind
from agent.rules.segments import segments
from agent.state import Json
from server.store import accounts, model_calls, standings, tasks, usage
from server.store.tables import document

NOTICE_AT = 0.8
"""Of what a month allows: then people are told, while there is still time."""
_MB = 1_000_000

STOPS = frozenset({TextKind.REPLY, TextKind.NUDGE, TextKind.REMINDER, TextKind.OPT_IN_ASK})
"""What a spent month stops. Never what the law or a person's safety asks for, what staff write, or alerts to staff."""


class Quota(BaseModel):
    """What a business may use; None: as the installation allows, 0: no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segments_month: int | None = Field(
        default=None, ge=0, description="SMS segments that the carrier takes in a calendar month of the business."
    )  # fmt: skip
    hard: bool = Field(
        default=False, description="A spent month stops first texts after missed calls too."
    )
    tokens_day: int | None = Field(
        default=None, ge=0, description="Tokens of a language model in a day of the business."
    )
    documents_mb: int | None = Field(
        default=None, ge=0, description="Megabytes of documents that it has uploaded."
    )
    logins: int | None = Field(default=None, ge=0, description="People who can sign in.")

    def over(self, measure: "Quota") -> "Quota":
        """This one, with the installation's measure where it says nothing."""
        own = self.model_dump(exclude_none=True)
        return measure.model_copy(update=own)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What is used of one thing."""

    what: str
    used: float
    limit: int
    """0: none."""

    @property
    def share(self) -> float:
        """0..; 1: all of it. 0 without a limit."""
        return self.used / self.limit if self.limit else 0.0

    @property
    def is_near(self) -> bool:
        return NOTICE_AT <= self.share < 1

    @property
    def is_over(self) -> bool:
        return self.share >= 1


def of_business(connection: sa.Connection, slug: str, measure: Quota) -> Quota:
    """Its own quota over the installation's measure."""
    return quota(standings.of(connection, slug, "").quota, measure)


def quota(own: dict[str, Any] | None, measure: Quota) -> Quota:
    """Args: own: as the business's row has it."""
    return Quota.model_validate(own).over(measure) if own else measure


def refused(
    connection: sa.Connection, business: Business, kind: TextKind, allowed: Quota, now: datetime
) -> str | None:
    """Why an automated text may not leave; None: the month has room, or this kind always leaves."""
    stops = kind in STOPS or (allowed.hard and kind is TextKind.FIRST_TEXT)
    if not allowed.segments_month or not stops:
        return None
    month = usage.month_of(now, business.zone)
    if usage.used(connection, business.slug, month, "segments") < allowed.segments_month:
        return None
    return f"this month's {allowed.segments_month:,} texts (SMS segments) are used up: automated texts go on next month"


def count_sent(
    connection: sa.Connection,
    business: Business,
    body: str,
    measure: Quota,
    now: datetime,
) -> None:
    """The carrier has taken a text; people are told once a month when most of it is used. Last in its transaction."""
    size, month = segments(body), usage.month_of(now, business.zone)
    allowed = of_business(connection, business.slug, measure)
    limit = allowed.segments_month or 0
    now_used = usage.count(connection, business.slug, month, texts=1, segments=size)["segments"]
    for share, note in ((NOTICE_AT, _NEARLY), (1.0, _ALL)):
        if limit and now_used - size < share * limit <= now_used:
            _tell(connection, business.slug, f"quota:{business.slug}:{month}:{share}", note.format(used=now_used, limit=limit), now)  # fmt: skip


def count_asked(
    connection: sa.Connection,
    business: Business,
    thread: str,
    turn: str,
    calls: Sequence[Json],
    now: datetime,
) -> None:
    """Keep what a model was asked, and count its tokens. Last in its transaction.

    Args:
        calls: as `agent.model.ModelCall`.
    """
    if calls:
        model_calls.add(connection, business.slug, thread, turn, calls, now)
        tokens = sum(one["tokens_in"] + one["tokens_out"] for one in calls)
        usage.count(connection, business.slug, usage.month_of(now, business.zone), tokens=tokens)


_NEARLY = "{used:,} of this month's {limit:,} texts (SMS segments) are used. When all are, the agent stops answering until next month. Whoever runs your Ringback can give you more."
_ALL = "All of this month's {limit:,} texts (SMS segments) are used: the agent does not answer until next month. You can still write yourself. Whoever runs your Ringback can give you more."


def tokens_a_day(connection: sa.Connection, slug: str, of_installation: int) -> int:
    """Of a language model; 0: no limit."""
    measure = Quota(tokens_day=of_installation)
    return of_business(connection, slug, measure).tokens_day or 0


def insist_on_room_for_login(connection: sa.Connection, slug: str, measure: Quota) -> None:
    """Before one more person can sign in.

    Raises:
        BadInput: as many can as may.
    """
    limit = of_business(connection, slug, measure).logins
    if limit and len(accounts.of_business(connection, slug)) >= limit:
        words = f"{limit} people can sign in here, and no more may. Take somebody's login away first, or ask whoever runs your Ringback."
        raise BadInput(words)


def room_for_documents(measure: Quota) -> Callable[[sa.Connection, str, str, int], None]:
    """Checks that a document of this name and size may be kept, in the place of the one that it replaces.

    What it gives raises BadInput where there is no room.
    """

    def insist(connection: sa.Connection, slug: str, name: str, size: int) -> None:
        limit = of_business(connection, slug, measure).documents_mb
        if limit and documents_bytes(connection, slug, name) + size > limit * _MB:
            words = f"{name}: your documents would be larger than the {limit} MB that you may keep. Remove one first, or ask whoever runs your Ringback."
            raise BadInput(words)

    return insist


def documents_bytes(connection: sa.Connection, slug: str, besides: str = "") -> int:
    """About, all but the one of that name; they are kept as base64."""
    length = sa.func.coalesce(sa.func.sum(sa.func.length(document.c.content)), 0)
    others = (document.c.business == slug, document.c.name != besides)
    kept = connection.scalar(sa.select(length).where(*others))
    return int(kept or 0) * 3 // 4


def spent(
    connection: sa.Connection, business: Business, measure: Quota, now: datetime
) -> list[Spent]:
    """What is used of everything that can be measured out."""
    allowed = of_business(connection, business.slug, measure)
    month = usage.month_of(now, business.zone)
    today = model_calls.midnight(now, business.zone)
    return [
        Spent(
            what="Texts this month (SMS segments)",
            used=usage.used(connection, business.slug, month, "segments"),
            limit=allowed.segments_month or 0,
        ),
        Spent(
            what="Model tokens today",
            used=model_calls.tokens_since(connection, business.slug, today),
            limit=allowed.tokens_day or 0,
        ),
        Spent(
            what="Documents (MB)",
            used=round(documents_bytes(connection, business.slug) / _MB, 1),
            limit=allowed.documents_mb or 0,
        ),
        Spent(
            what="Logins",
            used=len(accounts.of_business(connection, business.slug)),
            limit=allowed.logins or 0,
        ),
    ]


def _tell(connection: sa.Connection, slug: str, key: str, note: str, now: datetime) -> None:
    tasks.add(
        connection, key, business=slug, thread=None, kind=TaskKind.OTHER, note=note, created_at=now
    )
