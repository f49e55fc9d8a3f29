"""The business's numbers, as the page Numbers shows them."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from agent.errors import BadInput
from server import numbers
from server.http.api.access import Reader
from server.http.api.problems import ApiRoute, documented
from server.http.twilio import TheHouse

router = APIRouter(prefix="/businesses/{slug}/metrics", route_class=ApiRoute, tags=["metrics"])

_LONGEST = timedelta(days=400)
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_USUAL = timedelta(days=27)


@router.get("", responses=documented(), summary="Count a period")
def read_metrics(
    client: Reader,
    house: TheHouse,
    first: Annotated[
        date | None, Query(alias="from", description="A local day; four weeks ago unless said.")
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="A local day, included; today unless said.")
    ] = None,
) -> dict[str, Any]:
    """Missed calls, texts, replies, bookings, callbacks, opt-outs and money; each share with the numbers that it is made of."""
    now = house.clock.now()
    until = last or now.astimezone(client.business.zone).date()
    if not _FIRST <= until <= _LAST:
        raise BadInput("Choose days between 2000 and 2099.")
    since = first or until - _USUAL
    if not _FIRST <= since <= until or until - since > _LONGEST:
        raise BadInput(f"Choose a first and a last day, at most {_LONGEST.days} days apart.")
    with house.database.connect() as connection:
        counted = numbers.report(connection, client.business, since, until, now=now)
    return numbers.as_json(counted)
