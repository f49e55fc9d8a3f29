"""Texts, their delivery and consents get their seals within a minute; each day's last links are anchored."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.model import TextKind
from agent.rules.phone import masked
from server.kept_for import limits
from server.rule_versions import rules_in_force
from server.seals import Break, Fact, Place, Seal, broken_facts, broken_links, digest_of, moment
from server.seals import sealed as sealed_after
from server.store import seals, texts, threads
from server.store.seals import Anchor
from server.store.tables import consent
from server.store.texts import TextRow

AT_ONCE = 50
"""Threads of one pass."""
LOOKED_AT = 200
"""Conversations that a check of the whole record looks at."""
_SPARE = timedelta(minutes=10)
"""A day is anchored so long after its end: a seal may be under way."""
_STILL_CHANGES = (texts.SUGGESTED, *texts.UNSENT)
_FINAL = ("delivered", *texts.NOT_LEFT)

log = structlog.get_logger()

Facts = dict[Place, Fact]
"""In the order in which they are sealed."""


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """Every worker does it; a thread is sealed under its lock, so that no fact is sealed twice."""

    database: sa.Engine
    _anchored: list[date] = field(default_factory=list)
    """The last day that this process has looked at."""

    def look(self, now: datetime) -> int:
        """Seal what threads have got since they were last looked at; returns how many threads."""
        with self.database.connect() as connection:
            waiting = seals.waiting(connection, AT_ONCE)
        for name in waiting:
            with self.database.begin() as connection:
                seal_thread(connection, name, now)
        return len(waiting)

    def anchor(self, now: datetime) -> int:
        """Once a day: keep what the chains of every business ended with on the days that are over."""
        last = (now.astimezone(UTC) - _SPARE).date() - timedelta(days=1)
        if self._anchored == [last]:
            return 0
        with self.database.connect() as connection:
            first = _first_to_anchor(connection)
        day = first
        while day and day <= last:
            anchor_day(self.database, day, now)
            day += timedelta(days=1)
        self._anchored[:] = [last]
        return 0


def seal_thread(connection: sa.Connection, name: str, now: datetime) -> int:
    """Seal what has none yet; what is sealed is never sealed anew. Returns how many seals were made."""
    caller = seals.take(connection, name)
    if caller is None:
        return 0
    chain = seals.chain(connection, name)
    known = {(one.kind, one.key) for one in chain}
    unsealed = {at: fact for at, fact in facts_of(connection, name).items() if at not in known}
    rules: Place = ("rules", rules_in_force())
    if unsealed and rules not in known:
        unsealed = {rules: rules_fact(rules[1]), **unsealed}
    last, new = (chain[-1] if chain else None), list[Seal]()
    for (kind, key), fact in unsealed.items():
        last = sealed_after(last, kind, key, fact, max(now, last.at) if last else now)
        new.append(last)
    seals.add(connection, name, new)
    return len(new)


def facts_of(connection: sa.Connection, name: str) -> Facts:
    """What of a thread is sealed, as it stands now: consents, texts that are said, and what became of them."""
    business, _, caller = name.partition(":")
    found: Facts = {}
    query = sa.select(consent).where(consent.c.business == business, consent.c.caller == caller)
    for row in connection.execute(query.order_by(consent.c.id)):
        found["consent", str(row.id)] = {
            "change": row.change,
            "evidence": row.evidence,
            "at": moment(row.at),
        }
    for text in texts.of_thread(connection, name):
        if text.kind == TextKind.ALERT or text.status in _STILL_CHANGES:
            continue
        found["text", text.key] = text_fact(text)
        if text.status in _FINAL and not text.is_callers:
            found["outcome", text.key] = {"status": text.status}
    return found


def rules_fact(version: str) -> Fact:
    """By which rules what follows was written and let go."""
    return {"version": version}


def text_fact(row: TextRow) -> Fact:
    """What was said, by whom and why; the reasons of a caller's text are the carrier's own fields."""
    return {
        "author": row.author,
        "kind": row.kind,
        "from": row.sender,
        "to": row.recipient,
        "body": row.body,
        "media": row.media,
        "at": moment(row.at),
        "why": None if row.is_callers else row.why,
    }


def rules_of(chain: list[Seal]) -> Facts:
    return {(one.kind, one.key): rules_fact(one.key) for one in chain if one.kind == "rules"}


def broken(connection: sa.Connection, name: str, forgotten_before: datetime) -> list[Break]:
    """Where a thread's facts and its chain do not agree; empty: it is whole.

    Facts that are not sealed yet are no fault. Nor is it one that what was said before `forgotten_before` is gone:
    it went with the time for which texts are kept.
    """
    chain = seals.chain(connection, name)
    found = facts_of(connection, name) | rules_of(chain)
    row = threads.get(connection, name)
    if row is not None and row.version > row.sealed:
        known = {(seal.kind, seal.key) for seal in chain}
        found = {at: fact for at, fact in found.items() if at in known}
    kept = [one for one in chain if one.at >= forgotten_before or (one.kind, one.key) in found]
    return [*broken_links(chain), *broken_facts(kept, found)]


def unanchored(connection: sa.Connection, name: str) -> list[Break]:
    """Days on which a thread's chain ended otherwise than it does now: the whole of it was written anew."""
    business = name.partition(":")[0]
    chain = seals.chain(connection, name)
    last: dict[str, Seal] = {}
    for one in chain:
        last[one.at.date().isoformat()] = one
    anchors = seals.anchors(connection, business, last.keys())
    kept = {anchor.day: anchor.leaves for anchor in anchors}
    return [
        Break(place=one.place, what=f"This is not what was sealed on {day}.")
        for day, one in last.items()
        if day in kept and one.link not in kept[day]
    ]


def record_health(
    connection: sa.Connection, business: Business, now: datetime
) -> tuple[int, list[str]]:
    """How many conversations were looked at, those that changed last, and where the record is broken, numbers masked."""
    kept_since = limits(business.privacy, now).texts
    rows = seals.lately(connection, business.slug, LOOKED_AT)
    wrong = [
        masked(name.partition(":")[2])
        for name in rows
        if broken(connection, name, kept_since) or unanchored(connection, name)
    ]
    days = broken_anchors(seals.anchors(connection, business.slug))
    return len(rows), [*wrong, *(f"the anchor of {day}" for day in days)]


def broken_anchors(anchors: list[Anchor]) -> list[str]:
    """Days whose anchor does not follow from the one before it."""
    before, wrong = "", []
    for one in anchors:
        if one.digest != _anchor_digest(before, one.day, one.leaves):
            wrong.append(one.day)
        before = one.digest
    return wrong


def anchor_day(database: sa.Engine, day: date, now: datetime) -> None:
    since = datetime.combine(day, time(), UTC)
    with database.begin() as connection:
        for business, ends in seals.leaves(connection, since, since + timedelta(days=1)).items():
            before = seals.last_anchor(connection, business)
            if before and before.day >= day.isoformat():
                continue
            leaves = sorted(ends.values())
            digest = _anchor_digest(before.digest if before else "", day.isoformat(), leaves)
            anchor = Anchor(
                business=business, day=day.isoformat(), at=now, leaves=leaves, digest=digest
            )
            if seals.put_anchor(connection, anchor):
                log.info("seals.anchored", business=business, day=anchor.day, digest=digest)


def _first_to_anchor(connection: sa.Connection) -> date | None:
    newest = seals.newest_anchor_day(connection)
    if newest:
        return date.fromisoformat(newest)
    first = seals.first_at(connection)
    return first.date() if first else None


def _anchor_digest(before: str, day: str, leaves: list[str]) -> str:
    return digest_of([before, day, leaves])
