"""What a model answered, as a Reading: read strictly where it is well formed, mended where it is nearly so."""

import json
import re
from typing import Annotated, Any

import json_repair
from openai.lib._pydantic import to_strict_json_schema
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from agent.model import Draft, Intent, OptOut, Reading, Urgency, When
from server.adapters.mind_openai_prompt import Question

LONGEST = 20_000
"""Letters of an answer that is still looked at; ours has some four hundred."""
MENDABLE = 3_000
"""Letters of a broken answer that is mended; a mender takes quadratic time."""
DRAFT_LETTERS, NEW_KEPT = 480, 2


_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
Words = Annotated[str, AfterValidator(lambda said: _UNSEEN.sub("", said))]
"""Without the control characters that no phone shows and PostgreSQL does not keep."""


class ModelReading(BaseModel):
    """What a model returns; every field is asked for, so that a strict schema holds."""

    urgency: Urgency
    opt_out: bool
    intents: list[Intent]
    language: Words
    service: Words | None
    date: Words | None
    time: Words | None
    slot: Words | None
    name: Words | None
    address: Words | None
    zip: Words | None
    keep: list[Words]
    draft: Words | None
    passages: list[Words]
    confidence: float


SCHEMA: dict[str, Any] = to_strict_json_schema(ModelReading)
_NOTHING: dict[str, Any] = {
    "opt_out": False,
    "language": "en",
    "service": None,
    "date": None,
    "time": None,
    "slot": None,
    "name": None,
    "address": None,
    "zip": None,
    "keep": [],
    "draft": None,
    "passages": [],
    "confidence": 1.0,
}
"""What a model may leave out where no schema binds it; urgency and intents it may not."""
_INTENTS = {str(intent) for intent in Intent}


class Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    message: Message = Field(default_factory=Message)


class Answered(BaseModel):
    """What is looked at of a server's answer."""

    error: Any = None
    choices: list[Choice] | None = None
    usage: Any = None

    @property
    def used(self) -> dict[str, Any]:
        """Tokens by kind; empty where they are not told."""
        return self.usage if isinstance(self.usage, dict) else {}


class Unusable(Exception):
    """The answer holds no reading."""


def reading(content: str, question: Question) -> Reading:
    """The reading in an answer.

    Raises:
        Unusable: there is none, however kindly it is read.
    """
    if len(content) > LONGEST:
        raise Unusable("too long an answer")
    try:
        said = ModelReading.model_validate_json(content)
    except ValidationError:
        said = _mended(content)
    return _reading(said, question)


def _mended(content: str) -> ModelReading:
    """The object that stands somewhere in the answer, without what no field takes."""
    if len(content) > MENDABLE:
        raise Unusable("too long an answer to be mended")
    try:
        found = json_repair.loads(content)
    except (RecursionError, ValueError) as error:
        raise Unusable("nested too deep") from error
    objects = found if isinstance(found, list) else [found]
    thought = next((one for one in reversed(objects) if isinstance(one, dict)), None)
    if thought is None:
        raise Unusable("no JSON object in the answer")
    told = {name: value for name, value in thought.items() if value is not None}
    if isinstance(told.get("intents"), list):
        told["intents"] = [one for one in told["intents"] if str(one) in _INTENTS]
    if isinstance(told.get("zip"), int):
        told["zip"] = str(told["zip"])
    try:
        return ModelReading.model_validate_json(json.dumps(_NOTHING | told))
    except ValidationError as error:
        names = sorted({str(part) for one in error.errors() for part in one["loc"][:1]})
        raise Unusable(f"unusable in the answer: {', '.join(names)}") from error


def _reading(said: ModelReading, question: Question) -> Reading:
    """Ids that were not shown are dropped."""
    slot = question.slots.get(said.slot or "")
    details = {"name": said.name, "address": said.address, "zip": said.zip}
    return Reading(
        opt_out=OptOut.REVOKE if said.opt_out else OptOut.NONE,
        urgency=said.urgency,
        intents=tuple(dict.fromkeys(said.intents)),
        when=When(date=said.date, time=said.time) if said.date or said.time else None,
        details={key: value for key, value in details.items() if value},
        language=said.language[:2].lower(),
        draft=_draft(said, question),
        service=said.service,
        leans=slot.place if slot else None,
        keep=tuple(said.keep[:NEW_KEPT]),
        confidence=min(1.0, max(0.0, said.confidence)),
    )


def _draft(said: ModelReading, question: Question) -> Draft | None:
    if not said.draft or len(said.draft) > DRAFT_LETTERS:
        return None
    cited = (question.evidence.get(one) for one in dict.fromkeys(said.passages))
    return Draft(text=said.draft, evidence=tuple(one for one in cited if one))
