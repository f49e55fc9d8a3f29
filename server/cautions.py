"""What a person should know before their text leaves: somebody else has written, or it reads as advertising."""

from datetime import datetime

import sqlalchemy as sa

from agent.business import Business
from agent.errors import BadInput
from agent.model import TextKind
from agent.rules import marketing
from agent.state import AGENT
from server.store import consents, texts, threads
from server.threads import text_key


def others_wrote(
    connection: sa.Connection, thread_id: str, staff: str, key: str, opened: int, shown: int
) -> list[str]:
    """Who of us has written to the caller meanwhile: staff ids, and the agent; each once, oldest first.

    Args:
        key: of the form; one that has sent its text already met nobody.
        opened: the newest text when this person opened the page: a colleague's later one counts,
            since whoever types does not look up.
        shown: the newest text on their page just now: the agent's later ones count.
    """
    rows = texts.of_thread(connection, thread_id)
    if any(row.key == text_key(thread_id, key) for row in rows):
        return []
    written = [
        row.author.removeprefix("staff:")
        for row in rows
        if row.kind not in (None, TextKind.ALERT)
        and row.status not in texts.NOT_SAID
        and _is_news(row, staff, opened, shown)
    ]
    return list(dict.fromkeys(written))


def selling_in(
    connection: sa.Connection, thread: threads.ThreadRow, business: Business, body: str
) -> str:
    """What a person is told whose text sells; empty: it does not."""
    asked = texts.last_of_caller(connection, thread.id)
    found = [one.sentence for one in marketing.judge(body, asked) if one.why]
    if not found:
        return ""
    quoted = " ".join(f"\N{LEFT DOUBLE QUOTATION MARK}{one}\N{RIGHT DOUBLE QUOTATION MARK}" for one in found)  # fmt: skip
    return f"This reads as advertising: {quoted} {_consent(connection, thread, business)}"


def again_key(seq: int) -> str:
    """The form's key under which a failed text is said again: once."""
    return f"again:{seq}"


def refuse_again(connection: sa.Connection, row: texts.TextRow) -> None:
    """May a person send the words of a text once more?

    Raises:
        BadInput: it did not fail, or its words are said again already.
    """
    if row.status not in texts.FAILED:
        raise BadInput("Only a text that did not arrive can be sent again.")
    if texts.is_said_again(connection, row):
        raise BadInput("It is sent again by itself in a few minutes.")
    if texts.get(connection, text_key(str(row.thread), again_key(row.seq))):
        raise BadInput("It was sent again already.")


def _is_news(row: texts.TextRow, staff: str, opened: int, shown: int) -> bool:
    if row.author == AGENT:
        return row.seq > shown
    return row.author.startswith("staff:") and row.author != f"staff:{staff}" and row.seq > opened


def _consent(connection: sa.Connection, thread: threads.ThreadRow, business: Business) -> str:
    for one in consents.subscribers(connection, thread.business, thread.caller):
        about = one.evidence.get("about") or "news"
        return f"They said yes to {about} on {_day(one.at, business)}."
    return "This caller has not agreed to advertising by text: the law asks for a yes in writing first. Better take it out."


def _day(at: datetime, business: Business) -> str:
    local = at.astimezone(business.zone)
    return f"{local:%b} {local.day}, {local.year}"
