"""A text that nobody answers and nobody is told of."""

from collections.abc import Iterator

from agent.model import Intent
from evals.playing import Step
from evals.suite.record import Record
from server import explain

_NEEDS_NO_ANSWER = {
    Intent.THANKS,
    Intent.GOODBYE,
    Intent.CONFIRM,
    Intent.DECLINE,
    Intent.SPAM_OR_VENDOR,
    Intent.LANGUAGE_SPANISH,  # in what language, not what
}


def unanswered(record: Record) -> Iterator[str]:
    """Texts of a thread that the agent has, with neither reply nor task nor alert; nods and vendors excepted."""
    last_text: str | None = None
    for step in record.steps:
        texts = [event["caller"] for event in step.events if "caller" in event]
        if texts and _is_left_alone(step) and not _is_nod(" ".join(texts), step, last_text):
            yield f"silence after {' / '.join(texts)!r}"
        last_text = step.replies[-1] if step.replies else last_text


def _is_left_alone(step: Step) -> bool:
    before, after = step.before, step.state
    is_agents = before["owner"] == "agent" and not before["opted_out"] and not after["opted_out"]
    is_told = len(after["tasks"]) > len(before["tasks"]) or after["escalated"] > before["escalated"]
    return is_agents and not (step.replies or step.alerts or is_told)


def _is_nod(text: str, step: Step, last_text: str | None) -> bool:
    """Nothing but thanks, a goodbye or a yes with nothing on offer; read by the rules, whatever a model heard."""
    if step.turn.get("reply") is False:
        return True
    found = set(explain.reading({"text": text, "last_text": last_text})["intents"])
    return "?" not in text and not step.before["offers"] and found <= _NEEDS_NO_ANSWER
