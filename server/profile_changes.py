"""The one way in which a business's profile changes once it is there: whole, checked, with its author."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.errors import NotFound
from server.store import businesses


def change(
    connection: sa.Connection,
    slug: str,
    make: Callable[[Business], Business],
    *,
    by: str,
    now: datetime,
) -> Business:
    """What the business is from now on; nobody else changes it until the transaction ends.

    Args:
        make: gives the business as it shall be, from the one that is stored; what it raises leaves all as it was.
        by: who changes it: a login, or where the change comes from.

    Raises:
        NotFound: there is no such business.
        BadBusiness: another business already has one of its numbers.
        ValidationError: what was made is no business.

    """
    businesses.lock(connection, slug)
    held = businesses.get(connection, slug)
    if held is None:
        raise NotFound("This business is not here any more.")
    changed = Business.model_validate(make(held).model_dump())
    businesses.save(connection, changed, now, by)
    return changed
