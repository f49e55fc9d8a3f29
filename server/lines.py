"""What kind of line a caller has: asked of the carrier once, where the owner pays for it, and kept for a while."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.ports import Clock, Lines
from server.store import lines as store
from server.store.engine import lasting

CANNOT_TEXT = frozenset({"landline", "pager", "voicemail", "premium", "sharedCost", "uan"})
"""Twilio's words for lines that take no texts; VoIP, toll-free, personal and unknown numbers often do.

https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence
"""
KEPT = timedelta(days=90)
"""Numbers move from one kind of line to another."""


@dataclass(frozen=True, kw_only=True)
class LineBook:
    """Line types, by number."""

    lines: Lines | None
    """None: nobody can be asked."""
    database: sa.Engine
    clock: Clock

    def learn(self, business: Business, caller: str) -> str | None:
        """The carrier's word for this caller's line; None: not known in time, or not wanted.

        It asks over the network and has transactions of its own: call it outside of any other.

        Args:
            caller: E.164.
        """
        if self.lines is None or not business.calls.look_up_lines:
            return None
        since = self.clock.now() - KEPT
        known = lasting(self.database, lambda connection: store.get(connection, caller, since))
        if known:
            return known
        learned = self.lines.line_type(caller, business.twilio)
        if learned:
            self._keep(caller, learned)
        return learned

    def _keep(self, caller: str, line_type: str) -> None:
        now = self.clock.now()

        def keep(connection: sa.Connection) -> None:
            store.forget_before(connection, now - KEPT)
            store.put(connection, caller, line_type, now)

        lasting(self.database, keep)
