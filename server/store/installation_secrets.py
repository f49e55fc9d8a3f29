"""Secrets that the installation makes for itself, once: encrypted under its secret key."""

from datetime import datetime

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from server.store.calendar_secrets import box
from server.store.engine import insert
from server.store.tables import installation_secret

_PURPOSE = b"ringback: secrets of the installation"


class InstallationSecrets:
    def __init__(self, key: str) -> None:
        """`key` is the installation's (`Settings.session_key`)."""
        self._box = box(key, _PURPOSE)

    def read(self, connection: sa.Connection, name: str) -> str | None:
        """The secret; None: there is none, or RINGBACK_SECRET_KEY has changed since."""
        kept = connection.scalar(
            sa.select(installation_secret.c.secret).where(installation_secret.c.name == name)
        )
        try:
            return self._box.decrypt(kept).decode() if kept else None
        except InvalidToken:
            return None

    def keep(self, connection: sa.Connection, name: str, secret: str, now: datetime) -> str:
        """Keep a new one, unless another process was first.

        Returns:
            The one that is kept.
        """
        values = {"secret": self._box.encrypt(secret.encode()).decode(), "made_at": now}
        row = insert(connection, installation_secret).values(name=name, **values)
        connection.execute(row.on_conflict_do_nothing(index_elements=["name"]))
        kept = self.read(connection, name)
        if kept is not None:
            return kept
        connection.execute(
            sa.update(installation_secret)
            .where(installation_secret.c.name == name)
            .values(**values)
        )
        return secret
