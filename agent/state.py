"""One turn: what a step is given and what it may write. Plain JSON values, gone after the turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypedDict, TypeVar

from pydantic import TypeAdapter

from agent.business import Business, parsed
from agent.model import (
    Appointment,
    Asked,
    Evidence,
    Hold,
    ModelCall,
    Passage,
    Reading,
    Reason,
    TaskKind,
    Text,
    TextKind,
)

Json = dict[str, Any]
Kept = TypeVar("Kept", Hold, Appointment)

_READING = TypeAdapter(Reading)
_ASKED = TypeAdapter(list[Asked])
_TEXTS = TypeAdapter(list[Text])
_HOLDS = TypeAdapter(list[Hold])
_VISITS = TypeAdapter(list[Appointment])
_CALLS = TypeAdapter(tuple[ModelCall, ...])

AGENT = "agent"
"""`thread.owner` while the agent may speak."""
NOBODY = "nobody"
"""`thread.owner` while a person is asked for and none has come yet."""


class Changes(TypedDict, total=False):
    """What a step may write; anything else is for the use case to decide."""

    opted_out: bool
    settled: bool
    reading: Json
    questions: list[Json]
    answered: list[Json]
    reason: str
    lines: list[Json]
    tasks: list[Json]
    alerts: list[Json]
    escalation: Json
    replies: list[Json]
    removed: list[Json]
    hands_over: bool
    memory: Json
    model: str
    calls: list[Json]
    opening: str
    seeks: str
    of_visit: bool
    acted: bool


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One run of the graph over the texts not yet answered."""

    key: str
    now: str
    """ISO 8601 with offset."""
    business: str
    """The profile's JSON."""
    caller: str
    """E.164."""
    owner: str
    opted_out: bool
    """Texts to this caller are off, by these texts or by earlier ones."""
    texts: list[Json]
    """The caller's texts not yet answered, as `Text`, each with `carrier_acts`: the carrier itself answers its keyword."""
    history: list[Json]
    """Earlier texts of the thread, oldest first."""
    memory: Json
    """What the agent keeps between turns."""
    offers: list[Json] = field(default_factory=list)
    """Times last offered to the caller, as `Hold`, in their places; some may have run out."""
    offer_is_last: bool = False
    """The last text that went to the caller offered exactly these times."""
    offer_was_said: bool = False
    """They were offered earlier, and since then only the agent has written to the caller."""
    visits: list[Json] = field(default_factory=list)
    """What the caller has booked and is still to come, as `Appointment`."""

    deaf_phones: list[str] = field(default_factory=list)
    """Of staff who opted out of texts."""
    may_think: bool = True
    """The business's budget of the day for a model is not spent."""
    just_opted_out: bool = False
    """The opt-out came with these texts: the one confirmation is due."""

    settled: bool = False
    """The texts are consent keywords and nothing else: there is nothing to understand or answer."""
    reading: Json = field(default_factory=dict)
    questions: list[Json] = field(default_factory=list)
    """What these texts ask of the business's words, one by one, as `Asked`."""
    answered: list[Json] = field(default_factory=list)
    """What became of each: {"question", "reply", "passage", "score", "answered"}."""
    reason: str = ""
    """Why a person is needed; empty: not needed."""
    lines: list[Json] = field(default_factory=list)
    """What the steps want said, as `line(...)`."""
    tasks: list[Json] = field(default_factory=list)
    alerts: list[Json] = field(default_factory=list)
    """Plain notices to staff, as `alert(...)`."""
    escalation: Json = field(default_factory=dict)
    """What the people on call are tried for, as `escalation(...)`; empty: nobody need come."""
    hands_over: bool = False
    """The agent stops on this thread until a person releases it."""
    seeks: str = ""
    """The visit for which these texts want another time."""
    of_visit: bool = False
    """What these texts ask of a visit that stands is done."""
    acted: bool = False
    """This turn has written to a calendar: it is not thought over again."""
    replies: list[Json] = field(default_factory=list)
    removed: list[Json] = field(default_factory=list)
    opening: str = ""
    """A kind sentence of the model's that claims nothing; may begin the reply."""
    model: str = ""
    """`used`, `failed: why`, or empty when none was asked."""
    calls: list[Json] = field(default_factory=list)
    """What was asked of a model, as `ModelCall`, also in vain."""

    @property
    def profile(self) -> Business:
        return parsed(self.business)

    @cached_property
    def understood(self) -> Reading:
        return _READING.validate_python(self.reading)

    @cached_property
    def asked_for(self) -> list[Asked]:
        return _ASKED.validate_python(self.questions)

    @property
    def found(self) -> list[Passage]:
        """All passages that were found for these texts, each once, those of the first question first."""
        every = (passage for one in self.asked_for for passage in one.passages)
        return list({passage.id: passage for passage in every}.values())

    @cached_property
    def earlier(self) -> list[Text]:
        return _TEXTS.validate_python(self.history)

    @cached_property
    def on_offer(self) -> list[Hold]:
        """Times on offer that have not begun, with the business's offset."""
        holds = (self._local(hold) for hold in _HOLDS.validate_python(self.offers))
        return [hold for hold in holds if hold.start > self.moment]

    @cached_property
    def booked_visits(self) -> list[Appointment]:
        """What the caller has booked, with the business's offset."""
        return [self._local(visit) for visit in _VISITS.validate_python(self.visits)]

    @cached_property
    def moving(self) -> Appointment | None:
        """The visit for which times are sought or on offer."""
        asked = (self.memory.get("visit") or {}).get("moves")
        ids = {self.seeks, asked, *(hold.moves for hold in self.on_offer)}
        return next((visit for visit in self.booked_visits if visit.id in ids), None)

    def _local(self, slot: Kept) -> Kept:
        return replace(slot, start=slot.start.astimezone(self.profile.zone))

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.now)

    @property
    def local(self) -> datetime:
        """The moment, with the business's offset."""
        return self.moment.astimezone(self.profile.zone)

    @property
    def asked(self) -> str:
        """The caller's unanswered texts as one."""
        return "\n".join(text["body"] for text in self.texts if text["body"])

    @property
    def last_text(self) -> str | None:
        """The last text sent to the caller."""
        sent = [text["body"] for text in self.history if text["author"] != "caller"]
        return sent[-1] if sent else None


def plain_json(value: Reading | Sequence[Asked]) -> Any:
    """A reading or questions as the JSON values that a turn holds."""
    adapter: TypeAdapter[Any] = _READING if isinstance(value, Reading) else _ASKED
    return adapter.dump_python(value, mode="json")  # type: ignore[arg-type, unused-ignore]  # the adapter fits by the line above


def plain_calls(calls: tuple[ModelCall, ...]) -> list[Json]:
    plain: list[Json] = _CALLS.dump_python(calls, mode="json")
    return plain


def line(
    text: str,
    kind: TextKind = TextKind.REPLY,
    evidence: Sequence[Evidence] = (),
    *,
    fixed: bool,
) -> Json:
    """Something to say: `fixed` phrases are ours, the rest passes every guard."""
    backing = [{"id": item.id, "kind": item.kind, "text": item.text} for item in evidence]
    return {"text": text, "kind": str(kind), "evidence": backing, "fixed": fixed}


def task(kind: TaskKind, note: str, due_at: datetime | None = None) -> Json:
    return {
        "kind": str(kind),
        "note": note,
        "due_at": due_at.isoformat() if due_at else None,
    }


def alert(to: str, body: str) -> Json:
    """A text to a staff member's own phone."""
    return {"to": to, "body": body}


def escalation(reason: Reason, words: str) -> Json:
    """Somebody on call is to take the conversation; `words` are the gist, as staff read it."""
    return {"reason": str(reason), "words": words}


def merged(reading: Reading, changes: Mapping[str, Any]) -> Reading:
    """A reading with some fields replaced."""
    return Reading(**(vars(reading) | dict(changes)))
