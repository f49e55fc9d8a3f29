"""What a person has to know of a caller before taking over: from what is stored, word for word, without any model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.model import Reason, TaskKind
from agent.rules.hours import clock_words
from agent.rules.phone import spoken
from agent.rules.phrases import slot_words

WISHES = 2
"""So many open wishes are told, newest first; the rest stands in the tasks."""
LETTERS = 120
"""Of one wish."""
_DANGER = {Reason.EMERGENCY, Reason.URGENT}
_WHY = {
    Reason.EMERGENCY: "Emergency",
    Reason.URGENT: "Urgent",
    Reason.HUMAN_REQUEST: "Asked for a person",
    Reason.UNANSWERABLE: "The documents have no answer",
    Reason.COMPLAINT: "Complaint",
    Reason.CALLBACK_REQUEST: "Wants a call",
    Reason.MEDICAL_ADVICE: "Asked for medical advice",
    Reason.LEGAL_ADVICE: "Asked for legal advice",
    Reason.UNCLEAR: "The agent did not understand",
}
_OWN_MATTER = {TaskKind.PROMISE, TaskKind.UNDELIVERED}
"""Tasks that say what we owe, not what the caller wants."""


@dataclass(frozen=True, kw_only=True)
class Owed:
    """An open task for this caller."""

    kind: str
    note: str
    due: datetime | None
    """With the business's offset."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One short line each; empty: nothing is known of it."""

    who: str
    wants: str
    about: str
    """The service or subject that was talked about."""
    why: str
    """Why a person is needed."""
    promised: str
    visits: str
    known: str
    """What the caller has told."""
    consent: str


def summary(
    *,
    phone: str,
    details: Mapping[str, str],
    kept: Sequence[str],
    said: str,
    about: str,
    reason: str,
    danger: str,
    owed: Sequence[Owed],
    callback: Mapping[str, str | None],
    visits: Sequence[str],
    opted_out: bool,
) -> Summary:
    """Put a hand-over in a few lines.

    Args:
        phone: E.164.
        details: told by the caller: `name`, `address` and the like.
        said: the caller's last words; they stand in where no task says what is wanted.
        danger: what the urgency is about, in words; empty: none.
        owed: oldest first.
        callback: when the caller wants to be called, as `callbacks.span_words`; empty: not said.
    """
    return Summary(
        who=", ".join(filter(None, [details.get("name", ""), spoken(phone)])),
        wants=_wants(owed, said),
        about=about,
        why=_why(reason, danger),
        promised="; ".join(_promises(owed, callback)),
        visits="; ".join(visits),
        known="; ".join([*(f"{key} {told}" for key, told in details.items() if key != "name"), *kept]),
        consent="Opted out of texts: phone only" if opted_out else "",
    )  # fmt: skip


def _wants(owed: Sequence[Owed], said: str) -> str:
    notes = [one.note for one in owed if one.kind not in _OWN_MATTER][::-1]
    wishes = list(dict.fromkeys(_short(note) for note in notes))
    return " / ".join(wishes[:WISHES]) or _short(said)


def _why(reason: str, danger: str) -> str:
    words = next((told for one, told in _WHY.items() if one == reason), "")
    return f"{words}: {danger}" if danger and reason in _DANGER else words


def _promises(owed: Sequence[Owed], callback: Mapping[str, str | None]) -> list[str]:
    """What the caller was told to expect."""
    due = [one.due for one in owed if one.kind == TaskKind.PROMISE]
    replies = [f"A reply by {slot_words(when)}" if when else "A reply" for when in due]
    calls = any(one.kind == TaskKind.CALLBACK for one in owed)
    return [*dict.fromkeys(replies), *([f"A call{_at(callback)}"] if calls else [])]


def _at(callback: Mapping[str, str | None]) -> str:
    """On Tue Nov 24 from 3 PM."""
    date, begins, ends = (callback.get(name) for name in ("date", "from", "to"))
    return "".join(
        [
            f" on {datetime.fromisoformat(date):%a %b} {int(date[-2:])}" if date else "",
            f" from {_clock(begins)}" if begins else "",
            f" to {_clock(ends)}" if ends else "",
        ]
    )


def _clock(time: str) -> str:
    return clock_words(datetime.fromisoformat(f"2000-01-01T{time}"))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LETTERS else f"{words[: LETTERS - 3].rstrip()}..."
