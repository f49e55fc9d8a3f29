"""Which program asks: a token in the header `Authorization: Bearer rb_...`, and what it may do. Sessions count nothing here."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, HTTPException, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from agent.business import Business
from server.http.twilio import TheHouse
from server.store import api_tokens, businesses, standings
from server.store.api_tokens import Scope, Token

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="rb_...",
    description="A token that the owner makes under Business, API, or `ringback token` on the command line.",
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Ringback"'}
_MINUTE_S = 60
_KEPT = 10_000

Slug = Annotated[
    str, Path(description="The business's short name.", examples=["alder-creek-plumbing"])
]


@dataclass(frozen=True, kw_only=True)
class Asker:
    """A program, known by its token."""

    token: Token

    @property
    def name(self) -> str:
        """As the log of who changed what has it."""
        return f"api:{self.token.name}"

    @property
    def is_installation(self) -> bool:
        """It may ask for every business."""
        return self.token.business is None


@dataclass(frozen=True, kw_only=True)
class Client(Asker):
    """A program, and the business that the address names and that it may ask for."""

    business: Business

    @property
    def slug(self) -> str:
        return self.business.slug


class Rates:
    """How often each token has asked in this minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._asked: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def wait_s(self, token_id: str, now: datetime) -> int:
        """Count one more; the seconds to wait, 0: none."""
        minute = int(now.timestamp()) // _MINUTE_S
        last, count = self._asked.pop(token_id, (minute, 0))
        count = count + 1 if last == minute else 1
        self._asked[token_id] = (minute, count)
        if len(self._asked) > _KEPT:
            self._asked.popitem(last=False)
        if not self._per_minute or count <= self._per_minute:
            return 0
        return max(1, math.ceil((minute + 1) * _MINUTE_S - now.timestamp()))


def asking(
    request: Request,
    house: TheHouse,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Asker:
    """Who asks.

    Raises:
        HTTPException: 401, no token or one that is not good (any more); 429, it asks too often.
    """
    if given is None:
        raise HTTPException(401, "Send a token: Authorization: Bearer rb_...", _CHALLENGE)
    now = house.clock.now()
    with house.database.connect() as connection:
        token = api_tokens.by_token(connection, given.credentials)
    if token is None:
        words = "This token is not good. It was mistyped, or somebody revoked it."
        raise HTTPException(401, words, _CHALLENGE | {"WWW-Authenticate": 'Bearer realm="Ringback", error="invalid_token"'})  # fmt: skip
    wait_s = _rates(request).wait_s(token.id, now)
    if wait_s:
        words = f"This token asks too often. Wait {wait_s} seconds."
        raise HTTPException(429, words, {"Retry-After": str(wait_s)})
    if not api_tokens.was_used_lately(token, now):
        with house.database.begin() as connection:
            api_tokens.used(connection, token, now)
    asker = Asker(token=token)
    request.state.acts = (token.business, asker.name)
    return asker


TheAsker = Annotated[Asker, Depends(asking)]


def provider(asker: TheAsker) -> Asker:
    """A token of the installation that may manage its businesses.

    Raises:
        HTTPException: 403, it may not.
    """
    if not asker.is_installation:
        raise HTTPException(403, "This takes a token of the installation, which `ringback token --admin` makes.")  # fmt: skip
    _insist(asker, "provider")
    return asker


def _client(scope: Scope) -> Callable[..., Client]:
    def client(request: Request, house: TheHouse, asker: TheAsker, slug: Slug) -> Client:
        if asker.token.business not in (None, slug):
            raise HTTPException(404, _NO_SUCH.format(slug=slug))
        _insist(asker, scope)
        with house.database.connect() as connection:
            found = _business(connection, slug)
            suspended = standings.suspension(connection, slug)
        if suspended and not asker.is_installation:
            raise HTTPException(403, f"Nothing can be asked for: {suspended.words}.")
        request.state.acts = (slug, asker.name)
        return Client(token=asker.token, business=found)

    client.__name__ = f"{scope}_scope"
    return client


Reader = Annotated[Client, Depends(_client("read"))]
Writer = Annotated[Client, Depends(_client("write"))]
Eraser = Annotated[Client, Depends(_client("erase"))]
Provider = Annotated[Asker, Depends(provider)]

_NO_SUCH = "This token knows no business {slug!r}."


def _business(connection: sa.Connection, slug: str) -> Business:
    found = businesses.get(connection, slug)
    if found is None:
        raise HTTPException(404, _NO_SUCH.format(slug=slug))
    return found


def _insist(asker: Asker, scope: Scope) -> None:
    if scope not in asker.token.scopes:
        has = ", ".join(sorted(asker.token.scopes)) or "nothing"
        raise HTTPException(
            403, f"This takes a token with the scope {scope!r}; this one has: {has}."
        )


def _rates(request: Request) -> Rates:
    state = request.app.state
    if not hasattr(state, "api_rates"):
        state.api_rates = Rates(state.house.settings.api_per_minute)
    rates: Rates = state.api_rates
    return rates
