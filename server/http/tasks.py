"""Everything that people owe callers: the list, and taking, putting off, finishing and adding."""

import secrets
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput
from agent.model import TaskKind
from agent.rules import lateness
from server import owed
from server.http import task_views as views
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.thread_address import thread_of_page
from server.http.twilio import TheHouse
from server.owed import LONGEST_NOTE, Wanted
from server.store import accounts, tasks, threads

router = APIRouter(prefix="/tasks")

_BY_HAND = (TaskKind.CALLBACK, TaskKind.PROMISE, TaskKind.QUESTION, TaskKind.OTHER)
"""Kinds that a person can add."""


@router.get("")
def tasks_page(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    show: str = "all",
    kind: str = "",
    done: int = 0,
) -> HTMLResponse:
    """The open tasks; `done` is one that was just finished and can be put back."""
    return _list(request, house, viewer, show, kind, done=done)


@router.post("/{task_id}/done", dependencies=[OwnForm])
def task_done(
    house: TheHouse, viewer: Viewer, task_id: int, back: Annotated[str, Form()] = ""
) -> Response:
    with house.database.begin() as connection:
        owed.finish(connection, viewer.business, task_id, viewer.staff, house.clock.now())
    return _back(back, done=task_id)


@router.post("/{task_id}/undo", dependencies=[OwnForm])
def task_undone(
    house: TheHouse, viewer: Viewer, task_id: int, back: Annotated[str, Form()] = ""
) -> Response:
    with house.database.begin() as connection:
        owed.undo(connection, viewer.business, task_id, viewer.staff, house.clock.now())
    return _back(back)


@router.post("/{task_id}/owner", dependencies=[OwnForm])
def task_owner(
    house: TheHouse,
    viewer: Viewer,
    task_id: int,
    owner: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Take a task, or give it to a colleague; no owner: whoever has the conversation."""
    business = business_of(house, viewer.business)
    with house.database.begin() as connection:
        owed.assign(connection, business, task_id, owner or None)
    return _back(back)


@router.post("/{task_id}/due", dependencies=[OwnForm])
def task_due(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    task_id: int,
    when: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Put a task off: to one of the times that the page offers, or to a wall time of the business."""
    business, now = business_of(house, viewer.business), house.clock.now()
    try:
        due = _due(business, when, at, now) or now
        with house.database.begin() as connection:
            owed.put_off(connection, viewer.business, task_id, due, now)
    except BadInput as error:
        chosen = views.filters_of(back)
        return _list(request, house, viewer, *chosen, error=str(error))
    return _back(back)


@router.get("/of/{digits}/new")
def new_task(request: Request, house: TheHouse, viewer: Viewer, digits: str) -> HTMLResponse:
    """The form for one conversation: a page of its own, or a part of another for a script."""
    return _form(request, house, viewer, digits)


@router.post("/of/{digits}", dependencies=[OwnForm])
def add_task(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    note: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    owner: Annotated[str, Form()] = "",
    when: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Note by hand what is owed to a caller."""
    business, now = business_of(house, viewer.business), house.clock.now()
    said = {"note": note, "kind": kind, "owner": owner, "when": when, "at": at, "key": key}
    try:
        wanted = Wanted(
            note=note,
            kind=TaskKind(kind) if kind in _BY_HAND else TaskKind.OTHER,
            due_at=_due(business, when, at, now),
            owner=owner or None,
        )
        with house.database.begin() as connection:
            thread = thread_of_page(viewer, digits)
            owed.add(connection, business, thread, key or secrets.token_hex(8), wanted, now)
    except BadInput as error:
        return _form(request, house, viewer, digits, said=said, error=str(error))
    return RedirectResponse(f"/inbox/{digits}", status_code=303)


def _due(business: Business, when: str, at: str, now: datetime) -> datetime | None:
    """The moment that a form names: the wall time written in it, else one of those offered; None: it names none.

    Raises:
        BadInput: what it says is no time.
    """
    if at:
        try:
            wall = datetime.fromisoformat(at)
        except ValueError:
            raise BadInput("Choose a day and a time.") from None
        return wall.replace(tzinfo=business.zone)
    _, due = lateness.choices(business, now).get(when, ("", None))
    return due


def _back(back: str, **more: object) -> Response:
    """To the list with the filters that it had, or to the conversation."""
    if back.startswith("/inbox/"):
        return RedirectResponse(back, status_code=303)
    show, kind = views.filters_of(back)
    asked = {"show": show, "kind": kind} | {name: str(value) for name, value in more.items()}
    query = urlencode({name: value for name, value in asked.items() if value})
    return RedirectResponse(f"/tasks?{query}", status_code=303)


def _list(
    request: Request,
    house: TheHouse,
    viewer: accounts.Account,
    show: str,
    kind: str,
    *,
    done: int = 0,
    error: str = "",
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    shown: tasks.Show = next((one for one in tasks.SHOWS if one == show), "all")
    of_kind = TaskKind(kind) if kind in set(TaskKind) else None
    with house.database.connect() as connection:
        slug, staff = business.slug, viewer.staff
        rows = tasks.shown(connection, slug, staff, shown, of_kind, now, views.MOST)
        shows, kinds = tasks.counts(connection, slug, staff, now)
        undo = tasks.get(connection, slug, done) if done else None
    undoable = undo is not None and undo.done_by == staff and now - undo.done_at < owed.UNDO_FOR
    return page(
        request,
        "tasks.html",
        status=400 if error else 200,
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        tasks=[views.shown(one, business, now) for one in rows],
        filters=views.filters(shown, of_kind, shows),
        kinds=views.kinds(shown, of_kind, kinds),
        back=views.address(shown, of_kind),
        times=lateness.choices(business, now),
        wall_now=now.astimezone(business.zone).strftime("%Y-%m-%dT%H:%M"),
        undo=views.shown(undo, business, now) if undoable else None,
        is_cut=len(rows) == views.MOST,
        most=views.MOST,
        error=error,
    )


def _form(
    request: Request,
    house: TheHouse,
    viewer: accounts.Account,
    digits: str,
    *,
    said: dict[str, str] | None = None,
    error: str = "",
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        thread = threads.get(connection, thread_of_page(viewer, digits))
    shown: dict[str, Any] = {
        "digits": digits,
        "thread": views.known(thread),
        "kinds": {kind: views.KINDS[kind] for kind in _BY_HAND},
        "times": lateness.choices(business, now),
        "wall_now": now.astimezone(business.zone).strftime("%Y-%m-%dT%H:%M"),
        "longest": LONGEST_NOTE,
        "said": said or {"key": secrets.token_hex(8)},
        "error": error,
    }
    part = bool(request.headers.get("HX-Request"))
    return page(
        request,
        "_tasks_form.html" if part else "_tasks_new.html",
        status=400 if error and not part else 200,
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        **shown,
    )
