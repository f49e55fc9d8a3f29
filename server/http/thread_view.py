"""What the page of one conversation shows."""

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import HTMLResponse

from agent.business import Business
from agent.errors import NotFound
from agent.model import Outcome, Reason
from agent.rules import hours, snoozes
from server.http import caller_card, canned_picker, entries, model_words, thread_visits, timeline
from server.http.autonomy import kept_replies
from server.http.inbox import inbox_page, the_business
from server.http.thread_address import thread_of_page
from server.http.thread_desk import trouble_of
from server.marketing_standing import standing
from server.store import accounts, inbox, model_calls, photos, tasks, threads
from server.suggesting import Suggestions
from server.threads import closed_to_texts
from server.wiring import House

OUTCOMES = {
    Outcome.BOOKED: "Booked",
    Outcome.WON: "Won the job",
    Outcome.ANSWERED: "Answered",
    Outcome.LOST: "Lost",
    Outcome.NOT_A_LEAD: "Not a lead",
}
"""In the order of the menu."""


@dataclass(frozen=True, kw_only=True)
class Composer:
    """What stands in the reply box and around it."""

    draft: str = ""
    error: str = ""
    is_note: bool = False
    selling: str = ""
    """What is said of words that sell; empty: they do not, or nobody has judged them."""
    judged: str = ""
    """Names the words that were judged: only they are sent anyway."""
    others: tuple[str, ...] = ()
    """Who has written meanwhile."""
    suggestions: Suggestions | None = None
    outcome: str = ""
    """What is to be marked as done while things are still to do."""


def thread_page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    digits: str,
    composer: Composer | None = None,
) -> HTMLResponse:
    """The whole page; whoever opens it has seen the conversation."""
    composer = composer or Composer(error=trouble_of(request))
    thread_id = thread_of_page(viewer, digits)
    with house.database.connect() as connection:
        business = the_business(connection, viewer)
        version = threads.version(connection, business.slug)
        seen = inbox.seen_up_to(connection, thread_id, viewer.staff)
        shown = shown_of(connection, house, viewer, business, digits, seen)
        picker = canned_picker.filled(connection, business, shown["thread"], viewer.staff, house)
    with house.database.begin() as connection:
        inbox.see(connection, thread_id, viewer.staff, shown["newest"])
    return inbox_page(
        request,
        house,
        viewer,
        "inbox.html",
        digits,
        **shown,
        version=version,
        composer=composer,
        canned=picker,
        key=secrets.token_hex(8),
    )


def shown_of(
    connection: sa.Connection,
    house: House,
    viewer: accounts.Account,
    business: Business,
    digits: str,
    seen: int | None,
) -> dict[str, Any]:
    """What the conversation's part of a page shows.

    Args:
        seen: the newest text that the viewer had seen when they opened the page; None: none.
    """
    thread = threads.get(connection, thread_of_page(viewer, digits))
    if thread is None:
        raise NotFound("There is no such conversation.")
    now = house.clock.now()
    found = entries.entries(connection, thread, business, now, seen)
    owed = tasks.open_of_thread(connection, thread.id)
    visits = timeline.visits(connection, thread, business, now)
    said = next((one.body for one in reversed(found) if one.side == "caller"), "")
    pressing = sum(tasks.presses(one, now) for one in owed)
    needed = timeline.needs_a_person(thread, pressing)
    return {
        "thread": thread,
        "digits": digits,
        "me": viewer.staff,
        "owner": timeline.owner_words(thread.owner, business),
        "is_emergency": thread.reason == Reason.EMERGENCY,
        "entries": found,
        "seen": seen,
        "newest": max((one.seq for one in found if one.side in ("caller", "us")), default=0),
        "closed": closed_to_texts(thread),
        "photos": photos.of_thread(connection, thread.id),
        "tasks": owed,
        "kept_replies": kept_replies(connection, thread.id, now),
        "visits": visits,
        "marketing": standing(connection, thread, business, now),
        "summary": timeline.handed_over(thread, business, owed, visits, said) if needed else None,
        **caller_card.card(connection, house, viewer, business, thread),
        **thread_visits.shown(connection, house, business, thread, now),
        **_moves(house, business, viewer, thread),
        **_asked_of_model(connection, house, thread.id),
    }


def _moves(
    house: House, business: Business, viewer: accounts.Account, thread: threads.ThreadRow
) -> dict[str, Any]:
    """What can be done with the conversation as a whole."""
    now = house.clock.now()
    asleep = thread.snoozed_until is not None and thread.snoozed_until > now
    return {
        "outcomes": OUTCOMES,
        "colleagues": [one for one in business.staff if one.id not in (viewer.staff, thread.owner)],
        "snoozes": snoozes.offered(business, now),
        "wall_now": now.astimezone(business.zone).strftime("%Y-%m-%dT%H:%M"),
        "snoozed": hours.ahead(business, thread.snoozed_until, now)
        if asleep and thread.snoozed_until
        else "",
    }


def _asked_of_model(connection: sa.Connection, house: House, thread_id: str) -> dict[str, Any]:
    """What the model had to do with a conversation."""
    rates = model_words.prices(house.settings)
    by_turn = model_calls.by_turn(connection, thread_id)
    return {
        "how": model_words.how,
        "prompt_words": model_words.prompt_words,
        "took": {turn: model_words.of_turn(spent, rates) for turn, spent in by_turn.items()},
        "took_in_all": model_words.of_thread(by_turn, rates),
    }
