"""What a browser's signed cookie holds: who signed in, on the way to where, and the token that proves a form is ours."""

import hmac
import secrets
import textwrap
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request

from server.store.credentials import Key

HALF_FOR = timedelta(minutes=10)
"""So long a right password waits for its second factor."""
_KNOWN = 5
"""Names that a browser is remembered for."""
_INBOX = "/inbox"
_ROOM = 1000
"""Characters of the words for the next page: a browser drops a cookie of more than 4096 bytes."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Who a session says that it is; whether that still holds is for the database."""

    key: Key
    stamp: str


def begin(request: Request, key: Key, stamp: str, login: str) -> None:
    """A new session; of the one before nothing is left but the names that have signed in here."""
    known = [login, *(one for one in known_logins(request) if one != login)][:_KNOWN]
    request.session.clear()
    request.session.update({key.kind: key.id, "stamp": stamp, "known": known})


def begin_half(request: Request, key: Key, stamp: str, login: str, now: datetime) -> None:
    """The password was right; nothing is open yet."""
    request.session["half"] = [key.kind, key.id, stamp, login, now.timestamp()]


def half(request: Request, now: datetime) -> tuple[Signed, str] | None:
    """Who waits for the second factor, and their login; None: nobody, or for too long."""
    kept = request.session.get("half")
    if not kept or now.timestamp() - kept[4] > HALF_FOR.total_seconds():
        return None
    return Signed(key=Key(kind=kept[0], id=kept[1]), stamp=kept[2]), kept[3]


def current(request: Request) -> Signed | None:
    session = request.session
    for kind in ("account", "admin"):
        if session.get(kind):
            key = Key(kind="admin" if kind == "admin" else "account", id=session[kind])
            return Signed(key=key, stamp=session.get("stamp", ""))
    return None


def renew(request: Request, stamp: str) -> None:
    """This session goes on where all others of its owner have ended."""
    request.session["stamp"] = stamp


def end(request: Request) -> None:
    known = known_logins(request)
    request.session.clear()
    if known:
        request.session["known"] = known


def known_logins(request: Request) -> list[str]:
    """Who has signed in with this browser before."""
    return list(request.session.get("known", []))


def opened_business(request: Request) -> str | None:
    """The business that an admin looks at."""
    slug: str | None = request.session.get("business")
    return slug


def open_business(request: Request, slug: str) -> None:
    request.session["business"] = slug


def want(request: Request) -> None:
    """Remember the page that was asked for, to go there after the login."""
    query = f"?{request.url.query}" if request.url.query else ""
    request.session["wanted"] = f"{request.url.path}{query}"


def wanted(request: Request, otherwise: str = _INBOX) -> str:
    """Where to go after the login: a path of ours, whatever the session holds."""
    path = str(request.session.get("wanted", otherwise))
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours else otherwise


def tell(request: Request, words: str) -> None:
    """Words for the next page; what no cookie would have room for is cut."""
    request.session["told"] = textwrap.shorten(words, _ROOM, placeholder=" ...")


def told(request: Request) -> str:
    words: str = request.session.pop("told", "")
    return words


def csrf_token(request: Request) -> str:
    """The session's token for forms, made on first use."""
    token: str = request.session.setdefault("csrf", secrets.token_urlsafe(24))
    return token


def own_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """Refuse a form that another site made the browser send."""
    prove_own(request, csrf)


def prove_own(request: Request, csrf: str) -> None:
    """The same for a form that its handler reads itself.

    Raises:
        HTTPException: 403.
    """
    if not hmac.compare_digest(
        csrf.encode(), request.session.get("csrf", secrets.token_hex()).encode()
    ):
        raise HTTPException(403, "This form is out of date. Reload the page and try again.")


OwnForm = Depends(own_form)
