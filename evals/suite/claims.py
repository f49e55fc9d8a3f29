"""What a case claims of a turn and of the end, and which of it does not hold."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agent.rules.segments import segments
from evals.suite.values import says

Case = Mapping[str, Any]
State = Mapping[str, Any]
Claims = Mapping[str, Callable[[Any], bool]]


def unmet_after_turn(
    turn: Case, replies: Sequence[str], alerts: Sequence[str], state: State
) -> list[str]:
    """The claims of a turn that do not hold, in words."""
    said = "\n".join(replies)
    times = [offer["start_local"] for offer in state["offers"]]
    claims: Claims = {
        "facts": lambda wanted: all(says(said, value) for value in wanted),
        "not_facts": lambda wanted: not any(says(said, value) for value in wanted),
        "offers": lambda wanted: _in_range(len(times), wanted),
        "offered_any": lambda wanted: bool(set(wanted) & set(times)),
        "offered_none": lambda wanted: not set(wanted) & set(times),
        "says": lambda wanted: all(words in said for words in wanted),
        "says_any": lambda wanted: any(words.lower() in said.lower() for words in wanted),
        "says_none": lambda wanted: all(words.lower() not in said.lower() for words in wanted),
        "reply": lambda wanted: bool(replies) == wanted,
        "alerts": lambda wanted: bool(alerts) == wanted,
        "segments_max": lambda wanted: all(segments(one) <= wanted for one in replies),
        "state": lambda wanted: all(state[key] == value for key, value in wanted.items()),
    }
    shown = {key: state[key] for key in turn.get("state", {})} or times or said
    return _unmet(claims, turn, f"after {turn.get('caller', turn)!r}: {shown!r}")


def unmet_at_end(end: Case, replies: Sequence[str], sent: Sequence[str], state: State) -> list[str]:
    """The claims of the end that do not hold, in words.

    Args:
        replies: of the last turn.
        sent: of all turns.
    """
    claims = _of_end(replies, sent, state)
    shown = {
        key: state[key] for key in ("owner", "opted_out", "escalated", "reason", "callback")
    } | {"visits": _visits(state["appointments"]), "tasks": state["tasks"]}
    return _unmet(claims, end, f"at the end: {shown!r}")


def _of_end(replies: Sequence[str], sent: Sequence[str], state: State) -> Claims:
    visits = state["appointments"]
    tasks = {task["kind"] for task in state["tasks"]}
    asked = [task["note"].lower() for task in state["tasks"] if task["kind"] == "question"]
    call = state["callback"] or {}
    claims: Claims = {
        "appointments": lambda wanted: _visits(visits) == _visits(wanted),
        "appointments_in": lambda wanted: (
            len(visits) == wanted["count"] and all(_is_within(visit, wanted) for visit in visits)
        ),
        "owner": lambda wanted: state["owner"] == wanted,
        "opted_out": lambda wanted: state["opted_out"] == wanted,
        "escalated": lambda wanted: state["escalated"] == wanted,
        "reason": lambda wanted: (
            state["reason"] in (wanted if isinstance(wanted, list) else [wanted])
        ),
        "callback": lambda wanted: (
            call == wanted
            if not wanted
            else all(call.get(key) == value for key, value in wanted.items())
        ),
        "tasks_any": lambda wanted: bool(tasks & set(wanted)),
        "tasks_none": lambda wanted: not tasks or not wanted,
        "question_holds": lambda wanted: any(
            all(words in note for words in wanted) for note in asked
        ),
        "silent_last": lambda wanted: not replies or not wanted,
        "replies_max": lambda wanted: len(sent) <= wanted,
        "questions_max_per_text": lambda wanted: all(one.count("?") <= wanted for one in sent),
        "any_of": lambda wanted: any(not _unmet(claims, end, "") for end in wanted),
    }
    return claims


def _unmet(claims: Claims, wanted: Case, seen: str) -> list[str]:
    return [
        f"{key} is not {wanted[key]!r} {seen}"
        for key, holds in claims.items()
        if key in wanted and not holds(wanted[key])
    ]


def _visits(visits: Sequence[Case]) -> list[tuple[str, str]]:
    return sorted((one["service"], one["start_local"]) for one in visits)


def _is_within(visit: Case, wanted: Case) -> bool:
    """Both ends of the range belong to it."""
    is_then: bool = wanted["from"] <= visit["start_local"] <= wanted["to"]
    return is_then and bool(visit["service"] == wanted["service"])


def _in_range(count: int, wanted: int | str) -> bool:
    low, _, high = str(wanted).partition("..")
    return int(low) <= count <= int(high or low)
