"""Whether a number may text at all: what its owner's registration with the carriers has come to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from agent.errors import BadInput, NotFound
from agent.rules.phone import spoken
from agent.rules.sender_numbers import NEEDED, Needed, needed
from server.store.tables import phone

Status = Literal["none", "submitted", "approved", "rejected"]
STATUSES: tuple[Status, ...] = ("none", "submitted", "approved", "rejected")

NOTE_AT_MOST = 300

_STATUS = sa.select(phone.c.registration).where(phone.c.number == sa.bindparam("sender"))


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What is known of one number."""

    number: str
    status: Status | None
    """None: never entered, by an installation that is older than this; the carrier decides."""
    note: str
    """A brand's or campaign's id, a reason for a rejection; may be empty."""
    at: datetime | None
    """When it was entered, in UTC."""

    @property
    def needs(self) -> Needed | None:
        """What has to be approved before this number may text; None: nothing."""
        return needed(self.number)

    @property
    def is_refused(self) -> bool:
        """Nothing leaves from this number, unless the installation sends unregistered."""
        return refusal_words(self.number, self.status) is not None

    @property
    def words(self) -> str:
        """What staff are told."""
        if self.needs is None:
            return "Needs no registration."
        if refused := refusal_words(self.number, self.status):
            return refused
        if self.status == "approved":
            return f"Registered for texting ({self.needs})."
        return f"Nobody has entered whether its {NEEDED[self.needs]} is approved yet: carriers block what is not."


def of_business(connection: sa.Connection, slug: str) -> list[Registration]:
    """Every number of a business, by number."""
    query = sa.select(phone).where(phone.c.business == slug).order_by(phone.c.number)
    return [_registration(row) for row in connection.execute(query)]


def status_of(connection: sa.Connection, number: str) -> Status | None:
    found: Status | None = connection.scalar(_STATUS, {"sender": number})
    return found


def status(given: str) -> Status:
    """Raises: BadInput: there is no such status."""
    found = next((one for one in STATUSES if one == given), None)
    if found is None:
        raise BadInput(f"{given!r} is no status: use {', '.join(STATUSES)}.")
    return found


def enter(
    connection: sa.Connection,
    business: str,
    number: str,
    is_now: Status,
    note: str,
    now: datetime,
) -> None:
    """Keep what a number's registration has come to.

    Raises:
        BadInput: no such status, or the note is too long.
        NotFound: the business has no such number.
    """
    status(is_now)
    if len(note) > NOTE_AT_MOST:
        raise BadInput(f"The note is too long: {NOTE_AT_MOST} characters at most.")
    mine = sa.update(phone).where(phone.c.number == number, phone.c.business == business)
    values = {"registration": is_now, "registration_note": note.strip(), "registered_at": now}
    if not connection.execute(mine.values(**values)).rowcount:
        raise NotFound(f"{number} is no number of {business!r}.")


def refusal_words(number: str, status: Status | None) -> str | None:
    """Why carriers would block what this number sends; None: they would not, or nobody has entered it."""
    kind = needed(number)
    if kind is None or status is None or status == "approved":
        return None
    return f"{spoken(number)} is not registered for texting yet ({kind}): {_STATES[status]}"


_STATES: dict[Status, str] = {
    "none": "its registration has not begun, and carriers block texts from such numbers",
    "submitted": "its registration was handed in and is not approved yet",
    "rejected": "its registration was rejected",
}


def _registration(row: sa.Row[tuple[object, ...]]) -> Registration:
    return Registration(
        number=row.number,
        status=row.registration,
        note=row.registration_note or "",
        at=row.registered_at,
    )
