"""A business with one caller on a database of its own: no server, a clock that stands still."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from pydantic import SecretStr

from agent.model import TextKind
from evals.product import FOLDER
from server.commands import import_folder
from server.engine import make_client
from server.settings import Settings
from server.store import calls, consents, texts, threads
from server.store.tables import text
from server.wiring import Tools, open_tools

SLUG, SHOP, CALLER = "alder-creek-plumbing", "+13035550140", "+13035550177"
KEY = "a key for tests alone"
NOW = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)


@dataclass
class Standing:
    """A clock that tells what it is told."""

    at: datetime = NOW

    def now(self):
        return self.at


@dataclass
class Office:
    """What tests of the record need of an installation."""

    settings: Settings
    tools: Tools

    @property
    def database(self):
        return self.tools.database

    def jobs(self):
        from dbos import run_dbos_database_migrations

        run_dbos_database_migrations(self.settings.url)
        return make_client(self.settings.url)

    def run(self, statement, **values):
        with self.database.begin() as connection:
            return connection.execute(sa.text(statement), values)

    def count(self, table, where="1=1"):
        with self.database.connect() as connection:
            return connection.scalar(sa.text(f"select count(*) from {table} where {where}"))


def an_office(folder, database_url=""):
    settings = Settings(
        data_dir=folder, database_url=database_url, secret_key=SecretStr(KEY), embedder="lexical"
    )
    office = Office(settings=settings, tools=open_tools(settings))
    import_folder(office.tools, FOLDER)
    return office


def converse(office, caller=CALLER, at=NOW, said="my blue heron faucet drips", days_ago=0):
    """A missed call, its first text, a question and an answer; the thread's id."""
    at -= timedelta(days=days_ago)
    digits = caller[1:]
    with office.database.begin() as connection:
        row, _ = threads.locked(connection, SLUG, caller, at)
        calls.begin(
            connection, sid=f"CA{digits}{days_ago}", business=SLUG, thread=row.id, caller=caller,
            dialled=SHOP, at=at, raw={},
        )  # fmt: skip
        calls.end(connection, f"CA{digits}{days_ago}", "missed", settled_at=at)
        consents.note(connection, SLUG, caller, "inbound_call", {"call": f"CA{digits}"}, at)
        say(
            connection, row.id, f"first:{digits}:{days_ago}", "template", "Sorry we missed you.", at
        )
        say(connection, row.id, f"SM{digits}{days_ago}", "caller", said, at + timedelta(minutes=1))
        say(connection, row.id, f"turn:{digits}:{days_ago}", "agent", "A drip is $120.", at + timedelta(minutes=2))  # fmt: skip
        threads.update(connection, row.id, last_at=at + timedelta(minutes=2), resolved_at=at)
        return row.id


def say(connection, thread, key, author, body, at, status=None, **more):
    caller = thread.partition(":")[2]
    mine = author == "caller"
    texts.add(
        connection, key=key, business=SLUG, thread=thread, author=author, body=body, at=at,
        kind=None if mine else TextKind.FIRST_TEXT if author == "template" else TextKind.REPLY,
        sender=caller if mine else SHOP, recipient=SHOP if mine else caller,
        status=status or ("answered" if mine else "delivered"), why={"evidence": []}, **more,
    )  # fmt: skip


def bodies(office, thread):
    with office.database.connect() as connection:
        query = sa.select(text.c.body).where(text.c.thread == thread).order_by(text.c.seq)
        return list(connection.scalars(query))
