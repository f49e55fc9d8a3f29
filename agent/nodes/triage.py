"""Second step: is anyone or anything in danger? Looked at whatever the gate found, without any model."""

from agent.model import OptOut, Reading, Urgency
from agent.ports import Ports
from agent.rules.reading import read
from agent.state import Changes, Turn, plain_json


def triage(turn: Turn, ports: Ports) -> Changes:
    """Read the texts with the rules; an emergency calls for a person at once."""
    reading = _together([_read(text["body"], turn) for text in turn.texts], turn)
    if reading.urgency is Urgency.EMERGENCY:
        return {"reading": plain_json(reading), "reason": "emergency"}
    return {"reading": plain_json(reading)}


def _read(text: str, turn: Turn) -> Reading:
    now = turn.moment.astimezone(turn.profile.zone)
    return read(text, turn.last_text, now, turn.profile.hours)


def _together(readings: list[Reading], turn: Turn) -> Reading:
    """One reading of several texts: all they say, and what only shows when they are read as one."""
    whole = _read(turn.asked, turn)
    if len(readings) == 1:
        return readings[0]
    pressing = max([*readings, whole], key=lambda reading: list(Urgency).index(reading.urgency))
    every = [*readings, whole]
    return Reading(
        opt_out=next(
            (one.opt_out for one in reversed(readings) if one.opt_out is not OptOut.NONE),
            OptOut.NONE,
        ),
        urgency=pressing.urgency,
        urgency_reason=pressing.urgency_reason,
        intents=tuple(dict.fromkeys(intent for one in readings for intent in one.intents)),
        choice=readings[-1].choice if readings else None,
        when=whole.when,
        callback=whole.callback,
        language=whole.language,
        fired=tuple(dict.fromkeys(hit for one in every for hit in one.fired)),
    )
