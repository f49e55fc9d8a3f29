"""Businesses and the numbers that reach them."""

from datetime import datetime

import sqlalchemy as sa

from agent.business import Business, parsed
from agent.errors import BadBusiness
from server.store import business_versions
from server.store.engine import insert
from server.store.tables import business, phone

_JSON = sa.cast(business.c.profile, sa.Text)
_PROFILE = sa.select(_JSON).where(business.c.slug == sa.bindparam("of"))
_BY_NUMBER = (
    sa.select(_JSON)
    .join(phone, phone.c.business == business.c.slug)
    .where(phone.c.number == sa.bindparam("called"))
)
_BLOCKED = sa.select(phone.c.blocked_why).where(
    phone.c.number == sa.bindparam("sender"), phone.c.blocked_at > sa.bindparam("since")
)


def save(connection: sa.Connection, profile: Business, now: datetime, by: str = "") -> str:
    """Insert or update, and keep what it is from now on; returns `added`, `changed` or `unchanged`.

    Args:
        by: who changes it: a login, or where the change comes from.

    Raises:
        BadBusiness: another business already has one of its numbers.

    """
    held = get(connection, profile.slug)
    _refuse_taken_numbers(connection, profile)
    if held == profile:
        return "unchanged"
    if held:
        business_versions.add(connection, profile, held, by, now)
    values = {"profile": profile.model_dump(mode="json"), "updated_at": now}
    row = insert(connection, business).values(slug=profile.slug, documents_revision=0, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["slug"], set_=values))
    mine = phone.c.business == profile.slug
    connection.execute(sa.delete(phone).where(mine, phone.c.number.not_in(profile.numbers)))
    known = set(connection.scalars(sa.select(phone.c.number).where(mine)))
    new = [
        {"number": one, "business": profile.slug, "registration": "none"}
        for one in profile.numbers
        if one not in known
    ]
    if new:
        connection.execute(sa.insert(phone), new)
    if not held:
        business_versions.add(connection, profile, None, by, now)
    return "changed" if held else "added"


def lock(connection: sa.Connection, slug: str) -> None:
    """Keep other writers from a business until the transaction ends; read it after this.

    An update that changes nothing: SQLite begins a transaction at the first write, not at a SELECT FOR UPDATE.
    """
    same = sa.update(business).where(business.c.slug == slug).values(slug=business.c.slug)
    connection.execute(same)


def get(connection: sa.Connection, slug: str) -> Business | None:
    found = profile(connection, slug)
    return parsed(found) if found else None


def profile(connection: sa.Connection, slug: str) -> str | None:
    """A business's profile as JSON."""
    found: str | None = connection.scalar(_PROFILE, {"of": slug})
    return found


def documents_revision(connection: sa.Connection, slug: str) -> int:
    """Grows whenever a document or another way to ask for one changes."""
    query = sa.select(business.c.documents_revision).where(business.c.slug == slug)
    return connection.scalar(query) or 0


def by_number(connection: sa.Connection, number: str) -> Business | None:
    """The business that a dialled or texted number belongs to."""
    found = connection.scalar(_BY_NUMBER, {"called": number})
    return parsed(found) if found else None


def every(connection: sa.Connection) -> list[Business]:
    return [parsed(one) for one in connection.scalars(sa.select(_JSON).order_by(business.c.slug))]


def block_number(connection: sa.Connection, number: str, why: str, now: datetime) -> None:
    """Automated texts from this number stop: the carrier filters or refuses them."""
    connection.execute(
        sa.update(phone).where(phone.c.number == number).values(blocked_at=now, blocked_why=why)
    )


def unblock_number(connection: sa.Connection, number: str, sent_at: datetime) -> None:
    """A text that left after the block has arrived: the carrier lets this number text again."""
    lifted = sa.update(phone).where(phone.c.number == number, phone.c.blocked_at < sent_at)
    connection.execute(lifted.values(blocked_at=None, blocked_why=None))


def blocked_numbers(connection: sa.Connection, slug: str, since: datetime) -> list[tuple[str, str]]:
    """The business's numbers from which automated texts stop since then, with why."""
    query = sa.select(phone.c.number, phone.c.blocked_why).where(
        phone.c.business == slug, phone.c.blocked_at >= since
    )
    return [(row.number, row.blocked_why) for row in connection.execute(query)]


def blocked(connection: sa.Connection, number: str, since: datetime) -> str | None:
    """Why automated texts may not leave from a number, if it was blocked since then."""
    found: str | None = connection.scalar(_BLOCKED, {"sender": number, "since": since})
    return found


def _refuse_taken_numbers(connection: sa.Connection, profile: Business) -> None:
    taken = connection.execute(
        sa.select(phone.c.number, phone.c.business).where(
            phone.c.number.in_(profile.numbers), phone.c.business != profile.slug
        )
    ).all()
    for number, owner in taken:
        raise BadBusiness(f"{number} already belongs to {owner!r}: remove it there first")
