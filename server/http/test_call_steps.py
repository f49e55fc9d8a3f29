"""The steps of a test call in plain words: how each went, what is waited for, and how to mend what does not come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from agent.business import Business
from agent.rules import carrier_errors
from agent.rules.phone import spoken
from server.store.texts import RANK, TextRow
from server.test_call import Seen

WATCHED = timedelta(minutes=3)
"""So long the page looks again by itself."""

State = Literal["waiting", "now", "done", "failed"]
MARKS: dict[State, tuple[str, str]] = {
    "waiting": ("", "later"),
    "now": ("…", "waiting"),
    "done": ("✓", "done"),
    "failed": ("!", "not yet"),
}
"""What is drawn, and what is read out."""


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    state: State
    words: str = ""
    """How it went, or how to mend it."""
    quote: str = ""
    at: datetime | None = None
    mend: str = ""
    """What to do where it is waited for in vain."""
    is_needed: bool = True
    """The steps after it do not come without it."""


def steps(business: Business, seen: Seen, public_url: str, now: datetime) -> list[Step]:
    """Each step with its state: what can come next is waited for, until that took too long."""
    found: list[Step] = []
    is_late, is_stuck = now - seen.began_at > WATCHED, False
    for step in (
        _knocked(seen, public_url),
        _missed(seen),
        _written(seen),
        _taken(seen),
        _brought(seen),
        _replied(business, seen, public_url),
    ):
        if step.state == "waiting" and not is_stuck:
            late = replace(step, state="failed", words=step.mend)
            found.append(late if is_late else replace(step, state="now"))
        else:
            found.append(step)
        is_stuck = is_stuck or (step.is_needed and step.state != "done")
    return found


def is_over(found: Sequence[Step]) -> bool:
    """Nothing more is to be expected."""
    return not any(step.state == "now" for step in found)


def _knocked(seen: Seen, public_url: str) -> Step:
    name = "Our address answers"
    if seen.knocked_at is None:
        return Step(
            name=name,
            state="waiting",
            words=f"Asking {public_url}",
            mend="It was not asked: the server stopped meanwhile. Start again.",
        )
    if seen.knock_problem:
        return Step(
            name=name, state="failed", words=seen.knock_problem, at=seen.knocked_at, is_needed=False
        )
    words = f"{public_url} answers, and the signature holds."
    return Step(name=name, state="done", words=words, at=seen.knocked_at)


def _missed(seen: Seen) -> Step:
    is_done = seen.outcome == "missed"
    words = "Without our address, by this page." if is_done and seen.knock_problem else ""
    return Step(
        name="The call counts as missed",
        state="done" if is_done else "waiting",
        words=words,
        at=seen.settled_at,
        mend="The call was not noted. Start again.",
    )


def _written(seen: Seen) -> Step:
    name = "The text is written"
    if seen.text:
        return Step(name=name, state="done", quote=seen.text.body, at=seen.text.at)
    if seen.decision is not None:
        return Step(name=name, state="failed", words=f"No text was written: {seen.decision}.")
    return Step(
        name=name, state="waiting", mend="No text was written. Look at the log of `ringback serve`."
    )


def _taken(seen: Seen) -> Step:
    name, text = "The phone company takes it", seen.text
    if text and text.status in ("dropped", "failed"):
        return Step(name=name, state="failed", words=_lost(text), at=text.opened_at)
    if text and RANK.get(text.status, 0) >= RANK["accepted"]:
        return Step(name=name, state="done", at=text.opened_at)
    mend = (
        "It has not taken the text yet; it is tried again. Is a worker running (`ringback doctor`)?"
    )
    return Step(
        name=name, state="waiting", words="It leaves a few seconds after the call.", mend=mend
    )


def _brought(seen: Seen) -> Step:
    """No time: the report's own is not kept."""
    name, text = f"{spoken(seen.caller)} gets it", seen.text
    if text and text.status == "undelivered":
        return Step(name=name, state="failed", words=_lost(text))
    if text and text.status == "delivered":
        return Step(name=name, state="done")
    words = "The phone company's report may take a while."
    mend = "No report yet: look at the phone. If the text is there, all is well; some networks report late or never."
    return Step(name=name, state="waiting", words=words, mend=mend, is_needed=False)


def _replied(business: Business, seen: Seen, public_url: str) -> Step:
    name = "Reply from that phone with any word"
    if seen.replied_at:
        return Step(
            name=name,
            state="done",
            words="It arrived here.",
            quote=seen.reply or "",
            at=seen.replied_at,
        )
    words = f"The reply goes to {spoken(business.phone)}."
    mend = (
        "No reply has arrived. If you have sent one, the phone company does not bring texts here:"
        f' what it calls "A message comes in" must be {public_url}/twilio/sms'
    )
    return Step(name=name, state="waiting", words=words, mend=mend)


def _lost(text: TextRow) -> str:
    words = carrier_errors.words(
        text.error_code, text.status_reason or "the phone company gave no reason"
    )
    code = f" (code {text.error_code})" if text.error_code else ""
    return f"{words[:1].upper()}{words[1:]}{code}"
