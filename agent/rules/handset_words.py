"""What staff read on their own phones: short, plain, and never a caller's whole number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.business import Business
from agent.rules.phone import masked
from agent.rules.segments import segments

MOST_LISTED = 8
_LONGEST_LIST = 2
"""Segments."""
_LONGEST_QUOTE, _LONGEST_NAME = 100, 20
LONGEST_WORDS = 1400
"""Characters of a caller's text that are passed on; the rest stands in the inbox."""
_HOUR_MIN = 60

COMMANDS = (
    "1: take the alert. WHO: who waits. TAKE 4. DONE 4. GIVE BACK 4. CALL 4. 4 and words: text #4. "
    "BUSY UNTIL 3PM. FREE. PAUSE ALL. RESUME ALL."
)
NO_ALERT = "There is no alert to answer. WHO lists who waits."
NOTHING_TO_TAKE = "Nothing to take any more: the caller has been spoken with, or it is over."
NOBODY_WAITS = "Nobody waits for a person."
PHOTO = (
    "Photos cannot be passed on yet, so nothing was sent. Text the words alone if they should go."
)
NO_CODE_ASKED = "That looks like a code, and none is asked for. Nothing was sent."
NO_NUMBER = "These callers hide their numbers: nobody can phone them."
FREE = "You get alerts again."
SENT = "Sent."
NOT_DONE = "What you texted was neither done nor sent, since things have changed. Text it again if it still holds."
TEST_TAKEN = "The test has reached you: that is all."
PAUSED = (
    "The agent is paused and answers nobody. Whoever texts waits for one of you; "
    "the first text after a missed call still goes out. RESUME ALL ends it."
)
RESUMED = (
    "The agent answers again. It takes what came in meanwhile and nobody has."
    " GIVE BACK 4 hands it what you have."
)
WHICH_TIME = "Nothing was done. Until when? As in BUSY UNTIL 3PM, or BUSY 2 HOURS."
NOT_PAUSED = "The agent is not paused."


@dataclass(frozen=True, kw_only=True)
class Named:
    """A conversation as staff name it."""

    number: int
    name: str
    """As the caller gave it; empty: not given, or not to be written here."""
    phone: str
    """E.164."""
    is_health: bool = False
    """Nothing of the caller is written into texts."""

    def __str__(self) -> str:
        if self.is_health:
            return f"#{self.number}"
        first = self.name.split()[0][:_LONGEST_NAME] if self.name.split() else masked(self.phone)
        return f"#{self.number} {first}"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A conversation that waits for a person, or that one has."""

    named: Named
    is_urgent: bool
    who: str
    """Who has it; empty: nobody."""
    since: timedelta

    def __str__(self) -> str:
        urgent = ", urgent" if self.is_urgent else ""
        return f"{self.named}{urgent}, {self.who or f'nobody {_length(self.since)}'}"


def waiting(listed: Sequence[Waiting], busy: Sequence[str]) -> str:
    """What waits, in two segments at most, and who is busy."""
    if not listed:
        return "; ".join([NOBODY_WAITS.rstrip("."), *busy]) + "."
    for most in range(min(len(listed), MOST_LISTED), 0, -1):
        more = [f"and {len(listed) - most} more"] if len(listed) > most else []
        words = "; ".join([*map(str, listed[:most]), *more, *busy])
        if segments(words) <= _LONGEST_LIST:
            return words
    return str(listed[0])


def yours(named: Named, said: str, *, opted_out: bool) -> str:
    if opted_out:
        return f"You have {named}. They have opted out of texts: phone them. DONE {named.number} when it is over."
    quote = "" if named.is_health or not said else f' They wrote: "{_cut(said, _LONGEST_QUOTE)}"'
    return f"You have {named}. Words you text now go to them. DONE {named.number} when it is over.{quote}"


def others(named: Named, who: str) -> str:
    return f"{who} has {named}. Nothing was done or sent."


def sent(named: Named, in_hand: Named | None) -> str:
    if in_hand is None:
        return f"Sent. {yours(named, '', opted_out=False)}"
    return f"Sent to {named}. Other words still go to {in_hand}."


def not_sent(named: Named, why: str) -> str:
    return f"Not sent to {named}: {why}"


def done(named: Named, owed: int) -> str:
    things = {0: "", 1: " One thing is still to do: see the inbox."}
    left = things.get(owed, f" {owed} things are still to do: see the inbox.")
    return f"{named} is closed.{left}"


def released(named: Named) -> str:
    return f"The agent may talk with {named} again."


def calling(named: Named) -> str:
    return f"Your phone rings in a moment: press 1 there to be put through to {named}."


def closed_number(number: int) -> str:
    return f"#{number} is closed. Nothing was done or sent."


def no_such(number: int, listed: str) -> str:
    return f"There is no #{number}. {listed}"


def unsure(in_hand: Named | None) -> str:
    """Nothing was done: how to say it so that it is certain."""
    example = in_hand.number if in_hand else 4
    whom = f"For {in_hand}" if in_hand else "For a caller"
    return f'Nothing was done or sent. {whom}: start with "{example}:" and your words. WHO lists who waits, COMMANDS what you can text.'


def which() -> str:
    return "Which one? Add its number, as in TAKE 4. WHO lists who waits."


def asked_for_a_call(business: Business, named: Named) -> str:
    """Said by the voice on the phone that rings."""
    return f"{business.name}: the call to number {named.number} that you asked for."


def busy(until: datetime, now: datetime) -> str:
    return f"Busy until {_moment(until, now)}: alerts go to the others. FREE when you are back."


def busy_until(name: str, until: datetime, now: datetime) -> str:
    return f"{name} busy until {_moment(until, now)}"


def paused_before(who: str, since: datetime, now: datetime) -> str:
    return f"The agent is paused already, by {who} since {_moment(since, now)}. RESUME ALL ends it."


def code(business: Business, digits: str, *, is_first: bool) -> str:
    """Args: is_first: something waits for it; else an older code ran out, and what waited for that with it."""
    then = "is done then" if is_first else "before is not done or sent: text it again then"
    return (
        f"{business.name}: to use this phone, reply with the code {digits}. What you texted {then}."
    )


def code_first(at: datetime) -> str:
    return f"First reply with the code that we texted at {_clock(at)}. Then this is done."


def wrong_code(tries: int) -> str:
    return f"That is not the code. {tries} more {'try' if tries == 1 else 'tries'}."


def confirmed(words: str) -> str:
    return f"This phone can be used now. {words or COMMANDS}"


def help_line(business: Business) -> str:
    return f"{business.name}: alerts for staff. COMMANDS lists what you can text. STOP ends alerts to this phone."


def forwarded(named: Named, words: str, photos: int, link: str) -> str:
    """A caller's text, as the person who has them in hand reads it."""
    if named.is_health:
        return f"{named} wrote. {link}"
    picture = {0: "", 1: " (photo)"}.get(photos, f" ({photos} photos)")
    return f"{named}: {_cut(words, LONGEST_WORDS)}{picture}".replace(":  (", ": (")


def opted_out(named: Named) -> str:
    return f"{named} has opted out of texts. Nothing can be sent to them any more: phone instead."


def undelivered(named: Named, words: str, why: str) -> str:
    quote = "Your text" if named.is_health else f'"{_cut(words, _LONGEST_QUOTE)}"'
    return f"{quote} did not reach {named}: {why}"


def _cut(words: str, longest: int) -> str:
    plain = " ".join(words.split()) if longest == _LONGEST_QUOTE else words.strip()
    return plain if len(plain) <= longest else plain[:longest].rstrip() + "..."


def _length(length: timedelta) -> str:
    minutes = max(int(length.total_seconds() // 60), 0)
    if minutes < _HOUR_MIN:
        return f"{minutes} min"
    hours = minutes // _HOUR_MIN
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days


def _moment(moment: datetime, now: datetime) -> str:
    return _clock(moment) if moment.date() == now.date() else f"{moment:%a} {_clock(moment)}"


def _clock(moment: datetime) -> str:
    return moment.strftime("%-I:%M %p")
