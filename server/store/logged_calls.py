"""Calls as their owner looks at them: what was stored of each, with its first text, and what callers wrote afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from agent.model import NoText
from server.store.tables import call, text
from server.store.texts import FIRST, NOT_LEFT, UNSENT

Came = Literal["texted", "waits", "shadow", "none"]
"""What came of a missed call: a text left, a text is to leave, one is only noted, there is none."""
Said = tuple[datetime, str]
"""When a caller wrote, and what."""

_OF_CALL = (
    "sid", "thread", "caller", "at", "outcome", "reason", "decision", "body", "accepted_at", "settled_at", "voicemail", "raw",
)  # fmt: skip
_LOGGED = sa.select(
    *(call.c[name] for name in _OF_CALL),
    text.c.status.label("text_status"),
    text.c.status_reason.label("text_reason"),
    text.c.error_code,
).outerjoin(text, text.c.key == sa.literal(FIRST) + call.c.sid)


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One call with its first text, where there is one."""

    sid: str
    thread: str | None
    caller: str
    """E.164, or how the carrier writes a withheld number."""
    at: datetime
    outcome: str
    """ringing, answered, missed, or unanswered: a call of ours that the caller did not take."""
    reason: str | None
    """Why it was missed: `MissReason`."""
    decision: str | None
    """`first text`, `held`, or why there is none: `NoText`."""
    body: str | None
    """The first text, also the one that only would have been sent."""
    accepted_at: datetime | None
    settled_at: datetime | None
    voicemail: dict[str, Any] | None
    raw: dict[str, Any]
    text_status: str | None
    text_reason: str | None
    error_code: str | None
    urgent: str = ""
    """Why it looked urgent; empty: it did not."""
    answered_later: bool = False
    """A person spoke with the caller after all."""

    @property
    def missed(self) -> bool:
        return self.outcome == "missed"

    @property
    def is_ours(self) -> bool:
        """Staff called the caller back."""
        told = str(self.raw.get("Direction", ""))
        return self.outcome == "unanswered" or told.startswith("outbound")

    @property
    def came(self) -> Came:
        if self.text_status in UNSENT:
            return "waits"
        if self.text_status is not None and self.text_status not in NOT_LEFT:
            return "texted"
        return "shadow" if self.decision == NoText.SHADOW else "none"

    @property
    def transcript(self) -> str:
        return str((self.voicemail or {}).get("transcript") or "")


def between(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> list[Logged]:
    """The business's calls from a moment to another, oldest first; test calls do not count."""
    mine = (call.c.business == business, call.c.at >= since, call.c.at < until)
    query = _LOGGED.where(*mine, call.c.is_test.is_(False)).order_by(call.c.at, call.c.sid)
    return [Logged(**row._mapping) for row in connection.execute(query)]


def reported(connection: sa.Connection, business: str, limit: int) -> list[Logged]:
    """What another phone system told, test calls included, the newest first."""
    mine = (call.c.business == business, call.c.sid.startswith(f"{business}:", autoescape=True))
    query = _LOGGED.where(*mine).order_by(call.c.at.desc(), call.c.sid).limit(limit)
    return [Logged(**row._mapping) for row in connection.execute(query)]


def written_between(
    connection: sa.Connection, business: str, since: datetime, until: datetime
) -> dict[str, list[Said]]:
    """What callers wrote, by thread, oldest first."""
    query = (
        sa.select(text.c.thread, text.c.at, text.c.body)
        .where(
            text.c.business == business,
            text.c.author == "caller",
            text.c.at >= since,
            text.c.at < until,
        )
        .order_by(text.c.seq)
    )
    found: dict[str, list[Said]] = {}
    for row in connection.execute(query):
        found.setdefault(row.thread or "", []).append((row.at, row.body))
    return found
