"""Is a text part of talk about a visit? Read against what was asked and offered before."""

from dataclasses import dataclass, replace

from agent.business import Business
from agent.data import rule_data
from agent.model import Intent, Reading
from agent.rules import choosing, services, visit_changes
from agent.rules.normal import first_match, normal, words_only
from agent.rules.sentences import typed

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
_VISIT = frozenset({Intent.BOOK, Intent.CHOOSE_SLOT})
CHANGES = frozenset({Intent.RESCHEDULE, Intent.CANCEL_APPOINTMENT})
"""What can be asked of a visit that stands."""
_NO_INTENT_OF_ITS_OWN = frozenset(
    {Intent.CONFIRM, Intent.GIVE_DETAILS, Intent.PHOTO_REFERENCE, Intent.LANGUAGE_SPANISH}
)
_TAKES_LEAVE = frozenset({Intent.THANKS, Intent.GOODBYE, Intent.CHITCHAT})
"""Beside these a time is none to come at: "have a nice evening"."""
_SHORT = 6
"""A time in a text of so few words is a wish, not a story."""
_STORY = 4
"""A text of more words that names a service tells of a problem; a shorter one names a subject."""


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What stands between business and caller about a visit."""

    offered: bool = False
    """Times are on offer."""
    asked: bool = False
    """We have asked what the visit is for, or when."""
    booked: bool = False
    """The caller has a visit ahead."""
    awaited: bool = True
    """Our last text asked something."""


def in_talk(reading: Reading, text: str, business: Business, talk: Talk) -> Reading:
    """The reading with `book` or `choose_slot` where the talk makes the text one; else unchanged."""
    reading = _without_visit(reading, text, talk)
    intents = set(reading.intents)
    if Intent.THANKS in intents and not talk.offered and len(text.split()) <= _STORY:
        kept = [one for one in reading.intents if one not in _VISIT]
        reading, intents = replace(reading, intents=tuple(kept)), {*kept}
    is_wish = Intent.RESCHEDULE in intents or visit_changes.asks_to_cancel(text)
    if talk.booked and not is_wish and asks_own_visit(text):
        return replace(reading, intents=(Intent.BOOK,))
    is_change = talk.booked and intents & CHANGES and (is_wish or visit_changes.keeps(text))
    if is_change and Intent.QUESTION in intents and not _asks_too(text):
        kept = [one for one in reading.intents if one is not Intent.QUESTION]
        return replace(reading, intents=tuple(kept))
    if talk.offered and _answers_offer(reading, text):
        return _with(reading, Intent.CHOOSE_SLOT, text)
    if Intent.BOOK in intents:
        return reading
    if intents & _SOMETHING_ELSE:
        wish = reading.when
        asks_both = wish is not None and (_asks_to_come(text) or wish.time is not None)
        both = asks_both and intents & _SOMETHING_ELSE == {Intent.PRICE_REQUEST}
        return replace(reading, intents=(*reading.intents, Intent.BOOK)) if both else reading
    if _wants_visit(reading, text, business, talk):
        return _with(reading, Intent.BOOK, text)
    return reading


def _answers_offer(reading: Reading, text: str) -> bool:
    intents = set(reading.intents)
    if intents & _SOMETHING_ELSE:
        return False
    if reading.choice is not None:
        return True
    if Intent.DECLINE in intents and reading.when is None and not _is_bare_no(text):
        return False
    if Intent.QUESTION in intents and asks_a_fact(text):
        return bool(choosing.speaks_of_offers(text) and len(typed(text)) > 1)
    return bool(Intent.CONFIRM in intents or reading.when or choosing.speaks_of_offers(text))


def asks_own_visit(text: str) -> bool:
    """When was it again?"""
    return _says("asks_own_visit", text)


def speaks_of_visit(text: str) -> bool:
    """A visit that stands is spoken of: as one's own, as what one cannot come to, or as what is given up."""
    return any(_says(rule, text) for rule in ("own_visit", "cannot_come", "cancels_visit"))


def runs_late(text: str) -> bool:
    """They come, but not on time."""
    return _says("runs_late", text)


def _without_visit(reading: Reading, text: str, talk: Talk) -> Reading:
    """What can be moved or cancelled is a visit; before there is one, an offer is only declined or asked for anew."""
    if talk.booked:
        added = (Intent.CANCEL_APPOINTMENT,) if _says("cancels_visit", text) else ()
        if _moves(reading, text, talk):
            kept = [one for one in reading.intents if one not in _TAKES_LEAVE | {Intent.BOOK}]
            reading, added = replace(reading, intents=tuple(kept)), (Intent.RESCHEDULE, *added)
        return replace(reading, intents=tuple(dict.fromkeys([*added, *reading.intents])))
    if not talk.offered:
        return _without_mere_change(reading, text)
    kept = [one for one in reading.intents if one not in CHANGES]
    if Intent.CANCEL_APPOINTMENT in reading.intents:
        kept = [Intent.DECLINE, *kept]
    elif Intent.RESCHEDULE in reading.intents:
        kept = [Intent.BOOK, *kept]
    return replace(reading, intents=tuple(dict.fromkeys(kept)))


def _moves(reading: Reading, text: str, talk: Talk) -> bool:
    """A caller who has a visit names another time, and not for another visit."""
    if talk.offered or _says("another_visit", text):
        return False
    if _says("shifts", text) or _says("sooner", text):
        return True
    return reading.when is not None and _says("moves_visit", text)


def _without_mere_change(reading: Reading, text: str) -> Reading:
    """With nothing booked here or offered, a change is of a visit that the text calls its own; else a wish, or a no."""
    if _says("moves_from_to", text):
        others = [one for one in reading.intents if one not in (Intent.BOOK, Intent.QUESTION)]
        return replace(reading, intents=tuple(dict.fromkeys([Intent.RESCHEDULE, *others])))
    if not set(reading.intents) & CHANGES or _says("own_visit", text):
        return reading
    instead = {Intent.RESCHEDULE: Intent.BOOK, Intent.CANCEL_APPOINTMENT: Intent.DECLINE}
    kept = [instead.get(one, one) for one in reading.intents]
    return replace(reading, intents=tuple(dict.fromkeys(kept)))


def _is_bare_no(text: str) -> bool:
    """A no to the times, not a good-bye."""
    return words_only(text) in rule_data("when_offered")["bare_no"]


def _wants_visit(reading: Reading, text: str, business: Business, talk: Talk) -> bool:
    intents = set(reading.intents)
    about = services.named(business, text)
    if Intent.CHITCHAT in intents and not talk.asked:
        return False
    if Intent.QUESTION in intents and not _says("book_it", text):
        asks_time = bool(reading.when) and not asks_a_fact(text)
        is_bare = len(text.split()) <= _SHORT
        return asks_time and bool(about or talk.asked or talk.offered or is_bare)
    if reading.when:
        leaves = intents & _TAKES_LEAVE and not (talk.booked and reading.when.date)
        is_bare = len(text.split()) <= _SHORT and not leaves
        return bool(about) or _asks_to_come(text) or talk.asked or talk.offered or is_bare
    is_nod = intents == {Intent.CONFIRM} and not talk.awaited
    if talk.asked and not is_nod and (about or intents <= _NO_INTENT_OF_ITS_OWN):
        return Intent.DECLINE not in intents
    tells = intents <= _NO_INTENT_OF_ITS_OWN | {Intent.GREETING}
    return bool(about) and len(text.split()) > _STORY and tells


def _asks_too(text: str, *, long: bool = False) -> bool:
    """One of its sentences asks for a fact; with `long`, any question of more than a few words."""
    return any(
        is_question(one) and (asks_a_fact(one) or (long and len(one.split()) > _STORY))
        for one in typed(text)
    )


def is_question(sentence: str) -> bool:
    """With its mark or without: "also where do i park"."""
    return sentence.endswith("?") or _says("asks", sentence)


def _asks_to_come(text: str) -> bool:
    return _says("asks_to_come", text)


def asks_a_fact(text: str) -> bool:
    """It asks for something that documents or the profile tell, whatever day is in it."""
    return _says("asks_a_fact", text)


def _says(rule: str, text: str) -> bool:
    return first_match(rule_data("when_offered")[rule], normal(text)) is not None


def _with(reading: Reading, intent: Intent, text: str) -> Reading:
    """The intent in place of what the words alone seemed to say; a question in a sentence of its own stays one."""
    dropped = {Intent.CONFIRM, Intent.DECLINE, Intent.BOOK, Intent.CHOOSE_SLOT}
    several = len(typed(text)) > 1 or intent is Intent.BOOK
    if not (several and _asks_too(text, long=intent is Intent.CHOOSE_SLOT)):
        dropped |= {Intent.QUESTION}
    kept = [one for one in reading.intents if one not in dropped]
    return replace(reading, intents=(intent, *kept))
