"""What callers asked and found no answer to: the owner answers it once, and callers are answered from then on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import BadInput
from agent.rules.excerpt import SEGMENTS
from agent.rules.phone import spoken
from agent.rules.segments import plain, segments
from server.answers import can_keep
from server.asking import ask
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.questions import (
    ANSWER_MAX,
    QUESTION_MAX,
    Answer,
    Cluster,
    Wording,
    answer,
    dismiss,
    known,
    open_cluster,
    open_clusters,
    part_told,
    reopen,
    selling,
    settled_with,
    to_tell,
)
from server.store import accounts, questions, threads
from server.wiring import House

router = APIRouter(prefix="/business/questions")

TRIED_MAX = 5
"""Wordings that are asked anew when their question is settled."""
_DISMISSED = "dismissed"
"""Where the session keeps what the next page can undo."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    name: str
    """The number, where no name is known."""
    digits: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One way to ask, and the callers who did."""

    id: int
    words: str
    last: str
    callers: tuple[Caller, ...]
    """Who asked last first."""
    can_keep: bool
    """These words may become another phrasing of the entry."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cluster in the list."""

    id: int
    words: str
    asked_by: str
    """How many callers asked it, how often."""
    last: str
    asked: tuple[Asked, ...]


@router.get("")
def questions_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    business = business_of(house, viewer.business)
    with house.database.connect() as connection:
        found = open_clusters(connection, business.slug, house.embedder)
        rows = [_row(connection, one, business.zone) for one in found]
        gone = request.session.pop(_DISMISSED, None)
        dismissed = questions.get(connection, business.slug, gone) if gone else None
    return _page(request, house, viewer, "questions.html", rows=rows, dismissed=dismissed)


@router.post("/check", dependencies=[OwnForm])
def check(
    request: Request,
    house: TheHouse,
    _owner: Owner,
    question: Annotated[str, Form()] = "",
    words: Annotated[str, Form(alias="answer")] = "",
) -> HTMLResponse:
    """What an answer would cost and what of it would not be texted, while it is being written."""
    return page(request, "_question_check.html", **_checked(house, question, words))


@router.get("/{question_id}")
def question_page(
    request: Request, house: TheHouse, viewer: Viewer, question_id: int
) -> HTMLResponse:
    """The form for an answer; once it is settled, what callers are told now."""
    cluster = _open(house, viewer, question_id)
    if cluster is None:
        return _settled_page(request, house, viewer, question_id)
    return _form(request, house, viewer, cluster)


@router.post("/{question_id}/answer", dependencies=[OwnForm])
def give_answer(
    request: Request,
    house: TheHouse,
    owner: Owner,
    question_id: int,
    wordings: Annotated[list[int], Form(default_factory=list)],
    question: Annotated[str, Form()] = "",
    words: Annotated[str, Form(alias="answer")] = "",
) -> Response:
    cluster = _open(house, owner, question_id)
    if cluster is None:  # somebody else was quicker
        return _settled_page(request, house, owner, question_id)
    given = Answer(question=question, answer=words, wordings=wordings)
    try:
        with request.app.state.answering:
            settled = answer(house, owner.business, owner.staff, given)
    except BadInput as error:
        return _form(request, house, owner, cluster, given, error=str(error))
    return RedirectResponse(f"/business/questions/{settled}", status_code=303)


@router.post("/{question_id}/dismiss", dependencies=[OwnForm])
def dismiss_question(
    request: Request,
    house: TheHouse,
    owner: Owner,
    question_id: int,
    wordings: Annotated[list[int], Form(default_factory=list)],
) -> Response:
    """None of the business's business; it can be undone on the next page."""
    with house.database.begin() as connection:
        known(connection, owner.business, question_id)
        gone = dismiss(connection, owner.business, wordings, house.clock.now())
    request.session[_DISMISSED] = gone
    return RedirectResponse("/business/questions", status_code=303)


@router.post("/{question_id}/reopen", dependencies=[OwnForm])
def reopen_question(house: TheHouse, owner: Owner, question_id: int) -> Response:
    with house.database.begin() as connection:
        reopen(connection, owner.business, question_id)
    return RedirectResponse("/business/questions", status_code=303)


def _open(house: House, viewer: accounts.Account, question_id: int) -> Cluster | None:
    with house.database.connect() as connection:
        return open_cluster(connection, viewer.business, house.embedder, question_id)


def _form(
    request: Request,
    house: House,
    viewer: accounts.Account,
    cluster: Cluster,
    given: Answer | None = None,
    error: str = "",
) -> HTMLResponse:
    business = business_of(house, viewer.business)
    with house.database.connect() as connection:
        row = _row(connection, cluster, business.zone)
    plain_words = next((one.words for one in row.asked if one.can_keep), "")
    shown = given or Answer(
        question=_as_question(plain_words), answer="", wordings=[one.id for one in row.asked]
    )
    return _page(
        request,
        house,
        viewer,
        "question.html",
        status=400 if error else 200,
        row=row,
        given=shown,
        error=error,
        trial=ask(house.library, business, row.words, house.clock.now(), house.embedder),
        question_max=QUESTION_MAX,
        answer_max=ANSWER_MAX,
        **_checked(house, shown.question, shown.answer),
    )


def _settled_page(
    request: Request, house: House, viewer: accounts.Account, question_id: int
) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        settled = settled_with(connection, business.slug, question_id)
        shown = [_asked(connection, one, business.zone) for one in settled]
    trials = [
        ask(house.library, business, one.words, now, house.embedder) for one in settled[:TRIED_MAX]
    ]
    return _page(request, house, viewer, "question_settled.html", trials=trials, settled=shown)


def _page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    template: str,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    return page(
        request,
        template,
        status=status,
        csrf=csrf_token(request),
        business=business_of(house, viewer.business),
        may_change=is_owner(viewer),
        **values,
    )


def _row(connection: sa.Connection, cluster: Cluster, zone: ZoneInfo) -> Row:
    return Row(
        id=cluster.id,
        words=cluster.words,
        asked_by=_asked_by(cluster.callers, len(cluster.asked)),
        last=_clock(cluster.asked[0].at, zone),
        asked=tuple(_asked(connection, one, zone) for one in cluster.wordings),
    )


def _asked_by(callers: int, times: int) -> str:
    who = "1 caller" if callers == 1 else f"{callers} callers"
    return f"{who} asked" + (f" {times} times" if times > callers else "")


def _asked(connection: sa.Connection, wording: Wording, zone: ZoneInfo) -> Asked:
    every = [threads.get(connection, name) for name in wording.threads]
    return Asked(
        id=wording.id,
        words=wording.words,
        last=_clock(wording.asked[0].at, zone),
        callers=tuple(
            Caller(name=one.name or spoken(one.caller), digits=one.caller.lstrip("+"))
            for one in every
            if one
        ),
        can_keep=can_keep(wording.words),
    )


def _checked(house: House, question: str, words: str) -> dict[str, Any]:
    """What the line under the answer says."""
    told = plain(words.strip())
    is_long = segments(told) > SEGMENTS
    return {
        "length": len(told),
        "segments": segments(told),
        "part": part_told(question, to_tell(question, words, house.embedder)) if is_long else "",
        "selling": selling(question, words, house.embedder),
    }


def _as_question(words: str) -> str:
    """A caller's words as a first draft of the entry's question; empty: none may be kept."""
    tidy = " ".join(words.split())
    if not tidy:
        return ""
    return f"{tidy[:1].upper()}{tidy[1:]}{'' if tidy.endswith(('?', '.', '!')) else '?'}"


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%b %-d, %-I:%M %p")
