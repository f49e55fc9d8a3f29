"""Of the owner's own words only what was asked, at most two SMS segments; never turned round by the cut."""

import re
from dataclasses import dataclass
from itertools import groupby

from agent.model import Passage
from agent.rules.segments import segments
from agent.rules.sentences import sentences
from agent.rules.stems import telling

SEGMENTS = 2

_ROW = re.compile(r"(?:[-*+]|\d{1,2}[.)])\s+")
_LEANS = re.compile(
    r"(?:that|this|it|its|they|these|those|there|if|unless|otherwise|but|however|except|after|before|plus|or|and|later|then|so|also|in that case"
    r"|est[oae]s?|si|pero|salvo|despu[eé]s|luego|adem[aá]s)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r";\s| - |,\s(?=(?:and|but|which|so|because|including|plus|as well as|y|pero)\b)"
)
_YES_NO = re.compile(r"(?:yes|no|s[ií]|of course|sure)[,.!:;]\s+", re.IGNORECASE)
_KINDS = (
    (re.compile(r"\b(how much|price|prices|cost|costs|charge|fee|rate|cu[aá]nto|precio)\b|\$", re.IGNORECASE), re.compile(r"\$\s?\d|\bfree\b|\bno charge\b|\bgratis\b", re.IGNORECASE)),
    (re.compile(r"\b(when|what time|how late|how early|hours|open|close|cu[aá]ndo|a qu[eé] hora)\b", re.IGNORECASE), re.compile(r"\b\d{1,2}(:\d\d)?\s?([ap]\.?m|to|-)|\b(mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)),
    (re.compile(r"\bhow (long|soon|fast|quick)\b", re.IGNORECASE), re.compile(r"\b(minutes?|hours?|days?|weeks?|months?|years?)\b", re.IGNORECASE)),
)  # fmt: skip
"""What a question is after, and the shape of what answers it."""
_KIND_WEIGHT = 0.5


@dataclass(frozen=True, kw_only=True)
class Part:
    """A sentence, or a row of a list or table."""

    text: str
    row: bool = False


def excerpt(question: str, passage: Passage, limit: int = SEGMENTS) -> str:
    """What of a passage answers the question, in the owner's words and order; empty: nothing that may stand alone.

    Args:
        limit: SMS segments.
    """
    parts = parts_of(passage.text)
    scores = [_score(question, passage, part, parts) for part in parts]
    whole = _said(passage, parts, range(len(parts)))
    asks_detail = max(scores, default=0.0) > 0 and segments(whole) > 1
    if any(part.row for part in parts):
        chosen = _rows(parts, scores)
    elif segments(whole) <= limit and not asks_detail:
        chosen = list(range(len(parts)))
    else:
        chosen = _sentences(passage, parts, scores, limit)
    return _without_yes(question, passage, _short(_fitting(passage, parts, chosen, limit), limit))


def asks_price(question: str) -> bool:
    return _KINDS[0][0].search(question) is not None


def tells_kind(question: str, words: str) -> bool | None:
    """The words have the shape of what is asked: a price, a time, a duration; None: no such thing is asked."""
    shapes = [tells for asks, tells in _KINDS if asks.search(question)]
    return any(tells.search(words) for tells in shapes) if shapes else None


def parts_of(text: str) -> list[Part]:
    """What of a passage can be said alone, in its order."""
    found: list[Part] = []
    for line in text.split("\n"):
        if _ROW.match(line):
            found.append(Part(text=_ROW.sub("", line, count=1).strip(), row=True))
        else:
            found.extend(Part(text=one) for one in sentences(line))
    return found


def _score(question: str, passage: Passage, part: Part, parts: list[Part]) -> float:
    """How much of what is asked beyond the heading a part tells; words that few parts have count more."""
    said = telling(question)
    if not any(one.row for one in parts):
        said = said - telling(passage.heading)
    score = sum(
        1 / sum(word in telling(other.text) for other in parts)
        for word in said & telling(part.text)
    )
    if not score and any(said & telling(other.text) for other in parts):
        return 0.0  # another sentence names what is asked
    kinds = sum(bool(asks.search(question) and tells.search(part.text)) for asks, tells in _KINDS)
    return score + _KIND_WEIGHT * kinds if score or not part.row else 0.0


def _rows(parts: list[Part], scores: list[float]) -> list[int]:
    """The rows that fit best, with the sentence that leads them in; without any such all of them."""
    best = max((score for part, score in zip(parts, scores, strict=True) if part.row), default=0.0)
    if not best:
        return list(range(len(parts)))
    fits = [place for place, part in enumerate(parts) if part.row and scores[place] == best]
    leads = [
        place
        for place, part in enumerate(parts)
        if not part.row and (part.text.endswith(":") or scores[place] > best)
    ]
    return sorted(leads + fits)


def _sentences(passage: Passage, parts: list[Part], scores: list[float], limit: int) -> list[int]:
    """The best first, each with what leans on it or what it leans on, while they fit; in the owner's order."""
    ranked = sorted(range(len(parts)), key=lambda place: (-scores[place], place))
    wanted = [place for place in ranked if scores[place] > 0] or ranked
    chosen: list[int] = []
    for place in wanted:
        more = sorted({*chosen, *_with_neighbours(parts, place)})
        if not chosen or segments(_said(passage, parts, more)) <= limit:
            chosen = more
    return chosen


def _with_neighbours(parts: list[Part], place: int) -> list[int]:
    first = place
    while first and _LEANS.match(parts[first].text):
        first -= 1
    last = place
    while last + 1 < len(parts) and _LEANS.match(parts[last + 1].text):
        last += 1
    return list(range(first, last + 1))


def _fitting(passage: Passage, parts: list[Part], chosen: list[int], limit: int) -> str:
    """As many of the chosen as fit, at least the first."""
    kept = chosen[:1]
    for place in chosen[1:]:
        if segments(_said(passage, parts, [*kept, place])) > limit:
            break
        kept.append(place)
    return _said(passage, parts, kept)


def _short(words: str, limit: int) -> str:
    """A sentence too long for the limit, up to where a clause of it ends; empty: none ends in time."""
    if segments(words) <= limit:
        return words
    ends = [end.start() for end in _CLAUSE_END.finditer(words)]
    fits = [words[:end] for end in ends if segments(f"{words[:end]}.") <= limit]
    return f"{fits[-1]}." if fits else ""


def _said(passage: Passage, parts: list[Part], places: "list[int] | range") -> str:
    """Sentences as they stand; rows behind what they are rows of, since "Wells" alone says the opposite of "What we do not do: Wells"."""
    told: list[str] = []
    for is_row, group in groupby([parts[place] for place in places], key=lambda part: part.row):
        texts = [part.text for part in group]
        if not is_row:
            told.extend(texts)
        elif all(":" in text or "$" in text for text in texts):
            told.append(". ".join(text.rstrip(".") for text in texts) + ".")
        elif told and told[-1].endswith(":"):
            told[-1] += f" {'; '.join(text.rstrip('.') for text in texts)}."
        else:
            told.append(_listed(passage, texts))
    return " ".join(told)


def _listed(passage: Passage, rows: list[str]) -> str:
    title = passage.heading.rpartition(" > ")[2]
    lead = f"{title}: " if title and not title.endswith("?") else ""
    return f"{lead}{'; '.join(row.rstrip('.') for row in rows)}."


def _without_yes(question: str, passage: Passage, words: str) -> str:
    """A yes or no was said to the owner's question; to one that asks for more it may be the wrong one, so the facts stand alone."""
    known = telling(" ".join((passage.heading, *passage.phrasings)))
    if not (match := _YES_NO.match(words)) or telling(question) <= known:
        return words
    rest = words[match.end() :]
    return rest[:1].upper() + rest[1:]
