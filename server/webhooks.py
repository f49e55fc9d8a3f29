"""Tells a business's other systems what happened: signed, again and again until they answer, each at its own pace."""

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
import structlog
from cryptography.fernet import Fernet
from standardwebhooks import Webhook

from agent.model import TaskKind
from agent.ports import Clock
from server.rounds import Rounds, Work
from server.store import tasks, webhook_deliveries, webhook_endpoints, webhook_events
from server.store.webhook_deliveries import Due
from server.store.webhook_endpoints import Endpoint
from server.store.webhook_events import State

TIMEOUT_S = 10.0
PAUSES = tuple(
    timedelta(seconds=one) for one in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Before each further try, as Standard Webhooks advises; after the last one it is given up."""
GIVEN_UP_AFTER = timedelta(days=5)
"""An endpoint that has failed for so long without one success is switched off."""
KEPT = timedelta(days=30)
"""How long what was told can be seen and sent again."""
EVERY_S, FORGETS_EVERY_S = 1.0, 3600.0

_JITTER = 0.1
_LEASE = timedelta(seconds=60)
"""A claimed delivery comes back after this, if its worker has died: longer than any try takes."""
_AT_ONCE = 32
"""Endpoints that are told at the same time, in this process."""
_IN_A_ROW = 20
"""Deliveries to one endpoint before the others have their turn."""
_RESTS = timedelta(seconds=30)
"""An endpoint that did not answer is left alone for so long, whatever else waits for it."""
_FORGOTTEN = 1000
"""Old events of one pass."""
_OK = range(200, 300)
_GONE = 410

log = structlog.get_logger()


class NotTold(Exception):
    """There is no answer; the message says why, in words for the owner."""


class Poster(Protocol):
    """Whoever carries a webhook to its address."""

    def check(self, url: str) -> None:
        """Raises NotTold: nothing may be sent there."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer, within `TIMEOUT_S`.

        Raises:
            NotTold: there was none.
        """


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """Every worker has one; a delivery is claimed in the database before it is tried."""

    database: sa.Engine
    clock: Clock
    poster: Poster
    keeper: Fernet
    _busy: set[str] = field(default_factory=set)
    """Endpoints that are being told by this process."""
    _resting: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rounds(self) -> tuple[Rounds, ...]:
        return (
            self._rounds("webhooks", self.look, EVERY_S),
            self._rounds("old webhooks", self.forget, FORGETS_EVERY_S),
        )

    def _rounds(self, name: str, work: Work, every_s: float) -> Rounds:
        return Rounds(
            name=name, works=(work,), clock=self.clock, every_s=every_s, at_once=_FORGOTTEN
        )

    def look(self, now: datetime) -> int:
        """Begin to tell every endpoint for which something is due, none of them waiting for another; returns how many."""
        with self.database.connect() as connection:
            due = webhook_deliveries.endpoints_due(connection, now, 10 * _AT_ONCE)
        begun = [one for one in due if self._begins(one, now)]
        for endpoint in begun:
            threading.Thread(
                target=self._tell, args=(endpoint,), name="webhook", daemon=True
            ).start()
        return len(begun)

    def forget(self, now: datetime) -> int:
        """What is older than it can be sent again."""
        with self.database.begin() as connection:
            return webhook_events.forget(connection, now - KEPT, _FORGOTTEN)

    def tell_due(self, endpoint: str) -> int:
        """Tell one endpoint what is due, in order; returns how many tries that were."""
        tried = 0
        while tried < _IN_A_ROW and self._tell_next(endpoint):
            tried += 1
        return tried

    def _begins(self, endpoint: str, now: datetime) -> bool:
        with self._lock:
            rests = self._resting.get(endpoint, now) > now
            if rests or endpoint in self._busy or len(self._busy) >= _AT_ONCE:
                return False
            self._resting.pop(endpoint, None)
            self._busy.add(endpoint)
            return True

    def _tell(self, endpoint: str) -> None:
        try:
            self.tell_due(endpoint)
        except Exception:  # its delivery comes back when its claim runs out
            log.exception("webhooks.failed", endpoint=endpoint)
        finally:
            with self._lock:
                self._busy.discard(endpoint)

    def _tell_next(self, endpoint: str) -> bool:
        """False: nothing more is to be tried there now."""
        now = self.clock.now()
        with self.database.begin() as connection:
            due = webhook_deliveries.claim(connection, endpoint, now, now + _LEASE)
        if due is None:
            return False
        try:
            status = self._posted(due)
        except NotTold as error:
            self._failed(due, None, str(error))
            with self._lock:
                self._resting[endpoint] = self.clock.now() + _RESTS
            return False
        if status in _OK:
            self._delivered(due, status)
            return True
        self._failed(due, status, _words(status))
        return status != _GONE

    def _posted(self, due: Due) -> int:
        now = self.clock.now()
        body = json.dumps(due.body, ensure_ascii=False, separators=(",", ":"))
        secrets = webhook_endpoints.opened(self.keeper, due.endpoint, now)
        if not secrets:
            raise NotTold("Its secret cannot be read any more: RINGBACK_SECRET_KEY has changed. Make a new secret.")  # fmt: skip
        return self.poster.post(
            due.endpoint.url, body.encode(), signed(due.event, now, body, secrets)
        )

    def _delivered(self, due: Due, status: int) -> None:
        with self.database.begin() as connection:
            webhook_deliveries.record(connection, due, State.DELIVERED, None, status, None)
            webhook_endpoints.note_worked(connection, due.endpoint.id)

    def _failed(self, due: Due, status: int | None, why: str) -> None:
        """To be tried again after a while, or given up; an endpoint that is gone or long dead is switched off."""
        now, to = self.clock.now(), due.endpoint
        pause = pause_after(due.tries)
        state, next_at = (State.WAITING, now + pause) if pause else (State.FAILED, None)
        with self.database.begin() as connection:
            webhook_deliveries.record(connection, due, state, next_at, status, why)
            since = webhook_endpoints.note_failed(connection, to.id, now)
            if status == _GONE:
                off = "It answered 410: it is not there any more."
            elif now - since >= GIVEN_UP_AFTER:
                off = f"It has failed for {GIVEN_UP_AFTER.days} days. The last answer: {why}"
            else:
                return
            if webhook_endpoints.switch_off(connection, to.business, to.id, off, now):
                _ask_the_owner(connection, to, off, now)
        log.warning("webhooks.switched_off", business=to.business, endpoint=to.id, why=off)


def signed(event: str, now: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret that holds."""
    every = " ".join(Webhook(one).sign(event, now, body) for one in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Ringback",
        "webhook-id": event,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": every,
    }


def pause_after(tries: int) -> timedelta | None:
    """Before the next try, a little more or less, so that not all come back at once; None: there is none."""
    if tries > len(PAUSES):
        return None
    return PAUSES[tries - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret


def as_sent(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def _ask_the_owner(connection: sa.Connection, to: Endpoint, off: str, now: datetime) -> None:
    host = to.url.partition("://")[2].partition("/")[0]
    tasks.add(
        connection,
        f"webhook-off:{to.id}:{now:%Y%m%d%H%M%S}",
        business=to.business,
        thread=None,
        kind=TaskKind.OTHER,
        note=f"{host} is not told of your calls and visits any more. {off} Business, Webhooks switches it on again.",
        due_at=now,
        created_at=now,
    )


def _words(status: int) -> str:
    if status in range(300, 400):
        return f"It answered {status}, which leads elsewhere. Enter the address itself."
    return f"It answered {status}."
