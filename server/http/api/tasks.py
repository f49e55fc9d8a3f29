"""What people owe callers."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from agent.errors import BadInput, NotFound
from agent.model import TaskKind
from server import owed
from server.http.api.access import Client, Reader, Writer
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import (
    LARGEST_ID,
    Cursor,
    Limit,
    Moment,
    Number,
    OnceKey,
    Page,
    Shape,
    Words,
    decoded_id,
    local,
    maybe_local,
    paged,
    staff_of,
    thread_of,
)
from server.http.twilio import TheHouse
from server.store import api_lists, tasks
from server.store.api_lists import Going

router = APIRouter(prefix="/businesses/{slug}/tasks", route_class=ApiRoute, tags=["tasks"])

TaskId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class Task(Shape):
    """Something that is owed to a caller. Times have the business's offset."""

    id: int
    caller: str | None = Field(description="E.164; null: it is about no caller.")
    kind: str = Field(
        description="callback, question, promise, undelivered, phone_caller, other..."
    )
    note: str
    tell: str | None = Field(description="A text to the caller that it proposes.")
    owner: str | None = Field(description="A person's id; null: whoever has the conversation.")
    due_at: datetime | None
    created_at: datetime
    done_at: datetime | None = Field(description="Null: it is open.")
    done_by: str | None
    kept: bool | None = Field(description="Of a promise for a time: whether it was done in time.")


class NewTask(Shape):
    """What is owed to a caller who has called or written before."""

    caller: Number
    note: Words = Field(min_length=1, max_length=500, examples=["Send the quote."])
    kind: TaskKind = TaskKind.OTHER
    due_at: Moment | None = Field(
        default=None, description="Null: as soon as the business is open."
    )
    owner: Words | None = Field(default=None, description="A person's id.")


class Finished(Shape):
    staff: Words | None = Field(
        default=None,
        description="The id of the person who did it; null: the token's name stands there.",
    )


@router.get("", responses=documented(), summary="List tasks")
def list_tasks(
    client: Reader,
    house: TheHouse,
    state: Annotated[Going | None, Query(description="Open or done; both unless said.")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Task]:
    """The newest first."""
    before = decoded_id(cursor)
    with house.database.connect() as connection:
        rows = api_lists.tasks(connection, client.slug, state, before, limit + 1)
    return paged(rows, limit, lambda row: _task(client, row), lambda row: (row.id,))


@router.post("", status_code=201, responses=documented(), summary="Add a task")
def add_task(client: Writer, house: TheHouse, new: NewTask, once: OnceKey = None) -> Task:
    name, key = (
        thread_of(client, new.caller),
        f"api:{client.token.id}:{once or secrets.token_hex(8)}",
    )
    wanted = owed.Wanted(
        note=new.note,
        kind=new.kind,
        due_at=new.due_at,
        owner=staff_of(client, new.owner) if new.owner else None,
    )
    with house.database.begin() as connection:
        owed.add(connection, client.business, name, key, wanted, house.clock.now())
        made = api_lists.task_by_key(connection, f"hand:{name}:{key}")
    return _task(client, made)


@router.post("/{task_id}/done", responses=documented(409), summary="Finish a task")
def finish_task(
    client: Writer, house: TheHouse, task_id: TaskId, finished: Finished | None = None
) -> Task:
    """What was finished before stays as it was."""
    given = finished.staff if finished else None
    who = staff_of(client, given) if given else client.name
    with house.database.begin() as connection:
        known = tasks.get(connection, client.slug, task_id)
        if known is None:
            raise NotFound("There is no such task.")
        if known.done_at is None:
            owed.finish(connection, client.slug, task_id, who, house.clock.now())
        done = api_lists.task_by_key(connection, known.key)
    return _task(client, done)


def _task(client: Client, row: Any) -> Task:
    if row is None:
        raise BadInput("This task was changed just now. Try again.")
    return Task(
        id=row.id,
        caller=row.caller,
        kind=row.kind,
        note=row.note,
        tell=row.tell,
        owner=row.owner,
        due_at=maybe_local(client, row.due_at),
        created_at=local(client, row.created_at),
        done_at=maybe_local(client, row.done_at),
        done_by=row.done_by,
        kept=row.kept,
    )
