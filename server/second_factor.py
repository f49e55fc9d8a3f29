"""A code from an app on the phone beside the password (TOTP, RFC 6238), and ten codes for when the phone is lost."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyotp
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from server.store import credentials
from server.store.calendar_secrets import box
from server.store.credentials import Key

RECOVERY_CODES = 10
_PURPOSE = b"ringback: second factors"
_STEP_S = 30
_STEPS = (0, -1, 1)
"""Beside this moment's, since clocks of phones differ."""
_DRAFT_S = 15 * 60
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: people copy them from paper."""
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True)
class SecondFactors:
    """Keeps the secrets encrypted under the installation's key."""

    box: Fernet

    @classmethod
    def under(cls, key: str) -> "SecondFactors":
        """`key` is the installation's (`Settings.session_key`)."""
        return cls(box(key, _PURPOSE))

    def draft(self, key: Key, secret: str) -> str:
        """A secret that is not in force yet, for a form to bring back; nobody else's form can bring it."""
        whose = json.dumps([key.kind, key.id, secret])
        return self.box.encrypt(whose.encode()).decode()

    def drafted(self, key: Key, draft: str) -> str | None:
        """The secret of a form's draft; None: it is too old, or another person's."""
        try:
            kind, name, secret = json.loads(self.box.decrypt(draft, ttl=_DRAFT_S))
        except InvalidToken:
            return None
        return str(secret) if (kind, name) == (key.kind, key.id) else None

    def switch_on(
        self, connection: sa.Connection, key: Key, secret: str, code: str, now: datetime
    ) -> list[str] | None:
        """Put a secret in force once a code proves that the app has it; the recovery codes, shown this once.

        None: the code is wrong.
        """
        step = _step_of(secret, code, now)
        if step is None:
            return None
        sealed = self.box.encrypt(secret.encode()).decode()
        credentials.put(connection, key, totp=sealed, totp_last=step)
        return self.new_recovery_codes(connection, key)

    def new_recovery_codes(self, connection: sa.Connection, key: Key) -> list[str]:
        """In place of those that are left; the only time that they are shown."""
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        credentials.put(connection, key, recovery=[_digest(code) for code in codes])
        return codes

    def passes(
        self, connection: sa.Connection, key: Key, code: str, now: datetime
    ) -> Literal["code", "recovery code"] | None:
        """Is this a code of the person's app, or one of their recovery codes? Either counts once. None: no."""
        kept = credentials.lock(connection, key)
        if kept is None or kept.totp is None:
            return None
        secret = self._opened(kept.totp)
        step = _step_of(secret, code, now) if secret else None
        if step is not None and (kept.totp_last is None or step > kept.totp_last):
            credentials.put(connection, key, totp_last=step)
            return "code"
        given = _digest(code)
        left = [one for one in kept.recovery if not hmac.compare_digest(one, given)]
        if len(left) == len(kept.recovery):
            return None
        credentials.put(connection, key, recovery=left)
        return "recovery code"

    def _opened(self, sealed: str) -> str | None:
        """None: RINGBACK_SECRET_KEY has changed; recovery codes work all the same."""
        try:
            return self.box.decrypt(sealed).decode()
        except InvalidToken:
            return None


def switch_off(connection: sa.Connection, key: Key) -> None:
    credentials.put(connection, key, totp=None, totp_last=None, recovery=None)


def new_secret() -> str:
    """Base32, as apps take it by hand."""
    return pyotp.random_base32()


def app_address(secret: str, login: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Ringback")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, now or one beside it."""
    plain = "".join(letter for letter in code if letter.isdecimal() and letter.isascii())
    this = int(now.timestamp()) // _STEP_S
    for step in (this + one for one in _STEPS):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step), plain):
            return step
    return None


def _new_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _digest(code: str) -> str:
    """Of its letters and digits alone; some 80 bits need no salt."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
