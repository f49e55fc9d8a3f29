"""Every error that Ringback raises on purpose.

RingbackError
|-- BadInput              what someone gave us cannot be used; the message says how to mend it
|   |-- BadBusiness       a business folder or profile (file, line, mend)
|   `-- UnreadableDocument  an uploaded document
|-- NotFound              no such business, thread, document
`-- OutsideFailure        a carrier or calendar failed; `permanent` says whether trying again can help
    |-- DeliveryError     the carrier did not take a text
    `-- CalendarError     the calendar could not be read or written
"""


class RingbackError(Exception):
    """Base of all."""


class BadInput(RingbackError):
    """What someone gave us cannot be used; str(error) tells them the mend."""


class BadBusiness(BadInput):
    """A business folder that cannot be imported: one line a problem, each with file, line and mend."""


class UnreadableDocument(BadInput):
    """A document whose text could not be read."""


class NotFound(RingbackError):
    """No such business, thread, document or text."""


class OutsideFailure(RingbackError):
    """Something outside failed.

    Args:
        permanent: trying the same again cannot help.
        code: the outside party's own code, when it gave one.
        unknown: it may have been done all the same; look before trying again.

    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        code: str | None = None,
        unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code
        self.unknown = unknown


class DeliveryError(OutsideFailure):
    """The carrier did not take a text."""


class CalendarError(OutsideFailure):
    """The calendar could not be read or written."""
