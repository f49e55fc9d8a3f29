"""What a caller would read now: a whole conversation with the business on a throw-away database; nothing is sent."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent.business import Business
from knowledge.embedding import Embedder
from knowledge.library import Library
from server.rehearsal import Rehearsal
from server.store.engine import create, make_engine
from server.wiring import rehearsal_calendar

TEXTS_AT_MOST = 8
LONGEST = 300
"""Characters of one text."""
_BETWEEN_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Line:
    by: Literal["caller", "us", "alert"]
    """`alert`: what whoever is on call would read."""
    words: str


def talk(
    business: Business,
    library: Library,
    embedder: Embedder | None,
    said: Sequence[str],
    now: datetime,
) -> list[Line]:
    """A missed call, its first text, and what the rules answer to each of a caller's texts, with every time free."""
    live = business.texting.model_copy(update={"mode": "live", "after_hours": "send"})
    business = business.model_copy(update={"texting": live})
    with tempfile.TemporaryDirectory(prefix="ringback-") as scratch:
        url = f"sqlite:///{Path(scratch) / 'talk.db'}"
        create(url)
        database = make_engine(url)
        try:
            calendar = rehearsal_calendar(None)
            played = Rehearsal(business, library, None, calendar, database, now, embedder)
            lines = _lines(played.play({"missed_call": True}, None))
            for words in said[:TEXTS_AT_MOST]:
                lines.append(Line(by="caller", words=words))
                event = {"caller": words[:LONGEST], "delay_s": _BETWEEN_S}
                lines += _lines(played.play(event, None))
        finally:
            database.dispose()
    return lines


def _lines(found: dict[str, list[str]]) -> list[Line]:
    alerts = [Line(by="alert", words=words) for words in found["alerts"]]
    return [*alerts, *(Line(by="us", words=words) for words in found["replies"])]
