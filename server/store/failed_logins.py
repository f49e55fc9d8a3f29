"""Tries to sign in that did not succeed, counted for all processes: whoever guesses waits longer and longer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.store.engine import in_turn
from server.store.tables import failed_login

KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many failures in a while are free; each further one doubles the wait."""

    free: int
    within: timedelta
    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(minutes=15)

    def wait_until(self, failures: int, last: datetime) -> datetime:
        """When the next try may be made, after so many failures of which this was the last."""
        over = failures - self.free
        if over < 0:
            return last
        doubled: timedelta = self.first * 2 ** min(over, 16)
        return last + min(doubled, self.longest)


OF_LOGIN_HERE = Limit(free=5, within=timedelta(hours=1))
OF_ADDRESS = Limit(free=30, within=timedelta(minutes=15))
"""A shop's people share an address."""
OF_LOGIN = Limit(free=100, within=timedelta(hours=1), longest=timedelta(minutes=5))
"""From everywhere: so much later, or a stranger could keep the owner out."""

OF_CODES = Limit(free=20, within=KEPT, longest=timedelta(hours=1))
"""Six digits are soon guessed by whoever has the password and many addresses."""


def begin(
    connection: sa.Connection,
    address: str,
    login: str,
    now: datetime,
    *,
    everywhere: Limit = OF_LOGIN,
    is_known: bool = False,
) -> timedelta | None:
    """Count a try as failed before its outcome is known, so that many at once count too; `forgive` takes it back.

    Args:
        everywhere: how often it may fail from all addresses together.
        is_known: this browser has signed in by that name before. It is counted apart: neither tries from
            elsewhere nor those of others at its address hold it up.

    Returns:
        How long to wait; None: go on. A try that has to wait is not counted.
    """
    in_turn(connection, "sign in")
    address = _counted_at(address, is_known=is_known)
    new = sa.insert(failed_login).values(address=address, login=login, at=now)
    seq = connection.execute(new.returning(failed_login.c.id)).scalar_one()
    here = (failed_login.c.address == address, failed_login.c.login == login)
    limits = [(OF_LOGIN_HERE, here), (OF_ADDRESS, here[:1])]
    if not is_known:
        limits.append((everywhere, here[1:]))
    until = max(_until(connection, limit, which, seq, now) for limit, which in limits)
    if until <= now:
        return None
    connection.execute(sa.delete(failed_login).where(failed_login.c.id == seq))
    return until - now


def forgive(connection: sa.Connection, address: str, login: str, *, is_known: bool = False) -> None:
    """This one was right: what failed here before it counts no more."""
    address = _counted_at(address, is_known=is_known)
    connection.execute(
        sa.delete(failed_login).where(
            failed_login.c.address == address, failed_login.c.login == login
        )
    )


def forget(connection: sa.Connection, before: datetime) -> int:
    """Drop what is too old to count; returns how many."""
    return connection.execute(sa.delete(failed_login).where(failed_login.c.at < before)).rowcount


def _counted_at(address: str, *, is_known: bool) -> str:
    return f"{address} known" if is_known else address


def _until(
    connection: sa.Connection,
    limit: Limit,
    which: Iterable[sa.ColumnElement[bool]],
    seq: int,
    now: datetime,
) -> datetime:
    earlier = sa.select(sa.func.count(), sa.func.max(failed_login.c.at)).where(
        *which, failed_login.c.id != seq, failed_login.c.at > now - limit.within
    )
    count, last = connection.execute(earlier).one()
    return limit.wait_until(count, last) if last else now
