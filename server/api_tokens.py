"""Tokens for other systems, made and revoked on the command line."""

from collections.abc import Sequence

from agent.errors import BadInput, NotFound
from server.commands import known
from server.store import api_tokens, audit
from server.store.api_tokens import OF_BUSINESS, SCOPES, Scope
from server.store.audit import Entry
from server.wiring import Tools

LONGEST_NAME = 60
_SHELL = "the command line"


def checked_name(given: str) -> str:
    """Raises: BadInput: it has no name that could stand in the log."""
    name = " ".join(given.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInput(f"Give the token a name of at most {LONGEST_NAME} characters, like zapier.")
    return name


def new_token(tools: Tools, slug: str | None, name: str, scopes: Sequence[Scope]) -> str:
    """The token; it is shown this once.

    Args:
        slug: None: the installation's.
        scopes: none: read and write; of the installation all.

    Raises:
        BadInput: the name or the scopes are none that it can have.
        NotFound: there is no such business.
    """
    if slug is not None:
        known(tools, slug)
        if "provider" in scopes:
            raise BadInput("Only a token of the installation (--admin) manages businesses.")
    wanted = scopes or (SCOPES if slug is None else OF_BUSINESS[:2])
    name, now = checked_name(name), tools.clock.now()
    with tools.database.begin() as connection:
        token = api_tokens.make(connection, slug, name, wanted, _SHELL, now)
        entry = Entry(business=slug, who=_SHELL, did="changed", what=f"Made the token {name}")
        audit.add(connection, entry, now)
    return token


def revoke_token(tools: Tools, slug: str | None, name: str) -> int:
    """Whatever uses tokens of this name is shut out from now on; returns how many there were.

    Args:
        slug: None: the installation's.

    Raises:
        NotFound: no working token has this name.
    """
    now = tools.clock.now()
    with tools.database.begin() as connection:
        every = [one for one in api_tokens.of(connection, slug) if one.name == name]
        gone = sum(api_tokens.revoke(connection, slug, one.id, now) for one in every)
        if not gone:
            raise NotFound(f"No token that works is called {name!r}.")
        entry = Entry(business=slug, who=_SHELL, did="changed", what=f"Revoked the token {name}")
        audit.add(connection, entry, now)
    return gone
