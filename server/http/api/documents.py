"""What the agent answers from: the business's documents."""

from datetime import datetime
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import Field

from agent.errors import BadInput, NotFound
from knowledge.library import Document as Held
from server.documents import document_name, drop, take
from server.http.api.access import Client, Reader, Writer
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import Shape, local
from server.http.twilio import TheHouse
from server.http.uploads import FILE_MAX
from server.wiring import House

router = APIRouter(prefix="/businesses/{slug}/documents", route_class=ApiRoute, tags=["documents"])

Name = Annotated[
    str,
    Path(max_length=120, description="The file's name with its ending.", examples=["prices.csv"]),
]
_CONTENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is: md, txt, csv, html, pdf or docx, at most 10 MB.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Document(Shape):
    name: str
    kind: str
    passages: int = Field(description="How many pieces the agent answers from.")
    sha256: str = Field(description="Of the file.")
    added_at: datetime = Field(description="With the business's offset.")
    added_by: str = Field(description="Empty: not known.")


class Documents(Shape):
    items: list[Document]


@router.get("", responses=documented(), summary="List documents")
def list_documents(client: Reader, house: TheHouse) -> Documents:
    return Documents(items=[_document(client, one) for one in house.library.documents(client.slug)])


@router.put(
    "/{name}",
    responses=documented(409, 413),
    summary="Add or replace a document",
    openapi_extra=_CONTENT,
)
async def put_document(request: Request, client: Writer, house: TheHouse, name: Name) -> Document:
    """Callers are answered from it as soon as this returns."""
    content = await _content(request)
    async with request.app.state.uploads:
        return await anyio.to_thread.run_sync(lambda: _put(house, client, name, content))


@router.delete("/{name}", status_code=204, responses=documented(), summary="Remove a document")
def remove_document(client: Writer, house: TheHouse, name: Name) -> Response:
    """Its earlier versions are kept and can be brought back on the owner's pages."""
    if not drop(house.library, client.slug, name, by=client.name).is_taken:
        raise NotFound(f"There is no document {name!r}.")
    return Response(status_code=204)


async def _content(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FILE_MAX:
            raise HTTPException(413, f"A document may have {FILE_MAX // 1024**2} MB.")
    if not body:
        raise BadInput("The file is empty.")
    return bytes(body)


def _put(house: House, client: Client, name: str, content: bytes) -> Document:
    outcome = take(house.library, client.slug, document_name(name), content, by=client.name)
    if not outcome.is_taken:
        raise BadInput(outcome.words)
    held = {one.name: one for one in house.library.documents(client.slug)}
    found = held.get(document_name(name))
    if found is None:
        raise HTTPException(409, "Somebody has removed this document meanwhile.")
    return _document(client, found)


def _document(client: Client, held: Held) -> Document:
    return Document(
        name=held.name,
        kind=held.kind,
        passages=held.passages,
        sha256=held.bytes_sha256,
        added_at=local(client, datetime.fromisoformat(held.added_at)),
        added_by=held.added_by,
    )
