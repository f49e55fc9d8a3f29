"""Use cases: the questions that found no answer, put together for the owner, answered or dismissed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from agent.errors import BadInput, NotFound
from agent.model import Passage
from agent.rules.excerpt import excerpt
from agent.rules.marketing import Judged, judge
from agent.rules.segments import plain
from knowledge.embedding import Embedder
from server.answers import NAME, can_keep, folded, with_answer
from server.question_clusters import clusters
from server.store import document_versions, questions, tasks, threads
from server.store.engine import in_turn
from server.store.questions import QuestionRow
from server.wiring import Tools

OPEN_MAX = 200
"""Open questions that are put together: the newest."""
QUESTION_MAX = 300
ANSWER_MAX = 1600
"""Characters; the carrier takes no more in one message."""
_TICK_ONE = "Tick at least one question that this answers."


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One way in which callers asked."""

    asked: tuple[QuestionRow, ...]
    """Newest first, at least one."""

    @property
    def words(self) -> str:
        return self.asked[0].words

    @property
    def id(self) -> int:
        """Of the newest question in these words."""
        return self.asked[0].id

    @property
    def threads(self) -> list[str]:
        """Each once, who asked last first."""
        return list(dict.fromkeys(row.thread for row in self.asked if row.thread))


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Questions of callers that ask the same."""

    wordings: tuple[Wording, ...]
    """The most central first."""

    @property
    def id(self) -> int:
        return self.wordings[0].id

    @property
    def words(self) -> str:
        return self.wordings[0].words

    @property
    def asked(self) -> list[QuestionRow]:
        """Every question, newest first."""
        every = (row for wording in self.wordings for row in wording.asked)
        return sorted(every, key=lambda row: (row.at, row.id), reverse=True)

    @property
    def callers(self) -> int:
        return len({row.thread or row.id for row in self.asked})


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an owner gives: an entry of the business's own document, and the wordings that it answers."""

    question: str
    answer: str
    wordings: Sequence[int]
    """Ids of open questions; all that were asked in the same words are answered with them."""


def open_clusters(
    connection: sa.Connection, business: str, embedder: Embedder | None
) -> list[Cluster]:
    """What most callers asked first."""
    wordings = _wordings(questions.open_ones(connection, business, OPEN_MAX))
    together = clusters([one.words for one in wordings], embedder)
    found = [Cluster(wordings=tuple(wordings[place] for place in one)) for one in together]
    return sorted(found, key=lambda one: (one.callers, one.asked[0].at), reverse=True)


def open_cluster(
    connection: sa.Connection, business: str, embedder: Embedder | None, question_id: int
) -> Cluster | None:
    """The one with this question; None: the question is not open."""
    found = open_clusters(connection, business, embedder)
    return next((one for one in found if any(row.id == question_id for row in one.asked)), None)


def known(connection: sa.Connection, business: str, question_id: int) -> QuestionRow:
    """A question of this business.

    Raises:
        NotFound: there is none of this id.
    """
    row = questions.get(connection, business, question_id)
    if row is None:
        raise NotFound("There is no such question.")
    return row


def settled_with(connection: sa.Connection, business: str, question_id: int) -> list[Wording]:
    """What was settled together with this question; else the question alone.

    Raises:
        NotFound: there is no such question.
    """
    row = known(connection, business, question_id)
    if row.settled_at is None:
        return _wordings([row])
    return _wordings(questions.settled_at(connection, business, row.settled_at))


def answer(tools: Tools, business: str, by: str, given: Answer) -> int:
    """Write the answer into the business's own document, settle what it answers, propose it to staff who owe a reply.

    Not to be done by two threads at once: the document is read, then replaced. An upload of it may come
    in between.

    Args:
        by: who adds it to the document.

    Returns:
        One of the questions that are settled with it.

    Raises:
        BadInput: something is missing or too long; nothing has changed.
    """
    question, words = " ".join(given.question.split()), given.answer.strip()
    _check(question, words)
    with tools.database.connect() as connection:
        answered = _in_these_words(connection, business, given.wordings)
    if not answered:
        raise BadInput(_TICK_ONE)
    kept = [one.words for one in answered if can_keep(one.words)]
    tell = to_tell(question, words, tools.embedder)
    with tools.database.begin() as connection:
        in_turn(connection, f"answers of {business}")
        _write(
            tools,
            business,
            by,
            partial(with_answer, question=question, answer=words, phrasings=kept),
        )
    with tools.database.begin() as connection:
        _settle(connection, business, answered, tell, tools.clock.now())
    return answered[0].id


def drafted(tools: Tools, business: str, given: Answer) -> bytes:
    """The business's own document as `answer` would write it; nothing changes.

    Raises:
        BadInput: as `answer`.
    """
    question, words = " ".join(given.question.split()), given.answer.strip()
    _check(question, words)
    with tools.database.connect() as connection:
        answered = _in_these_words(connection, business, given.wordings)
    if not answered:
        raise BadInput(_TICK_ONE)
    kept = [one.words for one in answered if can_keep(one.words)]
    return with_answer(_present(tools, business), question, words, kept)


def dismiss(
    connection: sa.Connection, business: str, wordings: Sequence[int], now: datetime
) -> int | None:
    """What was asked in these wordings is not for the business to answer.

    Returns:
        One of the questions that were dismissed; None: none was open.
    """
    found = _in_these_words(connection, business, wordings)
    questions.settle(connection, business, _ids(found), now, dismissed=True)
    return found[0].id if found else None


def reopen(connection: sa.Connection, business: str, question_id: int) -> None:
    """Undo a dismissal; what was answered stays answered.

    Raises:
        NotFound: there is no such question.
    """
    row = known(connection, business, question_id)
    if row.settled_at is not None:
        questions.reopen(connection, business, row.settled_at)


def selling(question: str, words: str, embedder: Embedder | None) -> list[Judged]:
    """The sentences of an answer that are not texted as they stand, since they sell."""
    return [one for one in _judged(question, words, embedder) if one.why]


def part_told(question: str, words: str) -> str:
    """What callers get of an answer; less than all of a long one."""
    entry = Passage(id="", document=NAME, heading=question, text=words)
    return excerpt(question, entry)


def to_tell(question: str, words: str, embedder: Embedder | None) -> str:
    """The answer as staff may text it: without what sells; empty: nothing is left."""
    judged = _judged(question, words, embedder)
    if any(one.why for one in judged):
        words = " ".join(one.kept for one in judged if one.kept)
    return plain(words)


def _judged(question: str, words: str, embedder: Embedder | None) -> list[Judged]:
    return judge(words, question, embedder.embed if embedder else None)


def _check(question: str, words: str) -> None:
    if not question or not words:
        raise BadInput(f"Write the {'answer' if question else 'question'} first.")
    for name, text, most in (("question", question, QUESTION_MAX), ("answer", words, ANSWER_MAX)):
        if len(text) > most:
            raise BadInput(f"The {name} has {len(text)} characters; at most {most} are possible.")


def _wordings(rows: Sequence[QuestionRow]) -> list[Wording]:
    """Rows in the same words together, in the order of the rows."""
    by_words: dict[str, list[QuestionRow]] = {}
    for row in rows:
        by_words.setdefault(folded(row.words), []).append(row)
    return [Wording(asked=tuple(one)) for one in by_words.values()]


def _in_these_words(connection: sa.Connection, business: str, ids: Sequence[int]) -> list[Wording]:
    return [
        wording
        for wording in _wordings(questions.open_ones(connection, business, OPEN_MAX))
        if {row.id for row in wording.asked} & set(ids)
    ]


def _ids(wordings: Sequence[Wording]) -> list[int]:
    return [row.id for wording in wordings for row in wording.asked]


def _present(tools: Tools, business: str) -> bytes:
    """The document of answers as it is; empty: there is none yet."""
    try:
        return tools.shelf.content(business, NAME)
    except NotFound:
        return b""


def _write(tools: Tools, business: str, by: str, merged: Callable[[bytes], bytes]) -> None:
    """Replace the document of answers; what somebody else has uploaded since it was read is merged as well."""
    last = _last_version(tools, business)
    read = _present(tools, business)
    ours = merged(read)
    tools.library.put(business, NAME, ours, by=by)
    replaced = _last_version(tools, business)
    if replaced == last or replaced is None:
        return
    with tools.database.connect() as connection:
        theirs = document_versions.content(connection, business, NAME, replaced)
    if theirs not in (read, ours):
        tools.library.put(business, NAME, merged(theirs), by=by)


def _last_version(tools: Tools, business: str) -> int | None:
    """The number of the last earlier version of the document of answers."""
    with tools.database.connect() as connection:
        found = document_versions.of_document(connection, business, NAME)
    return found[0].number if found else None


def _settle(
    connection: sa.Connection, business: str, answered: list[Wording], tell: str, now: datetime
) -> None:
    for thread in sorted({name for wording in answered for name in wording.threads}):
        threads.lock(connection, thread)
    turns: dict[tuple[str, datetime], set[str]] = {}
    for row in questions.settle(connection, business, _ids(answered), now):
        if row.thread:
            turns.setdefault((row.thread, row.at), set()).add(folded(row.words))
    for (thread, at), settled in turns.items():
        if tell:
            _propose(connection, thread, at, settled, tell)


def _propose(
    connection: sa.Connection, thread: str, at: datetime, settled: set[str], tell: str
) -> None:
    """To the tasks for the settled questions of a turn, once each; a task of another question is left alone.

    Args:
        settled: folded words; a task whose note is no single question of the turn is for all of them.
    """
    others = {folded(row.words) for row in questions.of_turn(connection, thread, at)} - settled
    for one in tasks.for_questions(connection, thread, at):
        if folded(one.note) not in others:
            tasks.propose(connection, one.id, f"{one.tell} {tell}" if one.tell else tell)
