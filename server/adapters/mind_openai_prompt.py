"""A situation as the messages of the prompt, and back from its short ids to what they stand for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openai.types.chat import ChatCompletionMessageParam

import prompts
from agent.model import Evidence, Hold, Intent, Situation
from agent.rules.phrases import slot_words

EVIDENCE_LETTERS, EARLIER_LETTERS, NEW_LETTERS = 260, 120, 1200
"""So much is shown of a passage, of an earlier text, and of the new texts together: no caller makes a prompt long."""


_FENCE = re.compile(r"<{2,}|>{2,}")
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a model, and what its ids mean."""

    messages: list[ChatCompletionMessageParam]
    label: str
    """Name, version and fingerprint of the prompt."""
    evidence: Mapping[str, Evidence]
    slots: Mapping[str, Hold]


def question(situation: Situation) -> Question:
    prompt = prompts.load("understand")
    evidence = {f"p{place}": one for place, one in enumerate(situation.evidence, 1)}
    slots = {f"s{hold.place}": hold for hold in situation.offers}
    hints = situation.hints
    made = prompt.messages(
        **situation.business,
        intents=[str(intent) for intent in Intent],
        now=situation.now_local,
        heard={
            "urgency": str(hints.urgency),
            "opt_out": str(hints.opt_out),
            "intents": ", ".join(map(str, hints.intents)) or "none",
            "language": hints.language,
        },
        evidence={name: _cut(_shown(one), EVIDENCE_LETTERS) for name, one in evidence.items()},
        slots={name: slot_words(hold.start) for name, hold in slots.items()},
        visits={
            f"v{place}": f"{_service(situation, visit.service)}, {slot_words(visit.start)}"
            for place, visit in enumerate(situation.visits, 1)
        },
        known=[_cut(one, EARLIER_LETTERS) for one in situation.known],
        before=[
            (
                "caller" if text.author == "caller" else "us",
                _cut(_LINK.sub("(link)", text.body), EARLIER_LETTERS),
            )
            for text in situation.history
        ],
        texts=[_fenced("\n".join(situation.texts))[-NEW_LETTERS:]],
    )
    return Question(
        messages=[{"role": role, "content": content} for role, content in made],  # type: ignore[misc]  # the roles are those of Message
        label=prompt.label,
        evidence=evidence,
        slots=slots,
    )


def _shown(one: Evidence) -> str:
    """On one line: what it is about, and the words."""
    return " | ".join(part for part in one.text.split("\n", 1) if part.strip())


def _cut(text: str, letters: int) -> str:
    line = " ".join(_fenced(text).split())
    return line if len(line) <= letters else line[: letters - 3] + "..."


def _fenced(text: str) -> str:
    """Nothing that a caller writes ends the fence around it."""
    return _FENCE.sub(lambda run: " ".join(run[0]), text)


def _service(situation: Situation, service: str) -> str:
    services = situation.business["services"]
    return str(services.get(service, service)) if isinstance(services, Mapping) else service
