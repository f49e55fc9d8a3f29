"""Other ways to ask for an entry: what callers have asked that came near it, for the owner to approve."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from agent.errors import BadInput
from agent.rules.answering import WORTH_SAYING
from server.answers import can_keep
from server.store import questions
from server.wiring import Tools

ASKED_WITHIN = timedelta(days=90)
WORDS_MAX = 160
"""Characters of one wording."""
APPROVED_MAX = 20
"""Wordings of one entry."""
_NEAR = 0.25
"""A passage's score from which a question without an answer may be meant for it."""
_TRIED_MAX = 50
_PROPOSED_MAX = 5


def near_questions(tools: Tools, business: str) -> dict[str, list[str]]:
    """Passage id -> callers' own words that found no answer and came nearest to it, newest first."""
    since = tools.clock.now() - ASKED_WITHIN
    with tools.database.connect() as connection:
        asked = questions.recent(connection, business, since=since, limit=10 * _TRIED_MAX)
    unanswered = (" ".join(one.words.split()) for one in asked if not one.answered)
    short = [words for words in dict.fromkeys(unanswered) if can_keep(words)]
    near: defaultdict[str, list[str]] = defaultdict(list)
    for words in short[:_TRIED_MAX]:
        for passage in tools.library.search(business, words, 1):
            has_room = len(near[passage.id]) < _PROPOSED_MAX
            if has_room and _NEAR <= passage.score < WORTH_SAYING:
                near[passage.id].append(words)
    return near


def approve(tools: Tools, business: str, document: str, question: str, words: list[str]) -> int:
    """Let these and no other wordings count for an entry, from the next caller on; returns how many.

    Raises:
        BadInput: the passage answers no question by name, so that its document's others would be meant too.
    """
    if not question.strip():
        raise BadInput("This passage has no heading. Give it one in the document first.")
    kept = tidy(words)
    tools.shelf.approve(business, document, question, kept)
    tools.library.catch_up(business)
    return len(kept)


def tidy(words: Sequence[str]) -> tuple[str, ...]:
    """The wordings as they are kept: each once, none too long, not too many."""
    plain = (" ".join(one.split())[:WORDS_MAX] for one in words)
    return tuple(dict.fromkeys(one for one in plain if one))[:APPROVED_MAX]
