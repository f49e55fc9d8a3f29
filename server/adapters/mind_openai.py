"""Mind over any OpenAI-compatible server: one call, one typed reading."""

import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ValidationError

import prompts
from agent.errors import ModelError
from agent.model import Draft, Intent, OptOut, Reading, Situation, Urgency


class ModelReading(BaseModel):
    """What the model returns; every field is asked for, so that a strict schema holds."""

    urgency: Urgency
    urgency_reason: str | None
    opt_out: bool
    intents: list[Intent]
    language: str
    draft: str | None
    passage_ids: list[str]


class OpenAiMind:
    """Structured output through the official client; errors come out as ModelError."""

    def __init__(self, api_key: str, base_url: str, model: str, timeout_s: float) -> None:
        self._model = model
        self._client = openai.OpenAI(
            api_key=api_key, base_url=base_url or None, timeout=timeout_s, max_retries=0
        )

    def read(self, situation: Situation) -> Reading:
        try:
            answered = self._client.chat.completions.parse(
                model=self._model, messages=_messages(situation), response_format=ModelReading
            )
        except openai.APIStatusError as error:
            raise ModelError(f"status {error.status_code}", permanent=False) from error
        except (openai.OpenAIError, ValidationError) as error:
            raise ModelError(type(error).__name__, permanent=False) from error
        thought = answered.choices[0].message.parsed if answered.choices else None
        if thought is None:
            raise ModelError("no reading in the answer", permanent=False)
        return _reading(thought)


def _messages(situation: Situation) -> list[ChatCompletionMessageParam]:
    """One system text, then the thread; runs of one author are one message."""
    system = prompts.load("understand").render(
        business=dict(situation.business),
        now_local=situation.now_local,
        passages=situation.passages,
        hints={
            "urgency": str(situation.hints.urgency),
            "intents": [str(intent) for intent in situation.hints.intents],
        },
        intents=[str(intent) for intent in Intent],
    )
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": system}]
    for text in situation.history[-6:]:
        messages.append(_message(by_caller=text.author == "caller", body=text.body))
    return [*messages, _message(by_caller=True, body="\n".join(situation.texts))]


def _message(*, by_caller: bool, body: str) -> ChatCompletionMessageParam:
    if by_caller:
        return {"role": "user", "content": body}
    return {"role": "assistant", "content": body}


def _reading(thought: ModelReading) -> Reading:
    draft = (
        Draft(text=thought.draft, passage_ids=tuple(thought.passage_ids)) if thought.draft else None
    )
    return Reading(
        opt_out=OptOut.REVOKE if thought.opt_out else OptOut.NONE,
        urgency=thought.urgency,
        urgency_reason=thought.urgency_reason,
        intents=tuple(thought.intents),
        language=thought.language[:2].lower(),
        draft=draft,
    )
