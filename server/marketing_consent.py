"""The one question whether a caller wants marketing by text, and what its answer gives. Ringback sends no marketing itself.

A person asks it, of one caller, once. Nothing but the caller's plain yes to it, as the next text, is consent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput, NotFound
from agent.model import TextKind
from agent.rules import quiet_hours, subscribing
from agent.rules.phrases import phrase
from agent.rules.segments import plain
from agent.rules.subscribing import Answer
from agent.state import AGENT
from server.jobs import Jobs
from server.marketing_standing import Standing, standing
from server.outbox import number_used, queue
from server.store import businesses, consents, texts, threads

ANSWERED_WITHIN = timedelta(hours=72)
"""A yes that comes later may mean something else."""
_SUBSCRIBED = "The caller subscribed to marketing by text"


@dataclass(frozen=True, kw_only=True)
class Asking:
    jobs: Jobs

    def ask(
        self, connection: sa.Connection, thread_id: str, staff: str, words: str, now: datetime
    ) -> None:
        """Queue the question in this person's name.

        Args:
            words: the text that the person has seen and confirmed.

        Raises:
            BadInput: it may not be asked; says why.
        """
        thread = threads.lock(connection, thread_id)
        business = businesses.get(connection, thread.business) if thread else None
        if thread is None or business is None:
            raise NotFound("There is no such conversation.")
        _check(standing(connection, thread, business, now), words)
        queue(
            connection,
            self.jobs,
            thread,
            f"opt-in-ask:{thread.id}:{now:%Y%m%d%H%M%S}",
            author=f"staff:{staff}",
            kind=TextKind.OPT_IN_ASK,
            sender=number_used(connection, thread),
            recipient=thread.caller,
            body=words.strip(),
            at=now,
            why={
                "quiet_hours": quiet_hours.basis(business, thread.caller),
                "about": business.texting.ask_marketing,
            },
        )
        threads.update(connection, thread.id, last_at=now)


def settle(
    connection: sa.Connection,
    jobs: Jobs,
    thread: threads.ThreadRow,
    business: Business,
    text: texts.TextRow,
    now: datetime,
) -> bool:
    """Take the answer to the question from the caller's oldest unanswered text; False: it is none, and is read as usual."""
    ask = texts.last_of_kind(connection, thread.id, TextKind.OPT_IN_ASK)
    if ask is None or not _is_next(connection, thread, ask, text):
        return False
    answer = subscribing.read(text.body)
    if answer is Answer.NEITHER or thread.opted_out_at is not None:
        return False
    if answer is Answer.YES:
        evidence = {
            "sid": text.sid or text.key, "answered": text.body, "asked": ask.body, "ask_sid": ask.sid,
            "asked_at": ask.at.isoformat(), "asked_by": ask.author.removeprefix("staff:"),
            "about": _about(ask),
        }  # fmt: skip
        consents.note(connection, business.slug, thread.caller, consents.MARKETING, evidence, now)
        threads.mark(connection, thread.id, _SUBSCRIBED, "caller", now)
    _say(connection, jobs, thread, business, text, answer, _about(ask), now)
    return True


def _check(found: Standing | None, words: str) -> None:
    if found is None or not found.words:
        raise BadInput((found and found.state) or "This caller may not be asked that.")
    if found.why_not:
        raise BadInput(found.why_not)
    if words.strip() != found.words:
        raise BadInput("The text has changed since you saw it. Read it again, then send it.")


def _about(ask: texts.TextRow) -> str:
    return str((ask.why or {}).get("about", ""))


def _say(
    connection: sa.Connection,
    jobs: Jobs,
    thread: threads.ThreadRow,
    business: Business,
    text: texts.TextRow,
    answer: Answer,
    about: str,
    now: datetime,
) -> None:
    name = "subscribed" if answer is Answer.YES else "not_subscribed"
    language = thread.memory.get("language", "en")
    words = phrase(name, business, now, language, what=about)
    queue(
        connection,
        jobs,
        thread,
        f"{text.key}:{name}",
        author=AGENT,
        kind=TextKind.OPT_IN_CONFIRMATION,
        sender=text.recipient,
        recipient=thread.caller,
        body=plain(words),
        at=now,
    )


def _is_next(
    connection: sa.Connection, thread: threads.ThreadRow, ask: texts.TextRow, text: texts.TextRow
) -> bool:
    """Nothing was said by either side between the question and this text, which came in time."""
    between = [
        row
        for row in texts.of_thread(connection, thread.id)
        if ask.seq < row.seq < text.seq
        and row.kind != TextKind.ALERT
        and row.status not in texts.NOT_LEFT
    ]
    has_left = ask.sid is not None and ask.status not in texts.NOT_LEFT
    return has_left and not between and text.seq > ask.seq and text.at - ask.at <= ANSWERED_WITHIN
