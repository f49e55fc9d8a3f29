"""What a business of a trade usually looks like, and what its callers ask most: where an owner begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agent.business import WEEKDAYS, Weekday
from agent.data import rule_data
from agent.errors import BadInput
from agent.rules import packs

Kind = Literal["one", "several", "number", "words"]

NOT_TRADES = frozenset({"menu"})
"""Packs that are a way to text, not a trade."""
WORDS_AT_MOST = 300
NUMBER_AT_MOST = 100_000
_WORKDAYS = WEEKDAYS[:5]


@dataclass(frozen=True, kw_only=True)
class TypicalService:
    name: str
    minutes: int
    aliases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One that callers ask, and how its answer is given."""

    id: str
    ask: str
    also: tuple[str, ...]
    kind: Kind
    choices: tuple[str, ...] = ()
    """What is tapped: one of them, or several."""
    unit: str = ""
    hint: str = ""
    none: str = ""
    """Of a number: what 0 means; empty: 0 is no answer."""


def trades() -> dict[str, str]:
    """Every trade's pack with its title, the general one last."""
    titles = {name: title for name, title in packs.titles().items() if name not in NOT_TRADES}
    general = titles.pop(packs.GENERIC)
    return titles | {packs.GENERIC: general}


def week(industry: str) -> dict[Weekday, tuple[str, ...]]:
    """The hours of a week as they usually are in the trade."""
    found = _typical(industry)
    hours: dict[Weekday, tuple[str, ...]] = dict.fromkeys(WEEKDAYS, ())
    hours.update({day: tuple(found["week"]) for day in _WORKDAYS})
    hours["sat"] = tuple(found.get("sat", ()))
    return hours


def services(industry: str) -> list[TypicalService]:
    return [
        TypicalService(name=name, minutes=minutes, aliases=tuple(aliases))
        for name, minutes, aliases in _typical(industry)["services"]
    ]


def questions(industry: str) -> list[Question]:
    """Twenty, the most asked ones first."""
    found = rule_data("typical_questions")
    names: list[str] = found["trades"][packs.name(industry)]
    return [_question(name, found["questions"][name]) for name in names]


def answer(question: Question, given: Sequence[str]) -> str:
    """The answer in the business's words; empty: none was given.

    Args:
        given: the choices that were tapped, or the one number or words that were typed.

    Raises:
        BadInput: it is no answer to this question.
    """
    told = [one.strip() for one in given if one.strip()]
    if not told:
        return ""
    source: dict[str, Any] = rule_data("typical_questions")["questions"][question.id]
    match question.kind:
        case "one":
            return str(_answers(source)[_chosen(question, told[:1])[0]])
        case "several":
            return str(source["says"]).format(chosen=_listed(_chosen(question, told)))
        case "number":
            return _numbered(question, source, told[0])
        case "words":
            return _worded(question, str(source["words"]), " ".join(told[0].split()))


def _question(name: str, source: dict[str, Any]) -> Question:
    kind: Kind = "one"
    choices: Sequence[str] = list(_answers(source))
    if "several" in source:
        kind, choices = "several", source["several"]
    elif "number" in source:
        kind = "number"
    elif "words" in source:
        kind = "words"
    return Question(
        id=name,
        ask=source["ask"],
        also=tuple(source["also"]),
        kind=kind,
        choices=tuple(choices),
        unit=source.get("unit", ""),
        hint=source.get("hint", ""),
        none=source.get("none", ""),
    )


def _answers(source: dict[str, Any]) -> dict[str, str]:
    if "yes" in source:
        return {"Yes": source["yes"], "No": source["no"]}
    found: dict[str, str] = source.get("pick", {})
    return found


def _chosen(question: Question, told: Sequence[str]) -> list[str]:
    if unknown := [one for one in told if one not in question.choices]:
        raise BadInput(f"{unknown[0]!r} is not one of the choices. Tap one of them.")
    return [one for one in question.choices if one in told]


def _numbered(question: Question, source: dict[str, Any], told: str) -> str:
    bare = told.lstrip("$").replace(",", "")
    try:
        number = float(bare)
    except ValueError:
        raise BadInput(f"{told!r} is no number. Write it like 89 or 89.50.") from None
    if not 0 <= number <= NUMBER_AT_MOST:
        raise BadInput(f"{told!r} is too much or too little. Write a number like 89.")
    if number == 0:
        if not question.none:
            raise BadInput("Write a number above 0, or leave it empty.")
        return question.none
    shown = f"{number:.0f}" if number.is_integer() else f"{number:.2f}"
    return str(source["number"]).format(n=shown)


def _worded(question: Question, template: str, told: str) -> str:
    if len(told) > WORDS_AT_MOST:
        raise BadInput(f"That is too long: {WORDS_AT_MOST} characters at most.")
    said = template.format(words=told.rstrip(".") if template != "{words}" else told)
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _listed(words: Sequence[str]) -> str:
    """a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _typical(industry: str) -> dict[str, Any]:
    found: dict[str, Any] = rule_data("typical")[packs.name(industry)]
    return found
