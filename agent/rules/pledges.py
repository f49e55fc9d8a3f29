"""By when has a person promised something? A text that says so leaves a task that falls due then."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from agent.business import Business
from agent.data import rule_data
from agent.model import When
from agent.rules import hours, when
from agent.rules.normal import normal
from agent.rules.promises import promise_in
from agent.rules.sentences import typed

_STAFFS_OWN = re.compile(
    r"^(?:(?:ok|okay|sure|yes|no problem|great|thanks|hi|hello|sorry|perfect|got it) )*(?:(?:i|we) )?(?:(?:will|gonna|going to|can) )?"
    r"(?:call|calling|ring|ringing|phone|phoning|text|texting|message|talk to|speak to|speak with|email|emailing) (?:you|u|ya)\b"
)
"""Shorter than a promise of the agent's ever is: "Calling you at 3"."""
_DAY_BEGINS = time(9)
"""Of a day on which the business is closed."""


@dataclass(frozen=True, kw_only=True)
class Pledge:
    words: str
    """The sentence that promises."""
    due: datetime
    """With the business's offset."""


def read(text: str, business: Business, now: datetime) -> Pledge | None:
    """The first promise of a text that names a time still to come; None: there is none."""
    local = now.astimezone(business.zone)
    for sentence in typed(text):
        if sentence.endswith("?") or not _promises(sentence):
            continue
        wish = when.read(sentence, local, business.hours)
        due = _due(wish, business, local) if wish else None
        if due and due > local:
            return Pledge(words=sentence, due=due)
    return None


def _promises(sentence: str) -> bool:
    return bool(promise_in(sentence) or _STAFFS_OWN.match(normal(sentence)))


def _due(wish: When, business: Business, now: datetime) -> datetime:
    """By its end where only that is named, else from its beginning; a day alone begins when the business opens."""
    day = date.fromisoformat(wish.date or wish.date_end or now.date().isoformat())
    if wish.time:
        return datetime.combine(day, time.fromisoformat(wish.time), now.tzinfo)
    if wish.dayparts and wish.dayparts[0] != "morning":
        begins: str = rule_data("when")["dayparts"][wish.dayparts[0]][0]
        return max(datetime.combine(day, time.fromisoformat(begins), now.tzinfo), now)
    opens = hours.due(business, datetime.combine(day, time.min, now.tzinfo))
    if opens and opens.date() == day:
        return opens
    return datetime.combine(day, _DAY_BEGINS, now.tzinfo)
