"""What staff read on their own phones when a person is needed."""

from agent.business import Business
from agent.model import Appointment, Reason
from agent.rules.phone import masked, spoken
from agent.rules.phrases import service_words, slot_words

DANGER = (Reason.EMERGENCY, Reason.URGENT)
_GIST = 120
_HEADLINES = {
    Reason.HUMAN_REQUEST: "Asks for a person",
    Reason.UNANSWERABLE: "Question without an answer",
    Reason.CALLBACK_REQUEST: "Wants a call, a visit or a change of one",
    Reason.COMPLAINT: "Complaint",
}


def phones(business: Business, reason: Reason) -> list[str]:
    """An emergency reaches everyone on call; anything else the first of them."""
    people = [business.person(rung.staff) for rung in business.on_call if "sms" in rung.reach]
    reachable = [person.phone for person in people if person and person.phone]
    return reachable if reason is Reason.EMERGENCY else reachable[:1]


def of_calendar(business: Business, calendar: str) -> list[str]:
    """Whoever works by a calendar reads of its visits; else the first on call."""
    source = business.calendar(calendar)
    person = business.person(source.staff) if source and source.staff else None
    return [person.phone] if person and person.phone else phones(business, Reason.OTHER)


def of_thread(business: Business, owner: str) -> list[str]:
    """Whoever has a thread reads of its caller; else everyone on call."""
    person = business.person(owner)
    return [person.phone] if person and person.phone else phones(business, Reason.EMERGENCY)


def who(caller: str, reason: str | None = None, *, opted_out: bool = False) -> str:
    """A caller in a text to staff: the whole number only where somebody has to phone, in danger or after an opt-out.

    Args:
        reason: why a person is asked for, a `Reason`; None: nobody is.
    """
    return spoken(caller) if opted_out or reason in DANGER else masked(caller)


def called_again(business: Business, caller: str, reason: Reason | None, *, opted_out: bool) -> str:
    caller = who(caller, reason, opted_out=opted_out)
    return f"{business.name}: {caller} has called again and nobody took it. Please phone them."


def voicemail(business: Business, caller: str, danger: str, said: str) -> str:
    """A message with words of danger; neither these nor a gist where health could be in it."""
    named = f"{spoken(caller)} left a voicemail"
    if business.privacy.health:
        return f"{business.name}: EMERGENCY, {named}."
    return f'{business.name}: EMERGENCY ({danger}), {named}: "{_gist(said)}"'


def of_visit(business: Business, done: str, visit: Appointment, *, caller: str) -> str:
    """One line about a visit that the agent booked, moved or cancelled; no service where health could be in it."""
    what, when = service_words(business, visit.service), slot_words(visit.start)
    return f"{business.name}: {done} {what}, {when}, {who(caller)}."


def taken_back(business: Business, words: str, said: str) -> str:
    """An alert, and that its caller needs nobody any more by now."""
    if business.privacy.health:
        return f"{words} They now write that nobody is needed."
    return f'{words} Then: "{_gist(said)}"'


def body(
    business: Business,
    reason: Reason,
    *,
    caller: str,
    said: str,
    danger: str | None,
    opted_out: bool,
) -> str:
    """One line: which shop, what it is, who, and the gist; where health could be in it neither that nor the danger."""
    told = None if business.privacy.health else danger
    what = {
        Reason.EMERGENCY: f"EMERGENCY ({told or 'look now'})",
        Reason.URGENT: f"Urgent ({told or 'look soon'})",
    }.get(reason) or _HEADLINES.get(reason, "Needs a person")
    named = who(caller, reason, opted_out=opted_out)
    silenced = " Opted out of texts: phone them." if opted_out else ""
    if business.privacy.health:
        return f"{business.name}: {what}, {named}.{silenced}"
    return f'{business.name}: {what}, {named}: "{_gist(said)}"{silenced}'


def _gist(said: str) -> str:
    words = " ".join(said.split())
    return words if len(words) <= _GIST else words[: _GIST - 3] + "..."
