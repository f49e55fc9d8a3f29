"""What whoever runs the installation does with its businesses: begin, suspend, measure out, move a number, take away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from pydantic import ValidationError

from agent.business import Business, TwilioAccount
from agent.errors import BadInput, NotFound
from agent.rules.phone import normalised, spoken
from server import first_run, inviting
from server.profile_changes import change
from server.quotas import Quota
from server.store import audit, businesses, carrier_credentials, registrations, standings
from server.store.audit import Entry
from server.store.carrier_credentials import CarrierTokens
from server.store.registrations import Status

WHY_AT_MOST = 300
_SID_LENGTH = 34


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it, and when."""

    who: str
    """A login, a token's name, or the command line."""
    now: datetime


def begin(connection: sa.Connection, slug: str, name: str, owner: str, by: By) -> tuple[Business, bool]:  # fmt: skip
    """A draft that its owner completes in the set-up; begun again under the same slug and name it stays as it is.

    Args:
        slug: empty: made of the name.
        owner: the owner's name.

    Returns:
        The business, and whether it was made now.

    Raises:
        BadInput: another business has this slug, or a name is missing.
    """
    name, owner = " ".join(name.split()), " ".join(owner.split())
    if not name or not owner:
        raise BadInput("Write the name of the business and of its owner.")
    held = businesses.get(connection, slug) if slug else None
    if held is not None and held.name != name:
        raise BadInput(f"{slug!r} is here already, and is called {held.name!r}.")
    if held is not None:
        return held, False
    try:
        made = first_run.draft(connection, name, owner, by.now, by=by.who, slug=slug)
    except ValidationError as error:
        raise BadInput(f"This cannot be: {error.errors()[0]['msg']}.") from error
    _note(connection, made.slug, "Began the business", by)
    return made, True


def suspend(connection: sa.Connection, slug: str, why: str, by: By) -> None:
    """Nothing leaves the business from this commit on; its phone rings, and what comes in is kept.

    Raises:
        NotFound: there is no such business.
        BadInput: the reason is too long.
    """
    why = " ".join(why.split())
    if len(why) > WHY_AT_MOST:
        raise BadInput(f"The reason is too long: {WHY_AT_MOST} characters at most.")
    known(connection, slug)
    standings.suspend(connection, slug, why, by.now)
    _note(connection, slug, "Suspended the business" + (f": {why}" if why else ""), by)


def resume(connection: sa.Connection, slug: str, by: By) -> bool:
    """The business works again; what was not sent meanwhile is not sent late. False: it was not suspended.

    Raises:
        NotFound: there is no such business.
    """
    known(connection, slug)
    if not standings.resume(connection, slug):
        return False
    _note(connection, slug, "Let the business work again", by)
    return True


def set_quota(connection: sa.Connection, slug: str, quota: Quota, by: By) -> None:
    """What the business may use from now on.

    Raises:
        NotFound: there is no such business.
    """
    known(connection, slug)
    own = quota.model_dump(exclude_none=True, exclude_defaults=True)
    standings.set_quota(connection, slug, own or None)
    _note(connection, slug, "Changed what the business may use", by)


def enter_registration(
    connection: sa.Connection, slug: str, number: str, status: Status, note: str, by: By
) -> None:
    """What a number's registration with the carriers has come to.

    Raises:
        NotFound: the business has no such number.
        BadInput: no such status, or the note is too long.
    """
    registrations.enter(connection, slug, number, status, note, by.now)
    _note(connection, slug, f"Entered the registration of {spoken(number)}: {status}", by)


def add_number(connection: sa.Connection, slug: str, given: str, by: By, *, main: bool = False) -> str:  # fmt: skip
    """Give a business one more number; returns it in E.164.

    Args:
        main: texts go out from it; the main number of before is kept beside it, unless it was only a placeholder.

    Raises:
        BadInput: it is no number, or another business has it.
        NotFound: there is no such business.
    """
    number = _number(given)
    change(connection, slug, partial(_with_number, number, main), by=by.who, now=by.now)
    _note(connection, slug, f"Added the number {spoken(number)}", by)
    return number


def remove_number(connection: sa.Connection, slug: str, given: str, by: By) -> None:
    """Take a further number away from a business.

    Raises:
        BadInput: it is the main one.
        NotFound: the business has no such number.
    """
    number = _number(given)
    change(connection, slug, partial(_without_number, number), by=by.who, now=by.now)
    _note(connection, slug, f"Removed the number {spoken(number)}", by)


def move_number(connection: sa.Connection, given: str, slug: str, to: str, by: By, *, main: bool = False) -> str:  # fmt: skip
    """Give a number of one business to another; returns it in E.164.

    Conversations and consent stay where they are: callers gave that consent to the old business alone. New texts and
    calls come to the new one, and its registration has to be entered anew, because a registration names a business.

    Raises:
        BadInput: it is the main number of the old business.
        NotFound: a business is not here, or the old one has no such number.
    """
    number = _number(given)
    if slug == to:
        raise BadInput(f"{spoken(number)} is there already.")
    for one in sorted((slug, to)):  # in one order: two moves do not wait for each other
        businesses.lock(connection, one)
        known(connection, one)
    change(connection, slug, partial(_without_number, number), by=by.who, now=by.now)
    change(connection, to, partial(_with_number, number, main), by=by.who, now=by.now)
    _note(connection, slug, f"Moved the number {spoken(number)} to another business", by)
    _note(connection, to, f"Moved the number {spoken(number)} here", by)
    return number


def set_account(
    connection: sa.Connection, tokens: CarrierTokens, slug: str, account_sid: str, token: str, by: By
) -> None:  # fmt: skip
    """The business sends from a carrier account of its own from now on, without a restart.

    A token that takes another's place lets the old one's webhooks in for a day: enter the account's second token here
    first, then promote it at the carrier.

    Raises:
        BadInput: the id or the token cannot be one.
        NotFound: there is no such business.
    """
    account_sid, token = account_sid.strip(), token.strip()
    is_id = account_sid.startswith("AC") and len(account_sid) == _SID_LENGTH and account_sid[2:].isalnum()  # fmt: skip
    if not is_id:
        raise BadInput("The account's id begins with AC and has 34 letters and digits.")
    if not token or any(sign.isspace() for sign in token):
        raise BadInput("Copy the account's auth token as the carrier's console shows it.")
    account = TwilioAccount(account_sid=account_sid)
    change(connection, slug, _with_account(account), by=by.who, now=by.now)
    tokens.keep(connection, slug, account_sid, token, by.now)
    _note(connection, slug, "Entered the login of its own phone company account", by)


def forget_account(connection: sa.Connection, slug: str, by: By) -> None:
    """The business sends from the installation's account again.

    Raises:
        NotFound: there is no such business.
    """
    change(connection, slug, _with_account(TwilioAccount()), by=by.who, now=by.now)
    carrier_credentials.forget(connection, slug)
    _note(connection, slug, "Went back to the installation's phone company account", by)


def invite_owner(connection: sa.Connection, slug: str, by: By, staff: str = "") -> str:
    """The token of a one-time link for an owner's login; earlier ones of the same person are over.

    Args:
        staff: empty: the first owner under staff.

    Raises:
        NotFound: there is no such business or person.
        BadInput: nobody of the business is an owner.
    """
    business = known(connection, slug)
    owners = [one.id for one in business.staff if one.login == "owner"]
    if not staff and not owners:
        raise BadInput(f"Nobody of {business.name} is an owner: add a person with `login: owner`.")
    token = inviting.invite(connection, slug, staff or owners[0], by.who, by.now)
    _note(connection, slug, "Made a link for the owner's login", by)
    return token


def known(connection: sa.Connection, slug: str) -> Business:
    """Raises: NotFound: there is no such business."""
    business = businesses.get(connection, slug)
    if business is None:
        raise NotFound(f"There is no business {slug!r}.")
    return business


def _number(given: str) -> str:
    number = normalised(given)
    if number is None:
        raise BadInput(f"{given!r} is no phone number. Write it like +13035550140.")
    return number


def _with_number(number: str, main: bool, business: Business) -> Business:
    phone = number if main or not first_run.has_number(business) else business.phone
    held = business.numbers if first_run.has_number(business) else business.phones
    further = tuple(one for one in dict.fromkeys((*held, number)) if one != phone)
    return business.model_copy(update={"phone": phone, "phones": further})


def _without_number(number: str, business: Business) -> Business:
    if number not in business.numbers:
        raise NotFound(f"{business.name} has no number {spoken(number)}.")
    if number == business.phone:
        words = f"{spoken(number)} is the main number of {business.name}: make another one its main number first."
        raise BadInput(words)
    further = tuple(one for one in business.phones if one != number)
    return business.model_copy(update={"phones": further})


def _with_account(account: TwilioAccount) -> Callable[[Business], Business]:
    return lambda business: business.model_copy(update={"twilio": account})


def _note(connection: sa.Connection, slug: str, what: str, by: By) -> None:
    audit.add(connection, Entry(business=slug, who=by.who, did="changed", what=what), by.now)
