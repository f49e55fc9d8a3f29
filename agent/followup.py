"""Use case: time has passed on a thread -> what falls due (a nudge, an alarm, the end), and when to look again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.business import Business
from agent.model import Reason
from agent.rules import alerts, hours, packs, quiet_hours
from agent.rules.phrases import phrase
from agent.state import AGENT, NOBODY, Json, alert

RESOLVED_AFTER = timedelta(hours=24)
"""A conversation of the agent in which nothing is owed ends after so long a silence."""
PEOPLES_RESOLVED_AFTER = timedelta(hours=72)
"""The same where a person had the last word."""
ALARM_AFTER = timedelta(minutes=15)
"""Nobody has taken a thread that asks for a person, or the person who has it does not answer."""
ALARMS_AT_MOST = 3
_SAME_DAY_ENDS_H = 20
NUDGE_UNTIL = timedelta(hours=6)
"""After the first text; a nudge that could not be sent by then is none, unless the owner set a later time."""
_AROUND_THEN = timedelta(minutes=15)
_NO_NUDGE = {"law"}
"""Packs of industries whose callers are not asked again; those of health never are."""


@dataclass(frozen=True, kw_only=True)
class Silence:
    """What is known of a thread on which nothing has happened for a while."""

    caller: str
    owner: str
    opted_out: bool
    escalated: bool
    last_at: datetime
    """Of the last text or call."""
    last_is_callers: bool
    """The caller had the last word."""
    first_text_at: datetime | None
    """Of the first text that nobody has answered; None: there is none."""
    nudged: bool
    """This episode has had its nudge."""
    answered_call: bool
    """A person has spoken with the caller since the first text."""
    owed: int
    """Open tasks."""
    alarms: int
    """How often staff were told that nobody comes."""
    climbs: bool = False
    """The people on call are being tried, one after another."""
    language: str = ""
    """In which the caller last wrote; empty: they have not."""


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    nudge: str | None = None
    """The body of one more text."""
    alerts: list[Json] = field(default_factory=list)
    """{"to", "body"}: nobody has come."""
    resolve: bool = False
    look_at: datetime | None = None
    """When something may fall due next; None: nothing will until the caller or staff act."""


def after_first_text(business: Business, now: datetime) -> datetime:
    """When to look at a thread whose caller was just sent the first text."""
    nudge = business.texting.nudge
    return now + (timedelta(minutes=nudge.after_min) if nudge.enabled else RESOLVED_AFTER)


def next_look(business: Business, owner: str, now: datetime) -> datetime:
    """When to look at a thread on which something has just happened."""
    return now + (RESOLVED_AFTER if owner == AGENT else ALARM_AFTER)


def decide(business: Business, silence: Silence, now: datetime) -> FollowUp:
    """What is due on one thread; pure, and the same however often it is asked in the same state."""
    if silence.owner != AGENT and _waits_for_a_person(silence):
        return _alarmed(business, silence, now)
    over = RESOLVED_AFTER if silence.owner == AGENT else PEOPLES_RESOLVED_AFTER
    if _may_be_nudged(business, silence):
        return _nudged(business, silence, now)
    if silence.owed or silence.climbs:
        return FollowUp(look_at=now + RESOLVED_AFTER)
    if now - silence.last_at >= over:
        return _over(business, silence, now)
    return FollowUp(look_at=silence.last_at + over)


def _over(business: Business, silence: Silence, now: datetime) -> FollowUp:
    """What a person has is not taken from them while they are at work."""
    if silence.owner == AGENT or not hours.is_open(business, now):
        return FollowUp(resolve=True)
    return FollowUp(look_at=hours.next_closing(business, now) or now + RESOLVED_AFTER)


def _waits_for_a_person(silence: Silence) -> bool:
    return silence.owner == NOBODY or silence.last_is_callers


def _alarmed(business: Business, silence: Silence, now: datetime) -> FollowUp:
    """The first alarm after a quarter of an hour, the next ones each twice as late; by night only for what is urgent."""
    if silence.climbs:
        return FollowUp(look_at=now + ALARM_AFTER)
    if silence.alarms >= ALARMS_AT_MOST:
        return FollowUp(look_at=now + RESOLVED_AFTER)
    due = silence.last_at + ALARM_AFTER * 2**silence.alarms
    if now < due:
        return FollowUp(look_at=due)
    if not (silence.escalated or hours.is_open(business, now)):
        return FollowUp(look_at=hours.due(business, now))
    reason = Reason.EMERGENCY if silence.escalated else None
    caller = alerts.who(silence.caller, reason, opted_out=silence.opted_out)
    words = f"{business.name}: nobody has answered {caller} yet. Please take the conversation."
    to = alerts.phones(business, Reason.EMERGENCY)
    told = [alert(phone, words) for phone in to]
    return FollowUp(alerts=told, look_at=now + ALARM_AFTER * 2 ** (silence.alarms + 1))


def _may_be_nudged(business: Business, silence: Silence) -> bool:
    """Only an unanswered first text, once, and nothing that has happened since."""
    return (
        business.texting.nudge.enabled
        and packs.name(business.industry) not in _NO_NUDGE
        and not packs.is_health(business)
        and silence.owner == AGENT
        and silence.first_text_at is not None
        and not (silence.opted_out or silence.nudged or silence.answered_call or silence.owed)
    )


def _nudged(business: Business, silence: Silence, now: datetime) -> FollowUp:
    """Four to six hours after the first text, on the same day, inside the sending hours of law; else never."""
    assert silence.first_text_at is not None  # noqa: S101 - asked by _may_be_nudged
    due = silence.first_text_at + timedelta(minutes=business.texting.nudge.after_min)
    if now < due:
        return FollowUp(look_at=due)
    local, first = (at.astimezone(business.zone) for at in (now, silence.first_text_at))
    same_day = local.date() == first.date() and local.hour < _SAME_DAY_ENDS_H
    too_late = now > max(silence.first_text_at + NUDGE_UNTIL, due + _AROUND_THEN)
    if too_late or not same_day or not quiet_hours.may_send(business, silence.caller, now):
        return FollowUp(look_at=silence.last_at + RESOLVED_AFTER)
    words = phrase("nudge", business, now, silence.language or business.languages[0])
    return FollowUp(nudge=words, look_at=now + RESOLVED_AFTER)
