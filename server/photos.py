"""Photos that callers send: fetched from the carrier a moment after their text, checked, kept without metadata."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from agent.business import TwilioAccount
from agent.ports import Clock
from server.photo_cleaning import CleanPhoto, Refused, clean
from server.rounds import Rounds
from server.store import businesses, photos, threads
from server.store.engine import lasting
from server.store.photos import Waiting

EVERY_S = 2.0
AT_ONCE = 3
"""Fetched at the same time by one process: a source that hangs holds up no other."""
TAKEN_FOR = timedelta(seconds=60)
"""Longer than any fetch and cleaning takes; after it a worker that was killed is no longer waited for."""
PAUSES_S = (3, 10, 30, 120, 600, 3000)
"""Before each further try: the carrier may not have the file yet, or be down for a while. An hour in all."""
MOST_TRIES = len(PAUSES_S) + 1

_KINDS = {
    "video/": "A video",
    "audio/": "A sound recording",
    "text/vcard": "A contact card",
    "text/x-vcard": "A contact card",
    "application/pdf": "A PDF document",
    "text/": "A text file",
    "image/": "A file that is no photo",
}
"""By how the carrier calls it; the first that fits."""

log = structlog.get_logger()


class NotFetched(Exception):
    """The carrier gave no file; the message says why, as in "could not be fetched: ..."."""

    def __init__(self, words: str, *, permanent: bool = False) -> None:
        super().__init__(words)
        self.permanent = permanent


class TooLarge(Exception):
    """It is not kept; the message says the limit."""


class PhotoSource(Protocol):
    def fetch(self, url: str, account: TwilioAccount) -> bytes:
        """The bytes of one medium.

        Args:
            account: of the business that it was sent to; empty: the installation's.

        Raises:
            NotFetched: there are none; permanent says whether trying again is in vain.
            TooLarge: they are too many.
        """


@dataclass(frozen=True, kw_only=True)
class Photos:
    """Fetches and keeps what is due. Safe beside the same work elsewhere: each photo is taken on by one at a time."""

    source: PhotoSource
    database: sa.Engine
    clock: Clock
    _cleaning: threading.Lock = field(default_factory=threading.Lock)
    """One at a time: memory goes with the pixels."""

    def rounds(self) -> tuple[Rounds, ...]:
        return tuple(
            Rounds(
                name=f"photos-{place}",
                works=(self.look,),
                clock=self.clock,
                every_s=EVERY_S,
                at_once=1,
            )
            for place in range(AT_ONCE)
        )

    def look(self, now: datetime) -> int:
        """Fetch the one that waits longest; returns how many there were."""
        with self.database.connect() as connection:
            if not photos.is_due(connection, now):
                return 0
        with self.database.begin() as connection:
            taken = photos.claim(connection, now, now + TAKEN_FOR)
        if taken is None:
            return 0
        try:
            self._settle(taken, self._cleaned(taken))
        except TooLarge as error:
            self._settle(taken, Refused(why=str(error)))
        except NotFetched as error:
            self._put_off(taken, error)
        return 1

    def _cleaned(self, taken: Waiting) -> CleanPhoto | Refused:
        if taken.tries > MOST_TRIES:  # they ended the process, or in an error that nobody foresaw
            raise NotFetched("every try to read it broke off", permanent=True)
        with self.database.connect() as connection:
            business = businesses.get(connection, taken.business)
        account = business.twilio if business else TwilioAccount()
        content = self.source.fetch(taken.source, account)
        with self._cleaning:
            return clean(content)

    def _settle(self, taken: Waiting, outcome: CleanPhoto | Refused) -> None:
        if isinstance(outcome, CleanPhoto):
            values = {"problem": None, **vars(outcome)}
            self._commit(taken, lambda c: photos.settle(c, taken, "kept", **values))
        else:
            problem = outcome.why or _not_shown(taken.type)
            self._commit(taken, lambda c: photos.settle(c, taken, "refused", problem=problem))

    def _put_off(self, taken: Waiting, error: NotFetched) -> None:
        """Later, or never."""
        problem = str(error)
        if error.permanent or taken.tries >= MOST_TRIES:
            log.warning("photos.given_up", photo=taken.id, tries=taken.tries, why=problem)
            self._commit(taken, lambda c: photos.settle(c, taken, "failed", problem=problem))
        else:
            log.info("photos.put_off", photo=taken.id, tries=taken.tries, why=problem)
            due_at = self.clock.now() + timedelta(seconds=PAUSES_S[taken.tries - 1])
            self._commit(taken, lambda c: photos.put_off(c, taken, due_at, problem))

    def _commit(self, taken: Waiting, change: Callable[[sa.Connection], None]) -> None:
        """Keep what became of it and show it on the pages that are open."""

        def once(connection: sa.Connection) -> None:
            threads.touch(connection, taken.thread)  # first, as whoever erases the thread locks it
            change(connection)

        lasting(self.database, once)


def _not_shown(media_type: str) -> str:
    kind = next(
        (words for start, words in _KINDS.items() if media_type.startswith(start)), "A file"
    )
    return f"{kind} came with this text; it is not shown here."
