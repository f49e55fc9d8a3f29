"""The business folder as one .zip file, made and read; what comes from outside is read within limits."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from agent.business import Business
from agent.errors import BadBusiness, BadInput
from server.business_yaml import FILE, parse_business, render_business
from server.documents import document_name
from server.folder import KNOWLEDGE, BusinessFolder

FILES_MAX = 500
FILE_MAX = 10 * 1024 * 1024
"""Bytes of one file, unpacked."""
ALL_MAX = 60 * 1024 * 1024
"""Bytes of all files, unpacked."""
YAML_MAX = 1024 * 1024
_MADE = (2020, 1, 1, 0, 0, 0)
"""The same folder is the same file, whenever it is made."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others are unpacked a whole piece at a time by Python: a few bytes of them can fill the memory."""
_ENCRYPTED = 0x1
_LINK = 0o120000
_KIND = 0o170000
_BROKEN = (
    "This .zip cannot be read: it is broken, or packed in an unusual way. Pack the folder again."
)


def packed(business: Business, documents: Sequence[tuple[str, bytes]]) -> bytes:
    """The folder as a .zip that `unpacked` reads back to the same."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, FILE, render_business(business).encode())
        for name, content in sorted(documents):
            _add(archive, f"{KNOWLEDGE}/{name}", content)
    return made.getvalue()


def unpacked(name: str, content: bytes) -> tuple[BusinessFolder, bool]:
    """A folder, and whether it speaks of documents: a `business.yaml` alone does not.

    Raises:
        BadBusiness: one line a problem, with the mend.
    """
    if not content:
        raise BadBusiness("The file is empty. Choose the folder's .zip, or its business.yaml.")
    if not content.startswith(b"PK"):
        return _alone(name, content), False
    files = dict(_without_top(_files(content)))
    if FILE not in files:
        raise BadBusiness(f"{FILE}: there is no such file in {name}.")
    return BusinessFolder(
        business=_business(files.pop(FILE)), documents=tuple(_documents(files))
    ), True


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    made = zipfile.ZipInfo(name, _MADE)
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o644 << 16
    archive.writestr(made, content)


def _alone(name: str, content: bytes) -> BusinessFolder:
    if not name.lower().endswith((".yaml", ".yml", ".json")):
        raise BadBusiness(f"{name}: choose the folder as a .zip, or its business.yaml.")
    return BusinessFolder(business=_business(content), documents=())


def _business(content: bytes) -> Business:
    if len(content) > YAML_MAX:
        raise BadBusiness(f"{FILE}: this is larger than a profile can be.")
    return parse_business(content)


def _files(content: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Every file by its path; nothing is believed of what the archive says of sizes."""
    left = ALL_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > FILES_MAX:
                raise BadBusiness(f"More than {FILES_MAX} files: this is not a business folder.")
            for entry in entries:
                path = _path(entry)
                if path is None:
                    continue
                read = _read(archive, entry, min(FILE_MAX, left))
                left -= len(read)
                yield path, read
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as error:  # fmt: skip
        raise BadBusiness(_BROKEN) from error


def _path(entry: zipfile.ZipInfo) -> PurePosixPath | None:
    """Where a file lies; None: it is a folder, or an editor's or the system's."""
    name, shown = entry.filename, repr(entry.filename[:80])
    if entry.compress_type not in _PACKED:
        raise BadBusiness(_BROKEN)
    if entry.flag_bits & _ENCRYPTED:
        raise BadBusiness(f"{shown} is locked with a password. Pack the folder without one.")
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or not name.isprintable():
        raise BadBusiness(f"{shown} is no place in a folder. Pack the folder again, as it is.")
    if (entry.external_attr >> 16) & _KIND == _LINK:
        raise BadBusiness(f"{shown} only points elsewhere. Put the file itself into the folder.")
    if entry.is_dir() or any(one.startswith(".") or one == "__MACOSX" for one in parts if one):
        return None
    return PurePosixPath(*[one for one in parts if one])


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(entry) as opened:
        read = opened.read(most + 1)
    if len(read) > most:
        megabytes = f"{FILE_MAX // 1024**2} MB a file, {ALL_MAX // 1024**2} MB together"
        raise BadBusiness(f"{entry.filename[:80]}: too large. A folder may have {megabytes}.")
    return read


def _without_top(files: Iterator[tuple[PurePosixPath, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Without the folder around all of it, which most programs pack along."""
    every = list(files)
    tops = {path.parts[0] for path, _ in every if len(path.parts) > 1}
    is_around = len(tops) == 1 and tops != {KNOWLEDGE} and all(len(p.parts) > 1 for p, _ in every)
    seen = set()
    for path, content in every:
        inner = "/".join(path.parts[1:] if is_around else path.parts)
        if inner in seen:
            raise BadBusiness(f"{inner} is in there twice. Pack the folder again.")
        seen.add(inner)
        yield inner, content


def _documents(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    problems = []
    for place, content in sorted(files.items()):
        folder, _, name = place.rpartition("/")
        if folder != KNOWLEDGE:
            problems.append(f"{place}: put documents straight into {KNOWLEDGE}/")
            continue
        try:
            yield document_name(name), content
        except BadInput as error:
            problems.append(f"{place}: {error}")
    if problems:
        raise BadBusiness("\n".join(problems))
