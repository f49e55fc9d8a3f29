"""Admins of the installation, who see every business."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.store import credentials
from server.store.credentials import Key
from server.store.engine import insert
from server.store.tables import account, admin


@dataclass(frozen=True, kw_only=True)
class Admin:
    login: str
    stamp: str
    """A session that holds another one is over."""

    @property
    def key(self) -> Key:
        return Key(kind="admin", id=self.login)


def put(connection: sa.Connection, login: str, hashed_password: str, now: datetime) -> None:
    """Make an admin, or give one a new password: sessions end, and a second factor that may be lost is off."""
    values = {
        "password": hashed_password,
        "stamp": credentials.new_stamp(),
        "totp": None,
        "totp_last": None,
        "recovery": None,
    }
    row = insert(connection, admin).values(login=login, made_at=now, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["login"], set_=values))


def get(connection: sa.Connection, login: str) -> Admin | None:
    row = connection.execute(sa.select(admin).where(admin.c.login == login)).one_or_none()
    return Admin(login=row.login, stamp=row.stamp) if row else None


def is_free(connection: sa.Connection, login: str) -> bool:
    """Nobody of a business signs in by that name."""
    return not connection.scalar(sa.select(sa.exists().where(account.c.login == login)))


def exist(connection: sa.Connection) -> bool:
    """Somebody runs this installation already."""
    return bool(connection.scalar(sa.select(sa.exists().where(admin.c.login.is_not(None)))))
