"""Who may sign in to a business: people are added, invited by a one-time link, and their logins taken away."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

import sqlalchemy as sa
from pydantic import ValidationError

from agent.business import Business, Staff
from agent.errors import BadInput, NotFound
from agent.model import TextKind
from agent.rules.phone import normalised
from agent.state import AGENT
from server import passwords
from server.arrivals import thread_of
from server.jobs import Jobs
from server.outbox import queue
from server.profile_changes import change
from server.store import accounts, audit, businesses, invitations, texts
from server.store.audit import Entry
from server.store.invitations import Invitation
from server.store.threads import ThreadRow

Access = Literal["owner", "staff", "none"]

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,62}")
_LOGIN_MEND = "Use 2 to 63 small letters, digits, dots, hyphens or @ for the login, like mia or mia@example.com."
_TAKEN = "Somebody else here signs in by that name. Choose another."
_LINK_KEPT_AS = "(a one-time link)"
_NO_ACCESS = "{who} may not sign in here. Choose first what their login may do."
_USED = "This link was used already. If that was you, sign in. If not, tell the owner at once."
_OLD = "This link is too old or was taken back. Ask the owner for a new one."


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Whoever holds a link that still works."""

    business: Business
    person: Staff
    login: str
    """The one that they have; empty: to be chosen."""
    suggested: str


def invite(connection: sa.Connection, slug: str, staff: str, by: str, now: datetime) -> str:
    """The token of a new link for somebody of the business; earlier ones are over.

    Raises:
        NotFound: nobody of this business.
        BadInput: the profile gives them no login.
    """
    _, person = person_of(connection, slug, staff)
    if person.login == "none":
        raise BadInput(_NO_ACCESS.format(who=person.name))
    return invitations.make(connection, slug, staff, by, now)


def give_access(
    connection: sa.Connection, slug: str, staff: str, access: Access, now: datetime, *, by: str
) -> None:
    """What the person's login may do from now on.

    Raises:
        NotFound: nobody of this business.
        BadInput: nobody would be left who may change anything.
    """
    change(connection, slug, partial(_with_access, staff, access), by=by, now=now)


def add_person(
    connection: sa.Connection,
    slug: str,
    *,
    name: str,
    phone: str,
    role: str,
    access: Access,
    by: str,
    now: datetime,
) -> Staff:
    """Put somebody into the profile.

    Args:
        phone: as people write it; empty: none.
        role: what they do, as in "technician".

    Raises:
        BadInput: in plain words.
    """
    asked = partial(_with_person, name=name, phone=phone, role=role, access=access)
    return change(connection, slug, asked, by=by, now=now).staff[-1]


def _with_access(staff: str, access: Access, business: Business) -> Business:
    person = _person(business, staff)
    changed = person.model_copy(update={"login": access})
    people = tuple(changed if one.id == staff else one for one in business.staff)
    if person.login != access and not any(one.login == "owner" for one in people):
        raise BadInput("Somebody has to stay owner. Make another person owner first.")
    return business.model_copy(update={"staff": people})


def _with_person(
    business: Business, *, name: str, phone: str, role: str, access: Access
) -> Business:
    """The business with one more person, the last.

    Raises:
        BadInput: in plain words.
    """
    name = " ".join(name.split())
    if not name:
        raise BadInput("Write the person's name.")
    number = normalised(phone) if phone.strip() else None
    if phone.strip() and number is None:
        raise BadInput(
            f"{phone.strip()!r} is no phone number. Write it like (303) 555-0140, or leave it out."
        )
    if number and number in {one.phone for one in business.staff}:
        raise BadInput("Somebody else here has that phone number.")
    if number in business.numbers:
        raise BadInput("That is the business's own number. Write the person's own phone.")
    try:
        person = Staff(
            id=_new_id(business, name),
            name=name,
            role=role.strip() or "staff",
            phone=number,
            login=access,
        )
    except ValidationError as error:
        raise BadInput(f"That phone number does not work: {phone.strip()}.") from error
    return business.model_copy(update={"staff": (*business.staff, person)})


def phone_thread(connection: sa.Connection, slug: str, staff: str, now: datetime) -> ThreadRow:
    """The thread of the person's own phone, locked: to be asked for before the business is locked, as everywhere.

    Raises:
        BadInput: they have no phone.
        NotFound: nobody of this business.
    """
    business, person = person_of(connection, slug, staff)
    if person.phone is None:
        raise BadInput(f"{person.name} has no phone here. Copy the link instead.")
    return thread_of(connection, business, person.phone, now)


def text_link(
    connection: sa.Connection, jobs: Jobs, own: ThreadRow, link: str, now: datetime
) -> None:
    """Send the link to the person's own phone, through the same door as every alert.

    Args:
        own: the thread of that phone, locked.
    """
    business = _business(connection, own.business)
    digest = invitations.digest(link)[:24]
    body = f"{business.name}: your way into Ringback, our inbox for missed calls. Works once, for 7 days: {link}"
    queue(
        connection,
        jobs,
        own,
        f"invitation:{digest}",
        author=AGENT,
        kind=TextKind.ALERT,
        sender=business.phone,
        recipient=own.caller,
        body=body,
        at=now,
        why={texts.KEPT_AS: _LINK_KEPT_AS},
    )


def remove_login(connection: sa.Connection, slug: str, staff: str, by: str) -> None:
    """The person is out at once, on every device; they stay in the profile.

    Raises:
        NotFound: no login, no invitation.
        BadInput: one's own.
    """
    if staff == by:
        raise BadInput("That is your own login. Another owner can remove it.")
    had_link = invitations.revoke(connection, slug, staff)
    if not accounts.remove(connection, slug, staff) and not had_link:
        raise NotFound("There is no such login any more.")


def guest(connection: sa.Connection, token: str, now: datetime) -> Guest | str:
    """Whom a link invites, or why it does not work any more.

    Raises:
        NotFound: no such link.
    """
    found = invitations.find(connection, token)
    if found is None:
        raise NotFound("This link is not quite right, or was taken back. Ask for a new one.")
    if found.used_at is not None:
        return _USED
    if found.expires_at <= now:
        return _OLD
    return _guest(connection, found) or _OLD


def accept(
    connection: sa.Connection, token: str, login: str, hashed_password: str, now: datetime
) -> str:
    """Spend the link: the login is made, or has its new password; returns its name.

    Raises:
        BadInput: the name will not do, or the link was spent meanwhile.
        NotFound: no such link.
    """
    found = guest(connection, token, now)
    if isinstance(found, str) or not invitations.use(connection, token, now):
        raise BadInput(found if isinstance(found, str) else _USED)
    name = found.login or login
    if problem := login_fault(connection, found, name):
        raise BadInput(problem)
    slug, person = found.business.slug, found.person
    role = "owner" if person.login == "owner" else "staff"
    accounts.put(connection, slug, person.id, name, role, hashed_password)
    what = "Set a new password with a link" if found.login else "Took up an invitation"
    entry = Entry(business=slug, who=name, did="changed", what=what, about=person.name)
    audit.add(connection, entry, now)
    return name


def login_fault(connection: sa.Connection, invited: Guest, login: str) -> str:
    """Why a person may not sign in by this name; empty: they may."""
    if not _LOGIN.fullmatch(login):
        return _LOGIN_MEND
    if not accounts.is_free(connection, login, invited.business.slug, invited.person.id):
        return _TAKEN
    return ""


def password_fault(invited: Guest, login: str, password: str) -> str:
    names = (login, invited.person.name, invited.business.name, invited.business.slug)
    return passwords.fault(password, names)


def login_name(connection: sa.Connection, business: Business, person: Staff) -> str:
    """The short id where it is free in this installation, else with the business's slug."""
    is_free = accounts.is_free(connection, person.id, business.slug, person.id)
    return person.id if is_free else f"{person.id}@{business.slug}"


def person_of(connection: sa.Connection, slug: str, staff: str) -> tuple[Business, Staff]:
    """Somebody of the business as it is now.

    Raises:
        NotFound: nobody of this business.
    """
    business = _business(connection, slug)
    return business, _person(business, staff)


def _person(business: Business, staff: str) -> Staff:
    person = business.person(staff)
    if person is None:
        raise NotFound("There is nobody like that in this business.")
    return person


def _business(connection: sa.Connection, slug: str) -> Business:
    business = businesses.get(connection, slug)
    if business is None:
        raise NotFound("This business is not here any more.")
    return business


def _guest(connection: sa.Connection, found: Invitation) -> Guest | None:
    """None: the person has left the business, or may not sign in any more."""
    business = businesses.get(connection, found.business)
    person = business.person(found.staff) if business else None
    if business is None or person is None or person.login == "none":
        return None
    account = accounts.get(connection, accounts.account_id(business.slug, person.id))
    return Guest(
        business=business,
        person=person,
        login=account.login if account else "",
        suggested=login_name(connection, business, person),
    )


def _new_id(business: Business, name: str) -> str:
    """mia, mia-2: of the first name."""
    first = re.sub(r"[^a-z0-9]+", "", name.split(maxsplit=1)[0].casefold()) or "person"
    taken = {one.id for one in business.staff}
    spelled = (first if number == 1 else f"{first}-{number}" for number in range(1, 1000))
    return next(one for one in spelled if one not in taken)
