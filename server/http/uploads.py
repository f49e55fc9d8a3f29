"""Files that an owner's browser sends: refused before they are read when too large, on disk while they come in."""

import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from server.http.auth import Owner, prove_own

FILE_MAX = 10 * 1024 * 1024
"""Bytes of one document; the text in it is bounded by who reads it."""
REQUEST_MAX = 30 * 1024 * 1024
"""Bytes of one upload with all its files."""
AT_ONCE = 2
"""Uploads that are read and indexed at the same time; the others wait, on disk."""
_FILES_MAX = 50
_BOARD_MAX = 500
_KEY_MAX = 60
FILE_TOO_LARGE = f"larger than {FILE_MAX // 1024**2} MB. Split it into smaller files."
_REQUEST_TOO_LARGE = (
    f"This is larger than {REQUEST_MAX // 1024**2} MB together. Add fewer or smaller files at a time; "
    f"each may have {FILE_MAX // 1024**2} MB."
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is being done with an upload."""

    words: str = ""
    """Empty: nothing is known of it."""
    share: float | None = None
    """0..1 of the work; None: not to be told."""


class UploadBoard:
    """How far the uploads under way in this process are; a page asks for its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: OrderedDict[str, Stage] = OrderedDict()

    def tell(self, key: str, stage: Stage) -> None:
        with self._lock:
            self._stages[key] = stage
            self._stages.move_to_end(key)
            while len(self._stages) > _BOARD_MAX:
                self._stages.popitem(last=False)

    def told(self, key: str) -> Stage:
        with self._lock:
            return self._stages.get(key, Stage())

    def forget(self, key: str) -> None:
        with self._lock:
            self._stages.pop(key, None)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What one form brought."""

    files: list[UploadFile]
    key: str
    """Of the board."""
    looks_first: bool
    """The owner wants to see what would change before it is published."""


def board_key(owner: Owner, upload: Annotated[str, Query(max_length=_KEY_MAX)] = "") -> str:
    """Where the progress of an upload is told: its own name for itself, and nobody else's."""
    return f"{owner.id} {upload}"


BoardKey = Annotated[str, Depends(board_key)]


async def uploaded(request: Request, key: BoardKey) -> AsyncIterator[Upload]:
    """The files of an owner's own form; whoever asks for `Owner` was refused before a byte is read.

    Raises:
        HTTPException: 403 not our form, 411 of unknown size, 413 too large, 400 broken off.
    """
    _refuse_large(request)
    board: UploadBoard = request.app.state.upload_board
    try:
        async with request.form(max_files=_FILES_MAX, max_fields=_FILES_MAX) as form:
            prove_own(request, str(form.get("csrf", "")))
            files = [one for one in form.getlist("documents") if isinstance(one, UploadFile)]
            named = [one for one in files if one.filename]
            board.tell(key, Stage(words="waiting for other uploads"))
            async with request.app.state.uploads:
                yield Upload(files=named, key=key, looks_first="look" in form)
    except ClientDisconnect as error:
        raise HTTPException(400, "The upload broke off. Please try again.") from error
    finally:
        board.forget(key)


Uploaded = Annotated[Upload, Depends(uploaded)]


def _refuse_large(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise HTTPException(411, "The size of this upload is not known beforehand.")
    if int(length) > REQUEST_MAX:
        raise HTTPException(413, _REQUEST_TOO_LARGE)
