"""Conversations, and the texts in them."""

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from agent.errors import BadInput, NotFound
from server import cautions
from server.http.api.access import Client, Reader, Writer
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import (
    Caller,
    Cursor,
    Limit,
    OnceKey,
    Page,
    Shape,
    Since,
    Words,
    decoded,
    decoded_id,
    local,
    maybe_local,
    paged,
    staff_of,
    thread_of,
)
from server.http.thread_desk import Desk
from server.http.twilio import TheHouse
from server.ownership import locked
from server.store import accounts, api_lists, texts, threads
from server.store.api_lists import Going, Wanted
from server.threads import closed_to_texts, text_key

router = APIRouter(
    prefix="/businesses/{slug}/threads", route_class=ApiRoute, tags=["conversations"]
)


class Thread(Shape):
    """One caller's conversation. Times have the business's offset."""

    caller: str = Field(description="E.164, or `withheld`.", examples=["+13035550101"])
    name: str = Field(description="As the caller gave it; empty: not given.")
    language: str = Field(description="That the caller writes.", examples=["en"])
    state: Going = Field(description="`done`: a person or a long silence has ended it.")
    owner: str = Field(description="Who answers: `agent`, `nobody`, or the id of a person.")
    reason: str | None = Field(description="Why a person has to look; null: nobody has to.")
    outcome: str | None = Field(description="What came of it, as a person said.")
    episode_at: datetime | None = Field(description="When the call or text came that began it.")
    last_at: datetime = Field(description="When something was last said.")
    resolved_at: datetime | None = Field(description="When it was done; null: it is open.")
    snoozed_until: datetime | None
    opted_out_at: datetime | None = Field(description="Since then no text may go to this caller.")
    untextable: str | None = Field(description="Why this phone gets no texts.")


class Text(Shape):
    """One text of a conversation."""

    id: int
    at: datetime
    direction: str = Field(description="`in`: from the caller; `out`: to the caller.")
    author: str = Field(
        description="`caller`, `agent`, `template`, or `staff:` and the id of a person."
    )
    kind: str | None = Field(description="Of a text to the caller: first_text, reply, staff...")
    body: str
    photos: int
    status: str = Field(description="received, queued, sent, delivered, undelivered, dropped...")
    status_reason: str | None = Field(description="Why it was not sent or not delivered.")


class NewText(Shape):
    """A text from a person of the business, who has the conversation from then on."""

    body: Words = Field(min_length=1, max_length=1600, examples=["Mia here: I can come at 4."])
    staff: Words = Field(
        description="The id of the person in whose name it goes.", examples=["mia"]
    )
    anyway: bool = Field(
        default=False,
        description="Send it although it reads as advertising; the law may forbid it.",
    )


@router.get("", responses=documented(400), summary="List conversations")
def list_threads(
    client: Reader,
    house: TheHouse,
    state: Annotated[Going | None, Query(description="Open or done; both unless said.")] = None,
    owner: Annotated[
        str | None, Query(max_length=100, description="`agent`, `nobody`, or a person's id.")
    ] = None,
    since: Since = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Thread]:
    """The last talked with first."""
    own = accounts.own_phones(client.business)
    wanted = Wanted(going=state, owner=owner, since=since, without=own)
    after = decoded(cursor)
    with house.database.connect() as connection:
        rows = api_lists.threads(connection, client.slug, wanted, after, limit + 1)
    return paged(rows, limit, lambda row: _thread(client, row), lambda row: (row.last_at, row.id))


@router.get("/{caller}", responses=documented(), summary="Read a conversation")
def read_thread(client: Reader, house: TheHouse, caller: Caller) -> Thread:
    with house.database.connect() as connection:
        row = threads.get(connection, thread_of(client, caller))
    if row is None:
        raise NotFound("There is no such conversation.")
    return _thread(client, row)


@router.get(
    "/{caller}/texts", responses=documented(400), summary="List the texts of a conversation"
)
def list_texts(
    client: Reader, house: TheHouse, caller: Caller, cursor: Cursor = "", limit: Limit = 50
) -> Page[Text]:
    """The newest first, without alerts to your people."""
    name = thread_of(client, caller)
    with house.database.connect() as connection:
        if threads.get(connection, name) is None:
            raise NotFound("There is no such conversation.")
        rows = api_lists.texts(connection, name, decoded_id(cursor), limit + 1)
    return paged(rows, limit, lambda row: _text(client, row), lambda row: (row.seq,))


@router.post(
    "/{caller}/texts", status_code=201, responses=documented(400, 409), summary="Text a caller"
)
def send_text(
    client: Writer, house: TheHouse, desk: Desk, caller: Caller, new: NewText, once: OnceKey = None
) -> Text:
    """In the name of a person, by the same way as from the inbox: never after STOP, and only to who called or wrote before."""
    staff, name = staff_of(client, new.staff), thread_of(client, caller)
    key = f"api:{client.token.id}:{once or secrets.token_hex(8)}"
    with house.database.begin() as connection:
        thread = locked(connection, name)
        known = texts.get(connection, text_key(name, key))
        if known is None:
            if why := closed_to_texts(thread):
                raise BadInput(why)
            selling = cautions.selling_in(connection, thread, client.business, new.body)
            if selling and not new.anyway:
                raise BadInput(f"{selling} Send `anyway: true` if it may be sent.")
            desk.answer(connection, name, staff, new.body, key, house.clock.now())
            known = texts.get(connection, text_key(name, key))
        assert known is not None  # noqa: S101 - it was there, or was written now
        return _text(client, known)


def _thread(client: Client, row: threads.ThreadRow) -> Thread:
    memory = row.memory or {}
    return Thread(
        caller=row.caller,
        name=str(memory.get("details", {}).get("name", "")),
        language=str(memory.get("language", "en")),
        state="done" if row.resolved_at else "open",
        owner=row.owner,
        reason=row.reason,
        outcome=row.outcome,
        episode_at=maybe_local(client, row.episode_at),
        last_at=local(client, row.last_at),
        resolved_at=maybe_local(client, row.resolved_at),
        snoozed_until=maybe_local(client, row.snoozed_until),
        opted_out_at=maybe_local(client, row.opted_out_at),
        untextable=row.untextable,
    )


def _text(client: Client, row: texts.TextRow) -> Text:
    return Text(
        id=row.seq,
        at=local(client, row.at),
        direction="in" if row.kind is None else "out",
        author=row.author,
        kind=row.kind,
        body="" if api_lists.is_secret(row) else row.body,
        photos=len(row.media or ()),
        status=row.status,
        status_reason=row.status_reason,
    )
