"""The consent ledger: append-only, with the evidence for every change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.tables import consent

MARKETING = "marketing_opt_in"
"""A consent class of its own: nothing else gives it, and an opt-out takes it away with the rest."""
_OPT_OUT = "opt_out"


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    caller: str
    at: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of the ledger."""

    change: str
    evidence: dict[str, Any]
    at: datetime


def note(
    connection: sa.Connection,
    business: str,
    caller: str,
    change: str,
    evidence: dict[str, Any],
    now: datetime,
) -> None:
    """Append `inbound_call`, `opt_out`, `opt_in` or `marketing_opt_in` with its evidence (ids, wording, rule version)."""
    connection.execute(
        sa.insert(consent).values(
            business=business, caller=caller, change=change, evidence=evidence, at=now
        )
    )


def subscribers(
    connection: sa.Connection, business: str, caller: str | None = None
) -> list[Subscriber]:
    """Who wants marketing by text and has not opted out since, oldest first; `caller`: that one alone."""
    wanted = [consent.c.business == business, consent.c.change.in_((MARKETING, _OPT_OUT))]
    if caller is not None:
        wanted.append(consent.c.caller == caller)
    rows = connection.execute(sa.select(consent).where(*wanted).order_by(consent.c.id))
    last = {row.caller: row for row in rows}
    kept = [row for row in last.values() if row.change == MARKETING]
    return [
        Subscriber(caller=row.caller, at=row.at, evidence=row.evidence)
        for row in sorted(kept, key=lambda row: row.id)
    ]


def of_caller(connection: sa.Connection, business: str, caller: str) -> list[Change]:
    """The ledger of one caller, oldest first."""
    rows = connection.execute(
        sa.select(consent.c.change, consent.c.evidence, consent.c.at)
        .where(consent.c.business == business, consent.c.caller == caller)
        .order_by(consent.c.id)
    )
    return [Change(**row._mapping) for row in rows]
