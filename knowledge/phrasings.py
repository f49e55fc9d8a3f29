"""Other ways to ask for an entry: those that the owner approved; they serve for finding only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.model import Passage


@dataclass(frozen=True, kw_only=True)
class Approved:
    """One wording that the owner lets count as a question of an entry."""

    document: str
    """Its name."""
    question: str
    """The entry's own, as it stands in the document."""
    words: str


def with_approved(passages: Iterable[Passage], approved: Sequence[Approved]) -> list[Passage]:
    """The passages with what was approved for them as further phrasings."""
    wordings: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in approved:
        wordings[one.document, one.question].append(one.words)
    return [
        _with(passage, wordings.get((passage.document, passage.heading), []))
        for passage in passages
    ]


def _with(passage: Passage, more: Sequence[str]) -> Passage:
    if not more:
        return passage
    return replace(passage, phrasings=tuple(dict.fromkeys((*passage.phrasings, *more))))
