"""A backup brought back: checked, brought to this version, made quiet, and then put into its place at once."""

import base64
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.errors import BadInput
from server.backup import (
    CALENDARS,
    FORMAT,
    MANIFEST,
    SECRET_KEY,
    TABLES,
    ValueKind,
    calendars_of,
    sha256_of,
)
from server.data_folder import held
from server.restored_quietly import make_quiet
from server.settings import Settings
from server.store import engine
from server.store.tables import Moment, business, metadata
from server.vitals import vitals

UNFINISHED = "restore-unfinished"
"""In the data folder while a restore moves things into their place."""

AT_WORK = "A server is at work on this database: stop it first."

_AT_ONCE = 500
_STAGED = "ringback.db"
_STAGES = ".restore-"


@dataclass(frozen=True, kw_only=True)
class Restored:
    made_at: datetime
    """When the backup was made: what came later is not in it."""
    report: tuple[str, ...]


def restore(
    settings: Settings,
    file: Path,
    now: datetime,
    *,
    force: bool = False,
    opted_out: Sequence[str] = (),
) -> Restored:
    """Bring a backup back; until the last moment nothing that is there is touched.

    Args:
        force: what is there is thrown away.
        opted_out: numbers that opted out since the backup was made, E.164.

    Raises:
        BadInput: it is no backup, is damaged, or there is something already; nothing has changed.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with held(settings):
        return _restored(settings, file, now, force=force, opted_out=opted_out)


def _restored(
    settings: Settings, file: Path, now: datetime, *, force: bool, opted_out: Sequence[str]
) -> Restored:
    for left in settings.data_dir.glob(f"{_STAGES}*"):  # by one that was cut off
        shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(prefix=_STAGES, dir=settings.data_dir))
    try:
        manifest = _unpack(file, stage)
        _check_target(settings, now, force=force)
        staged = f"sqlite:///{stage / _STAGED}"
        _fill(staged, stage, manifest)
        quiet = make_quiet(staged, now, opted_out)
        report = [*_counted(staged, manifest), *quiet]
        _put_in_place(settings, stage, staged, now)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Restored(made_at=datetime.fromisoformat(manifest["made_at"]), report=tuple(report))


def _unpack(file: Path, stage: Path) -> dict[str, Any]:
    """The list of what is in it, all of which is as it was written."""
    try:
        with tarfile.open(file, "r|gz") as archive:
            archive.extractall(stage, filter="data")
        manifest: dict[str, Any] = json.loads((stage / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("format") != FORMAT:
            raise BadInput(f"{file} is no backup of Ringback's.")
        for name, told in manifest["members"].items():
            with (stage / name).open("rb") as content:
                if sha256_of(content) != told["sha256"]:
                    raise BadInput(f"{file} is damaged: {name} is not as it was written.")
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError) as error:
        raise BadInput(f"{file} is no backup of Ringback's, or is damaged: {error}") from error
    if manifest["schema"] > engine.newest():
        words = f"The backup was made by a newer version of Ringback ({manifest['version']}): restore it with that one."
        raise BadInput(words)
    return manifest


def _check_target(settings: Settings, now: datetime, *, force: bool) -> None:
    if settings.is_sqlite and not _database_file(settings).exists():
        is_empty = True
    else:
        is_empty = _is_empty(settings, now)
    if not is_empty and not force:
        raise BadInput(
            "There is a business here already. --force throws away what is here and brings the backup in its place."
        )


def _is_empty(settings: Settings, now: datetime) -> bool:
    """A file that cannot be read is not empty: it is what a backup is for, and is replaced when that is asked for."""
    try:
        engine.migrate(settings.url)
        database = engine.make_engine(settings.url)
        with database.connect() as connection:
            is_empty = connection.scalar(sa.select(business.c.slug).limit(1)) is None
            at_work = vitals(connection, now).workers
        database.dispose()
    except sa.exc.OperationalError:
        raise
    except sa.exc.DatabaseError:
        return False
    if at_work:
        raise BadInput(AT_WORK)
    return is_empty


def _fill(staged: str, stage: Path, manifest: dict[str, Any]) -> None:
    """Rows as they were, in the schema that they were in; then this version's."""
    engine.migrate(staged, to=manifest["schema"])
    database = engine.make_engine(staged)
    with database.connect() as connection:
        connection.exec_driver_sql("pragma foreign_keys=off")  # rows come table by table
        connection.commit()
        with connection.begin():
            for name in manifest["members"]:
                if name.startswith(TABLES):
                    _insert(connection, stage / name)
    database.dispose()
    engine.migrate(staged)


def _insert(connection: sa.Connection, file: Path) -> None:
    with file.open(encoding="utf-8") as lines:
        kinds: dict[str, ValueKind] = json.loads(next(lines))
        columns = [sa.column(name, _TYPES[kind]) for name, kind in kinds.items()]
        table = sa.table(file.stem, *columns)
        batch: list[dict[str, Any]] = []
        for line in lines:
            values = zip(kinds.items(), json.loads(line), strict=True)
            batch.append({name: _value(value, kind) for (name, kind), value in values})
            if len(batch) == _AT_ONCE:
                connection.execute(sa.insert(table), batch)
                batch = []
        if batch:
            connection.execute(sa.insert(table), batch)


_TYPES: dict[str, Any] = {
    "plain": None,
    "moment": Moment(),
    "bytes": sa.LargeBinary(),
    "json": sa.JSON(),
    "json or null": sa.JSON(none_as_null=True),
}


def _value(value: Any, kind: ValueKind) -> Any:
    if value is None or kind not in ("moment", "bytes"):
        return value
    return datetime.fromisoformat(value) if kind == "moment" else base64.b64decode(value)


def _counted(staged: str, manifest: dict[str, Any]) -> Iterator[str]:
    members = manifest["members"]
    for name, words in _TOLD.items():
        yield f"{words}: {members.get(f'{TABLES}{name}.jsonl', {}).get('rows', 0)}"
    events = sum(name.startswith(CALENDARS) and name.endswith(".ics") for name in members)
    yield f"calendar events: {events}"
    if SECRET_KEY not in members:
        yield "No secret key was in it: set RINGBACK_SECRET_KEY to that of the old installation, or connect calendars and webhooks anew."


_TOLD = {
    "business": "businesses",
    "account": "logins",
    "thread": "conversations",
    "text": "texts",
    "call": "calls",
    "photo": "photos",
    "consent": "consent entries",
    "appointment": "visits, held times included",
    "document": "documents",
    "passage": "passages, indexed anew",
}


def _put_in_place(settings: Settings, stage: Path, staged: str, now: datetime) -> None:
    """The calendars and the key, then the database; cut off in between, the server says so and does not start."""
    if not settings.is_sqlite:
        _is_empty(settings, now)  # nobody has begun to work on it meanwhile
    mark = settings.data_dir / UNFINISHED
    mark.touch()
    if not settings.calendar_url:
        _swap(stage / CALENDARS, calendars_of(settings), stage)
    if (stage / SECRET_KEY).exists():
        key = settings.data_dir / "secret_key"
        (stage / SECRET_KEY).replace(key)
        key.chmod(0o600)
    shutil.rmtree(settings.data_dir / "index", ignore_errors=True)
    if settings.is_sqlite:
        target = _database_file(settings)
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                target.with_name(target.name + ending).unlink()
        (stage / _STAGED).replace(target)
    else:
        _copy(staged, settings.url)
    mark.unlink()


def _swap(new: Path, target: Path, stage: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o700)
    if target.exists():
        target.rename(stage / "calendars-before")
    if new.is_dir():
        new.rename(target)


def _database_file(settings: Settings) -> Path:
    return Path(str(sa.make_url(settings.url).database))


def _copy(staged: str, url: str) -> None:
    """Everything in one transaction, in place of what is there; work that was under way is over."""
    with _both(staged, url) as (source, target), target.begin():
        if sa.inspect(target).has_table("workflow_status", schema="dbos"):
            target.execute(sa.text("delete from dbos.workflow_status"))
        for table in reversed(metadata.sorted_tables):
            target.execute(sa.delete(table))
        for table in metadata.sorted_tables:
            rows = source.execution_options(yield_per=_AT_ONCE).execute(sa.select(table))
            for batch in rows.mappings().partitions(_AT_ONCE):
                target.execute(sa.insert(table), [dict(row) for row in batch])
            _count_on(target, table)


@contextmanager
def _both(staged: str, url: str) -> Iterator[tuple[sa.Connection, sa.Connection]]:
    source, target = engine.make_engine(staged), engine.make_engine(url)
    try:
        with source.connect() as one, target.connect() as other:
            yield one, other
    finally:
        source.dispose()
        target.dispose()


def _count_on(target: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL counts rows by itself and has to know how far they have come."""
    column = table.autoincrement_column
    if column is None:
        return
    words = 'select setval(pg_get_serial_sequence(:table, :column), coalesce((select max("{0}") from "{1}"), 1))'
    statement = sa.text(words.format(column.name, table.name))
    target.execute(statement, {"table": f'"{table.name}"', "column": column.name})
