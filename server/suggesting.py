"""What a person could reply to a caller who waits: tried by the steps of a turn, and neither sent nor kept."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from pydantic import TypeAdapter

from agent.business import Business
from agent.errors import NotFound
from agent.model import Appointment, Intent, TextKind, Urgency
from agent.nodes.answer import answer
from agent.nodes.guard import guard
from agent.ports import Ports
from agent.rules import drafts
from agent.rules.phone import spoken
from agent.state import AGENT, Changes, Json, Turn
from agent.telling import told_facts
from server import quotas
from server.asking import understood, without_diary
from server.bookings import as_appointment
from server.model_health import may_think
from server.store import appointments, businesses, texts, threads
from server.turns import HISTORY, as_text
from server.wiring import House

SUGGESTIONS = 3
SUGGESTS = "suggest:"
"""How the key of a turn begins that was only tried for its words."""
_VISIT = TypeAdapter(Appointment)
_COURTEOUS = {
    "en": {
        "look": "Thanks for your message. I'll look into it and get back to you.",
        "sorry": "I'm sorry about that. I'll look into it and get back to you.",
        "phone": "Thanks for your message. May I call you about it, and when would suit you?",
        "danger": "I have your message and am looking at it now. Please also call us at {phone}.",
    },
    "es": {
        "look": "Gracias por su mensaje. Lo reviso y le respondo.",
        "sorry": "Lo siento mucho. Lo reviso y le respondo.",
        "phone": "Gracias por su mensaje. ¿Puedo llamarle, y a que hora le conviene?",
        "danger": "Recibi su mensaje y lo estoy revisando ahora. Por favor llamenos tambien al {phone}.",
    },
}
"""What a person may say when nothing is known."""
_DOCUMENTS, _MODEL, _GENERAL = (
    "From what you have written",
    "By the language model, from what you have written",
    "A general reply",
)


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    body: str
    source: str
    """Where its words are from."""


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    asked: str
    """The caller's words that wait; empty: none do."""
    replies: tuple[Suggestion, ...] = ()
    """Best first."""
    note: str = ""
    """Why there are none, or none by the model; empty: all is well."""


def suggest(house: House, thread_id: str) -> Suggestions:
    """Up to three replies to what a caller has written since a person last did.

    Asks the model, where there is one, as a turn does: within the same time and the day's budget.

    Raises:
        NotFound: there is no such conversation.
    """
    with house.database.connect() as connection:
        turn = _turn(connection, house, thread_id)
    if turn.opted_out:
        return Suggestions(asked="", note="This caller has opted out of texts. Please phone.")
    if not turn.texts:
        return Suggestions(asked="", note="Nothing waits for a reply.")
    ports = without_diary(house.library, house.embedder, house.ports.mind)
    read = understood(turn, ports)
    if read.calls:
        with house.database.begin() as connection:
            now = house.clock.now()
            quotas.count_asked(connection, read.profile, thread_id, turn.key, read.calls, now)
    if read.opted_out:
        return Suggestions(asked=turn.asked, note="This may be a wish for no more texts.")
    return Suggestions(asked=turn.asked, replies=_replies(read, ports), note=_trouble(read))


def _turn(connection: sa.Connection, house: House, thread_id: str) -> Turn:
    """The caller's waiting texts as if the agent were to answer them."""
    thread, now = threads.get(connection, thread_id), house.clock.now()
    business = businesses.get(connection, thread.business) if thread else None
    if thread is None or business is None:
        raise NotFound("There is no such conversation.")
    newest = texts.last_said(connection, thread_id)
    seen = texts.history(connection, thread_id, newest.seq + 1, HISTORY) if newest else []
    waiting = _waiting(seen)
    first = waiting[0].seq if waiting else 0
    _, visits = appointments.of_caller(connection, thread_id, now)
    return Turn(
        key=f"{SUGGESTS}{secrets.token_hex(8)}",
        now=now.isoformat(),
        business=business.model_dump_json(),
        caller=thread.caller,
        owner=AGENT,
        opted_out=thread.opted_out_at is not None,
        texts=[as_text(row) for row in waiting],
        history=[as_text(row) for row in seen if row.seq < first],
        memory=thread.memory,
        visits=[_visit(row, business) for row in visits],
        may_think=may_think(connection, business, house.settings.model_tokens_per_day, now),
    )


def _waiting(seen: Sequence[texts.TextRow]) -> list[texts.TextRow]:
    """The caller's last texts in a row that no person has answered; that a person will is no answer."""
    found: list[texts.TextRow] = []
    for row in reversed(seen):
        if row.is_callers:
            found.append(row)
        elif row.kind == TextKind.STAFF or (found and row.kind != TextKind.HAND_OFF):
            break
    return found[::-1]


def _replies(turn: Turn, ports: Ports) -> tuple[Suggestion, ...]:
    """The owner's words first, then a model's that they bear out; courtesies where there are neither."""
    turn = replace(turn, reason="", tasks=[], lines=[])
    answered = answer(turn, ports)
    source = _MODEL if _is_drafted(turn, answered) else _DOCUMENTS
    tried = [
        Suggestion(body=_guarded(turn, told_facts(turn), ports), source=_DOCUMENTS),
        Suggestion(body=_guarded(turn, answered, ports), source=source),
    ]
    return _once([one for one in tried if one.body] or _courtesies(turn))


def _is_drafted(turn: Turn, said: Changes) -> bool:
    """These are words of a model's draft, as far as it holds."""
    draft = turn.understood.draft
    held = [drafts.held(draft, asked) for asked in turn.asked_for] if draft else []
    return any(line["text"] in held for line in said.get("lines", []))


def _guarded(turn: Turn, said: Changes, ports: Ports) -> str:
    """What the guard leaves of the answers; the agent's fixed phrases are not a person's."""
    left = []
    for line in said.get("lines", []):
        if not line["fixed"]:
            checked = guard(replace(turn, lines=[line], opening=""), ports)
            left += [] if checked.get("reason") else checked["replies"]
    return " ".join(dict.fromkeys(reply["body"] for reply in left))


def _courtesies(turn: Turn) -> list[Suggestion]:
    words = _COURTEOUS.get(turn.understood.language, _COURTEOUS["en"])
    said = [words[name] for name in _fitting(turn)]
    phone = spoken(turn.profile.phone)
    return [Suggestion(body=one.format(phone=phone), source=_GENERAL) for one in said]


def _fitting(turn: Turn) -> list[str]:
    if turn.understood.urgency is Urgency.EMERGENCY:
        return ["danger"]
    return ["sorry" if Intent.COMPLAINT in turn.understood.intents else "look", "phone"]


def _once(replies: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    by_words = {one.body: one for one in reversed(replies)}
    return tuple(reversed(by_words.values()))[:SUGGESTIONS]


def _trouble(turn: Turn) -> str:
    _, _, why = turn.model.partition("failed: ")
    return f"The language model was out: {why}. These are by the rules." if why else ""


def _visit(row: appointments.AppointmentRow, business: Business) -> Json:
    visit: Json = _VISIT.dump_python(as_appointment(row, business), mode="json")
    return visit
