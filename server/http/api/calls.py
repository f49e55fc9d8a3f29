"""Calls, and what each missed one led to."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from server.http.api.access import Client, Reader
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import Cursor, Limit, Page, Shape, Since, decoded, local, paged
from server.http.twilio import TheHouse
from server.store import api_lists

router = APIRouter(prefix="/businesses/{slug}/calls", route_class=ApiRoute, tags=["calls"])

Came = Literal["ringing", "answered", "missed", "unanswered"]


class Call(Shape):
    """One call. `unanswered` is a call of ours that the caller did not take."""

    id: str
    caller: str = Field(description="E.164, or what the carrier gave instead.")
    dialled: str = Field(description="E.164 of the number that was called.")
    at: datetime = Field(description="When it began, with the business's offset.")
    outcome: str = Field(description="ringing, answered, missed or unanswered.")
    reason: str | None = Field(description="Why it was missed: busy, no answer, closed...")
    decision: str | None = Field(
        description="Of a missed call: `first text`, `held`, `shadow`, or why there is no text."
    )
    first_text: str | None = Field(description="The text that the caller got, or would have got.")
    is_test: bool = Field(description="The owner has tried it out.")
    voicemail_s: float | None = Field(description="Seconds of the message that was left.")


@router.get("", responses=documented(), summary="List calls")
def list_calls(
    client: Reader,
    house: TheHouse,
    outcome: Annotated[Came | None, Query(description="All unless said.")] = None,
    since: Since = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Call]:
    """The newest first."""
    after = decoded(cursor)
    with house.database.connect() as connection:
        rows = api_lists.calls(connection, client.slug, outcome, since, after, limit + 1)
    return paged(rows, limit, lambda row: _call(client, row), lambda row: (row.at, row.sid))


def _call(client: Client, row: Any) -> Call:
    return Call(
        id=row.sid,
        caller=row.caller,
        dialled=row.dialled,
        at=local(client, row.at),
        outcome=row.outcome,
        reason=row.reason,
        decision=row.decision,
        first_text=row.body,
        is_test=row.is_test,
        voicemail_s=(row.voicemail or {}).get("duration_s"),
    )
