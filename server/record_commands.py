"""What the commands of the record do: backup and restore, one caller's receipt, and its check."""

import io
import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from pydantic import TypeAdapter, ValidationError

from agent.business import Phone
from agent.errors import BadInput
from server import receipts
from server.backup import backup
from server.commands import known
from server.receipt_page import receipt_page
from server.receipts import Receipt
from server.restore import restore
from server.seals import Break
from server.settings import Settings
from server.store import businesses
from server.wiring import Tools, clock, open_tools

_NUMBERS = TypeAdapter(list[Phone])
_SHELL = "the command line"


def make_backup(settings: Settings, file: Path, *, secrets: bool) -> list[str]:
    """Write everything into one file; what is in it, a line each.

    Raises:
        BadInput: it cannot be written.
    """
    return backup(settings, file, clock().now(), secrets=secrets)


def restore_backup(
    settings: Settings, file: Path, opted_out: Path | None, *, force: bool
) -> list[str]:
    """Bring a backup back and index its documents; what came back, a line each.

    Raises:
        BadInput: nothing has changed.
    """
    numbers = numbers_in(opted_out)
    done = restore(settings, file, clock().now(), force=force, opted_out=numbers)
    tools = open_tools(settings)
    with tools.database.connect() as connection:
        slugs = [one.slug for one in businesses.every(connection)]
    for slug in slugs:
        tools.library.catch_up(slug)
    tools.database.dispose()
    made = f"{done.made_at:%Y-%m-%d %H:%M} UTC"
    warning = f"Made {made}: what came later is not in it, opt-outs included. The carrier still refuses texts to whoever sent STOP; numbers that opted out in other words, or by phone, can be given with --opted-out FILE."
    return [*done.report, *([] if numbers else [warning])]


def write_receipt(tools: Tools, settings: Settings, slug: str, caller: str, file: Path) -> str:
    """Write a caller's record, as JSON or, where the name ends so, as a .zip with a page to print; what it says.

    Raises:
        NotFound: no such business or caller.
        BadInput: the file cannot be written.
    """
    known(tools, slug)
    with tools.database.begin() as connection:
        told = receipts.receipt(
            connection, slug, caller, by=_SHELL, key=settings.session_key(), now=tools.clock.now()
        )
    content = packed(told) if file.suffix == ".zip" else as_json(told)
    try:
        file.touch(mode=0o600)
        file.write_bytes(content)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error}") from error
    return f"{file}: {len(told['record'])} sealed entries"


def packed(told: Receipt) -> bytes:
    """The record for programs and for people, in one file."""
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as out:
        out.writestr("receipt.json", as_json(told))
        out.writestr("receipt.html", receipt_page(told))
    return whole.getvalue()


def as_json(told: Receipt) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def read_receipt(file: Path) -> Receipt:
    """A receipt from a file of either kind.

    Raises:
        BadInput: it is none.
    """
    try:
        if file.suffix == ".zip":
            with ZipFile(file) as kept:
                told = json.loads(kept.read("receipt.json"))
        else:
            told = json.loads(file.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{file} is no receipt of Ringback's: {error}") from error
    if not isinstance(told, dict):
        raise BadInput(f"{file} is no receipt of Ringback's.")
    return told


def check_receipt(tools: Tools, settings: Settings, file: Path) -> tuple[bool, list[str]]:
    """Whether a receipt is whole, and what was found, a line each.

    Raises:
        BadInput: it is no receipt.
    """
    told = read_receipt(file)
    verdict = receipts.verify(told, settings.session_key())
    said = [_place(one) for one in verdict.breaks]
    if verdict.is_whole:
        said = [f"whole: {verdict.facts} sealed facts, and nothing of it was changed"]
    said.append(
        "signed by this installation"
        if verdict.is_ours
        else "not signed by this installation: made elsewhere, or changed"
    )
    with tools.database.connect() as connection:
        beside = receipts.against_database(connection, told)
    said += beside or ["the database has the same seals"]
    return verdict.is_whole and verdict.is_ours, said


def _place(one: Break) -> str:
    return f"broken at {one.place}: {one.what}" if one.place else f"broken: {one.what}"


def numbers_in(file: Path | None) -> list[str]:
    """Numbers from a file, one a line.

    Raises:
        BadInput: it cannot be read, or a line is no number.
    """
    if file is None:
        return []
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        return _NUMBERS.validate_python([line for line in lines if line])
    except (OSError, ValidationError) as error:
        words = f"{file}: one number a line, with + and country code, like +13035550199 ({error})"
        raise BadInput(words) from error
