"""Who wants no texts. One can be added, as when somebody says so by phone; only the caller can take it back, by text."""

from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import Field

from agent.errors import BadInput
from server.arrivals import thread_of
from server.consent import opt_out_now
from server.http.api.access import Client, Reader, Writer
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import (
    Cursor,
    Limit,
    Number,
    Page,
    Shape,
    Words,
    decoded,
    local,
    paged,
)
from server.http.twilio import TheHouse
from server.reception import when_nothing_leaves
from server.store import accounts, api_lists, threads

router = APIRouter(prefix="/businesses/{slug}/opt-outs", route_class=ApiRoute, tags=["opt-outs"])


class OptOut(Shape):
    """Since `at` no text may go to this caller, from none of the business's numbers."""

    caller: str = Field(description="E.164.")
    at: datetime = Field(description="With the business's offset.")


class NewOptOut(Shape):
    caller: Number
    wording: Words = Field(
        default="", max_length=300, description="What they said.", examples=["asked by phone"]
    )


@router.get("", responses=documented(), summary="List opt-outs")
def list_opt_outs(
    client: Reader, house: TheHouse, cursor: Cursor = "", limit: Limit = 50
) -> Page[OptOut]:
    """The last who opted out first."""
    own, after = accounts.own_phones(client.business), decoded(cursor)
    with house.database.connect() as connection:
        rows = api_lists.opted_out(connection, client.slug, own, after, limit + 1)
    return paged(
        rows,
        limit,
        lambda row: OptOut(caller=row.caller, at=local(client, row.opted_out_at)),
        lambda row: (row.opted_out_at, row.id),
    )


@router.post("", status_code=201, responses=documented(), summary="Add an opt-out")
def add_opt_out(client: Writer, house: TheHouse, new: NewOptOut) -> OptOut:
    """Nothing is sent to them from now on; whoever opted out before stays so since then."""
    if new.caller in accounts.own_phones(client.business):
        raise BadInput("This is a phone of your own people, who need their alerts.")
    name = threads.thread_id(client.slug, new.caller)
    since = when_nothing_leaves(
        house.database,
        house.clock,
        name,
        lambda connection, now: _opted_out(connection, client, new, now),
    )
    return OptOut(caller=new.caller, at=local(client, since))


def _opted_out(
    connection: sa.Connection, client: Client, new: NewOptOut, now: datetime
) -> datetime:
    thread = thread_of(connection, client.business, new.caller, now)
    if thread.opted_out_at is not None:
        return thread.opted_out_at
    told = {"how": "api", "wording": new.wording or "another system", "token": client.token.name}
    opt_out_now(connection, thread, told, now)
    return now
