"""A backup while everything runs: every row, the calendars, the secret key and a list of it all, in one .tar.gz."""

import base64
import fcntl
import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Literal

import sqlalchemy as sa

from agent.errors import BadInput
from server.settings import Settings
from server.store import engine
from server.store.tables import Moment, metadata

FORMAT = "ringback-backup/1"
MANIFEST = "manifest.json"
TABLES, CALENDARS, SECRETS = "tables/", "calendars/", "secrets/"
SECRET_KEY = f"{SECRETS}secret_key"
NOT_KEPT = frozenset({"executor", "presence", "failed_login"})
"""Of the moment only."""

ValueKind = Literal["plain", "moment", "bytes", "json", "json or null"]

_AT_ONCE = 500
_PIECE = 1 << 20
_CACHE = ".Radicale"
_OURS_ALONE = 0o600


def backup(settings: Settings, file: Path, now: datetime, *, secrets: bool = True) -> list[str]:
    """Write a backup; what is in it, a line each. A file of that name is replaced once the new one is whole.

    Raises:
        BadInput: the file cannot be written.
    """
    half = file.with_name(f".{file.name}.half")
    try:
        with suppress(FileNotFoundError):
            half.unlink()
        with os.fdopen(
            os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OURS_ALONE), "wb"
        ) as out:
            members = _write(settings, out, now, secrets=secrets)
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error}") from error
    return _report(file, members, settings, secrets=secrets)


def _write(
    settings: Settings, out: IO[bytes], now: datetime, *, secrets: bool
) -> dict[str, dict[str, Any]]:
    """Rows first: a visit that is booked meanwhile stands in its calendar, and its time is taken after a restore."""
    members: dict[str, dict[str, Any]] = {}
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add_rows(archive, settings, members, now)
        _add_calendars(archive, settings, members, now)
        if secrets:
            _add(archive, members, SECRET_KEY, io.BytesIO(settings.session_key().encode()), now)
        manifest = {
            "format": FORMAT,
            "made_at": now.astimezone(UTC).isoformat(),
            "version": version("ringback"),
            "schema": engine.newest(),
            "database": "SQLite" if settings.is_sqlite else "PostgreSQL",
            "members": members,
        }
        words = json.dumps(manifest, indent=1, sort_keys=True).encode()
        _add(archive, {}, MANIFEST, io.BytesIO(words), now)
    return members


def _add(
    archive: tarfile.TarFile,
    members: dict[str, dict[str, Any]],
    name: str,
    content: IO[bytes],
    now: datetime,
    **more: Any,
) -> None:
    digest = sha256_of(content)
    told = tarfile.TarInfo(name)
    told.size, told.mode, told.mtime = content.tell(), _OURS_ALONE, int(now.timestamp())
    content.seek(0)
    archive.addfile(told, content)
    members[name] = {"sha256": digest, "bytes": told.size, **more}


def sha256_of(content: IO[bytes]) -> str:
    """Of the rest of a file, which is at its end afterwards."""
    sum_of_it = hashlib.sha256()
    while piece := content.read(_PIECE):
        sum_of_it.update(piece)
    return sum_of_it.hexdigest()


def _add_rows(
    archive: tarfile.TarFile,
    settings: Settings,
    members: dict[str, dict[str, Any]],
    now: datetime,
) -> None:
    """Every table as it was at one moment, a JSON line a row; the first line says what its columns are."""
    database = engine.make_engine(settings.url)
    try:
        with _one_moment(database) as connection:
            _check_schema(connection)
            for table in metadata.sorted_tables:
                if table.name in NOT_KEPT:
                    continue
                with tempfile.TemporaryFile() as rows:
                    count = _write_rows(connection, table, rows)
                    rows.seek(0)
                    _add(archive, members, f"{TABLES}{table.name}.jsonl", rows, now, rows=count)
    finally:
        database.dispose()


def _check_schema(connection: sa.Connection) -> None:
    found = "none"
    if sa.inspect(connection).has_table("alembic_version"):
        found = str(connection.scalar(sa.text("select version_num from alembic_version")))
    if found != engine.newest():
        words = f"The database is of another version than this program ({found}, not {engine.newest()}): start `ringback serve` of this version once, or use the program that made it."
        raise BadInput(words)


@contextmanager
def _one_moment(database: sa.Engine) -> Iterator[sa.Connection]:
    """Reads that see nothing of what is written meanwhile, and hold nobody up."""
    if database.dialect.name == "sqlite":
        with database.connect() as connection:
            connection.exec_driver_sql("begin")  # the driver's own begin would take the write lock
            yield connection
            connection.rollback()
    else:
        with database.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            yield connection


def _write_rows(connection: sa.Connection, table: sa.Table, out: IO[bytes]) -> int:
    kinds: dict[str, ValueKind] = {column.name: _kind(column) for column in table.columns}
    out.write(_line(kinds))
    count = 0
    query = sa.select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        values = [_plain(value, kinds[name]) for name, value in row._mapping.items()]
        out.write(_line(values))
        count += 1
    return count


def _kind(column: sa.Column[Any]) -> ValueKind:
    if isinstance(column.type, Moment):
        return "moment"
    if isinstance(column.type, sa.LargeBinary):
        return "bytes"
    if isinstance(column.type, sa.JSON):
        return "json or null" if column.nullable else "json"
    return "plain"


def _plain(value: Any, kind: ValueKind) -> Any:
    if value is None or kind in ("plain", "json", "json or null"):
        return value
    return value.isoformat() if kind == "moment" else base64.b64encode(value).decode()


def _line(values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _add_calendars(
    archive: tarfile.TarFile,
    settings: Settings,
    members: dict[str, dict[str, Any]],
    now: datetime,
) -> None:
    """The built-in calendars' own files; their server waits with its writes for that moment."""
    folder = calendars_of(settings)
    if settings.calendar_url or not folder.is_dir():
        return
    with _quiet(folder):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not _is_cache(inside):
                with path.open("rb") as content:
                    _add(archive, members, f"{CALENDARS}{inside.as_posix()}", content, now)


def calendars_of(settings: Settings) -> Path:
    return settings.data_dir / "calendars" / "collections"


def _is_cache(inside: Path) -> bool:
    return any(part.startswith(_CACHE) and part != ".Radicale.props" for part in inside.parts)


@contextmanager
def _quiet(folder: Path) -> Iterator[None]:
    """Radicale's own lock, for readers."""
    lock = folder / ".Radicale.lock"
    if not lock.exists():
        yield
        return
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _report(
    file: Path, members: dict[str, dict[str, Any]], settings: Settings, *, secrets: bool
) -> list[str]:
    rows = sum(one.get("rows", 0) for one in members.values())
    events = sum(name.startswith(CALENDARS) and name.endswith(".ics") for name in members)
    said = [f"{file}: {rows} rows, {events} calendar events, {file.stat().st_size // 1024} kB"]
    if settings.calendar_url:
        said.append("The calendars are on a server of their own and are not in it.")
    if secrets:
        said.append(
            "It holds everything, the secret key included: keep it where only you can read it."
        )
    else:
        said.append(
            "It holds no secret key: passwords of calendars and secrets of webhooks can only be read with the key of this installation."
        )
    return said
