"""May a business send at all: what whoever runs the installation has decided about it, read in one statement a text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.registrations import Status
from server.store.tables import business, phone

_OF = (
    sa.select(
        business.c.suspended_at,
        business.c.suspended_why,
        business.c.quota,
        phone.c.registration,
        phone.c.business.label("number_of"),
    )
    .select_from(sa.outerjoin(business, phone, phone.c.number == sa.bindparam("sender")))
    .where(business.c.slug == sa.bindparam("of"))
)
_SUSPENDED = sa.select(business.c.suspended_at, business.c.suspended_why).where(
    business.c.slug == sa.bindparam("of")
)


@dataclass(frozen=True, kw_only=True)
class Suspension:
    at: datetime
    why: str
    """For the people of the business; may be empty."""

    @property
    def words(self) -> str:
        return "this business is suspended" + (f": {self.why}" if self.why else "")


@dataclass(frozen=True, kw_only=True)
class Standing:
    suspension: Suspension | None
    quota: dict[str, Any] | None
    """Fields of `server.quotas.Quota`; None: the installation's."""
    registration: Status | None
    """Of the number that is to send; None: never entered."""
    number_of: str | None
    """Whose number that is now; None: nobody's here."""


def of(connection: sa.Connection, slug: str, sender: str) -> Standing:
    """Of a business that is here, and the number that it wants to send from."""
    row = connection.execute(_OF, {"of": slug, "sender": sender}).one()
    return Standing(
        suspension=_suspension(row.suspended_at, row.suspended_why),
        quota=row.quota,
        registration=row.registration,
        number_of=row.number_of,
    )


def suspension(connection: sa.Connection, slug: str) -> Suspension | None:
    """None: it is at work, or not here."""
    row = connection.execute(_SUSPENDED, {"of": slug}).one_or_none()
    return _suspension(row.suspended_at, row.suspended_why) if row else None


def suspend(connection: sa.Connection, slug: str, why: str, now: datetime) -> None:
    """Nothing leaves from this commit on; suspended again, only the reason changes."""
    since = sa.func.coalesce(business.c.suspended_at, sa.bindparam("since", now, business.c.suspended_at.type))  # fmt: skip
    values = {"suspended_at": since, "suspended_why": why}
    connection.execute(sa.update(business).where(business.c.slug == slug).values(**values))


def resume(connection: sa.Connection, slug: str) -> bool:
    """False: it was not suspended."""
    is_off = (business.c.slug == slug, business.c.suspended_at.is_not(None))
    values = {"suspended_at": None, "suspended_why": None}
    return bool(connection.execute(sa.update(business).where(*is_off).values(**values)).rowcount)


def set_quota(connection: sa.Connection, slug: str, quota: dict[str, Any] | None) -> None:
    connection.execute(sa.update(business).where(business.c.slug == slug).values(quota=quota))


def _suspension(at: datetime | None, why: str | None) -> Suspension | None:
    return Suspension(at=at, why=why or "") if at else None
