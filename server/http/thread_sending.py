"""What staff write under a conversation: a text to the caller, or a note for themselves; and taking it back."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from agent.errors import BadInput, NotFound
from agent.model import TextKind
from server import cautions
from server.http.auth import OwnForm, Viewer
from server.http.pages import page
from server.http.thread_address import thread_of_page
from server.http.thread_desk import Desk, back_to, told
from server.http.thread_view import Composer, thread_page
from server.http.timeline import owner_words
from server.http.twilio import TheHouse
from server.ownership import business_of, locked
from server.store import accounts, presence, texts, threads
from server.suggesting import suggest
from server.threads import StaffDesk, closed_to_texts
from server.wiring import House

router = APIRouter()
"""Part of the conversation's own: `thread` includes it."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the box under a conversation sends."""

    body: str
    key: str
    is_note: bool
    opened: int | None
    """The newest text when the page was opened; None: not told, nothing is compared."""
    shown: int | None
    """The newest text on the page just now."""
    judged: str
    """Names words that are to be sent although they sell."""


def written(
    body: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "reply",
    opened: Annotated[int | None, Form()] = None,
    shown: Annotated[int | None, Form()] = None,
    judged: Annotated[str, Form()] = "",
) -> Written:
    return Written(
        body=body,
        key=key or secrets.token_hex(8),
        is_note=mode == "note",
        opened=opened,
        shown=shown if shown is not None else opened,
        judged=judged,
    )


TheWritten = Annotated[Written, Depends(written)]


@router.post("/{digits}/send", dependencies=[OwnForm])
def send(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: Desk,
    digits: str,
    form: TheWritten,
) -> Response:
    """Send a person's text, which takes the thread over; or keep a note, which does not."""
    thread_id = thread_of_page(viewer, digits)
    try:
        if form.is_note:
            _keep_note(house, viewer, desk, thread_id, form)
            held = None
        else:
            held = _held(house, viewer, thread_id, form) or _sent(
                house, viewer, desk, thread_id, form
            )
    except BadInput as error:
        held = Composer(error=str(error))
    if held is None:
        return back_to(digits)
    kept = replace(held, draft=form.body, is_note=form.is_note)
    return thread_page(request, house, viewer, digits, kept)


@router.post("/{digits}/undo", dependencies=[OwnForm])
def undo(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: Desk,
    digits: str,
    text: Annotated[str, Form()] = "",
    body: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Take back a text that has not left: its words stand in the box again.

    Args:
        text: the key of the form that sent it.
        body: what stands in the box by now.
    """
    thread_id, now = thread_of_page(viewer, digits), house.clock.now()
    try:
        with house.database.begin() as connection:
            words = desk.undo(connection, thread_id, viewer.staff, text, now)
    except BadInput as error:
        held = Composer(error=str(error), draft=body)
    else:
        held = Composer(draft="\n".join(filter(None, [words, body.strip()])))
    return thread_page(request, house, viewer, digits, held)


@router.post("/{digits}/again", dependencies=[OwnForm])
def send_again(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: Desk,
    digits: str,
    text: Annotated[int, Form()],
) -> Response:
    """Send the words of a text that did not arrive once more, in this person's name; `text` is its seq."""
    thread_id, now = thread_of_page(viewer, digits), house.clock.now()
    try:
        with house.database.begin() as connection:
            thread = locked(connection, thread_id)
            failed = texts.by_seq(connection, thread.id, text)
            if failed is None or failed.is_callers or failed.kind == TextKind.ALERT:
                raise NotFound("There is no such text.")
            cautions.refuse_again(connection, failed)
            key = cautions.again_key(failed.seq)
            desk.answer(connection, thread.id, viewer.staff, failed.body, key, now)
    except BadInput as error:
        return told(request, digits, str(error))
    return back_to(digits)


@router.post("/{digits}/suggest", dependencies=[OwnForm])
def suggest_reply(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    body: Annotated[str, Form()] = "",
    use: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Replies that could be sent, to choose from; nothing is sent.

    Args:
        body: what stands in the reply box.
        use: a suggestion or a reply of the business to be put there, by a browser without scripts.
    """
    if use:
        draft = "\n".join(filter(None, [body.strip(), use.strip()]))
        return thread_page(request, house, viewer, digits, Composer(draft=draft))
    suggestions = suggest(house, thread_of_page(viewer, digits))
    if request.headers.get("HX-Request"):
        return page(request, "_suggestions.html", digits=digits, suggestions=suggestions)
    held = Composer(draft=body, suggestions=suggestions)
    return thread_page(request, house, viewer, digits, held)


def _keep_note(
    house: House, viewer: accounts.Account, desk: StaffDesk, thread_id: str, form: Written
) -> None:
    with house.database.begin() as connection:
        now = house.clock.now()
        desk.note(connection, thread_id, viewer.staff, form.body, form.key, now)
        presence.has_sent(connection, thread_id, viewer.staff)


def _held(house: House, viewer: accounts.Account, thread_id: str, form: Written) -> Composer | None:
    """What the page says of words that sell, until they are sent anyway; None: they may leave."""
    if form.judged == _named(form.body):
        return None
    with house.database.connect() as connection:
        thread = threads.get(connection, thread_id)
        if thread is None or closed_to_texts(thread):
            return None
        business = business_of(connection, thread)
        selling = cautions.selling_in(connection, thread, business, form.body)
    return Composer(selling=selling, judged=_named(form.body)) if selling else None


def _sent(
    house: House, viewer: accounts.Account, desk: StaffDesk, thread_id: str, form: Written
) -> Composer | None:
    """Send it, unless one of us was quicker: then what the page says of that.

    Raises:
        BadInput: it may not be sent.
    """
    with house.database.begin() as connection:
        thread = locked(connection, thread_id)
        if form.opened is not None and form.shown is not None:
            others = cautions.others_wrote(
                connection, thread_id, viewer.staff, form.key, form.opened, form.shown
            )
            if others:
                business = business_of(connection, thread)
                names = tuple(owner_words(one, business) for one in others)
                return Composer(others=names, judged=form.judged)
        now = house.clock.now()
        desk.answer(
            connection,
            thread_id,
            viewer.staff,
            form.body,
            form.key,
            now,
            house.settings.undo_s,
        )
        presence.has_sent(connection, thread_id, viewer.staff)
    return None


def _named(body: str) -> str:
    """Names words, so that a yes to some is no yes to others."""
    return hashlib.sha256(" ".join(body.split()).encode()).hexdigest()[:16]
