"""A ledger of one business to count from: rows as the product writes them, put in directly."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from evals.product import FOLDER
from server import numbers
from server.business_yaml import parse_business
from server.store import businesses
from server.store.engine import create, make_engine
from server.store.tables import appointment, call, consent, escalation, escalation_step, task, text
from server.store.tables import thread as threads

DEMO = parse_business((FOLDER / "business.yaml").read_bytes())
ZONE = ZoneInfo(DEMO.timezone)
NOW = datetime(2026, 9, 30, 18, 0, tzinfo=UTC)
WORDS = "own first_text en 1a2b3c4d"


def local(day, clock="10:00"):
    """A wall time of the shop."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).astimezone(UTC)


class Ledger:
    def __init__(self, url, business=DEMO):
        create(url)
        self.database, self.business, self._number = make_engine(url), business, 0
        with self.database.begin() as connection:
            businesses.save(connection, business, NOW)

    def close(self):
        self.database.dispose()

    def caller(self):
        self._number += 1
        return f"+1303555{self._number:04d}"

    def add(self, table, **values):
        with self.database.begin() as connection:
            connection.execute(sa.insert(table).values(business=self.business.slug, **values))

    def thread(self, caller):
        name = f"{self.business.slug}:{caller}"
        with self.database.begin() as connection:
            if not connection.scalar(sa.select(threads.c.id).where(threads.c.id == name)):
                connection.execute(
                    sa.insert(threads).values(
                        id=name, business=self.business.slug, caller=caller, owner="agent", memory={}, last_at=NOW,
                    )
                )  # fmt: skip
        return name

    def missed(self, at, caller="", decision="first text", **more):
        """A missed call, of a new caller unless one is named; returns the caller."""
        caller = caller or self.caller()
        self._number += 1
        self.last = f"CA{self._number}"
        row = {
            "sid": self.last, "thread": self.thread(caller), "caller": caller, "dialled": self.business.phone, "at": at,
            "outcome": "missed", "reason": "no answer", "decision": decision, "settled_at": at + timedelta(seconds=20), "raw": {},
        }  # fmt: skip
        self.add(call, **row | more)
        return caller

    def texted(
        self, at, caller="", after_s=10, status="delivered", held=False, template=WORDS, **more
    ):
        """A missed call whose first text left so long after its end; returns the caller and when it left."""
        caller = self.missed(at, caller, decision="held" if held else "first text")
        left = at + timedelta(seconds=20 + after_s)
        self.add(
            text, key=f"first:{self.last}", thread=self.thread(caller), author="template", kind="first_text", body="Sorry",
            sender=self.business.phone, recipient=caller, at=at, sending_at=left, sid=f"SM{self.last}", status=status,
            why={"held": held, "template": template}, **more,
        )  # fmt: skip
        return caller, left

    def writes(self, caller, at):
        self._number += 1
        self.add(
            text, key=f"SMin{self._number}", thread=self.thread(caller), author="caller", body="hi", sender=caller,
            recipient=self.business.phone, at=at, status="answered",
        )  # fmt: skip

    def books(self, caller, at, service="drain-cleaning", state="booked"):
        self._number += 1
        self.add(
            appointment, id=f"A{self._number}", thread=self.thread(caller), service=service, calendar="van-1", beside=[],
            start=at + timedelta(days=1), duration_min=60, buffer_before_min=0, buffer_after_min=0, state=state,
            offer=f"O{self._number}", place=1, created_at=at, changed_at=at, expires_at=at,
        )  # fmt: skip

    def opts_out(self, caller, at):
        self.add(consent, caller=caller, change="opt_out", evidence={}, at=at)

    def owes(self, caller, at, due=None, **more):
        self._number += 1
        row = {"kind": "callback", "key": f"T{self._number}", "note": "call"}
        self.add(task, thread=self.thread(caller), created_at=at, due_at=due, **row | more)

    def raises(self, caller, at, way="text", **more):
        self._number += 1
        with self.database.begin() as connection:
            made = connection.scalar(
                sa.insert(escalation)
                .values(
                    business=self.business.slug, thread=self.thread(caller), key=f"e{self._number}", reason="urgent",
                    is_urgent=True, words="", began_at=at, rung=0, round=1, **more,
                )
                .returning(escalation.c.id)
            )  # fmt: skip
            connection.execute(
                sa.insert(escalation_step).values(
                    escalation=made, at=at, staff="mia", way=way, state="done", changed_at=at
                )
            )

    def report(self, first, last, now=NOW):
        with self.database.connect() as connection:
            return numbers.report(
                connection, self.business, datetime.fromisoformat(first).date(), datetime.fromisoformat(last).date(), now=now
            )  # fmt: skip
