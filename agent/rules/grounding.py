"""Is everything that a sentence says of the business backed by evidence? Inventing must be impossible, not unlikely."""

import re
from collections.abc import Sequence
from datetime import datetime

from agent.data import rule_data
from agent.model import Evidence
from agent.rules.claims import talk, visits
from agent.rules.claims.backing import answers, missing
from agent.rules.claims.comparing import same
from agent.rules.claims.ground import Ground, Missing, kind_of
from agent.rules.claims.rows import Piece, pieces, rows
from agent.rules.claims.value import fold

_BARE_ANSWER = re.compile(r"^\W*(yes|yep|yeah|no|nope|si)\b[^?]*$")
_OF_BUSINESS = {"passage", "profile", "slot", "appointment", "task"}


def unsupported(
    sentence: str,
    evidence: Sequence[Evidence],
    *,
    now: datetime | None = None,
    asked: str | None = None,
) -> list[tuple[str, str]]:
    """The claims of a sentence that no evidence holds, as (span, kind).

    Args:
        now: in the business's zone; what "tomorrow" means, and on which weekday a date falls.
        asked: the caller's last text: what "it" is about, and what counts and days are asked for.
    """
    if quoted(sentence, evidence):
        return []
    sentence = _without_own_name(sentence, evidence)
    ground = _ground(evidence, now, asked)
    sentence = _with_name_inside(sentence, ground)
    told = [*evidence, Evidence(id="asked", kind="caller", text=asked)] if asked else evidence
    lacks: Missing = visits.unheld(sentence, evidence)
    statement: list[Piece] = []
    asks = False
    for piece in pieces(sentence):
        asks = asks or (talk.is_asking(piece, sentence) and not statement)
        if asks or (talk.is_talk(piece) and not statement):
            lacks += _unknown_values(piece, told, now)
        else:
            statement.append(piece)
    statement = [piece for piece in statement if piece.words or piece.values]
    if statement:
        lacks += missing(statement, ground)
    elif answer := _BARE_ANSWER.match(fold(sentence)):
        denies = answer[1] in ("no", "nope")
        lacks += [] if answers(ground, denies=denies) else [(answer[1], "policy")]
    told_apart = [one for one in lacks if one[1] != "policy"]
    return [
        (_as_written(span, sentence), kind) for span, kind in dict.fromkeys(told_apart or lacks)
    ]


def _without_own_name(sentence: str, evidence: Sequence[Evidence]) -> str:
    """The profile begins with the business's name: who speaks needs no evidence."""
    for one in evidence:
        name = re.split(r"[,.;:\n]", one.text, maxsplit=1)[0].strip()
        if one.kind == "profile" and name[:1].isupper() and len(name.split()) > 1:
            sentence = re.sub(rf"\b{re.escape(name)}\b", "us", sentence)
    return sentence


def _with_name_inside(sentence: str, ground: Ground) -> str:
    """A name that begins the sentence is told from any first word by the evidence that has it."""
    first = fold(re.split(r"\W", sentence, maxsplit=1)[0])
    names = {
        part
        for row in ground.rows
        for value in row.values
        if value.kind == "name"
        for part in str(value.key).split()
    }
    return f"well, {sentence}" if first in names else sentence


def _ground(evidence: Sequence[Evidence], now: datetime | None, asked: str | None) -> Ground:
    said = rows([one for one in evidence if one.kind in _OF_BUSINESS])
    caller = [
        value
        for one in evidence
        if one.kind == "caller"
        for part in pieces(one.text)
        for value in part.values
    ]
    return Ground(rows=said, told=caller, asked=pieces(asked or ""), now=now)


def _unknown_values(piece: Piece, told: Sequence[Evidence], now: datetime | None) -> Missing:
    """The values in what claims nothing: no text may carry one that nobody has said."""
    held = [value for one in told for part in pieces(one.text) for value in part.values]
    return [
        (value.span, kind_of(value, piece))
        for value in piece.values
        if not any(same(value, one, now, piece.text) for one in held)
    ]


def _as_written(span: str, sentence: str) -> str:
    start = fold(sentence).find(span)
    written = sentence[start : start + len(span)] if start >= 0 else span
    return written.strip(" .,;:")


def quoted(sentence: str, evidence: Sequence[Evidence]) -> bool:
    """The sentence stands in the evidence word for word: the business itself has said it."""
    if sentence.rstrip().endswith("?"):
        return False
    said = re.escape(_plain(sentence).rstrip(".!"))
    whole = re.compile(rf"(?:^|[.!?;:)*-]\s*|\d\)\s){said}\s*(?:$|[.!?;](?!\w))")
    return any(
        whole.search(_plain(text))
        for item in evidence
        if item.kind != "caller"
        for text in (item.text, *item.text.splitlines())
    )


def held(sentence: str, evidence: Sequence[Evidence]) -> bool:
    """Every word of a sentence that carries meaning stands in the evidence, in whatever order."""
    common = rule_data("words")["common"].split()
    backing = {word for item in evidence for word in _words(item.text)}
    return all(word in backing for word in _words(sentence) if word not in common)


def _words(text: str) -> list[str]:
    return [word.strip(".'").removesuffix("'s") for word in re.findall(r"[\w.'$%]+", _plain(text))]


def _plain(text: str) -> str:
    return " ".join(fold(text).split())
