"""Calls of which the carrier never told the end: nobody who rang must be forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.model import MissReason
from server.store import businesses, calls
from server.switchboard import IncomingCall, Switchboard

SILENT_FOR = timedelta(seconds=105)
"""So long after it should have stopped ringing; where staff press 1, a call that nobody took by then was missed."""
SURELY_OVER = timedelta(hours=1)
"""Where nothing tells talking from ringing, or somebody has pressed 1, the call may go on so long."""
AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class LostCalls:
    database: sa.Engine
    switchboard: Switchboard

    def look(self, now: datetime) -> int:
        """Settle what has waited too long for its callbacks; says how many."""
        with self.database.connect() as connection:
            before = (now - SILENT_FOR, now - SURELY_OVER)
            found = calls.left_ringing(connection, *before, AT_ONCE)
        for call in found:
            with self.database.begin() as connection:
                self._settle(connection, call, now)
        return len(found)

    def _settle(self, connection: sa.Connection, call: Any, now: datetime) -> None:
        business = businesses.get(connection, call.business)
        if business is None:
            return
        told = IncomingCall(
            sid=call.sid, caller=call.caller, dialled=call.dialled, raw=call.raw, at=call.at
        )
        is_ours = str(call.raw.get("Direction", "")).startswith("outbound")
        if call.accepted_at is not None and not is_ours:
            self.switchboard.answered(connection, business, told, now)
        elif is_ours:
            self.switchboard.called_back(connection, business, told, now, connected=False)
        elif business.calls.screen or now - call.at >= SURELY_OVER:
            self.switchboard.missed(connection, business, told, MissReason.UNKNOWN, now)
        else:
            calls.update(connection, call.sid, looked_at=now)
