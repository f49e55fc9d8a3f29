"""Logins of owners and staff; passwords are argon2 hashes."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from server.store import admins, businesses, credentials
from server.store.credentials import Key
from server.store.engine import insert
from server.store.tables import account


@dataclass(frozen=True, kw_only=True)
class Account:
    id: str
    business: str
    staff: str
    login: str
    role: str
    stamp: str = ""
    """A session that holds another one is over."""
    has_second_factor: bool = False
    signed_in_at: datetime | None = None
    is_admin: bool = False
    """The installation's admin, who looks at this business and changes nothing."""
    own_phones: frozenset[str] = frozenset()
    """Of the people of the business: what was texted to one of them is for nobody else."""

    @property
    def key(self) -> Key:
        return Key(kind="account", id=self.id)


def set_password(
    connection: sa.Connection,
    business: str,
    staff: str,
    login: str,
    role: str,
    password: str,
) -> None:
    """Create the login of a staff member, or change its password, which ends its sessions."""
    put(connection, business, staff, login, role, credentials.hashed(password))


def put(
    connection: sa.Connection,
    business: str,
    staff: str,
    login: str,
    role: str,
    hashed_password: str,
) -> None:
    """The same with a hash that was made before the transaction began."""
    values = {
        "login": login,
        "role": role,
        "password": hashed_password,
        "stamp": credentials.new_stamp(),
    }
    row = insert(connection, account).values(
        id=account_id(business, staff), business=business, staff=staff, **values
    )
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))


def remove(connection: sa.Connection, business: str, staff: str) -> bool:
    """The login, its calendar password and its browsers; its sessions are over. False: there was none."""
    mine = sa.delete(account).where(account.c.id == account_id(business, staff))
    return connection.execute(mine).rowcount > 0


def key_of(business: str, staff: str) -> Key:
    return Key(kind="account", id=account_id(business, staff))


def account_id(business: str, staff: str) -> str:
    return f"{business}:{staff}"


def checked(connection: sa.Connection, login: str, password: str) -> Account | None:
    """The account whose password this is, or None; unknown logins take as long as wrong passwords."""
    row = connection.execute(sa.select(account).where(account.c.login == login)).one_or_none()
    if not credentials.fits(password, row.password if row else None) or row is None:
        return None
    return _of_staff(connection, _account(row))


def by_login(connection: sa.Connection, login: str) -> Account | None:
    """The account of somebody who works there still."""
    row = connection.execute(sa.select(account).where(account.c.login == login)).one_or_none()
    return _of_staff(connection, _account(row)) if row else None


def is_free(connection: sa.Connection, login: str, business: str, staff: str) -> bool:
    """Nobody else of this installation signs in by that name."""
    holder = connection.scalar(sa.select(account.c.id).where(account.c.login == login))
    if holder is not None:
        return bool(holder == account_id(business, staff))
    return admins.get(connection, login) is None


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


def own_phones(business: Business) -> frozenset[str]:
    return frozenset(person.phone for person in business.staff if person.phone)


def _of_staff(connection: sa.Connection, known: Account) -> Account | None:
    """The account as the profile has the person now; who is no longer under `staff`, or may not sign in, has none."""
    business = businesses.get(connection, known.business)
    person = business.person(known.staff) if business else None
    if business is None or person is None or person.login == "none":
        return None
    return replace(known, role=person.login, own_phones=own_phones(business))


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(
        id=row.id,
        business=row.business,
        staff=row.staff,
        login=row.login,
        role=row.role,
        stamp=row.stamp,
        has_second_factor=row.totp is not None,
        signed_in_at=row.signed_in_at,
    )
