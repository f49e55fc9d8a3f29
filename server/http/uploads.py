"""Files that an owner's browser sends: refused before they are read when too large, on disk while they come in."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from server.http.auth import Owner, prove_own

FILE_MAX = 2 * 1024 * 1024
"""Bytes of one document: more than a thousand pages of text; indexing them takes minutes."""
REQUEST_MAX = 10 * 1024 * 1024
"""Bytes of one upload with all its files."""
AT_ONCE = 2
"""Uploads that are read and indexed at the same time; the others wait, on disk."""
_FILES_MAX = 50
FILE_TOO_LARGE = f"larger than {FILE_MAX // 1024**2} MB. Split it into smaller files."
_REQUEST_TOO_LARGE = (
    f"This is larger than {REQUEST_MAX // 1024**2} MB together. Add fewer or smaller files at a time; "
    f"each may have {FILE_MAX // 1024**2} MB."
)


async def uploaded(request: Request, owner: Owner) -> AsyncIterator[list[UploadFile]]:
    """The files of an owner's own form; whoever asks for `Owner` was refused before a byte is read.

    Raises:
        HTTPException: 403 not our form, 411 of unknown size, 413 too large, 400 broken off.
    """
    _refuse_large(request)
    try:
        async with request.form(max_files=_FILES_MAX, max_fields=_FILES_MAX) as form:
            prove_own(request, str(form.get("csrf", "")))
            files = [one for one in form.getlist("documents") if isinstance(one, UploadFile)]
            async with request.app.state.uploads:
                yield [one for one in files if one.filename]
    except ClientDisconnect as error:
        raise HTTPException(400, "The upload broke off. Please try again.") from error


Uploaded = Annotated[list[UploadFile], Depends(uploaded)]


def _refuse_large(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise HTTPException(411, "The size of this upload is not known beforehand.")
    if int(length) > REQUEST_MAX:
        raise HTTPException(413, _REQUEST_TOO_LARGE)
