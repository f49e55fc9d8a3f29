"""Tokens of businesses' own carrier accounts, typed in here: encrypted under a key of this installation, each good for one account of one business."""

import json
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from server.store.calendar_secrets import box
from server.store.engine import insert
from server.store.tables import carrier_credential

HOLDS_ON = timedelta(hours=24)
"""Webhooks that are signed with the token before are believed for so long: the carrier changes it a while after us."""

_PURPOSE = b"ringback: tokens of carrier accounts"


class CarrierTokens:
    """Opens and closes them."""

    def __init__(self, database: sa.Engine, key: str) -> None:
        """`key` is the installation's (`Settings.session_key`)."""
        self._database, self._box = database, box(key, _PURPOSE)

    def keep(
        self, connection: sa.Connection, business: str, account_sid: str, token: str, now: datetime
    ) -> None:
        """From now on we sign in with it; the one before of the same account is believed for a day more."""
        held = connection.execute(_of(business)).one_or_none()
        is_same = held is not None and held.account_sid == account_sid
        plain = {"business": business, "account": account_sid, "token": token}
        values = {
            "account_sid": account_sid,
            "token": self._box.encrypt(json.dumps(plain).encode()).decode(),
            "previous": held.token if held is not None and is_same else None,
            "changed_at": now,
        }
        row = insert(connection, carrier_credential).values(business=business, **values)
        connection.execute(row.on_conflict_do_update(index_elements=["business"], set_=values))

    def token(self, account_sid: str) -> str:
        """What to sign in with at the carrier; empty: none was typed in, or the installation's key has changed."""
        with self._database.connect() as connection:
            rows = connection.execute(
                sa.select(carrier_credential)
                .where(carrier_credential.c.account_sid == account_sid)
                .order_by(carrier_credential.c.changed_at.desc())
            ).all()
        found = (self._opened(row.token, row.business, account_sid) for row in rows)
        return next((one for one in found if one), "")

    def believed(self, business: str, account_sid: str, now: datetime) -> list[str]:
        """Every token that may have signed a webhook of this business's account, the newest first."""
        with self._database.connect() as connection:
            row = connection.execute(_of(business)).one_or_none()
        if row is None or row.account_sid != account_sid:
            return []
        kept = [row.token]
        if row.previous and now < row.changed_at + HOLDS_ON:
            kept.append(row.previous)
        found = (self._opened(one, business, account_sid) for one in kept)
        return [one for one in found if one]

    def _opened(self, kept: str, business: str, account_sid: str) -> str:
        try:
            plain = json.loads(self._box.decrypt(kept))
        except InvalidToken:
            return ""
        is_its_own = (plain["business"], plain["account"]) == (business, account_sid)
        return str(plain["token"]) if is_its_own else ""


def entered_at(connection: sa.Connection, business: str) -> datetime | None:
    """When the token of now was typed in; None: there is none."""
    row = connection.execute(_of(business)).one_or_none()
    return row.changed_at if row else None


def forget(connection: sa.Connection, business: str) -> bool:
    """False: there was none."""
    mine = sa.delete(carrier_credential).where(carrier_credential.c.business == business)
    return connection.execute(mine).rowcount > 0


def _of(business: str) -> sa.Select[tuple[str, str, str, str | None, datetime]]:
    return sa.select(carrier_credential).where(carrier_credential.c.business == business)
