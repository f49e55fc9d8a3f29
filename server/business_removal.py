"""Take a business away with everything that is known of it and of its callers; nothing brings it back."""

import sqlalchemy as sa
import structlog

from agent.errors import BadInput
from server import provider
from server.provider import By
from server.store import audit, businesses, scrubbing, standings
from server.store.audit import Entry
from server.store.tables import business, metadata, thread
from server.wiring import Tools

log = structlog.get_logger()

GONE = "Took a business away with everything that was known of it"


def remove(tools: Tools, slug: str, confirmed: str, by: By) -> dict[str, int]:
    """Delete a suspended business; how many rows of each kind are gone.

    What stays: the line in the installation's log that it was done, and the calendars' own files, which may be the only
    copy of an owner's diary.

    Args:
        confirmed: the business's slug, typed again.

    Raises:
        NotFound: there is no such business.
        BadInput: it is still at work, or what was typed is not its slug.
    """
    with tools.database.connect() as connection:
        _check(connection, slug, confirmed)
    for document in tools.library.documents(slug):  # what is found by meaning goes with it
        tools.library.remove(slug, document.name)
    with tools.database.begin() as connection:
        businesses.lock(connection, slug)
        name = _check(connection, slug, confirmed)
        gone = _delete(connection, slug)
        entry = Entry(business=None, who=by.who, did="changed", what=GONE, about=f"{name} ({slug})")
        audit.add(connection, entry, by.now)
    scrubbing.scrub(tools.database)
    log.warning("business.removed", business=slug)
    return gone


def _check(connection: sa.Connection, slug: str, confirmed: str) -> str:
    found = provider.known(connection, slug)
    if standings.suspension(connection, slug) is None:
        raise BadInput("Suspend the business first: only one that does nothing can be taken away.")
    if confirmed.strip() != slug:
        raise BadInput(f"To take {found.name} away for ever, type {slug} exactly.")
    return found.name


def _delete(connection: sa.Connection, slug: str) -> dict[str, int]:
    """Every table that names a business or one of its threads; the rest goes with the rows that it hangs on."""
    its_threads = sa.select(thread.c.id).where(thread.c.business == slug)
    gone: dict[str, int] = {}
    for table in reversed(metadata.sorted_tables):
        if table is business:
            which = table.c.slug == slug
        elif "business" in table.c:
            which = table.c.business == slug
        elif "thread" in table.c:
            which = table.c.thread.in_(its_threads)
        else:
            continue
        rows = connection.execute(sa.delete(table).where(which)).rowcount
        gone |= {table.name: rows} if rows else {}
    return gone
