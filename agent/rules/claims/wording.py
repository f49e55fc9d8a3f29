"""Do the words of a statement say anything of the business that the evidence does not, or says otherwise?"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from agent.data import rule_data
from agent.rules.claims.comparing import same
from agent.rules.claims.ground import Ground, Missing, ideas_of, kind_of_word, overlap
from agent.rules.claims.rows import FINITE, Piece, Row
from agent.rules.claims.words import Word, alike

_GRAVE = {
    "warranty", "include", "refund", "deposit", "discount", "financing", "insurance", "license", "zallday",
    "samezday", "nextzday", "walkin", "deducted", "allow", "bonded", "double", "reopen", "unlimited", "lifetime", "wholetime", "expire", "rightaway", "anytime", "extra", "require", "fee", "emergency",
}  # fmt: skip
"""Ideas that nobody may add to a sentence, however much of it is true."""
_VALUED = {"fee": "price", "discount": "percent", "zallday": "length", "warranty": "length", "include": "length", "extra": "price", "require": "length"}  # fmt: skip
"""Ideas that go without saying where the row has such a value."""
_ASSERTS = re.compile(
    r"\bwe(?:'ll| will| guarantee| promise)\b|\b(?:we|i|our \w+|they|nosotros)(?: also| can| do| even| will|'ll|'re able to|'ve got)* (?!are\b|re\b|have to\b)(?:accept|take|do|does|offer|provide|serve|service|see|treat|clean|fix|repair|install|replace|sell|carry|stock|teach|speak|work|have|handle|make|build|deliver|cover|help with|specialize|rent)s?\b|\w+(?:amos|emos|imos)\b|\bthere(?:'s| is| are)\b|\bhay\b"
)
_ONLY = re.compile(r"\b(?:only|solo|solamente|unicamente)\b")
_EVERY = re.compile(
    r"\b(?:any|every|all|always|everyone|anyone|no matter|cualquier\w*|todos|todas|siempre)\b"
)
_VOUCHES = re.compile(
    r"\b(?:i|we) (?:\w+ )?(?:guarantee|promise)(?: (?:it|that|this|you))?\W*$|\b(?:i|we) (?:guarantee|promise) (?:that|you)\b|\b(?:lo|se lo) garantiz\w+"
)
_REFERS = re.compile(r"\b(?:please (?:call|contact|see|try)|refer you)\b")
_SAME_GOES = re.compile(r"^\W*(?:and |y )?(?:so (?:is|are|do|does)|too\b|as well as|tambien)\b")


def unheld_words(
    piece: Piece, statement: Sequence[Piece], ground: Ground, *, has_value: bool
) -> Missing:
    """The words that say something of the business which no row says."""
    if not piece.words:
        return []
    if refused := _refused(piece, statement, ground):
        return refused
    subject = _subject(piece, statement)
    unknown = [word for word in piece.words if not _known(word.idea, piece, ground)]
    grave = [
        word
        for word in piece.words
        if word.idea in _GRAVE
        and not (word.said.startswith("cover") and any(one.kind == "name" for one in piece.values))
        and not _grave_held(word.idea, piece, subject, ground)
    ]
    closed = [word for word in unknown if word.idea in _closed() or _is_free_of(word, piece)]
    if grave or closed:
        return [(word.said, kind_of_word(word)) for word in [*grave, *closed]]
    if unknown and not _is_lent(unknown, piece, statement, ground, has_value=has_value):
        return [(word.said, kind_of_word(word)) for word in unknown]
    return []


def _is_free_of(word: Word, piece: Piece) -> bool:
    """The first half of "interest-free"."""
    return piece.text[word.start - piece.start + len(word.said) :].startswith("-free")


def _refused(piece: Piece, statement: Sequence[Piece], ground: Ground) -> Missing:
    """What no evidence could hold, and what it denies or limits."""
    if _VOUCHES.search(piece.text) and not piece.denied:
        return [(word.said, "guarantee") for word in piece.words]
    if flipped := _flipped(piece, statement, ground):
        return flipped
    if opposed := [word for word in piece.words if _is_opposed(word.idea, piece, ground)]:
        return [(word.said, kind_of_word(word)) for word in opposed]
    strays = _SAME_GOES.search(piece.text) and not _goes(piece, statement, ground)
    return [(piece.words[0].said, "policy")] if strays or _widened(piece, ground) else []


def _goes(piece: Piece, statement: Sequence[Piece], ground: Ground) -> bool:
    """Some row says of the piece what was said just before it ("and so is ...")."""
    before = ideas_of(statement[: statement.index(piece)]) & _GRAVE
    return all(_grave_held(idea, piece, piece.ideas, ground) for idea in before)


def _subject(piece: Piece, statement: Sequence[Piece]) -> frozenset[str]:
    own = piece.ideas - _GRAVE
    return own or ideas_of(statement) - _GRAVE


def _is_lent(
    unknown: Sequence[Word],
    piece: Piece,
    statement: Sequence[Piece],
    ground: Ground,
    *,
    has_value: bool,
) -> bool:
    """Enough else of the piece is backed that the unknown words only reword."""
    backed = len(piece.words) - len(unknown)
    priced = any(one.kind == "price" for one in piece.values)
    if priced:
        return backed > len(unknown) or not backed
    if has_value:
        return True
    if _asserts(piece, statement) and not piece.denied:
        return backed >= 2 * len(unknown)
    if piece.denied:
        return backed >= len(unknown)
    others = ideas_of(one for one in statement if one is not piece)
    return backed > 0 or any(_somewhere(idea, ground.rows) for idea in others)


def _asserts(piece: Piece, statement: Sequence[Piece]) -> bool:
    """It says what the business does or has; a list goes on as it begins."""
    if FINITE.search(piece.text) or statement.index(piece) == 0:
        return bool(_ASSERTS.search(piece.text))
    return _asserts(statement[statement.index(piece) - 1], statement)


def _known(idea: str, piece: Piece, ground: Ground) -> bool:
    if any(_row_has(idea, piece.denied, row) for row in ground.rows):
        return True
    if piece.denied and any(_ONLY.search(row.text.lower()) for row in ground.rows):
        return True
    return _somewhere(idea, ground.rows) or is_implied(idea, ground)


def _row_has(idea: str, denied: bool, row: Row) -> bool:
    return any(alike(idea, one) for one in row.around | row.asked_above) or any(
        held.denied == denied and any(alike(idea, one) for one in held.ideas) for held in row.pieces
    )


def _somewhere(idea: str, rows: Iterable[Row]) -> bool:
    return any(alike(idea, one) for row in rows for one in row.ideas | row.around | row.asked_above)


def is_implied(idea: str, ground: Ground) -> bool:
    kinds = {value.kind for row in ground.rows for value in row.values}
    wanted = {
        "open": "time",
        "pay": "price",
        "discount": "percent",
        "phone": "phone",
        "email": "link",
        "website": "link",
    }
    parts = ("morning", "afternoon", "evening")
    if idea == "pay" and "percent" in kinds:
        return True
    return wanted.get(idea) in kinds or (idea in parts and "time" in kinds)


def _flipped(piece: Piece, statement: Sequence[Piece], ground: Ground) -> Missing:
    """The rows that share most with the piece all say the contrary."""
    subject = piece.ideas - {"open"}
    if not subject or any(value.kind in ("time", "date") for value in piece.values):
        return []
    same = _most_shared(subject, statement, ground, denied=piece.denied)
    contrary = _most_shared(subject, statement, ground, denied=not piece.denied)
    if contrary <= same:
        return []
    limited = any(
        _ONLY.search(row.text.lower()) and overlap(row.ideas, subject) for row in ground.rows
    )
    word = piece.words[0]
    return [] if piece.denied and limited else [(word.said, kind_of_word(word))]


def _most_shared(
    subject: frozenset[str], statement: Sequence[Piece], ground: Ground, *, denied: bool
) -> tuple[int, int]:
    """How much of a subject one piece of the evidence shares, then how much its row does of the statement."""
    about = ideas_of(statement)
    return max(
        (
            (shared, overlap(row.ideas | row.around, about))
            for row in ground.rows
            if not _REFERS.search(row.text.lower())
            for held in row.pieces
            if held.denied == denied and (shared := overlap(held.ideas, subject))
        ),
        default=(0, 0),
    )


def _widened(piece: Piece, ground: Ground) -> bool:
    """A row has a limit ("over $3,000"), and the piece says "any"."""
    return bool(_EVERY.search(piece.text)) and any(
        one.bound in ("from", "to")
        and one.kind in ("price", "number", "length")
        and one.key not in {value.key for value in piece.values}
        for row in ground.rows
        for held in row.pieces
        if overlap(held.ideas, piece.ideas) and held.denied == piece.denied
        for one in held.values
    )


def _is_opposed(idea: str, piece: Piece, ground: Ground) -> bool:
    """It is said to be so of what the evidence names only where it denies."""
    if piece.denied or idea == "open" or not _somewhere(idea, ground.rows):
        return False
    if any(_row_has(idea, False, row) for row in ground.rows):
        return False
    if idea in _closed():
        return True
    others = piece.ideas - {idea}
    return not any(
        any(
            not held.denied and not FINITE.search(held.text) and overlap(held.ideas, others)
            for held in row.pieces
        )
        for row in ground.rows
        if idea in row.ideas
    )


def _grave_held(idea: str, piece: Piece, subject: frozenset[str], ground: Ground) -> bool:
    """A row has the idea with the same polarity, and is about the same."""
    if piece.denied and any(
        _ONLY.search(row.text.lower()) and idea in row.ideas for row in ground.rows
    ):
        return True
    for row in ground.rows:
        has = _row_has(idea, piece.denied, row)
        valued = idea in _VALUED and any(one.kind == _VALUED[idea] for one in row.values)
        if not has and not valued:
            continue
        about = (row.ideas | row.around | row.asked_above) - _GRAVE
        if overlap(about, subject | (frozenset() if subject else ground.asked_ideas)) or not about:
            return True
        if has and any(same(one, held, ground.now) for one in piece.values for held in row.values):
            return True
        if has and idea != "warranty" and not any(_somewhere(one, ground.rows) for one in subject):
            return True
    return False


@cache
def _closed() -> frozenset[str]:
    """Words of which a business has some and not others: what it does not name, it does not have."""
    return frozenset(rule_data("claims")["members"].split())
