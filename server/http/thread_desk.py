"""What every route of one conversation needs: the desk of whoever looks, and the way back to the page."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from server.http.twilio import TheHouse
from server.threads import StaffDesk

_TROUBLE = "thread_trouble"
"""Where the session keeps what the next page says of the last button."""


def desk_of(house: TheHouse) -> StaffDesk:
    return StaffDesk(
        jobs=house.engine.jobs, public_url=house.settings.public_url, ladder=house.escalations
    )


Desk = Annotated[StaffDesk, Depends(desk_of)]


def back_to(digits: str, more: str = "") -> Response:
    return RedirectResponse(f"/inbox/{digits}{more}", status_code=303)


def told(request: Request, digits: str, trouble: str) -> Response:
    """The conversation again, which says why the button did nothing."""
    request.session[_TROUBLE] = trouble
    return back_to(digits)


def trouble_of(request: Request) -> str:
    """Said once."""
    return str(request.session.pop(_TROUBLE, ""))
