"""A turn answered anew, by the very graph that answers callers; nothing is sent, held or written.

What a replayed turn sees is its thread as it was: the texts before it, and its own moment. Approximated are the agent's
memory, the times on offer with the text that offered them, and the caller's visits: they begin empty at the first turn
that is replayed and are carried on from what is published now, the same for both sides, so that each difference comes of
the change alone. Calendars are as
they were read last. Staff who had a conversation are not there, and the caller is told no link to a visit's own page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from agent.business import Business
from agent.graph import Conversation
from agent.inbound import Decision, first_look
from agent.model import Appointment, Hold, OptOut, Situation, Thought, Urgency
from agent.ports import Knowledge, Mind, Ports
from agent.rules.reply_changes import Said
from agent.state import AGENT, Json
from knowledge.embedding import Embedder
from server.preflight_cases import Case
from server.preflight_diary import Calendars, Standing, TriedDiary
from server.turns import decide

_HOLDS, _VISITS = TypeAdapter(tuple[Hold, ...]), TypeAdapter(tuple[Appointment, ...])
_NOBODY = "+15005550199"
"""Writes the typical texts."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """A business as it is, or as it would be."""

    business: Business
    profile: str
    """Its JSON, as a turn holds it."""
    conversation: Conversation
    diary: TriedDiary


@dataclass(frozen=True, kw_only=True)
class Source:
    """An entry of a document that a reply leans on, or that came nearest."""

    document: str
    heading: str
    used: bool
    """The reply leans on it; else it was looked at and not said."""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    said: Said
    sources: tuple[Source, ...]
    after: Standing


class RememberingMind:
    """Asks a model once for each situation: both sides hear the same where they are shown the same."""

    def __init__(self, mind: Mind) -> None:
        self._mind = mind
        self._heard: dict[str, Thought] = {}

    @property
    def calls(self) -> int:
        return len(self._heard)

    def read(self, situation: Situation) -> Thought:
        key = repr(situation)
        if key not in self._heard:
            self._heard[key] = self._mind.read(situation)
        return self._heard[key]


def side(
    business: Business,
    knowledge: Knowledge,
    embedder: Embedder | None,
    mind: Mind | None,
    calendars: Calendars,
) -> Side:
    diary = TriedDiary(calendars)
    ports = Ports(knowledge=knowledge, diary=diary, mind=mind, embedder=embedder)
    return Side(
        business=business,
        profile=business.model_dump_json(),
        conversation=Conversation(ports),
        diary=diary,
    )


def replay(case: Case, at: Side, before: Standing) -> Replayed:
    """What this side says to a turn that finds things as `before` says."""
    before = before.at(case.at)
    at.diary.begin(before, case.at)
    decision = decide(_taken(case, at, before), at.conversation)
    said, offered = _said(decision), at.diary.offered
    return Replayed(
        said=said,
        sources=_sources(decision),
        after=Standing(
            memory=decision.memory,
            offered=offered,
            offering=before.offering if offered == before.offered else said.reply,
            visits=at.diary.visits,
        ),
    )


def _taken(case: Case, at: Side, before: Standing) -> Json:
    """The fields of a Turn."""
    looks = [first_look(text["body"], has_visit=bool(before.visits)) for text in case.texts]
    opts_out = any(look.opt_out is OptOut.REVOKE for look in looks)
    by_agent = bool(before.offered) and _last_of_ours(case.history) == AGENT
    return {
        "key": f"preflight:{case.thread}:{case.texts[-1]['seq']}",
        "now": case.at.isoformat(),
        "business": at.profile,
        "caller": case.caller or _NOBODY,
        "owner": AGENT,
        "opted_out": opts_out,
        "just_opted_out": opts_out,
        "texts": [dict(text) for text in case.texts],
        "history": _history(case.history, before.offering if by_agent else ""),
        "memory": dict(before.memory),
        "offers": _HOLDS.dump_python(before.offered, mode="json"),
        "offer_is_last": by_agent,
        "offer_was_said": by_agent,
        "visits": _VISITS.dump_python(before.visits, mode="json"),
    }


def _history(texts: Sequence[Json], offering: str) -> list[Json]:
    """With the text that offered the times as they are offered here, where the agent's last one did."""
    history = [dict(text) for text in texts]
    last = max((at for at, text in enumerate(history) if text["author"] == AGENT), default=None)
    if offering and last is not None:
        history[last]["body"] = offering
    return history


def _last_of_ours(texts: Sequence[Json]) -> str:
    """Who wrote last of all who are not the caller; empty: nobody has."""
    return next((text["author"] for text in reversed(texts) if text["author"] != "caller"), "")


def _said(decision: Decision) -> Said:
    unanswered = any(not one["answered"] for one in decision.questions)
    read: Mapping[str, Any] = decision.why["reading"]
    return Said(
        reply="\n".join(reply["body"] for reply in decision.replies),
        handed=bool(decision.reason) or unanswered,
        reason=str(decision.reason),
        urgency=str(read.get("urgency") or Urgency.ROUTINE),
        cut=tuple(dict.fromkeys(one["sentence"] for one in decision.why["removed"])),
    )


def _sources(decision: Decision) -> tuple[Source, ...]:
    """Those that the reply leans on, else the nearest one."""
    leans = {name for reply in decision.replies for name in reply["evidence"]}
    found = [
        Source(document=one["document"], heading=one["heading"], used=one["id"] in leans)
        for one in decision.why["passages"]
    ]
    return tuple(one for one in found if one.used) or tuple(found[:1])
