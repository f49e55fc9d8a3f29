"""Third step: what has the business written that could answer this?"""

from agent.model import Intent
from agent.ports import Ports
from agent.rules import services, visit_talk
from agent.rules.normal import words_only
from agent.rules.sentences import typed
from agent.rules.services import in_english
from agent.state import Changes, Turn, plain_json

PASSAGES_A_TURN = 5
_BARE = 3
_POINTS_BACK = {"it", "that", "this"}


def recall(turn: Turn, ports: Ports) -> Changes:
    if not turn.asked.strip():
        return {}
    found = ports.knowledge.search(turn.profile.slug, _question(turn), PASSAGES_A_TURN)
    return {"passages": plain_json(list(found))}


def _sentences_that_ask(turn: Turn) -> str:
    """Of a longer text only the questions: a story around them hides what is asked."""
    sentences = typed(turn.asked)
    parts = [one for one in sentences if one.endswith("?")]
    if visit_talk.CHANGES & set(
        turn.understood.intents
    ):  # the wish for another time is no question to the documents
        facts = [one for one in sentences if visit_talk.is_question(one)]
        parts = [one for one in facts if visit_talk.asks_a_fact(one)] or parts
    return in_english("\n".join(parts) or turn.asked)


def _question(turn: Turn) -> str:
    """The texts; "how much is it" while times are on offer means the service that they are for."""
    asked = _sentences_that_ask(turn)
    asks = Intent.PRICE_REQUEST in turn.understood.intents
    words = words_only(turn.asked).split()
    points_back = _POINTS_BACK & set(words) or len(words) <= _BARE
    if not (asks and points_back and turn.on_offer) or services.named(turn.profile, turn.asked):
        return asked
    return f"{turn.asked} {turn.profile.service_name(turn.on_offer[0].service)}"
