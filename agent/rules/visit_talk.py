"""Is a text part of talk about a visit? Read against what was asked and offered before."""

from dataclasses import dataclass, replace

from agent.business import Business
from agent.data import rule_data
from agent.model import Intent, Reading
from agent.rules import services
from agent.rules.normal import first_match, normal

_SOMETHING_ELSE = frozenset(
    {
        Intent.PRICE_REQUEST,
        Intent.STATUS_OF_TECHNICIAN,
        Intent.REQUEST_HUMAN,
        Intent.REQUEST_CALLBACK,
        Intent.RESCHEDULE,
        Intent.CANCEL_APPOINTMENT,
        Intent.COMPLAINT,
        Intent.WRONG_NUMBER,
        Intent.SPAM_OR_VENDOR,
        Intent.ARE_YOU_A_BOT,
    }
)
_NO_INTENT_OF_ITS_OWN = frozenset({Intent.CONFIRM, Intent.GIVE_DETAILS, Intent.PHOTO_REFERENCE})
_STORY = 4
"""A text of more words that names a service tells of a problem; a shorter one names a subject."""


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What stands between business and caller about a visit."""

    offered: bool = False
    """Times are on offer."""
    asked: bool = False
    """We have asked what the visit is for, or when."""


def in_talk(reading: Reading, text: str, business: Business, talk: Talk) -> Reading:
    """The reading with `book` or `choose_slot` where the talk makes the text one; else unchanged."""
    intents = set(reading.intents)
    if talk.offered and _answers_offer(reading, text):
        return _with(reading, Intent.CHOOSE_SLOT)
    if Intent.BOOK in intents:
        return reading
    if intents & _SOMETHING_ELSE:
        both = intents & _SOMETHING_ELSE == {Intent.PRICE_REQUEST} and _asks_to_come(reading, text)
        return replace(reading, intents=(*reading.intents, Intent.BOOK)) if both else reading
    if _wants_visit(reading, text, business, talk):
        return _with(reading, Intent.BOOK)
    return reading


def rejects(text: str, reading: Reading) -> bool:
    """None of the times on offer will do, and the visit is still wanted."""
    said = normal(text).rstrip(". ")
    words = rule_data("when_offered")
    if said in words["no"]:
        return True
    return Intent.DECLINE not in reading.intents and bool(first_match(words["none_of_them"], said))


def _answers_offer(reading: Reading, text: str) -> bool:
    intents = set(reading.intents)
    if intents & _SOMETHING_ELSE:
        return False
    if rejects(text, reading):
        return True
    points = any(first_match(rule_data("when_offered")[name], normal(text)) for name in _POINTS)
    if reading.choice is not None:
        return True
    if Intent.DECLINE in intents and reading.when is None:
        return False
    if Intent.QUESTION in intents:
        return reading.when is not None and not _asks_a_fact(text)
    return bool(Intent.CONFIRM in intents or points or reading.when)


_POINTS = ("first", "last", "middle", "yes", "same_time")


def _wants_visit(reading: Reading, text: str, business: Business, talk: Talk) -> bool:
    intents = set(reading.intents)
    about = services.named(business, text)
    if Intent.QUESTION in intents:
        asks_time = bool(reading.when) and not _asks_a_fact(text)
        return asks_time and bool(about or talk.asked or talk.offered)
    if reading.when:
        return True
    if talk.asked and (about or intents <= _NO_INTENT_OF_ITS_OWN):
        return Intent.DECLINE not in intents
    return bool(about) and len(text.split()) > _STORY and intents <= _NO_INTENT_OF_ITS_OWN


def _asks_to_come(reading: Reading, text: str) -> bool:
    asks = first_match(rule_data("when_offered")["asks_to_come"], normal(text))
    return bool(reading.when and asks)


def _asks_a_fact(text: str) -> bool:
    return first_match(rule_data("when_offered")["asks_a_fact"], normal(text)) is not None


def _with(reading: Reading, intent: Intent) -> Reading:
    dropped = {Intent.QUESTION, Intent.CONFIRM, Intent.DECLINE, Intent.BOOK, Intent.CHOOSE_SLOT}
    kept = [one for one in reading.intents if one not in dropped]
    return replace(reading, intents=(intent, *kept))
