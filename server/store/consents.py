"""The consent ledger: append-only, with the evidence for every change."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server.store.tables import consent


def note(
    connection: sa.Connection,
    business: str,
    caller: str,
    change: str,
    evidence: dict[str, Any],
    now: datetime,
) -> None:
    """Append `inbound_call`, `opt_out` or `opt_in` with its evidence (ids, wording, rule version)."""
    connection.execute(
        sa.insert(consent).values(
            business=business, caller=caller, change=change, evidence=evidence, at=now
        )
    )
