"""What each business has used in each month: counted in the transaction in which it happened, and kept when rows are erased."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from server.store.engine import insert_for
from server.store.tables import usage

Kind = Literal["texts", "segments", "texts_in", "calls", "tokens"]
"""Texts that the carrier took (to callers and staff) and what they cost in segments; texts of callers; calls; a model's tokens."""
KINDS: tuple[Kind, ...] = ("texts", "segments", "texts_in", "calls", "tokens")

_OF = sa.select(usage.c.count).where(
    usage.c.business == sa.bindparam("of"),
    usage.c.month == sa.bindparam("in_month"),
    usage.c.kind == sa.bindparam("what"),
)


def month_of(now: datetime, zone: ZoneInfo) -> str:
    """YYYY-MM, where the business is."""
    return f"{now.astimezone(zone):%Y-%m}"


def count(connection: sa.Connection, business: str, month: str, **more: int) -> dict[str, int]:
    """Add to the month's counts; returns what they are now.

    Last in its transaction: whoever holds a count takes no lock after it, so that nobody waits in a circle.
    """
    return {
        kind: int(connection.scalar(_add(connection.dialect.name), {
            "business": business, "month": month, "kind": kind, "count": more[kind],
        }) or 0)
        for kind in sorted(more)
    }  # fmt: skip


def used(connection: sa.Connection, business: str, month: str, kind: Kind) -> int:
    return connection.scalar(_OF, {"of": business, "in_month": month, "what": kind}) or 0


def of_business(connection: sa.Connection, business: str) -> dict[str, dict[str, int]]:
    """Every month that has counts, newest first, with every kind."""
    query = sa.select(usage).where(usage.c.business == business).order_by(usage.c.month.desc())
    months: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        months.setdefault(row.month, dict.fromkeys(KINDS, 0))[row.kind] = int(row._mapping["count"])
    return months


def of_every(
    connection: sa.Connection, months: set[str], slugs: Sequence[str]
) -> dict[tuple[str, str], dict[str, int]]:
    """The counts of these businesses and months, by both."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    which = (usage.c.business.in_(slugs), usage.c.month.in_(months))
    for row in connection.execute(sa.select(usage).where(*which)):
        key = (row.business, row.month)
        found.setdefault(key, dict.fromkeys(KINDS, 0))[row.kind] = int(row._mapping["count"])
    return found


@cache
def _add(dialect: str) -> sa.Executable:
    row = insert_for(dialect, usage).values(
        {name: sa.bindparam(name, type_=usage.c[name].type) for name in ("business", "month", "kind", "count")}
    )  # fmt: skip
    more = {"count": usage.c.count + row.excluded.count}
    added: sa.Executable = row.on_conflict_do_update(
        index_elements=["business", "month", "kind"], set_=more
    ).returning(usage.c.count)
    return added
