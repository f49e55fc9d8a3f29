"""Calls to staff on call, on a virtual clock: they are noted in words, and nobody picks up."""

from collections.abc import Callable

import sqlalchemy as sa

from agent.business import Business
from agent.model import OutgoingText, StaffCall
from server.store import escalations as store


class RehearsedRinger:
    def __init__(
        self,
        business: Business,
        database: sa.Engine,
        sent: list[OutgoingText],
        unanswered: Callable[[StaffCall], None],
    ) -> None:
        """A call stands among the texts that were `sent`, in the order of what happened."""
        self._business, self._database = business, database
        self._sent, self._unanswered = sent, unanswered

    def ring(self, call: StaffCall) -> str:
        with self._database.connect() as connection:
            step = store.step(connection, call.step)
            row = store.get(connection, step.escalation) if step else None
        person = self._business.person(step.staff) if step else None
        words = f"Call to {person.name if person else call.to}: {row.words if row else ''}"
        key = f"call:{call.step}"
        self._sent.append(OutgoingText(key=key, sender=call.sender, to=call.to, body=words))
        self._unanswered(call)
        return f"CA{call.step:032d}"
