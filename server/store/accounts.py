"""Logins of owners and staff; passwords are argon2 hashes."""

from dataclasses import dataclass, replace

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from server.store import businesses
from server.store.engine import insert
from server.store.tables import account


@dataclass(frozen=True, kw_only=True)
class Account:
    id: str
    business: str
    staff: str
    login: str
    role: str


def set_password(
    connection: sa.Connection,
    business: str,
    staff: str,
    login: str,
    role: str,
    password: str,
) -> None:
    """Create the login of a staff member, or change its password."""
    values = {"login": login, "role": role, "password": PasswordHasher().hash(password)}
    row = insert(connection, account).values(
        id=f"{business}:{staff}", business=business, staff=staff, **values
    )
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))


def checked(connection: sa.Connection, login: str, password: str) -> Account | None:
    """The account whose password this is, or None; unknown logins take as long as wrong passwords."""
    row = connection.execute(sa.select(account).where(account.c.login == login)).one_or_none()
    hasher = PasswordHasher()
    if row is None:
        hasher.hash(password)
        return None
    try:
        hasher.verify(row.password, password)
    except VerificationError:
        return None
    return _of_staff(connection, _account(row))


def by_login(connection: sa.Connection, login: str) -> Account | None:
    """The account of somebody who works there still."""
    row = connection.execute(sa.select(account).where(account.c.login == login)).one_or_none()
    return _of_staff(connection, _account(row)) if row else None


def get(connection: sa.Connection, account_id: str) -> Account | None:
    """The account of somebody who works there still."""
    row = connection.execute(sa.select(account).where(account.c.id == account_id)).one_or_none()
    return _of_staff(connection, _account(row)) if row else None


def of_business(connection: sa.Connection, business: str) -> list[Account]:
    rows = connection.execute(
        sa.select(account).where(account.c.business == business).order_by(account.c.id)
    )
    return [_account(row) for row in rows]


def has_login(connection: sa.Connection, business: str) -> bool:
    return bool(connection.scalar(sa.select(sa.exists().where(account.c.business == business))))


def _of_staff(connection: sa.Connection, known: Account) -> Account | None:
    """The account as the profile has the person now; who is no longer under `staff` has none."""
    business = businesses.get(connection, known.business)
    person = business.person(known.staff) if business else None
    if person is None:
        return None
    return replace(known, role="owner" if person.login == "owner" else "staff")


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(
        id=row.id,
        business=row.business,
        staff=row.staff,
        login=row.login,
        role=row.role,
    )
