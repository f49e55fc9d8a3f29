"""Why: the very code that a turn runs, without sending anything. Shapes: a line in, a line out."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.model import Evidence, Reading, When
from agent.nodes.guard import check
from agent.ports import Knowledge
from agent.rules.answering import answer as answer_of
from agent.rules.answering import fitted
from agent.rules.availability import free_slots
from agent.rules.busy import busy
from agent.rules.features import gist
from agent.rules.reading import read
from knowledge.embedding import Embedder
from server.slot_case import SlotCase, read_case

_PASSAGES_SHOWN = 3


def reading(line: dict[str, Any], embedder: Embedder | None = None) -> dict[str, Any]:
    """Every reading of a text, with the rule that fired and the words it saw."""
    hours = {day: tuple(spans) for day, spans in (line.get("hours") or {}).items()}
    vector = embedder.embed([gist(line["text"])])[0] if embedder else None
    found = read(line["text"], line.get("last_text"), _now(line), hours, vector)
    return {
        "opt_out": found.opt_out,
        "urgency": found.urgency,
        "urgency_reason": found.urgency_reason,
        "intents": list(found.intents),
        "choice": found.choice,
        "when": _when(found.when),
        "details": dict(found.details),
        "callback": _callback(found),
        "language": found.language,
        "fired": [{"rule": hit.rule, "span": hit.span} for hit in found.fired],
    }


def guard(line: dict[str, Any], embedder: Embedder | None = None) -> dict[str, Any]:
    """What the guards leave of a draft, what they cut and why."""
    evidence = [_evidence(place, item) for place, item in enumerate(line.get("evidence") or [])]
    checked = check(
        line["draft"],
        line.get("asked"),
        evidence,
        task_stands=any(item.kind == "task" for item in evidence),
        now=_now(line),
        embed=embedder.embed if embedder else None,
    )
    return {
        "text": checked.text or None,
        "removed": [{"sentence": sentence, "why": why} for sentence, why in checked.removed],
        "unsupported": [{"span": span, "kind": kind} for span, kind in checked.unsupported],
    }


def answer(library: Knowledge, business: str, line: dict[str, Any]) -> dict[str, Any]:
    """The passages for a question, and the reply that the owner's words make."""
    found = fitted(line["question"], library.search(business, line["question"], _PASSAGES_SHOWN))
    told = answer_of(line["question"], found)
    reply = told.words or None
    return {
        "passages": [
            {
                "id": passage.id,
                "source_id": passage.source_id,
                "document": passage.document,
                "score": round(passage.score, 4),
            }
            for passage in found
        ],
        "confidence": round(found[0].score, 4) if found else 0.0,
        "reply": reply,
        "handed_off": reply is None and not told.asks_which,
    }


def slots(line: dict[str, Any]) -> dict[str, Any]:
    """Free times of a case; `unreadable` only where something in a calendar is.

    Raises:
        BadInput: the case is malformed.
    """
    case = read_case(line)
    free = free_slots(case.rules, case.objects, case.holds, **case.asked)
    shown = {
        "id": line.get("id"),
        "slots": [one.start.isoformat(timespec="minutes") for one in free],
    }
    unreadable = _unreadable(case)
    return {**shown, "unreadable": unreadable} if unreadable else shown


def _unreadable(case: SlotCase) -> list[str]:
    rules = case.rules
    start = datetime.combine(case.asked["first"], time(), rules.zone)
    end = datetime.combine(case.asked["last"], time(), rules.zone) + timedelta(days=1)
    return [
        f"{name}: {why}"
        for name, texts in case.objects.items()
        for why in busy(texts, start, end, rules.zone, rules.policy).unreadable
    ]


def _now(line: dict[str, Any]) -> datetime | None:
    """The moment of the text in the business's zone; None when the line does not say it."""
    if not line.get("now"):
        return None
    now = datetime.fromisoformat(line["now"])
    return now.astimezone(ZoneInfo(line["time_zone"])) if line.get("time_zone") else now


def _evidence(place: int, item: str | dict[str, str]) -> Evidence:
    if isinstance(item, str):
        return Evidence(id=str(place), kind="passage", text=item)
    return Evidence(id=item["id"], kind=item["kind"], text=item["text"])


def _when(when: When | None) -> dict[str, Any] | None:
    if when is None or not when.span:
        return None
    return {
        "date": when.date,
        "time": when.time,
        "date_end": when.date_end,
        "time_end": when.time_end,
        "dayparts": list(when.dayparts),
        "alternatives": [vars(one) for one in when.alternatives],
        "ambiguous": when.ambiguous,
        "span": when.span,
    }


def _callback(found: Reading) -> dict[str, Any] | None:
    wish = found.callback
    return {"date": wish.date, "from": wish.time, "to": wish.time_end} if wish else None
