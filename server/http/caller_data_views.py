"""What is kept and for how long, and what is held of one caller, as an owner reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from pydantic import BaseModel

from agent.business import Business, Privacy
from server import sealing
from server.erasure import stands_in_the_way
from server.kept_for import LEAST_DAYS, limits
from server.retention import BY
from server.store import audit, expired, faceless_events, seals, suppressions, threads
from server.store.audit import Wanted

_MOST_DAYS = 20 * 365
_LATELY = 5
_OF_KIND = {
    "texts": ("retention_days", "Texts and everything else of a caller", "A caller goes whole so long after their last text or call. In a conversation that goes on, what is older goes.", False),
    "media": ("media_days", "Photos", "The text beside them stays.", True),
    "voicemail": ("voicemail_days", "Voicemail", "What was written down of it, and the way to the recording.", True),
    "calls": ("calls_days", "List of calls", "Also of who never got a text.", True),
    "consent": ("consent_days", "Proof of consent", "When somebody called, opted out or in: asked for in a complaint, up to four years later. Never shorter than the texts.", False),
}  # fmt: skip
"""Key of the profile, name, meaning, whether it may be empty."""


class Days(BaseModel):
    """The form, as it was typed."""

    texts: str = ""
    media: str = ""
    voicemail: str = ""
    calls: str = ""
    consent: str = ""

    def problems(self) -> dict[str, str]:
        """What is wrong with each, in plain words."""
        return {
            kind: f"Write a number of days, {LEAST_DAYS} or more."
            for kind, typed in self.model_dump().items()
            if not _is_fine(typed.strip(), may_be_empty=_OF_KIND[kind][3])
        }


@dataclass(frozen=True, kw_only=True)
class KeptKind:
    """One kind of thing, and how long it is kept."""

    kind: str
    name: str
    meaning: str
    days: str
    """As the form shows it; empty: as long as the texts."""
    may_be_empty: bool
    next_at: str
    """When the oldest goes, in words; empty: nothing is held."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    kinds: tuple[KeptKind, ...]
    still_open: int
    """Callers whose time is over and who stay, because something is open with them."""
    lately: tuple[str, ...]
    """What went in the last nights."""
    to_clean: int
    """Calendar events that still name an erased caller."""
    anchor: str
    """The newest one, to be written down; empty: none yet."""


@dataclass(frozen=True, kw_only=True)
class Held:
    kinds: tuple[tuple[str, str], ...]
    """"12 texts", "since Nov 3, 2026"."""
    in_the_way: str
    """Why the caller cannot be erased yet."""
    opted_out: bool


@dataclass(frozen=True, kw_only=True)
class Story:
    """Whether the record holds together."""

    sealed: int
    breaks: tuple[str, ...]


def changed(business: Business, days: Days) -> Business:
    """The business with what the form says."""
    typed = {kind: value.strip() for kind, value in days.model_dump().items()}
    values = {_OF_KIND[kind][0]: int(value) if value else None for kind, value in typed.items()}
    return business.model_copy(update={"privacy": business.privacy.model_copy(update=values)})


def kept(connection: sa.Connection, business: Business, now: datetime, typed: Days | None) -> Kept:
    """How long each kind is kept, what goes next, and what went.

    Args:
        typed: what a form said that was not taken.
    """
    oldest = expired.oldest(connection, business.slug)
    limit = vars(limits(business.privacy, now))
    shown = typed.model_dump() if typed else _days(business.privacy)
    nights = audit.entries(connection, business.slug, Wanted(who=BY), _LATELY)
    last = seals.last_anchor(connection, business.slug)
    return Kept(
        kinds=tuple(
            KeptKind(
                kind=kind,
                name=name,
                meaning=meaning,
                days=shown[kind],
                may_be_empty=may_be_empty,
                next_at=_goes(oldest[kind], now - limit[kind], business, now),
            )
            for kind, (_, name, meaning, may_be_empty) in _OF_KIND.items()
        ),
        still_open=expired.kept_open(connection, business.slug, limit["texts"], now),
        lately=tuple(f"{_day(one.at, business)}: {one.what}" for one in nights),
        to_clean=faceless_events.count(connection, business.slug),
        anchor=f"{last.day} {last.digest}" if last else "",
    )


def held(connection: sa.Connection, business: Business, caller: str, now: datetime) -> Held:
    row = threads.get(connection, threads.thread_id(business.slug, caller))
    found = expired.of_caller(connection, business.slug, caller)
    is_hashed = row is None and suppressions.since(connection, business.slug, caller) is not None
    return Held(
        kinds=tuple(
            (f"{one.count} {kind if one.count != 1 else _one(kind)}", _since(one, business))
            for kind, one in found.items()
        ),
        in_the_way=stands_in_the_way(connection, business, caller, now),
        opted_out=is_hashed or (row is not None and row.opted_out_at is not None),
    )


def story(connection: sa.Connection, business: Business, caller: str, now: datetime) -> Story:
    name = threads.thread_id(business.slug, caller)
    kept_since = limits(business.privacy, now).texts
    breaks = [
        *sealing.broken(connection, name, kept_since),
        *sealing.unanchored(connection, name),
    ]
    return Story(
        sealed=len(seals.chain(connection, name)), breaks=tuple(one.what for one in breaks)
    )


def _days(privacy: Privacy) -> Mapping[str, str]:
    return {kind: str(getattr(privacy, key) or "") for kind, (key, *_) in _OF_KIND.items()}


def _is_fine(typed: str, *, may_be_empty: bool) -> bool:
    if not typed:
        return may_be_empty
    return typed.isascii() and typed.isdigit() and LEAST_DAYS <= int(typed[:9]) <= _MOST_DAYS


def _goes(oldest: datetime | None, kept_for: timedelta, business: Business, now: datetime) -> str:
    if oldest is None:
        return "nothing is held"
    goes = oldest + kept_for
    return (
        "the oldest goes next night" if goes <= now else f"the oldest goes {_day(goes, business)}"
    )


def _since(one: expired.Held, business: Business) -> str:
    return f"since {_day(one.since, business)}" if one.since else ""


def _one(kind: str) -> str:
    return "consent entry" if kind == "consent entries" else kind.removesuffix("s")


def _day(at: datetime, business: Business) -> str:
    return f"{at.astimezone(business.zone):%b %-d, %Y}"
