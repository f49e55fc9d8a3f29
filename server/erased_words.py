"""What an erased caller has asked, taken out of the ways to ask that a business has kept."""

from collections import defaultdict
from collections.abc import Collection
from functools import partial

import sqlalchemy as sa

from agent.errors import NotFound
from agent.rules.questions import questions as questions_of
from knowledge.library import passages_of
from server.answers import NAME, folded, without_phrasings
from server.document_drafts import drafted_content, withdraw
from server.store import document_versions, questions, texts
from server.wiring import Tools


def words_of(connection: sa.Connection, thread: str) -> set[str]:
    """A caller's own wordings, folded: also of questions that are forgotten, as long as their texts are kept."""
    said = [row.body for row in texts.of_thread(connection, thread) if row.is_callers]
    asked = [row.words for row in questions.of_thread(connection, thread)]
    every = [*asked, *said, *(one for body in said for one in questions_of(body))]
    return {folded(one) for one in every} - {""}


def forget(tools: Tools, business: str, words: Collection[str]) -> None:
    """Take these wordings out of the document of answers, its versions and draft, and what was approved.

    Args:
        words: folded.
    """
    _forget_approved(tools, business, words)
    _forget_answers(tools, business, words)
    cleaned = partial(without_phrasings, gone=words)
    with tools.database.begin() as connection:
        document_versions.rewrite(
            connection, business, NAME, cleaned, lambda content: passages_of(NAME, content)
        )
    drafted = drafted_content(tools, business, NAME)
    if drafted is not None and cleaned(drafted) != drafted:
        withdraw(tools, business, NAME)


def _forget_approved(tools: Tools, business: str, words: Collection[str]) -> None:
    by_entry: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in tools.shelf.phrasings(business):
        by_entry[one.document, one.question].append(one.words)
    for (document, question), approved in by_entry.items():
        kept = [one for one in approved if folded(one) not in words]
        if kept != approved:
            tools.shelf.approve(business, document, question, kept)
            tools.library.catch_up(business)


def _forget_answers(tools: Tools, business: str, words: Collection[str]) -> None:
    try:
        content = tools.shelf.content(business, NAME)
    except NotFound:
        return
    kept = without_phrasings(content, words)
    if kept != content:
        tools.library.put(business, NAME, kept)
