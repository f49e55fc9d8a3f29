"""Losing a connection in the middle of a request."""

from fastapi import Request, Response


def drop_connection(request: Request) -> Response:
    """Cut the connection so that the client never sees an answer.

    ASGI has no word for that. Under uvicorn the receive callable belongs to the object that
    holds the transport; under another server the answer is cut short instead.
    """
    cycle = getattr(request.receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
    return Response(status_code=500)
