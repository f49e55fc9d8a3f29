"""Asks the user's own model how a conversation sounds; its marks stand apart and decide nothing."""

import json
import re
from dataclasses import dataclass
from typing import Annotated

import openai
from pydantic import BaseModel, Field, ValidationError

import prompts
from evals.suite.result import Result
from server.settings import Settings

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_TIMEOUT_S = 60.0
Mark = Annotated[int, Field(ge=1, le=5)]


class Judgement(BaseModel):
    tone: Mark
    tone_why: str
    helpful: Mark
    helpful_why: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    case: str
    judgement: Judgement | None
    """None: no usable answer came."""


class Judge:
    """The model at an OpenAI-compatible endpoint, asked once a conversation."""

    def __init__(self, settings: Settings) -> None:
        key = settings.openai_api_key.get_secret_value() or "none"
        self._client = openai.OpenAI(
            api_key=key,
            base_url=settings.openai_base_url or None,
            timeout=_TIMEOUT_S,
            max_retries=1,
        )
        self._model = settings.model
        self._prompt = prompts.load("judge")

    def judge(self, business: str, one: Result) -> Judged:
        """The marks for one conversation with the business of this name."""
        asked = self._prompt.messages(business=business, conversation=one.said)
        try:
            answer = self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": role, "content": words} for role, words in asked],  # type: ignore[misc]  # roles come as plain words
            )
            content = answer.choices[0].message.content or ""
        except (openai.OpenAIError, IndexError):
            content = ""
        return Judged(case=one.case, judgement=_read(content))


def _read(content: str) -> Judgement | None:
    found = _OBJECT.search(content)
    try:
        return Judgement.model_validate(json.loads(found[0])) if found else None
    except (ValueError, ValidationError):
        return None
