"""Channels by which staff are alerted: addresses that hold secrets, encrypted under a key of this installation."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from server.store.calendar_secrets import box
from server.store.tables import alert_channel

_PURPOSE = b"ringback: addresses of alert channels"


@dataclass(frozen=True, kw_only=True)
class Channel:
    id: int
    business: str
    staff: str
    name: str
    url: str | None = field(repr=False)
    """Of apprise; None: RINGBACK_SECRET_KEY has changed, so that it cannot be read any more."""
    made_at: datetime
    used_at: datetime | None
    problem: str | None
    """Of the last use, in plain words."""


class AlertChannels:
    def __init__(self, key: str) -> None:
        """`key` is the installation's (`Settings.session_key`)."""
        self._box = box(key, _PURPOSE)

    def add(
        self,
        connection: sa.Connection,
        business: str,
        staff: str,
        name: str,
        url: str,
        now: datetime,
    ) -> None:
        secret = self._box.encrypt(url.encode()).decode()
        connection.execute(
            sa.insert(alert_channel).values(
                business=business, staff=staff, name=name, url=secret, made_at=now
            )
        )

    def of_person(self, connection: sa.Connection, business: str, staff: str) -> list[Channel]:
        return self._found(connection, business, alert_channel.c.staff == staff)

    def of_business(self, connection: sa.Connection, business: str) -> list[Channel]:
        return self._found(connection, business)

    def get(self, connection: sa.Connection, business: str, channel: int) -> Channel | None:
        return next(iter(self._found(connection, business, alert_channel.c.id == channel)), None)

    def used(
        self, connection: sa.Connection, channel: Channel, now: datetime, problem: str | None
    ) -> None:
        connection.execute(
            sa.update(alert_channel)
            .where(alert_channel.c.id == channel.id)
            .values(used_at=now, problem=problem)
        )

    def remove(self, connection: sa.Connection, channel: Channel) -> None:
        connection.execute(sa.delete(alert_channel).where(alert_channel.c.id == channel.id))

    def _found(
        self, connection: sa.Connection, business: str, *which: sa.ColumnElement[bool]
    ) -> list[Channel]:
        rows = connection.execute(
            sa.select(alert_channel)
            .where(alert_channel.c.business == business, *which)
            .order_by(alert_channel.c.id)
        )
        return [self._channel(row) for row in rows]

    def _channel(self, row: sa.Row[tuple[object, ...]]) -> Channel:
        try:
            url = self._box.decrypt(row.url).decode()
        except InvalidToken:
            url = None
        return Channel(**(dict(row._mapping) | {"url": url}))
