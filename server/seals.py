"""A chain of seals: each holds what a fact said, and the seal before it, so that what is changed later shows."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Fact = Mapping[str, Any]
"""Plain JSON values."""
Kind = Literal["text", "outcome", "consent", "rules"]
Place = tuple[Kind, str]
"""What is sealed: its kind and key."""

BEGINNING = ""
"""The link before the first one."""


@dataclass(frozen=True, kw_only=True)
class Seal:
    place: int
    """1-based in its chain."""
    at: datetime
    """When it was sealed, not when it was said."""
    kind: Kind
    key: str
    """Of what is sealed: a text's key, the number of a consent."""
    digest: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Break:
    """Where a chain and what it seals do not agree."""

    place: int | None
    """Of the seal; None: there is no seal."""
    what: str
    """In plain words."""


def sealed(before: Seal | None, kind: Kind, key: str, fact: Fact, now: datetime) -> Seal:
    """The next seal of a chain."""
    place, link = (before.place + 1, before.link) if before else (1, BEGINNING)
    at, digest = now.astimezone(UTC), digest_of(fact)
    return Seal(
        place=place,
        at=at,
        kind=kind,
        key=key,
        digest=digest,
        link=_link(link, place, at, kind, key, digest),
    )


def digest_of(fact: object) -> str:
    return hashlib.sha256(canonical(fact).encode()).hexdigest()


def canonical(fact: object) -> str:
    """The same JSON values as the same text, whoever writes them."""
    return json.dumps(fact, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def moment(at: datetime) -> str:
    """A moment as it stands in facts: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def broken_links(chain: Sequence[Seal]) -> Iterator[Break]:
    """Seals that do not follow from those before them."""
    link, last_at = BEGINNING, None
    for place, seal in enumerate(chain, start=1):
        told = _link(link, place, seal.at, seal.kind, seal.key, seal.digest)
        if seal.place != place or seal.link != told:
            yield Break(place=place, what="This seal does not follow from the one before it.")
            return  # what follows hangs on a broken link
        if last_at is not None and seal.at < last_at:
            yield Break(place=place, what="This seal is older than the one before it.")
        link, last_at = seal.link, seal.at


def broken_facts(chain: Sequence[Seal], facts: Mapping[Place, Fact]) -> Iterator[Break]:
    """Facts that are not as they were sealed, are gone, or were never sealed."""
    known = {(seal.kind, seal.key): seal for seal in chain}
    for (kind, key), seal in known.items():
        fact = facts.get((kind, key))
        if fact is None:
            yield Break(place=seal.place, what=f"The {_NAMES[seal.kind]} is gone.")
        elif digest_of(fact) != seal.digest:
            words = f"The {_NAMES[seal.kind]} is not as it was sealed."
            yield Break(place=seal.place, what=words)
    for kind, key in facts.keys() - known.keys():
        yield Break(place=None, what=f"A {_NAMES[kind]} has no seal ({key}).")


_NAMES: Mapping[Kind, str] = {
    "text": "text",
    "outcome": "delivery report",
    "consent": "consent entry",
    "rules": "set of rules",
}


def _link(before: str, place: int, at: datetime, kind: str, key: str, digest: str) -> str:
    parts = "\n".join((before, str(place), moment(at), kind, key, digest))
    return hashlib.sha256(parts.encode()).hexdigest()
