"""Passwords for calendars on phones: long, random, one per account, and kept only as a digest."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from server.store import accounts
from server.store.accounts import Account
from server.store.engine import insert
from server.store.tables import calendar_password

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: people type it on a phone."""
_GROUPS, _GROUP = 5, 4


@dataclass(frozen=True, kw_only=True)
class PhoneCalendar:
    """One calendar as a person adds it to a phone."""

    name: str
    url: str
    is_ours: bool
    """False: it lives on another server, with that server's login."""


def new_calendar_password(connection: sa.Connection, account: Account, now: datetime) -> str:
    """Give an account a new calendar password in place of the last one; this is the only time that it is shown."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    password = "-".join(groups)
    values = {"sha256": _digest(password), "made_at": now}
    row = insert(connection, calendar_password).values(account=account.id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["account"], set_=values))
    return password


def has_calendar_password(connection: sa.Connection, account: Account) -> bool:
    return _kept(connection, account) is not None


def checked(connection: sa.Connection, login: str, password: str) -> Account | None:
    """The account whose calendar password this is, or None."""
    account = accounts.by_login(connection, login.strip().lower())
    kept = _kept(connection, account) if account else None
    return account if kept and hmac.compare_digest(kept, _digest(password)) else None


def calendar_addresses(business: Business, public_url: str) -> list[PhoneCalendar]:
    """What a person types into a phone, for each calendar; with the login's name and calendar password."""
    return [
        PhoneCalendar(
            name=f"{business.name} - {calendar.id}",
            url=calendar.url or f"{public_url.rstrip('/')}/dav/{business.slug}/{calendar.id}/",
            is_ours=calendar.url is None,
        )
        for calendar in business.calendars
    ]


def _kept(connection: sa.Connection, account: Account) -> str | None:
    digest: str | None = connection.scalar(
        sa.select(calendar_password.c.sha256).where(calendar_password.c.account == account.id)
    )
    return digest


def _digest(password: str) -> str:
    """Of its letters and digits alone: phones begin with a capital, people leave out hyphens."""
    plain = "".join(letter for letter in password.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
