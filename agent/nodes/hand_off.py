"""A person is needed: staff are alerted, and the caller is told exactly what has been done."""

from datetime import date, datetime, timedelta

from agent.model import Intent, Reason, TaskKind, TextKind, Urgency
from agent.ports import Ports
from agent.rules import alerts, callbacks, hours, rota, when
from agent.rules.phrases import in_danger, phrase
from agent.rules.urgency import NAMES_NO_DANGER
from agent.state import AGENT, NOBODY, Changes, Json, Turn, escalation, line, task

_DANGER = {Reason.EMERGENCY, Reason.URGENT}
_HANDS_OVER = {
    Reason.EMERGENCY,
    Reason.HUMAN_REQUEST,
    Reason.COMPLAINT,
    Reason.UNCLEAR,
    Reason.MEDICAL_ADVICE,
    Reason.LEGAL_ADVICE,
}
_COURTESIES = {Intent.THANKS, Intent.GOODBYE, Intent.CONFIRM, Intent.GREETING, Intent.CHITCHAT}
_SAID_ALREADY = {Reason.MEDICAL_ADVICE, Reason.LEGAL_ADVICE}
_PHONE_INSTEAD = {Intent.REQUEST_CALLBACK, Intent.REQUEST_HUMAN, Intent.BOOK}


def hand_off(turn: Turn, ports: Ports) -> Changes:
    """Alert staff whenever a person is needed; the agent stops where only a person can go on."""
    reason = _reason(turn)
    if reason is None:
        return {}
    changes: Changes = {
        "reason": reason,
        "escalation": _escalation(turn, reason),
        "tasks": _tasks(turn, reason),
        "hands_over": reason in _HANDS_OVER or turn.reason == Reason.COMPLAINT,
    }
    call = turn.understood.callback
    if call and turn.opted_out:
        changes["memory"] = turn.memory | {"callback": callbacks.span_words(call)}
    reached = rota.is_reachable(turn.profile, turn.deaf_phones)
    if words := _words(turn, reason, reached=reached):
        changes["lines"] = [*turn.lines, line(words, TextKind.HAND_OFF, fixed=True)]
        changes["memory"] = turn.memory | {"warned": [*_warned(turn), _danger(turn)]}
    return changes


def _reason(turn: Turn) -> Reason | None:
    """Danger first, then what the steps found, then callers whom only a phone can reach."""
    if turn.reason == Reason.EMERGENCY:
        return Reason.EMERGENCY
    if turn.reason == Reason.COMPLAINT and turn.understood.urgency_reason in NAMES_NO_DANGER:
        return Reason.COMPLAINT
    if turn.understood.urgency is Urgency.URGENT and not _can_wait(turn):
        return Reason.URGENT
    if turn.reason:
        return Reason(turn.reason)
    if turn.opted_out and not turn.settled:
        wants = _PHONE_INSTEAD & set(turn.understood.intents)
        if turn.understood.intents and set(turn.understood.intents) <= _COURTESIES:
            return None
        return Reason.CALLBACK_REQUEST if wants or not turn.just_opted_out else None
    return None


def _can_wait(turn: Turn) -> bool:
    """The caller asks for a day after tomorrow: nobody is paged tonight for it. Never said of an emergency."""
    wish = turn.understood.when
    if wish is None or wish.date is None or Intent.BOOK not in turn.understood.intents:
        return False
    today = turn.local.date()
    return date.fromisoformat(wish.date) > today + timedelta(days=1)


def _words(turn: Turn, reason: Reason, *, reached: bool) -> str:
    """The one line that the caller reads; empty where nobody may write or enough has been said."""
    is_held = turn.owner not in (AGENT, NOBODY)
    if turn.opted_out or (is_held and reason is not Reason.EMERGENCY):
        return ""
    if turn.owner != AGENT and (reason not in _DANGER or _danger(turn) in _warned(turn)):
        return ""

    def say(name: str) -> str:
        return phrase(name, turn.profile, turn.moment, turn.understood.language)

    if reason is Reason.EMERGENCY:
        read = turn.understood
        return in_danger(
            turn.profile, read.urgency_reason, turn.moment, read.language, reached=reached
        )
    if reason is Reason.URGENT:
        return say("urgent") if reached else say("emergency_nobody")
    return say("human") if reason in _HANDS_OVER - _SAID_ALREADY else ""


def _escalation(turn: Turn, reason: Reason) -> Json:
    """None about small things on a thread where a person is asked for already."""
    small = turn.owner != AGENT and reason not in _DANGER
    return {} if small else escalated(turn, reason)


def escalated(turn: Turn, reason: Reason) -> Json:
    """What the people on call are told, so that one of them takes the conversation."""
    words = alerts.body(
        turn.profile,
        reason,
        caller=turn.caller,
        said=turn.asked,
        danger=turn.understood.urgency_reason,
        opted_out=turn.opted_out,
    )
    return escalation(reason, words)


def _tasks(turn: Turn, reason: Reason) -> list[Json]:
    if turn.opted_out or reason in _DANGER or turn.understood.urgency is not Urgency.ROUTINE:
        what = reason.replace("_", " ").capitalize()
        note = f"{what}: phone the caller. {turn.asked}"
        return [*turn.tasks, task(TaskKind.PHONE_CALLER, note, _phone_at(turn, reason))]
    if reason in _HANDS_OVER - _SAID_ALREADY and turn.owner == AGENT:
        due = hours.due(turn.profile, turn.moment)
        return [*turn.tasks, task(TaskKind.PROMISE, f"Reply to: {turn.asked}", due)]
    return turn.tasks


def _phone_at(turn: Turn, reason: Reason) -> datetime:
    """At once, unless all that is wanted is a call at a time."""
    wish = turn.understood.callback
    if reason is not Reason.CALLBACK_REQUEST or wish is None or not callbacks.is_timed(wish):
        return turn.moment
    said = turn.understood.when
    open_end = bool(said and when.is_earliest(said))
    plan = callbacks.plan(turn.profile, wish, turn.local, open_end=open_end)
    return plan.due if plan else turn.moment


def _danger(turn: Turn) -> str:
    return turn.understood.urgency_reason or ""


def _warned(turn: Turn) -> list[str]:
    """The dangers that this caller has already been told about since a person was asked for."""
    return list(turn.memory.get("warned", [])) if turn.owner != AGENT else []
