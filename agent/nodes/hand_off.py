"""A person takes over: staff are alerted, the caller is told exactly what has been done."""

from agent.model import Intent, Reason, TaskKind, TextKind, Urgency
from agent.ports import Ports
from agent.rules import hours, packs
from agent.rules.phone import spoken
from agent.rules.phrases import phrase
from agent.state import AGENT, Changes, Json, Turn, alert, line, task

_GIST = 120
_PHONE_INSTEAD = {Intent.REQUEST_CALLBACK, Intent.REQUEST_HUMAN, Intent.BOOK}
_HANDS_OVER = {Reason.EMERGENCY, Reason.HUMAN_REQUEST, Reason.COMPLAINT, Reason.UNCLEAR}


def hand_off(turn: Turn, ports: Ports) -> Changes:
    """Alert staff whenever a person is needed; the agent stops where only a person can go on."""
    reason = _reason(turn)
    if reason is None:
        return {}
    changes: Changes = {
        "reason": reason,
        "alerts": alerts(turn, reason),
        "tasks": _tasks(turn, reason),
        "hands_over": reason in _HANDS_OVER,
    }
    if turn.owner != AGENT or turn.opted_out:
        return changes
    if words := _words(turn, reason, reached=bool(changes["alerts"])):
        changes["lines"] = [*turn.lines, line(words, TextKind.HAND_OFF, fixed=True)]
    return changes


def _reason(turn: Turn) -> Reason | None:
    reading = turn.understood
    if turn.reason:
        return Reason(turn.reason)
    answered = any(one["kind"] == TextKind.REPLY for one in turn.lines)
    if reading.urgency is Urgency.URGENT and not answered:
        return Reason.URGENT
    if turn.opted_out and _PHONE_INSTEAD & set(reading.intents):
        return Reason.CALLBACK_REQUEST
    return None


def _words(turn: Turn, reason: Reason, *, reached: bool) -> str:
    """The one line that the caller reads; none where answer or book has said it."""

    def say(name: str) -> str:
        return phrase(name, turn.profile, turn.moment, turn.understood.language)

    if reason is Reason.EMERGENCY:
        safety = packs.safety_line(turn.profile.industry, turn.understood.urgency_reason)
        told = [say("emergency")] if reached else []
        return " ".join([*([safety] if safety else []), *told, say("emergency_nobody")])
    if reason is Reason.URGENT:
        return say("urgent") if reached else say("emergency_nobody")
    return say("human") if reason in _HANDS_OVER else ""


def alerts(turn: Turn, reason: Reason) -> list[Json]:
    """An emergency reaches everyone on call; anything else the first of them."""
    people = [
        person
        for rung in turn.profile.on_call
        if "sms" in rung.reach and (person := turn.profile.person(rung.staff)) and person.phone
    ]
    called = people if reason is Reason.EMERGENCY else people[:1]
    if turn.owner != AGENT and reason is not Reason.EMERGENCY:
        return []
    return [alert(person.phone, _headline(turn, reason)) for person in called if person.phone]


def _headline(turn: Turn, reason: Reason) -> str:
    caller = spoken(turn.caller)
    what = {
        Reason.EMERGENCY: f"EMERGENCY ({turn.understood.urgency_reason or 'look now'})",
        Reason.URGENT: f"Urgent ({turn.understood.urgency_reason or 'look soon'})",
        Reason.HUMAN_REQUEST: "Asks for a person",
        Reason.UNANSWERABLE: "Question without an answer",
        Reason.CALLBACK_REQUEST: "Wants a visit or a call",
        Reason.COMPLAINT: "Complaint",
    }.get(reason, "Needs a person")
    if turn.profile.privacy.health:
        return f"{turn.profile.name}: {what}, {caller}."
    silenced = " Opted out of texts: phone them." if turn.opted_out else ""
    said = " ".join(turn.asked.split())
    gist = said if len(said) <= _GIST else said[: _GIST - 3] + "..."
    return f'{turn.profile.name}: {what}, {caller}: "{gist}"{silenced}'


def _tasks(turn: Turn, reason: Reason) -> list[Json]:
    if turn.opted_out or reason in (Reason.EMERGENCY, Reason.URGENT):
        what = reason.replace("_", " ").capitalize()
        note = f"{what}: phone the caller. {turn.asked}"
        return [*turn.tasks, task(TaskKind.PHONE_CALLER, note, turn.moment)]
    if reason in _HANDS_OVER:
        return [
            *turn.tasks,
            task(
                TaskKind.PROMISE,
                f"Reply to: {turn.asked}",
                hours.due(turn.profile, turn.moment),
            ),
        ]
    return turn.tasks
