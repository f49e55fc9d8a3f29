"""Passwords of calendars on other servers: encrypted under a key of this installation, each good for one address alone."""

import base64
import json
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.business import Business
from agent.errors import CalendarError
from agent.model import CalendarAddress
from server.store import businesses
from server.store.engine import insert
from server.store.tables import calendar_secret

_PURPOSE = b"ringback: passwords of calendars on other servers"


def box(key: str, purpose: bytes) -> Fernet:
    """Encrypts for one purpose under the installation's secret key; what another purpose encrypted does not open."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


class CalendarSecrets:
    """Keeps one password a calendar.

    The address is encrypted with the password: whoever writes another address into the profile does not get the
    password sent there.
    """

    def __init__(self, key: str) -> None:
        """`key` is the installation's (`Settings.session_key`)."""
        self._box = box(key, _PURPOSE)

    def save(
        self, connection: sa.Connection, at: CalendarAddress, password: str, now: datetime
    ) -> None:
        """Keep it in place of the last one."""
        plain = json.dumps({"url": same_url(at.url), "password": password})
        values = {"secret": self._box.encrypt(plain.encode()).decode(), "made_at": now}
        row = insert(connection, calendar_secret).values(
            business=at.business, calendar=at.calendar, **values
        )
        connection.execute(
            row.on_conflict_do_update(index_elements=["business", "calendar"], set_=values)
        )

    def read(self, connection: sa.Connection, at: CalendarAddress) -> str | None:
        """The password for this very address, or None.

        Raises:
            CalendarError: the installation's key is not the one that it was encrypted with.
        """
        kept: str | None = connection.scalar(
            sa.select(calendar_secret.c.secret).where(_is(at.business, at.calendar))
        )
        if kept is None:
            return None
        try:
            plain = json.loads(self._box.decrypt(kept))
        except InvalidToken as error:
            words = "its password cannot be read any more, because RINGBACK_SECRET_KEY has changed."
            raise _missing(at, words) from error
        password: str = plain["password"]
        return password if plain["url"] == same_url(at.url) else None


class CalendarPasswords:
    """The password of each calendar on another server, wherever it is kept."""

    def __init__(
        self, database: sa.Engine, secrets: CalendarSecrets, named_secret: Callable[[str], str]
    ) -> None:
        """`named_secret` gives a secret by its environment variable, empty when it is not set."""
        self._database, self._secrets, self._named_secret = database, secrets, named_secret

    def password_of(self, at: CalendarAddress) -> str:
        """The environment's where the profile names a variable, else the one that was typed in; empty where none is needed.

        Raises:
            CalendarError: one is needed, and there is none.
        """
        if at.url is None:
            return ""
        if at.password_env:
            password = self._named_secret(at.password_env)
            if not password:
                raise _failed(at, f"its password is not set: {at.password_env} is empty.")
            return password
        if not at.username:
            return ""
        with self._database.connect() as connection:
            kept = self._secrets.read(connection, at)
        if kept is None:
            raise _missing(at, "its password is not known here.")
        return kept


def delete(connection: sa.Connection, business: str, calendar: str) -> None:
    connection.execute(sa.delete(calendar_secret).where(_is(business, calendar)))


def forget_moved(connection: sa.Connection, profile: Business) -> None:
    """Before a profile is saved: delete the passwords of calendars whose address it changes or takes away."""
    held = businesses.get(connection, profile.slug)
    for before in held.calendars if held else ():
        after = profile.calendar(before.id)
        if after is None or same_url(after.url) != same_url(before.url):
            delete(connection, profile.slug, before.id)


def same_url(url: str | None) -> str | None:
    """Addresses of one calendar compare equal with and without a slash at the end."""
    return url.rstrip("/") + "/" if url else None


def _is(business: str, calendar: str) -> sa.ColumnElement[bool]:
    return sa.and_(calendar_secret.c.business == business, calendar_secret.c.calendar == calendar)


def _missing(at: CalendarAddress, words: str) -> CalendarError:
    return _failed(at, f"{words} Connect it again on the page Business, Calendars.")


def _failed(at: CalendarAddress, words: str) -> CalendarError:
    return CalendarError(f"Calendar {at.calendar!r} of {at.business!r}: {words}", permanent=True)
