"""First step: STOP, START, HELP and whether the agent may speak at all. It never ends the walk before triage."""

from agent.model import OptOut, TextKind
from agent.ports import Ports
from agent.rules import opt_out
from agent.rules.language import read as language_of
from agent.rules.phrases import phrase
from agent.state import Changes, Turn, line


def gate(turn: Turn, ports: Ports) -> Changes:
    """The last word on consent counts; the store has already acted on it when the text arrived."""
    meaning, carrier_acts = _last_word(turn)
    if meaning is OptOut.REVOKE or (meaning is OptOut.CLARIFY and turn.opted_out):
        said = _say(turn, "opt_out_confirmation", TextKind.OPT_OUT_CONFIRMATION, carrier_acts)
        return said | {"opted_out": True}
    if turn.opted_out:
        return {}
    if meaning is OptOut.START:
        return _say(turn, "opt_in_confirmation", TextKind.OPT_IN_CONFIRMATION, carrier_acts)
    if meaning is OptOut.HELP:
        return _say(turn, "help", TextKind.HELP, carrier_acts)
    return {}


def _last_word(turn: Turn) -> tuple[OptOut, bool]:
    """What the last text that speaks of consent means, and whether the carrier answers it itself."""
    for text in reversed(turn.texts):
        meaning = opt_out.read(text["body"]).meaning
        if meaning is not OptOut.NONE:
            return meaning, bool(text.get("carrier_acts"))
    return OptOut.NONE, False


def _say(turn: Turn, name: str, kind: TextKind, carrier_acts: bool) -> Changes:
    """One fixed text, unless the carrier has said it already."""
    if carrier_acts:
        return {}
    words = phrase(name, turn.profile, turn.moment, language_of(turn.asked))
    return {"lines": [line(words, kind, fixed=True)]}
