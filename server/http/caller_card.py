"""The caller's card beside a conversation: who it is, what they agreed to, what was before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.model import Outcome
from agent.rules.phone import spoken
from agent.rules.phrases import service_words, slot_words
from server.caller_name import LONGEST, rename
from server.http import model_words
from server.http.auth import OwnForm, Viewer, csrf_token
from server.http.consent_words import Consent, consent_words
from server.http.pages import page
from server.http.thread_address import thread_of_page
from server.http.twilio import TheHouse
from server.store import accounts, appointments, calls, consents, model_calls, photos, threads
from server.store.appointments import AppointmentRow, State
from server.wiring import House

router = APIRouter()
"""Part of the conversation's own: `thread_visits` includes it."""

PAST_VISITS = 5
EPISODES = 5
_LANGUAGES = {"en": "English", "es": "Spanish"}
_DETAILS = {"address": "Address", "zip": "ZIP", "email": "E-mail", "phone": "Other phone"}
_OUTCOMES = {
    Outcome.BOOKED: "Booked",
    Outcome.WON: "Won the job",
    Outcome.ANSWERED: "Answered",
    Outcome.LOST: "Lost",
    Outcome.NOT_A_LEAD: "Not a lead",
}
_ENDS = ("resolved", "done")
"""Markers that end an episode."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    words: str
    state: str = ""
    """What has become of one that is past; empty: it took place, as far as is known."""


@dataclass(frozen=True, kw_only=True)
class Card:
    name: str
    number: str
    language: str
    details: tuple[tuple[str, str], ...]
    """(what, as told), the name left out."""
    kept: tuple[str, ...]
    """What a model has kept of the caller's words; nothing where health could be in it."""
    consent: Consent
    ahead: tuple[Visit, ...]
    past: tuple[Visit, ...]
    episodes: tuple[str, ...]
    """Earlier ones, newest first."""
    calls: str
    voicemails: int
    photos: int
    is_vendor: bool
    cost: str
    """What the model took for the whole thread; empty: none was asked."""


def card(
    connection: sa.Connection,
    house: House,
    viewer: accounts.Account,
    business: Business,
    thread: threads.ThreadRow,
) -> dict[str, Any]:
    """What `_caller.html` shows; every role sees the same card, whoever the viewer is."""
    now, kept = house.clock.now(), thread.memory
    called = calls.of_thread(connection, thread.id)
    ahead = appointments.visits(connection, thread.id, now)
    past = appointments.over(connection, thread.id, now, PAST_VISITS)
    spent = model_calls.by_turn(connection, thread.id)
    ledger = consents.of_caller(connection, business.slug, thread.caller)
    shown = Card(
        name=thread.name,
        number=thread.caller,
        language=_LANGUAGES.get(str(kept.get("language", "")), ""),
        details=_details(kept.get("details", {})),
        kept=() if business.privacy.health else tuple(kept.get("kept", [])),
        consent=consent_words(ledger, thread, business),
        ahead=tuple(_visit(row, business) for row in ahead),
        past=tuple(_visit(row, business) for row in past),
        episodes=_episodes(threads.markers(connection, thread.id), business)[:EPISODES],
        calls=_call_words(called, business),
        voicemails=sum(bool((one.voicemail or {}).get("recording")) for one in called),
        photos=len(photos.of_thread(connection, thread.id)),
        is_vendor=bool(kept.get("vendor")),
        cost=model_words.of_thread(spent, model_words.prices(house.settings)),
    )
    return {"card": shown, "longest_name": LONGEST}


@router.post("/{digits}/name", dependencies=[OwnForm])
def name_caller(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    name: Annotated[str, Form()] = "",
) -> Response:
    """Correct the caller's name; what the caller writes later may change it again."""
    thread_id, told, error = thread_of_page(viewer, digits), "", ""
    with house.database.begin() as connection:
        thread = threads.lock(connection, thread_id)
        if thread is None:
            raise NotFound("There is no such conversation.")
        try:
            rename(connection, thread, name)
            told = "Saved."
        except BadInput as failed:
            error = str(failed)
    if not request.headers.get("HX-Request"):
        if error:
            raise BadInput(error)
        return RedirectResponse(f"/inbox/{digits}", status_code=303)
    return page(
        request,
        "_caller_name.html",
        digits=digits,
        csrf=csrf_token(request),
        name=name.strip() if error else " ".join(name.split()),
        longest_name=LONGEST,
        told=told,
        error=error,
    )


def _details(told: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    known = ((label, told.get(key, "")) for key, label in _DETAILS.items())
    return tuple((label, spoken(value) if label == "Other phone" else value)
                 for label, value in known if value)  # fmt: skip


def _visit(row: AppointmentRow, business: Business) -> Visit:
    when = slot_words(row.start.astimezone(business.zone))
    words = f"{service_words(business, row.service)}, {when}"
    return Visit(words=words, state="cancelled" if row.state == State.CANCELLED else "")


def _episodes(markers: Sequence[Any], business: Business) -> tuple[str, ...]:
    """When each ended, and what came of it as far as a person said so."""
    ended = [one for one in markers if one.what in _ENDS]
    return tuple(
        f"{_day(one.at, business)}: {_outcome(one.why)}"
        for one in sorted(ended, key=lambda one: one.at, reverse=True)
    )


def _outcome(why: object) -> str:
    """A marker keeps the outcome itself, or an object that has it."""
    said = why.get("outcome") if isinstance(why, Mapping) else why
    return next((words for one, words in _OUTCOMES.items() if one == said), "Ended")


def _call_words(called: Sequence[Any], business: Business) -> str:
    """How often they have called, and when last."""
    theirs = [one for one in called if one.outcome != "unanswered" and not one.is_test]
    if not theirs:
        return "Has not called"
    missed = sum(one.outcome == "missed" for one in theirs)
    last = max(one.at for one in theirs)
    times = model_words.counted(len(theirs), "time")
    of_these = f" ({missed} missed)" if missed else ""
    return f"Called {times}{of_these}, last on {_day(last, business)}"


def _day(moment: datetime, business: Business) -> str:
    return f"{moment.astimezone(business.zone):%b %-d, %Y}"
