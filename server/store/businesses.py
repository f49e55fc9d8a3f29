"""Businesses and the numbers that reach them."""

from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadBusiness
from server.store.engine import insert
from server.store.tables import business, phone


def save(connection: sa.Connection, profile: Business, now: datetime) -> str:
    """Insert or update; returns `added`, `changed` or `unchanged`.

    Raises:
        BadBusiness: another business already has one of its numbers.

    """
    held = get(connection, profile.slug)
    _refuse_taken_numbers(connection, profile)
    if held == profile:
        return "unchanged"
    values = {"profile": profile.model_dump(mode="json"), "updated_at": now}
    row = insert(connection, business).values(slug=profile.slug, documents_revision=0, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["slug"], set_=values))
    connection.execute(sa.delete(phone).where(phone.c.business == profile.slug))
    connection.execute(
        sa.insert(phone),
        [{"number": n, "business": profile.slug} for n in profile.numbers],
    )
    return "changed" if held else "added"


def get(connection: sa.Connection, slug: str) -> Business | None:
    profile = connection.scalar(sa.select(business.c.profile).where(business.c.slug == slug))
    return Business.model_validate(profile) if profile else None


def by_number(connection: sa.Connection, number: str) -> Business | None:
    """The business that a dialled or texted number belongs to."""
    profile = connection.scalar(
        sa.select(business.c.profile)
        .join(phone, phone.c.business == business.c.slug)
        .where(phone.c.number == number)
    )
    return Business.model_validate(profile) if profile else None


def every(connection: sa.Connection) -> list[Business]:
    rows = connection.scalars(sa.select(business.c.profile).order_by(business.c.slug))
    return [Business.model_validate(profile) for profile in rows]


def _refuse_taken_numbers(connection: sa.Connection, profile: Business) -> None:
    taken = connection.execute(
        sa.select(phone).where(
            phone.c.number.in_(profile.numbers), phone.c.business != profile.slug
        )
    ).all()
    for number, owner in taken:
        raise BadBusiness(f"{number} already belongs to {owner!r}: remove it there first")
