"""The bell: one person is reached by every browser and channel of theirs, all at the same time."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import BoundedSemaphore, Thread
from typing import Protocol, TypeVar
from urllib.parse import urljoin

import sqlalchemy as sa
import structlog

from agent.errors import NotFound
from agent.ports import Clock
from server.store import businesses, push_subscriptions
from server.store.alert_channels import AlertChannels, Channel
from server.store.installation_secrets import InstallationSecrets
from server.store.push_subscriptions import Subscription

LIMIT_S = 5.0
"""For all of one person's together."""
AT_ONCE = 200
"""What hangs keeps its thread; so many such threads, and nothing more is tried."""
TEST_WORDS = "This is a test. Alerts from Ringback will reach you here."
_KEY = "push"

K = TypeVar("K", bound=Hashable)
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Notice:
    title: str
    """The shop's name."""
    words: str
    link: str
    """Absolute; where a click leads."""


@dataclass(frozen=True, kw_only=True)
class Rang:
    """What became of one notice at one place."""

    ok: bool
    words: str
    """As in "Slack: sent"; no secrets."""
    gone: bool = False
    """The place does not exist any more, and never will again."""


SENT = Rang(ok=True, words="sent")
LATE = Rang(ok=False, words=f"no answer in {LIMIT_S:.0f} seconds")
BUSY = Rang(ok=False, words="not tried, because too many others still wait for an answer")
BROKEN = Rang(ok=False, words="failed here; the log says more")
UNREADABLE = Rang(ok=False, words="its address cannot be read any more; remove it and add it again")


class BadChannel(Exception):
    """An address that is not taken; the message says why, and the mend."""


class Browsers(Protocol):
    """The services that carry notices to browsers."""

    def new_key(self) -> str:
        """A private key that signs for this installation, to be kept secret."""

    def public_key(self, key: str) -> str:
        """Its other half, as browsers want it."""

    def check(self, endpoint: str, p256dh: str, auth: str) -> None:
        """What a browser says of itself can be used.

        Raises:
            BadChannel: it cannot.
        """

    def push(self, to: Subscription, notice: Notice, key: str) -> Rang: ...


class Channels(Protocol):
    """Slack, ntfy, e-mail and the rest, each by an address that holds its secrets."""

    def checked(self, url: str) -> str:
        """The address in its lasting form.

        Raises:
            BadChannel: it is not one, or leads where nothing may be sent.
        """

    def send(self, url: str, notice: Notice) -> Rang: ...


class StaffBell:
    """The Bell of `agent.ports`, and the tests of each browser and channel."""

    def __init__(
        self,
        *,
        database: sa.Engine,
        clock: Clock,
        secret_key: str,
        public_url: str,
        browsers: Browsers,
        channels: Channels,
        limit_s: float = LIMIT_S,
    ) -> None:
        """`secret_key` is the installation's (`Settings.session_key`)."""
        self._database, self._clock, self._public_url = database, clock, public_url
        self._limit_s = limit_s
        self._room = BoundedSemaphore(AT_ONCE)
        self._secrets = InstallationSecrets(secret_key)
        self.kept = AlertChannels(secret_key)
        self.browsers, self.channels = browsers, channels

    def ring(self, business: str, staff: str, words: str, link: str) -> Sequence[str]:
        """As `agent.ports.Bell` has it; in `LIMIT_S` seconds and the time of two short transactions."""
        try:
            with self._database.connect() as connection:
                found = push_subscriptions.of_person(connection, business, staff)
                channels = self.kept.of_person(connection, business, staff)
                title = self._title(connection, business)
            return self._reach([*found, *channels], self._notice(title, words, link))
        except Exception as error:  # noqa: BLE001 - whoever rings goes on to the next way of reaching a person
            log.warning("bell.failed", business=business, staff=staff, error=repr(error))
            return ["Browsers and channels: not tried, because of an error here"]

    def test(self, target: Subscription | Channel) -> str:
        """Ring one browser or channel; what happened, in words.

        Raises:
            NotFound: its business is gone.
        """
        with self._database.connect() as connection:
            title = self._title(connection, target.business)
        return self._reach([target], self._notice(title, TEST_WORDS, "/alerts"))[0]

    def public_key(self) -> str:
        """What browsers need to subscribe; the key is made on first use."""
        return self.browsers.public_key(self._key())

    def _title(self, connection: sa.Connection, business: str) -> str:
        found = businesses.get(connection, business)
        if found is None:
            raise NotFound(f"There is no business {business!r}.")
        return found.name

    def _notice(self, title: str, words: str, link: str) -> Notice:
        return Notice(title=title, words=words, link=urljoin(f"{self._public_url}/", link))

    def _key(self) -> str:
        with self._database.connect() as connection:
            kept = self._secrets.read(connection, _KEY)
        if kept:
            return kept
        with self._database.begin() as connection:
            return self._secrets.keep(connection, _KEY, self.browsers.new_key(), self._clock.now())

    def _reach(self, targets: Sequence[Subscription | Channel], notice: Notice) -> list[str]:
        has_browser = any(isinstance(one, Subscription) for one in targets)
        key = self._key() if has_browser else ""

        def work(target: Subscription | Channel) -> Callable[[], Rang]:
            if isinstance(target, Subscription):
                return lambda: self.browsers.push(target, notice, key)
            return lambda: self.channels.send(target.url, notice) if target.url else UNREADABLE

        rang = self._together({target: work(target) for target in targets})
        self._record(rang)
        return [f"{target.name}: {rang[target].words}" for target in targets]

    def _together(self, works: Mapping[K, Callable[[], Rang]]) -> dict[K, Rang]:
        """The outcome of each; what has not ended in time goes on unheard, and keeps no process alive."""
        tried = {at: Future[Rang]() for at in works if self._room.acquire(blocking=False)}
        for at, outcome in tried.items():
            Thread(target=self._do, args=(works[at], outcome), name="bell", daemon=True).start()
        done, _ = wait(tried.values(), self._limit_s)
        return {
            at: BUSY if at not in tried else tried[at].result() if tried[at] in done else LATE
            for at in works
        }

    def _do(self, work: Callable[[], Rang], outcome: Future[Rang]) -> None:
        try:
            rang = work()
        except Exception as error:  # noqa: BLE001 - a channel in trouble is one of the lines
            log.warning("bell.broken", error=type(error).__name__)  # its words may hold the address
            rang = BROKEN
        self._room.release()
        outcome.set_result(rang)

    def _record(self, rang: Mapping[Subscription | Channel, Rang]) -> None:
        """When each was last used, and what was wrong; what is gone is taken out of the list."""
        if not rang:
            return
        now = self._clock.now()
        try:
            with self._database.begin() as connection:
                for target, what in sorted(rang.items(), key=_in_order):
                    problem = None if what.ok else what.words
                    if isinstance(target, Channel):
                        self.kept.used(connection, target, now, problem)
                    elif what.gone:
                        push_subscriptions.remove(connection, target)
                    else:
                        push_subscriptions.used(connection, target, now, problem)
        except sa.exc.SQLAlchemyError as error:
            log.warning("bell.not_recorded", error=type(error).__name__)


def _in_order(one: tuple[Subscription | Channel, Rang]) -> tuple[str, int]:
    """Rows are locked in the same order by everyone."""
    return type(one[0]).__name__, one[0].id
