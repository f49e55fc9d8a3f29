"""Twilio's error answers."""

from fastapi import Request
from fastapi.responses import JSONResponse

REFUSALS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL"),
    21210: (400, "'From' phone number not verified"),
    21211: (400, "Invalid 'To' Phone Number"),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21408: (400, "Permission to send an SMS has not been enabled for the 'To' region"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' phone number is not a valid, message-capable number of this account"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and/or 'From'"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21635: (400, "'To' number cannot be a landline"),
    60601: (403, "Canadian numbers can be looked up by approved accounts only"),
}
"""Error code: HTTP status, message."""
OTHER = (400, "The request was refused")


class RefusedError(Exception):
    """The REST request is turned down with that Twilio error code.

    Args:
        code: any; `REFUSALS` has the words of those that this carrier gives of itself.
        status: HTTP status; None: the one that goes with the code.

    """

    def __init__(self, code: int, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


async def answer_refusal(request: Request, refused: Exception) -> JSONResponse:
    """The exception handler: Twilio's error JSON."""
    known = refused if isinstance(refused, RefusedError) else RefusedError(20500)
    usual, message = REFUSALS.get(known.code, OTHER)
    status = known.status or usual
    return JSONResponse(
        {
            "code": known.code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{known.code}",
            "status": status,
        },
        status_code=status,
    )
