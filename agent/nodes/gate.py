"""First step: STOP, START, HELP and whether the agent may speak at all. It never ends the walk before triage."""

from agent.model import OptOut, TextKind
from agent.ports import Ports
from agent.rules import opt_out
from agent.rules.language import read as language_of
from agent.rules.phrases import phrase
from agent.state import Changes, Turn, line


def gate(turn: Turn, ports: Ports) -> Changes:
    readings = [opt_out.read(text["body"]) for text in turn.texts]
    meanings = {reading.meaning for reading in readings}
    if OptOut.REVOKE in meanings or (OptOut.CLARIFY in meanings and turn.opted_out):
        return _say(turn, "opt_out_confirmation", TextKind.OPT_OUT_CONFIRMATION) | {
            "opted_out": True
        }
    if turn.opted_out:
        return {}
    if OptOut.START in meanings:
        return _say(turn, "opt_in_confirmation", TextKind.OPT_IN_CONFIRMATION)
    if OptOut.HELP in meanings:
        return _say(turn, "help", TextKind.HELP)
    return {}


def _say(turn: Turn, name: str, kind: TextKind) -> Changes:
    """One fixed text, unless the carrier has said it already."""
    if turn.carrier_acts:
        return {}
    words = phrase(name, turn.profile, turn.moment, language_of(turn.asked))
    return {"lines": [line(words, kind, fixed=True)]}
