"""Third step: what has the business written that could answer this?"""

from agent.ports import Ports
from agent.state import Changes, Turn, plain_json

PASSAGES_A_TURN = 5


def recall(turn: Turn, ports: Ports) -> Changes:
    if not turn.asked.strip():
        return {}
    found = ports.knowledge.search(turn.profile.slug, turn.asked, PASSAGES_A_TURN)
    return {"passages": plain_json(list(found))}
