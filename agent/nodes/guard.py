"""Last step: nothing that sells, nothing without evidence, no promise without a task; then one text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.model import Evidence, Reason, TextKind
from agent.ports import Ports
from agent.rules import grounding, marketing, promises
from agent.rules.phrases import phrase
from agent.rules.segments import plain, segments
from agent.state import AGENT, Changes, Json, Turn
from agent.telling import to_a_person

_LEANS = re.compile(r"(?:it|that|this|they|these|those|he|she|both|which)\b", re.IGNORECASE)
"""Begins a sentence that says something of the one before."""
_CONSENT = {TextKind.OPT_OUT_CONFIRMATION, TextKind.OPT_IN_CONFIRMATION, TextKind.HELP}


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A draft after the guards."""

    text: str
    removed: tuple[tuple[str, str], ...]
    """(sentence, why)"""
    unsupported: tuple[tuple[str, str], ...]
    """(span, kind)"""


def check(
    draft: str,
    asked: str | None,
    evidence: Sequence[Evidence],
    *,
    task_stands: bool,
    now: datetime | None = None,
    embed: marketing.Embed | None = None,
) -> Guarded:
    """Judge a draft sentence by sentence; what is pushed, unsupported or idly promised goes.

    Args:
        task_stands: a person's task is committed with this text, so that it may say what a person will do.
        now: tells what "tomorrow" is.
    """
    kept: list[str] = []
    removed: list[tuple[str, str]] = []
    missing: list[tuple[str, str]] = []
    lost = ""  # the kind of claim for which the sentence before was cut
    for judged in marketing.judge(draft, asked, embed):
        if judged.why:
            removed.append((judged.sentence, f"marketing: {judged.why}"))
        said = judged.kept or judged.sentence
        claims = _unbacked(said, asked, evidence, task_stands=task_stands, now=now)
        if lost and not claims and _LEANS.match(judged.kept):
            claims = [(judged.kept, lost)]
        missing.extend(one for one in claims if judged.kept or one[1] != "policy")
        lost = claims[0][1] if claims else ""
        if judged.kept and not claims:
            kept.append(judged.kept)
    return Guarded(text=plain(" ".join(kept)), removed=tuple(removed), unsupported=tuple(missing))


def _unbacked(
    sentence: str,
    asked: str | None,
    evidence: Sequence[Evidence],
    *,
    task_stands: bool,
    now: datetime | None,
) -> list[tuple[str, str]]:
    """(span, kind) of what no evidence holds; a promise is held by a task."""
    claims = grounding.unsupported(sentence, evidence, now=now, asked=asked)
    if task_stands or grounding.quoted(sentence, evidence):
        return claims
    promised = promises.promise_in(sentence)
    return [*claims, (promised, "promise")] if promised else claims


def guard(turn: Turn, ports: Ports) -> Changes:
    lines = [one for one in turn.lines if _may_say(turn, TextKind(one["kind"]))]
    consent = [one for one in lines if TextKind(one["kind"]) in _CONSENT]
    if consent:
        return {"replies": [_reply(consent[:1], consent[0]["text"])]}
    checked = [(one, _checked(turn, one, ports)) for one in lines]
    changes: Changes = {"removed": [cut for _, one in checked for cut in _cuts(one)]}
    said = [one.text for _, one in checked if one.text]
    lost = [one["asks"] for one, left in checked if not left.text and "asks" in one]
    if not said:
        return changes | (_nothing_left(turn, lines) if lines else {})
    if lost:
        said.append(
            phrase("rest_unanswerable", turn.profile, turn.moment, turn.understood.language)
        )
        changes |= _cut_away(turn, lost, lost)
    changes["replies"] = [_reply(lines, _opened(turn, lines, " ".join(dict.fromkeys(said))))]
    return changes


def _opened(turn: Turn, lines: list[Json], said: str) -> str:
    """With the model's kind words first, where a person is not called, they are not repeated, and they cost no segment."""
    opening = turn.opening
    is_calm = not (turn.hands_over or turn.tasks or turn.reason or turn.memory.get("warned"))
    plainly = is_calm and all(TextKind(one["kind"]) is TextKind.REPLY for one in lines)
    repeats = opening in said or opening in (turn.last_text or "")
    opened = f"{opening} {said}"
    if not opening or not plainly or repeats or segments(opened) > segments(said):
        return said
    return opened


def _may_say(turn: Turn, kind: TextKind) -> bool:
    """What may be written in these hands; the door looks again."""
    if turn.opted_out:
        return kind is TextKind.OPT_OUT_CONFIRMATION
    return turn.owner == AGENT or kind in _CONSENT or kind is TextKind.HAND_OFF


def _checked(turn: Turn, one: Json, ports: Ports) -> Guarded:
    """What is left of one line; our fixed phrases stay as they are."""
    if one["fixed"]:
        return Guarded(text=plain(one["text"]), removed=(), unsupported=())
    return check(
        one["text"],
        turn.asked,
        [Evidence(**item) for item in one["evidence"]],
        task_stands=bool(turn.tasks),
        now=turn.local,
        embed=ports.embedder.embed if ports.embedder else None,
    )


def _cuts(checked: Guarded) -> list[Json]:
    """What was cut and why, as staff read it."""
    selling = [{"sentence": words, "why": why} for words, why in checked.removed]
    unheld = [{"sentence": w, "why": f"no evidence: {kind}"} for w, kind in checked.unsupported]
    return [*selling, *unheld]


def _cut_away(turn: Turn, notes: Sequence[str], lost: Sequence[str]) -> Changes:
    """A person's tasks in place of answers; why a person was needed before goes on to count.

    Args:
        lost: the questions whose answers were cut.
    """
    cut = {"reply": "", "passage": None, "answered": False}
    return to_a_person(turn, notes) | {
        "reason": turn.reason or Reason.UNANSWERABLE,
        "answered": [one | cut if one["question"] in lost else one for one in turn.answered],
    }


def _reply(lines: list[Json], body: str) -> Json:
    """The kind of the whole is the kind of its last line: a hand-off line makes it a hand-off."""
    backing = [item["id"] for one in lines for item in one["evidence"]]
    return {"body": body, "kind": lines[-1]["kind"], "evidence": backing}


def _nothing_left(turn: Turn, lines: list[Json]) -> Changes:
    """Everything was cut: a person answers instead, and that is what is said."""
    words = phrase("unanswerable", turn.profile, turn.moment, turn.understood.language)
    every = [one["question"] for one in turn.answered]
    return _cut_away(turn, [turn.asked], every) | {
        "replies": [_reply(lines[:1] and [lines[0] | {"evidence": []}], words)]
    }
