"""Who changed a profile and when, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from agent.business import Business
from server.store import accounts
from server.store.business_versions import Version

SOMEBODY = "Somebody"


@dataclass(frozen=True, kw_only=True)
class Author:
    who: str
    when: str
    """In the business's zone."""


def authors(
    connection: sa.Connection, business: Business, versions: Sequence[Version]
) -> list[Author]:
    """Of each version, in its order; a login is told by its person's name."""
    names = _names(connection, business)
    return [
        Author(who=names.get(one.by, one.by) or SOMEBODY, when=_when(business, one))
        for one in versions
    ]


def _names(connection: sa.Connection, business: Business) -> dict[str, str]:
    logins = accounts.of_business(connection, business.slug)
    people = {one.login: business.person(one.staff) for one in logins}
    return {login: person.name for login, person in people.items() if person}


def _when(business: Business, version: Version) -> str:
    return version.at.astimezone(business.zone).strftime("%a, %b %-d, %Y, %-I:%M %p")
