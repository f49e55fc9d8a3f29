"""Second step: is anyone or anything in danger? Looked at whatever the gate found, without any model."""

from agent.model import OptOut, Reading, TextKind, Urgency
from agent.ports import Ports
from agent.rules.features import gist
from agent.rules.phrases import phrase
from agent.rules.reading import read
from agent.state import Changes, Turn, line, plain_json


def triage(turn: Turn, ports: Ports) -> Changes:
    """Read the texts with the rules; an emergency calls for a person at once."""
    reading = _together([_read(text["body"], turn, ports) for text in turn.texts], turn, ports)
    changes: Changes = {"reading": plain_json(reading)}
    if reading.urgency is Urgency.EMERGENCY:
        changes["reason"] = "emergency"
    if _revokes_unheard(reading, turn):
        words = phrase("opt_out_confirmation", turn.profile, turn.moment, reading.language)
        changes["opted_out"] = True
        changes["lines"] = [line(words, TextKind.OPT_OUT_CONFIRMATION, fixed=True)]
    return changes


def _revokes_unheard(reading: Reading, turn: Turn) -> bool:
    """A revocation that the rules, which act when a text arrives, did not take for one."""
    return reading.opt_out is OptOut.REVOKE and not turn.opted_out and not turn.lines


def _read(text: str, turn: Turn, ports: Ports) -> Reading:
    now = turn.local
    vector = ports.embedder.embed([gist(text)])[0] if ports.embedder else None
    return read(text, turn.last_text, now, turn.profile.hours, vector)


def _together(readings: list[Reading], turn: Turn, ports: Ports) -> Reading:
    """One reading of several texts: all they say, and what only shows when they are read as one."""
    if len(readings) == 1:
        return readings[0]
    whole = _read(turn.asked, turn, ports)
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
        details={key: value for one in every for key, value in one.details.items()},
        callback=whole.callback,
        language=whole.language,
        fired=tuple(dict.fromkeys(hit for one in every for hit in one.fired)),
    )
