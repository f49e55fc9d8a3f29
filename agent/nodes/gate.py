"""First step: STOP, START, HELP and whether the agent may speak at all. It never ends the walk before triage."""

from agent.model import OptOut, TextKind
from agent.ports import Ports
from agent.rules import opt_out
from agent.rules.language import read as language_of
from agent.rules.phrases import phrase
from agent.state import Changes, Turn, line


def gate(turn: Turn, ports: Ports) -> Changes:
    """Say what consent words ask for; the store has already acted on them when they arrived."""
    readings = [opt_out.read(text["body"]) for text in turn.texts]
    meanings = [reading.meaning for reading in readings]
    spoken = [place for place, meaning in enumerate(meanings) if meaning is not OptOut.NONE]
    changes: Changes = {"settled": all(reading.is_whole_message for reading in readings)}
    if turn.just_opted_out:
        carrier_acts = any(turn.texts[place].get("carrier_acts") for place in spoken)
        said = _say(turn, "opt_out_confirmation", TextKind.OPT_OUT_CONFIRMATION, carrier_acts)
        return changes | said
    if turn.opted_out or not spoken:
        return changes
    last = spoken[-1]
    carrier_acts = bool(turn.texts[last].get("carrier_acts"))
    if meanings[last] is OptOut.START:
        return changes | _say(
            turn, "opt_in_confirmation", TextKind.OPT_IN_CONFIRMATION, carrier_acts
        )
    if meanings[last] is OptOut.HELP:
        name = "help" if readings[last].rule == opt_out.KEYWORD else "identity"
        return changes | _say(turn, name, TextKind.HELP, carrier_acts)
    return changes


def _say(turn: Turn, name: str, kind: TextKind, carrier_acts: bool) -> Changes:
    """One fixed text, unless the carrier has said it already."""
    if carrier_acts:
        return {}
    words = phrase(name, turn.profile, turn.moment, language_of(turn.asked))
    return {"lines": [line(words, kind, fixed=True)]}
