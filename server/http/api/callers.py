"""One caller's record: proven, and erased."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from agent.errors import BadInput
from server import receipts
from server.engine import make_client
from server.erasure import erase
from server.http.api.access import Eraser, Reader
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import Caller, Shape, number_of, thread_of
from server.http.twilio import TheHouse

router = APIRouter(prefix="/businesses/{slug}/callers", route_class=ApiRoute, tags=["callers"])


class Erased(Shape):
    """What is gone for good; an opt-out stays in force as a salted hash."""

    caller: str
    rows: dict[str, int] = Field(description="How many of each kind.")


@router.get("/{caller}/receipt", responses=documented(), summary="Get a caller's receipt")
def read_receipt(client: Reader, house: TheHouse, caller: Caller) -> dict[str, Any]:
    """Consent, every text and what became of it, sealed so that a later change shows."""
    thread_of(client, caller)
    now, key = house.clock.now(), house.settings.session_key()
    with house.database.begin() as connection:
        return receipts.receipt(
            connection, client.slug, number_of(caller), by=client.name, key=key, now=now
        )


@router.delete("/{caller}", responses=documented(), summary="Erase a caller")
def erase_caller(
    client: Eraser,
    house: TheHouse,
    caller: Caller,
    confirm: Annotated[
        str, Query(max_length=20, description="The number again, so that it is meant.")
    ] = "",
) -> Erased:
    """Everything that is kept of them; refused while a visit is ahead. It cannot be undone."""
    thread_of(client, caller)
    number = number_of(caller)
    if number_of(confirm.strip()) != number:
        raise BadInput(f"This erases everything of {number}. Send it again as `confirm`.")
    jobs = make_client(house.settings.url)
    try:
        rows = erase(house, jobs, client.slug, number, house.clock.now(), by=client.name)
    finally:
        jobs.destroy()
    return Erased(caller=number, rows=rows)
