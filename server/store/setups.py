"""How far the guided set-up of a business has come, and what was tried out before it went live."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from server.store import businesses
from server.store.tables import business

State = Literal["ok", "todo", "bad"]


class Outcome(BaseModel):
    """What came of something that was tried out."""

    model_config = ConfigDict(frozen=True)

    state: State
    words: str
    at: datetime
    leads_elsewhere: bool = False
    """The number's webhooks do not come here."""


class Confirmed(BaseModel):
    """Somebody says that it is so."""

    model_config = ConfigDict(frozen=True)

    by: str
    """Their login."""
    at: datetime


class Setup(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    is_begun: bool = False
    """It began as a draft, here; a business that was imported has no set-up to finish, whatever it tries out."""
    step: str = ""
    """Where one is; empty: at the beginning."""
    done: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    finished_at: datetime | None = None
    answers: dict[str, tuple[str, ...]] = {}
    """What was tapped or typed for a typical question, by its id."""
    greeting: Confirmed | None = None
    """The words that tell callers of texts are on the voicemail or the website."""
    tried: dict[str, Outcome] = {}
    """What was tried out on the go-live list, by the check's name."""


def of(connection: sa.Connection, slug: str) -> Setup:
    """Nothing is done where it was never begun."""
    found = connection.scalar(sa.select(business.c.setup).where(business.c.slug == slug))
    return Setup.model_validate(found) if found is not None else Setup()


def change(connection: sa.Connection, slug: str, make: Callable[[Setup], Setup]) -> Setup:
    """Keep it as `make` gives it, from what is kept now; nobody else changes the business until the transaction ends."""
    businesses.lock(connection, slug)
    changed = make(of(connection, slug))
    kept = changed.model_dump(mode="json")
    connection.execute(sa.update(business).where(business.c.slug == slug).values(setup=kept))
    return changed


def begin(connection: sa.Connection, slug: str) -> None:
    """The business is a draft from now on, until its set-up is finished."""
    change(connection, slug, lambda found: found.model_copy(update={"is_begun": True}))


def finish(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Whoever owns it is led there no more, whatever was left out."""

    def ended(found: Setup) -> Setup:
        return found if found.finished_at else found.model_copy(update={"finished_at": now})

    change(connection, slug, ended)


def is_under_way(connection: sa.Connection, slug: str) -> bool:
    """Begun and not finished: whoever owns it goes there after signing in."""
    found = of(connection, slug)
    return found.is_begun and found.finished_at is None
