"""What must work before callers are texted: each check with one sentence why, and its mend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from agent.business import Business
from agent.rules.phone import spoken
from server import first_run, test_call
from server.store import calls, escalations, registrations, setups, texts
from server.store.escalations import Ended, EscalationRow, StepState, Way
from server.store.setups import Setup, State

Name = Literal["address", "number", "registration", "calendar", "alert", "call", "greeting"]
TRIED: tuple[Name, ...] = ("address", "number", "calendar")
"""Those that are tried out; the others are read from what has happened."""
_TITLES: dict[Name, str] = {
    "address": "The phone company reaches us",
    "number": "Your number can text",
    "registration": "Your number is registered for texting",
    "calendar": "Visits can be written into the calendar",
    "alert": "An alert reaches a person",
    "call": "A test missed call",
    "greeting": "Callers hear that a text comes",
}
_TESTS_READ = 5
_LOST = {"failed", "undelivered", "dropped"}


@dataclass(frozen=True, kw_only=True)
class Check:
    name: Name
    title: str
    state: State
    words: str
    """Why, in one sentence."""
    mend: str = ""
    """What to do; empty where nothing is to be done."""
    link: str = ""
    """A path of ours where it is mended."""
    link_words: str = ""
    at: datetime | None = None
    """When it was tried or said; None: never."""
    leads_elsewhere: bool = False
    """The carrier brings this number's calls or texts somewhere else."""


def checks(connection: sa.Connection, business: Business) -> list[Check]:
    """How everything stands, without asking anybody outside."""
    setup = setups.of(connection, business.slug)
    return [
        _tried(setup, "address"),
        _number(setup, business),
        _registration(connection, business),
        _tried(setup, "calendar"),
        _alert(connection, business),
        _call(connection, business),
        _greeting(setup),
    ]


def missing(found: Sequence[Check]) -> list[Check]:
    return [one for one in found if one.state != "ok"]


_MENDS: dict[Name, tuple[str, str, str]] = {
    "address": ("Whoever runs Ringback sees to RINGBACK_PUBLIC_URL, the name and the proxy.", "", ""),
    "calendar": ("Look at the calendar's address and password.", "/business/calendars", "Calendars"),
}  # fmt: skip


def _check(name: Name, **more: Any) -> Check:
    return Check(name=name, title=_TITLES[name], **more)


def _tried(setup: Setup, name: Name) -> Check:
    found = setup.tried.get(name)
    if found is None:
        return _check(name, state="todo", words="Not tried yet.")
    mend, link, words = _MENDS[name] if found.state != "ok" else ("", "", "")
    return _check(name, state=found.state, words=found.words, mend=mend,
        link=link, link_words=words, at=found.at,
    )  # fmt: skip


def _number(setup: Setup, business: Business) -> Check:
    name: Name = "number"
    enter = {"link": "/setup/number", "link_words": "Enter the number"}
    if not first_run.has_number(business):
        return _check(name, state="todo", words="You have not entered your number yet.", **enter)  # fmt: skip
    found = setup.tried.get(name)
    if found is None or (found.state == "ok" and spoken(business.phone) not in found.words):
        return _check(name, state="todo", words="Not tried yet.")
    if found.state == "ok":
        return _check(name, state="ok", words=found.words, at=found.at)
    return _check(name, state=found.state, words=found.words, at=found.at,
        mend="Check the number, or get one that can text in the phone company's console.",
        link="/setup/number", link_words="Check the number", leads_elsewhere=found.leads_elsewhere,
    )  # fmt: skip


def _registration(connection: sa.Connection, business: Business) -> Check:
    name: Name = "registration"
    if not first_run.has_number(business):
        return _check(name, state="todo", words="Enter your number first.")
    found = [one for one in registrations.of_business(connection, business.slug) if one.needs]
    waiting = [one for one in found if one.status != "approved"]
    if not waiting:
        words = "Registered, as you have entered it." if found else "This number needs no registration."  # fmt: skip
        at = max((one.at for one in found if one.at), default=None)
        return _check(name, state="ok", words=words, at=at)
    worst = next((one for one in waiting if one.status == "rejected"), waiting[0])
    return _check(
        name,
        state="bad" if worst.status == "rejected" else "todo",
        words=_sentence(worst.words),
        mend="Register the number in the phone company's console (Regulatory compliance), then enter here how far it is.",
        at=worst.at,
    )


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def _alert(connection: sa.Connection, business: Business) -> Check:
    name: Name = "alert"
    if not any(_can_be_reached(business, rung.staff) for rung in business.on_call):
        return _check(name, state="bad", words="Nobody on call has a phone.",
            mend="Say who is called in an emergency.", link="/setup/people", link_words="Who is on call",
        )  # fmt: skip
    tests = escalations.tests_of(connection, business.slug, _TESTS_READ)
    states = [(_alert_state(connection, one), one.began_at) for one in tests]
    good = next((at for state, at in states if state == "ok"), None)
    if good and states[0][0] != "bad":
        return _check(name, state="ok", words="A test alert has arrived.", at=good)  # fmt: skip
    words = "Not tried yet."
    if states:
        words = "The last test alert did not arrive." if states[0][0] == "bad" else "A test alert is on its way: press 1 or answer it with 1."  # fmt: skip
    return _check(name, state="bad" if states and states[0][0] == "bad" else "todo",
        words=words, mend="Send a test alert to yourself and take it.",
        link="/business/on-call", link_words="Send a test alert", at=states[0][1] if states else None,
    )  # fmt: skip


def _can_be_reached(business: Business, staff: str) -> bool:
    person = business.person(staff)
    return bool(person and person.phone)


def _alert_state(connection: sa.Connection, row: EscalationRow) -> State:
    """Delivered or taken; lost; or under way."""
    if row.ended == Ended.TAKEN:
        return "ok"
    steps = escalations.steps_of(connection, row.id)
    sent = [texts.get(connection, one.text) for one in steps if one.way == Way.TEXT and one.text]
    statuses = {one.status for one in sent if one}
    if statuses & {"delivered", "read"}:
        return "ok"
    rings = any(one.state in (StepState.DUE, StepState.DOING) for one in steps)
    return "bad" if statuses and statuses <= _LOST and not rings else "todo"


def _call(connection: sa.Connection, business: Business) -> Check:
    name: Name = "call"
    phones = [one.phone for one in business.staff if one.phone]
    sids = calls.tests_from(connection, business.slug, phones, business.phone, _TESTS_READ)
    found = [(_call_state(connection, business, sid), sid) for sid in sids]
    passed = next((one for (state, _), one in found if state == "ok"), None)
    if passed and found[0][0][0] != "bad":
        at = test_call.seen(connection, business, passed).replied_at
        return _check(name, state="ok", words="A test missed call was texted, and the reply came back.", at=at)  # fmt: skip
    (state, words), sid = found[0] if found else (("todo", "Not tried yet."), "")
    return _check(name, state=state, words=words,
        mend="Send a missed call to your own phone, and reply to its text.",
        link=f"/business/test-call/{sid}" if sid else "/business/test-call",
        link_words="See the test call" if sid else "Send a test missed call",
    )  # fmt: skip


def _call_state(connection: sa.Connection, business: Business, sid: str) -> tuple[State, str]:
    seen = test_call.seen(connection, business, sid)
    if seen.knock_problem:
        return "bad", seen.knock_problem
    if seen.text and seen.text.status in _LOST:
        return "bad", _sentence(f"The text did not arrive: {seen.text.status_reason or 'no reason was given'}")  # fmt: skip
    if seen.replied_at:
        return "ok", ""
    if seen.text is None or seen.text.status in texts.UNSENT:
        return "todo", "The text is on its way."
    return "todo", "The text is out. Reply to it from that phone with any word."


def _greeting(setup: Setup) -> Check:
    name: Name = "greeting"
    if setup.greeting:
        words = f"{setup.greeting.by} has confirmed it."
        return _check(name, state="ok", words=words, at=setup.greeting.at)
    return _check(name, state="todo",
        words="Nobody has confirmed that your voicemail or website says so.",
        mend="Record these words on your voicemail, or put them on your website, then confirm it.",
    )  # fmt: skip
