"""One caller's record as one file: consent, every text, what became of it, and the seals that hold it together."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.rules import quiet_hours
from server import sealing
from server.kept_for import limits
from server.rule_versions import rule_versions
from server.seals import (
    Break,
    Fact,
    Place,
    Seal,
    broken_facts,
    broken_links,
    canonical,
    moment,
)
from server.store import businesses, seals, threads
from server.store.tables import appointment, call, consent, escalation, marker, task

FORMAT = "ringback-receipt/1"

Receipt = dict[str, Any]

_BESIDE: Mapping[str, tuple[sa.Table, tuple[str, ...]]] = {
    "calls": (call, ("sid", "at", "dialled", "outcome", "reason", "decision", "voicemail")),
    "visits": (appointment, ("service", "start", "duration_min", "state", "created_at")),
    "hand_overs": (escalation, ("reason", "began_at", "ended_at", "ended", "taken_by", "words")),
    "tasks": (task, ("kind", "note", "created_at", "done_at", "done_by")),
    "happenings": (marker, ("at", "what", "who", "why")),
}
"""What is told beside the sealed record, by table and columns."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at a receipt has found."""

    breaks: tuple[Break, ...]
    is_ours: bool
    """This installation has signed it as it is."""
    facts: int
    """How many are sealed in it."""

    @property
    def is_whole(self) -> bool:
        return not self.breaks


def receipt(
    connection: sa.Connection, slug: str, caller: str, *, by: str, key: str, now: datetime
) -> Receipt:
    """All that is held of a caller's conversation with a business, sealed facts first.

    Seals what is not sealed yet; so it wants a transaction of its own.

    Args:
        by: who asks for it.
        key: of the installation; it signs the file.

    Raises:
        NotFound: this business knows no such caller.
    """
    business, name = businesses.get(connection, slug), threads.thread_id(slug, caller)
    if business is None or not _is_known(connection, slug, caller):
        raise NotFound("There is no record of this number here.")
    sealing.seal_thread(connection, name, now)
    chain = seals.chain(connection, name)
    facts = sealing.facts_of(connection, name) | sealing.rules_of(chain)
    told: Receipt = {
        "format": FORMAT,
        "business": {"slug": slug, "name": business.name, "numbers": list(business.numbers)},
        "caller": caller,
        "time_zone": business.timezone,
        "made_at": moment(now),
        "made_by": by,
        "rules": rule_versions(),
        "hours": quiet_hours.basis(business, caller),
        "record": [_entry(one, facts.get((one.kind, one.key))) for one in chain],
        "unsealed": _unsealed(connection, business, caller, chain),
        "check": [vars(one) for one in _found(connection, business, name, now)],
        "anchors": _anchors(connection, slug, chain),
        **{kind: _beside(connection, name, kind) for kind in _BESIDE},
    }
    return told | _signature(told, key)


def verify(told: object, key: str) -> Verdict:
    """Whether a receipt is as it was made, and holds together.

    Args:
        key: of this installation.

    Raises:
        BadInput: it is no receipt.
    """
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BadInput("This file is no receipt of Ringback's.")
    try:
        chain, facts = _read(told["record"])
        unsigned = {name: value for name, value in told.items() if name not in _SIGNATURE}
        signed = _signature(unsigned, key)
        breaks = [*broken_links(chain), *broken_facts(chain, facts)]
        found = [Break(**one) for one in told["check"]]
        if told.get("sha256") != signed["sha256"]:
            breaks.append(Break(place=None, what="The file was changed after it was made."))
        is_ours = hmac.compare_digest(str(told.get("signature")), signed["signature"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput("This file is no receipt of Ringback's: parts of it are missing.") from error
    gone = {entry["place"] for entry in told["record"] if entry["fact"] is None}
    breaks = [one for one in breaks if one.place not in gone]
    every = {(one.place, one.what): one for one in (*breaks, *found)}
    return Verdict(breaks=tuple(every.values()), is_ours=is_ours, facts=len(chain) - len(gone))


def against_database(connection: sa.Connection, told: Receipt) -> list[str]:
    """Where a receipt says other than the database does now, in plain words."""
    name = threads.thread_id(str(told["business"]["slug"]), str(told["caller"]))
    if threads.get(connection, name) is None:
        return ["This caller is not on record here any more: erased, or another installation's."]
    chain, _ = _read(told["record"])
    there = seals.chain(connection, name)
    if [one.link for one in there[: len(chain)]] != [one.link for one in chain]:
        return ["The seals in the database are not those of this file."]
    return []


_SIGNATURE = ("sha256", "signature")


def _is_known(connection: sa.Connection, slug: str, caller: str) -> bool:
    if threads.get(connection, threads.thread_id(slug, caller)):
        return True
    held = (
        sa.select(sa.literal(1)).where(table.c.business == slug, table.c.caller == caller)
        for table in (call, consent)
    )
    return connection.scalar(sa.union_all(*held).limit(1)) is not None


def _found(connection: sa.Connection, business: Business, name: str, now: datetime) -> list[Break]:
    """What did not agree in the database when the file was made."""
    kept_since = limits(business.privacy, now).texts
    return [*sealing.broken(connection, name, kept_since), *sealing.unanchored(connection, name)]


def _entry(one: Seal, fact: Fact | None) -> Receipt:
    """A fact that is gone with the time for which it is kept is told by its seal alone."""
    return {**vars(one), "at": moment(one.at), "fact": fact}


def _read(record: Sequence[Mapping[str, Any]]) -> tuple[list[Seal], dict[Place, Fact]]:
    chain, facts = list[Seal](), dict[Place, Fact]()
    for entry in record:
        values = {name: value for name, value in entry.items() if name not in ("fact", "at")}
        one = Seal(at=datetime.fromisoformat(entry["at"]), **values)
        chain.append(one)
        if entry["fact"] is not None:
            facts[one.kind, one.key] = entry["fact"]
    return chain, facts


def _unsealed(
    connection: sa.Connection, business: Business, caller: str, chain: Sequence[Seal]
) -> list[Receipt]:
    """Consents of a caller who has no conversation any more, or none yet: there is no chain for them."""
    if chain:
        return []
    query = sa.select(consent).where(
        consent.c.business == business.slug, consent.c.caller == caller
    )
    return [
        {"change": row.change, "evidence": row.evidence, "at": moment(row.at)}
        for row in connection.execute(query.order_by(consent.c.id))
    ]


def _anchors(connection: sa.Connection, slug: str, chain: Sequence[Seal]) -> list[Receipt]:
    """The digests of the days on which this chain grew."""
    days = {one.at.date().isoformat() for one in chain}
    return [
        {"day": one.day, "digest": one.digest, "holds": _ends_with(chain, one)}
        for one in seals.anchors(connection, slug, days)
    ]


def _ends_with(chain: Sequence[Seal], anchor: seals.Anchor) -> bool:
    last = next(one for one in reversed(chain) if one.at.date().isoformat() == anchor.day)
    return last.link in anchor.leaves


def _beside(connection: sa.Connection, name: str, kind: str) -> list[Receipt]:
    table, columns = _BESIDE[kind]
    of = table.c.thread == name
    if "caller" in table.c:
        slug, _, caller = name.partition(":")
        of = sa.and_(table.c.business == slug, table.c.caller == caller)
    query = sa.select(*(table.c[one] for one in columns)).where(of)
    rows = connection.execute(query.order_by(*table.primary_key.columns))
    return [{key: _plain(value) for key, value in row._mapping.items()} for row in rows]


def _plain(value: object) -> object:
    return moment(value) if isinstance(value, datetime) else value


def _signature(told: Receipt, key: str) -> dict[str, str]:
    whole = canonical(told).encode()
    signing = hashlib.sha256(b"receipt\n" + key.encode()).digest()
    return {
        "sha256": hashlib.sha256(whole).hexdigest(),
        "signature": hmac.new(signing, whole, hashlib.sha256).hexdigest(),
    }
