"""What the API's bodies share: moments, callers, pages."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from agent.errors import BadInput, NotFound
from server.http.api.access import Client
from server.store import accounts, threads

_YEARS = range(2000, 2100)
_SHORTEST_NUMBER = 7
_LONGEST_CURSOR = 300
LARGEST_ID = 2**53 - 1

T = TypeVar("T")
R = TypeVar("R")


def _in_our_time(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError("the year is not between 2000 and 2099")
    return at


def _readable(words: str) -> str:
    if "\x00" in words:
        raise ValueError("it holds a character that cannot be kept")
    return words


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
"""ISO 8601 with an offset."""
Words = Annotated[str, AfterValidator(_readable)]

Caller = Annotated[
    str,
    Path(
        pattern=r"^(\+?[0-9]{2,15}|withheld)$",
        description="The caller's number, E.164, with or without the plus; `withheld`: all who hide theirs.",
        examples=["+13035550101"],
    ),
]
Number = Annotated[
    str,
    Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164.", examples=["+13035550101"]),
]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
Cursor = Annotated[
    str,
    Query(
        max_length=_LONGEST_CURSOR, description="`next` of the page before; empty: the first page."
    ),
]
Since = Annotated[
    Moment | None,
    Query(description="Only what is as new as this.", examples=["2026-03-01T00:00:00-07:00"]),
]
OnceKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,64}$",
        description="Sent again with the same key, it is done once.",
    ),
]


class Shape(BaseModel):
    """A body of ours: no field that is not described."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="`cursor` of the next page; null: this is the last one.")


def paged(
    rows: Sequence[R], limit: int, shown: Callable[[R], T], place: Callable[[R], Sequence[Any]]
) -> Page[T]:
    """A page of rows of which one more than the limit was asked for; `place` is where the next page begins."""
    here = rows[:limit]
    follows = encoded(place(here[-1])) if len(rows) > limit else None
    return Page(items=[shown(row) for row in here], next=follows)


def encoded(place: Sequence[Any]) -> str:
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in place]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decoded(cursor: str) -> tuple[datetime, str] | None:
    """The moment and the id after which a page begins; None: it is the first one.

    Raises:
        BadInput: it is no cursor of ours.
    """
    return _read(cursor, _moment_and_id) if cursor else None


def decoded_id(cursor: str) -> int | None:
    """The same of a list that is in the order of its ids."""
    return _read(cursor, _id) if cursor else None


def _read(cursor: str, as_place: Callable[[Any], T]) -> T:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return as_place(json.loads(raw))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadInput("This cursor is none of ours: take it from `next` as it is.") from None


def _moment_and_id(place: Any) -> tuple[datetime, str]:
    at, name = place
    return _in_our_time(datetime.fromisoformat(at).astimezone(UTC)), str(name)


def _id(place: Any) -> int:
    (found,) = place
    if not isinstance(found, int) or not 0 <= found <= LARGEST_ID:
        raise ValueError
    return found


def thread_of(client: Client, caller: str) -> str:
    """The id of the thread with a caller.

    Raises:
        NotFound: it is a phone of the staff: links to sign in and codes are texted there.
    """
    name = number_of(caller)
    if name in accounts.own_phones(client.business):
        raise NotFound("There is no such conversation.")
    return threads.thread_id(client.slug, name)


def number_of(caller: str) -> str:
    is_number = caller.isdigit() and len(caller) >= _SHORTEST_NUMBER
    return f"+{caller}" if is_number else caller


def staff_of(client: Client, staff: str) -> str:
    """Raises: BadInput: nobody here has that id."""
    if client.business.person(staff) is None:
        known = ", ".join(person.id for person in client.business.staff) or "nobody"
        raise BadInput(f"{staff!r} is nobody of this business. Its people are: {known}.")
    return staff


def local(client: Client, at: datetime) -> datetime:
    """In the business's zone."""
    return at.astimezone(client.business.zone)


def maybe_local(client: Client, at: datetime | None) -> datetime | None:
    return local(client, at) if at else None
