"""What staff read on their own phones when a person is needed."""

from agent.business import Business
from agent.model import Appointment, Reason
from agent.rules.phone import spoken
from agent.rules.phrases import service_words, slot_words

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


def called_again(business: Business, caller: str) -> str:
    return (
        f"{business.name}: {spoken(caller)} has called again and nobody took it. Please phone them."
    )


def voicemail(business: Business, caller: str, danger: str, said: str) -> str:
    """A message with words of danger; no gist where health could be in it."""
    words = f"{business.name}: EMERGENCY ({danger}), {spoken(caller)} left a voicemail"
    return f"{words}." if business.privacy.health else f'{words}: "{_gist(said)}"'


def of_visit(business: Business, done: str, visit: Appointment, *, caller: str) -> str:
    """One line about a visit that the agent booked, moved or cancelled; no service where health could be in it."""
    what, when = service_words(business, visit.service), slot_words(visit.start)
    return f"{business.name}: {done} {what}, {when}, {spoken(caller)}."


def body(
    business: Business,
    reason: Reason,
    *,
    caller: str,
    said: str,
    danger: str | None,
    opted_out: bool,
) -> str:
    """One line: which shop, what it is, who, and the gist; no gist where health could be in it."""
    what = {
        Reason.EMERGENCY: f"EMERGENCY ({danger or 'look now'})",
        Reason.URGENT: f"Urgent ({danger or 'look soon'})",
    }.get(reason) or _HEADLINES.get(reason, "Needs a person")
    silenced = " Opted out of texts: phone them." if opted_out else ""
    if business.privacy.health:
        return f"{business.name}: {what}, {spoken(caller)}.{silenced}"
    return f'{business.name}: {what}, {spoken(caller)}: "{_gist(said)}"{silenced}'


def _gist(said: str) -> str:
    words = " ".join(said.split())
    return words if len(words) <= _GIST else words[: _GIST - 3] + "..."
