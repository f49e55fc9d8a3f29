"""Texts as rows: one sentence or line each, cut into pieces that each have their own polarity and values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from agent.data import rule_data
from agent.model import Evidence
from agent.rules.claims.days import MONTH
from agent.rules.claims.value import Value, fold
from agent.rules.claims.values import find_values
from agent.rules.claims.words import Word, is_noise, opposite, words
from agent.rules.sentences import sentences

_NO = re.compile(
    r"\b(?:no|not|never|none|nor|neither|nothing|nobody|without|sin(?! gluten)|cannot|cant|\w+n't|(?:do|does|did|is|are|was|wo|ca|would|should|have|has|must)nt|non(?=-)|nunca|ni|tampoco|jamas|ningun\w*|nadie|except|excepto|excluding|salvo|exceptions?|exclud\w+|but not|(?:we're|we are|we will be|we'll be) off)\b"
)
_ANSWER = re.compile(r"^\s*(yes|yeah|yep|sure|absolutely|of course|certainly|si|claro|no|nope|sorry|unfortunately|lo siento)\b(?:,? (?:sir|ma'am|absolutely|of course|we do|we are|it is|you can|they are|it does|that's right|we don't|we do not|it isn't|we are not|you can't))?(?=[,.!;:\x00]|\s-)[,.!;: -]*")  # fmt: skip
_CUT = re.compile(
    r"[,;:]|\s-+\s|--|\b(?:and|but|or|plus|while|because|so|though|although|unless|without|sin|y|o|pero|aunque|porque|ni|except|excepto|salvo|mientras)\b"
)
_TURN = re.compile(
    r"\b(?:but|only|solo|pero|though|although|aunque|while|mientras|because|porque|so)\b|;"
)
FINITE = re.compile(
    r"\b(?:we|you|they|it|there|i|he|she|is|are|was|were|has|have|do|does|can|will|must|may|cost\w*|charges?|runs?|starts?|includes?|covers?|appl(?:y|ies)|comes?|nosotros|es|son|esta|estan|hay|cuesta\w*|tiene\w*|puede\w*|incluye\w*|\w{3,}(?:amos|emos|imos))\b|'(?:s|re|ll|ve)\b"
)
_BACK = re.compile(
    r"\b(?:it|that|this|they|them|those|these|otherwise|then|later|same|one|ones|he|she|eso|esto|estos|estas|ellos|ademas|otherwise|both|either|each)\b|^(?:after|before|above|below|under|over|plus)\b"
)
_THAT_IS = re.compile(r"[,\s]*(?:that's|that is|which is|es decir)\b")
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d{1,2}[.)](?=\s))\s*")
_POLAR = re.compile(
    r"^\W*(?:do|does|did|is|are|was|can|could|will|would|should|may|must|have|has|am|tienen?|aceptan?|hacen?|ofrecen?|puedo|puede|hay|estan?|es|son|atienden?|trabajan?|abren?|cobran?)\b"
)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a row that is denied or not, as one."""

    text: str
    """Folded."""
    start: int
    """Its place in the row."""
    words: tuple[Word, ...]
    values: tuple[Value, ...]
    denied: bool

    @cached_property
    def ideas(self) -> frozenset[str]:
        return frozenset(word.idea for word in self.words)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sentence, with what stands around it and is meant along."""

    text: str
    """As written."""
    pieces: tuple[Piece, ...]
    kind: str = "passage"
    around: frozenset[str] = frozenset()
    """Ideas of the heading and of a sentence it points back to: they may be said along."""
    asked_above: frozenset[str] = frozenset()
    """Ideas of a yes-no question above it that it does not plainly answer."""
    place: int = field(default=0)
    """Rows of one evidence share it."""

    @cached_property
    def ideas(self) -> frozenset[str]:
        return frozenset().union(*(piece.ideas for piece in self.pieces))

    @cached_property
    def values(self) -> list[Value]:
        return [value for piece in self.pieces for value in piece.values]


def rows(evidence: Sequence[Evidence]) -> list[Row]:
    return [row for place, one in enumerate(evidence) for row in _rows(one.kind, one.text, place)]


@lru_cache(maxsize=512)
def _rows(kind: str, text: str, place: int) -> tuple[Row, ...]:
    """The rows of one evidence; a question in it stands above what follows, a title above all."""
    text = _END_AFTER_TIME.sub("\n", _with_dollars(_with_state(text)))
    found: list[Row] = []
    above = ""
    before: Row | None = None
    lines = [line for line in re.split(r"\n+", text) if line.strip()]
    for at, line in enumerate(lines):
        if _is_title(line, at, len(lines)):
            above, before = _BULLET.sub("", line), None
            continue
        for sentence in sentences(re.sub(r"^\s*[QA][:.]\s*", "", line)):
            if sentence.rstrip().endswith("?"):
                above, before = sentence, None
                continue
            before = _row(sentence, kind, above, before, place, is_item=bool(_BULLET.match(line)))
            found.extend(_answered(sentence, above, kind, place) if before.place == place else ())
            found.append(before)
    return tuple(found)


def _with_state(text: str) -> str:
    """The state's abbreviation behind a city, written out."""
    states = rule_data("claims")["states"]
    return re.sub(r"(?<=, )[A-Z]{2}\b", lambda match: states.get(match[0], match[0]), text)


_END_AFTER_TIME = re.compile(r"(?<=[ap]\.m\.) (?=[A-Z][a-z]+ [a-z])")
_IN_DOLLARS = re.compile(
    r"\b(?:usd|us dollars|in dollars|price list|prices|precios|tarifas|en dolares)\b", re.IGNORECASE
)
_BARE_PRICE = re.compile(
    r"(?<=[a-z)] )(\d{1,4}(?:\.\d\d)?)(?=[.,;]?$|[,;.] | each| and up| per | a |\+| \()",
    re.MULTILINE,
)


def _with_dollars(text: str) -> str:
    """A price list that names its currency once has it before every price."""
    if "$" in text or not _IN_DOLLARS.search(text):
        return text
    return _BARE_PRICE.sub(r"$\1", text)


def _is_title(line: str, at: int, lines: int) -> bool:
    said = line.strip()
    short = len(said.split()) <= 8 and not said.endswith((".", "!"))  # noqa: PLR2004 - a title is short
    is_list = bool(_BULLET.match(line))
    if said.startswith("#") or (said.endswith(":") and not is_list):
        return True
    return lines > 1 and at == 0 and short and not is_list and not find_values(fold(said))[0]


def _row(
    sentence: str, kind: str, above: str, before: Row | None, place: int, *, is_item: bool
) -> Row:
    heading = fold(above)
    denied_list = bool(_NO.search(heading)) and not above.endswith("?") and is_item
    cut = pieces(_BULLET.sub("", sentence) if is_item else sentence, denied=denied_list)
    said = fold(sentence)
    polar = bool(_POLAR.search(heading)) and above.rstrip().endswith("?")
    asked = _ideas_of(above)
    around: frozenset[str] = frozenset() if polar else asked
    if before is not None and _BACK.search(said):
        around |= before.ideas | before.around
    return Row(
        text=sentence,
        pieces=cut,
        kind=kind,
        around=around,
        asked_above=asked if polar else frozenset(),
        place=place,
    )


def _answered(sentence: str, above: str, kind: str, place: int) -> Iterable[Row]:
    """A yes-no question with its yes or no is a statement of its own."""
    heading, answer = fold(above), _ANSWER.match(fold(sentence))
    if not answer or not above.rstrip().endswith("?") or not _POLAR.search(heading):
        return ()
    denied = answer[1] in ("no", "nope", "sorry", "unfortunately", "lo siento")
    rest = fold(sentence)[answer.end() :]
    if re.match(r"(?:only )?(?:if|unless|when|but|only)\b|si\b", rest):
        rest_ideas = _ideas_of(sentence)
    else:
        rest_ideas = frozenset()
    stated = pieces(above.rstrip("? "))
    if denied:
        stated = tuple(replace(piece, denied=not piece.denied) for piece in stated)
    return (Row(text=above, pieces=stated, kind=kind, around=rest_ideas, place=place),)


def _ideas_of(text: str) -> frozenset[str]:
    blanked = find_values(fold(text))[1]
    return frozenset(word.idea for word in words(blanked)[0])


@lru_cache(maxsize=1024)
def pieces(sentence: str, *, denied: bool = False) -> tuple[Piece, ...]:
    """The sentence cut where lists, turns and side remarks begin; a denial runs on through a list."""
    sentence = _with_state(sentence)
    folded = fold(sentence)
    if answer := _ANSWER.match(folded):
        folded = "\x00" * answer.end() + folded[answer.end() :]
    values, blanked = find_values(folded)
    values = [*values, *_names(sentence, blanked)]
    heard, plain = words(blanked)
    free = [one for one in heard if one.idea == "zfree"]
    heard = [one for one in heard if one.idea != "zfree"]
    values += [
        Value(kind="price", key=0.0, span=one.said, start=one.start, end=one.start + len(one.said))
        for one in free
    ]
    spans = _merged(_spans(blanked, values), blanked, values)
    found: list[Piece] = []
    was_denied = denied
    for start, end in spans:
        inside = tuple(value for value in values if start <= value.start < end)
        text = plain[start:end]
        said = tuple(word for word in heard if start <= word.start < end)
        turned = _turned(text, inside)
        opens = any(word.idea == "open" for word in said)
        alone = (opens or _stands_alone(text, inside)) and not _THAT_IS.match(text)
        runs_on = was_denied and not _TURN.search(text) and not alone
        affirmed = re.match(r"\W*s\u00ed\b", sentence[start:end], re.IGNORECASE)
        runs_on = runs_on and not affirmed
        excepted = bool(re.match(r"\W*(?:except|excepto|salvo)\b", text))
        now_denied = (bool(_NO.search(text)) or runs_on) != turned
        if excepted:
            now_denied = not was_denied
        found.append(Piece(text=text, start=start, words=said, values=inside, denied=now_denied))
        was_denied = now_denied
    verb = next((at for at, one in enumerate(found) if FINITE.search(one.text)), 0)
    if all(map(_leads, found[:verb])) or _is_list(found[: verb + 1]):
        found[:verb] = [replace(one, denied=found[verb].denied) for one in found[:verb]]
    return tuple(found)


def _is_list(pieces: Sequence[Piece]) -> bool:
    """Things of which the last one's verb speaks: "mopeds and scooters are not ..."."""
    last = pieces[-1]
    verb = FINITE.search(last.text)
    first = next((word.start - last.start for word in last.words), len(last.text))
    if verb is None or first >= verb.start():
        return False
    return not any(
        one.values or _NO.search(one.text) or re.match(r"\W*(?:if|when|si|cuando)\b", one.text)
        for one in pieces[:-1]
    )


def _leads(piece: Piece) -> bool:
    """Just a day, of which the rest speaks: "On Monday, we ..."."""
    return (
        bool(piece.values) and not piece.words and all(one.kind == "date" for one in piece.values)
    )


def _turned(text: str, inside: Sequence[Value]) -> bool:
    """An odd number of words that say the contrary; "closes at 5" says when, not that it does not open."""
    if any(value.kind in ("time", "length") for value in inside):
        return False
    turning = [word for word in re.findall(r"[a-z]+", text) if opposite(word) is not None]
    return len(turning) % 2 == 1


def _stands_alone(text: str, inside: Sequence[Value]) -> bool:
    """A clause of its own, or hours of their own: the denial before it does not reach it."""
    return bool(FINITE.search(text)) or any(
        value.kind == "time" or (value.kind == "price" and value.key) for value in inside
    )


def _spans(text: str, values: Sequence[Value]) -> list[tuple[int, int]]:
    starts = [
        0,
        *(one.start() for one in _CUT.finditer(text) if not _between_days(one, text, values)),
    ]
    return [
        (start, end)
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
        if start < end
    ]


def _between_days(match: re.Match[str], text: str, values: Sequence[Value]) -> bool:
    """The comma of "Tuesday, November 24" and the joints of a list of days."""
    before = [one for one in values if one.end <= match.start() and one.kind != "name"]
    after = [one for one in values if one.start >= match.end() and one.kind != "name"]
    if not before or not after:
        return False
    left, right = max(before, key=lambda one: one.end), min(after, key=lambda one: one.start)
    gap = text[left.end : match.start()] + text[match.end() : right.start]
    if left.kind == right.kind == "time" and not gap.strip(" -\x00"):
        return True
    return left.kind == right.kind == "date" and not re.search(r"[a-z]{3}", gap)


_NAME = re.compile(r"(?:[A-Z][\w'\u2019-]*[a-z\u00e0-\u00ff]\.? ?)+")
_TITLES = {"dr", "dra", "mr", "mrs", "ms", "st", "ave"}


def _names(sentence: str, blanked: str) -> list[Value]:
    """Capitalised words that follow one another; a single one that begins the sentence is none."""
    found = []
    for match in _NAME.finditer(sentence):
        said = match.group(0).rstrip()
        if blanked[match.start() : match.start() + len(said)].strip() != fold(said):
            continue
        tokens = [one.strip(".").removesuffix("'s") for one in fold(said).split()]
        skipped = 0
        if not re.search(r"\w", sentence[: match.start()]):
            while skipped < len(tokens) and (
                is_noise(tokens[skipped]) or _NO.fullmatch(tokens[skipped])
            ):
                skipped += 1
        named = [
            one
            for one in tokens[skipped:]
            if one not in _TITLES and not is_noise(one) and not re.fullmatch(MONTH, one)
        ]
        if named and (len(tokens) > 1 or re.search(r"\w", sentence[: match.start()])):
            end = match.start() + len(said)
            found.append(
                Value(
                    kind="name",
                    key=" ".join(named),
                    span=said.lower(),
                    start=match.start(),
                    end=end,
                )
            )
    return found


def _merged(
    spans: list[tuple[int, int]], text: str, values: Sequence[Value]
) -> list[tuple[int, int]]:
    """A piece with neither a verb nor a value belongs to what follows, if that says something of it."""
    found: list[tuple[int, int]] = []
    held: int | None = None
    for at, (start, end) in enumerate(spans):
        begin = start if held is None else held
        bare = not FINITE.search(text[begin:end]) and not any(
            begin <= one.start < end for one in values
        )
        is_last = at == len(spans) - 1
        following = text[end : spans[at + 1][1]] if not is_last else ""
        if (
            bare
            and not is_last
            and not _NO.search(text[begin:end])
            and not _NO.search(following)
            and found == []
        ):
            held = begin
            continue
        found.append((begin, end))
        held = None
    return found
