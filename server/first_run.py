"""The first business of an empty installation, and every draft that an owner completes in the set-up."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business, CalendarSource, OnCall, Service, Staff, Texting
from agent.errors import BadInput
from agent.rules import packs, typical
from server import inviting
from server.inviting import Guest
from server.settings import Settings
from server.store import accounts, audit, businesses, setups
from server.store.audit import Entry
from server.store.engine import make_engine
from server.store.tables import audit as audit_log
from server.store.tables import business as table

MADE = "Made the first business"
SPENT = "This installation is set up already. Sign in, or ask its owner for an invitation."
WRONG_CODE = "That code does not fit. The command ringback setup-link prints the link that does."
_NO_NUMBER = "+1000"
"""No telephone number begins so: it stands where the owner has not said theirs yet."""
_SLUG_AT_MOST = 40
_NAME_AT_MOST = 80
_FIRST_ZONE = "America/New_York"
_ONE_AT_A_TIME = 7_266_421
"""PostgreSQL's lock for whoever makes the first business."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody writes on the first page."""

    business: str
    name: str
    login: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The draft, and who signs in to it."""

    business: Business
    account: accounts.Account


def is_open(connection: sa.Connection) -> bool:
    """There is no business yet."""
    return not connection.scalar(sa.select(sa.exists().where(table.c.slug.is_not(None))))


def code(connection: sa.Connection, session_key: str) -> str:
    """What proves on the first page that somebody has seen the server's own words; another one after it was used.

    It is worked out, not kept: every process of the installation knows the same one.
    """
    made = sa.select(sa.func.count()).where(
        audit_log.c.business.is_(None), audit_log.c.what == MADE
    )
    words = f"first run {connection.scalar(made) or 0}"
    return hmac.new(session_key.encode(), words.encode(), hashlib.sha256).hexdigest()[:32]


def link(connection: sa.Connection, settings: Settings) -> str | None:
    """Where the first business is made; None: there is one."""
    if not is_open(connection):
        return None
    return f"{settings.public_url}/welcome?code={code(connection, settings.session_key())}"


def link_now(settings: Settings) -> str | None:
    """The same, with a look into the database of its own."""
    database = make_engine(settings.url)
    try:
        with database.connect() as connection:
            return link(connection, settings)
    finally:
        database.dispose()


def fits(connection: sa.Connection, session_key: str, given: str) -> bool:
    return hmac.compare_digest(code(connection, session_key).encode(), given.strip().encode())


def faults(wish: Wish) -> dict[str, str]:
    """What is wrong with each field, in words; empty: nothing is."""
    draft = _draft(wish.business or "x", wish.name or "x", "x")
    guest = Guest(business=draft, person=draft.staff[0], login="", suggested="")
    found = {
        "business": _name_fault(wish.business, "Write the name that callers know you by."),
        "name": _name_fault(wish.name, "Write your name."),
        "password": inviting.password_fault(guest, wish.login, wish.password),
    }
    return {field: words for field, words in found.items() if words}


def begin(
    connection: sa.Connection, wish: Wish, hashed_password: str, given_code: str, key: str, now: datetime
) -> Begun:  # fmt: skip
    """Make the first business and its owner's login; the code is spent.

    Raises:
        BadInput: the code does not fit or was spent meanwhile, or the login will not do.
    """
    _alone(connection)
    if not is_open(connection):
        raise BadInput(SPENT)
    if not fits(connection, key, given_code):
        raise BadInput(WRONG_CODE)
    business = draft(connection, wish.business, wish.name, now, by=wish.login)
    owner = business.staff[0]
    guest = Guest(business=business, person=owner, login="", suggested="")
    if problem := inviting.login_fault(connection, guest, wish.login):
        raise BadInput(problem)
    accounts.put(connection, business.slug, owner.id, wish.login, "owner", hashed_password)
    audit.add(connection, Entry(business=None, who=wish.login, did="changed", what=MADE, about=business.name), now)  # fmt: skip
    account = accounts.by_login(connection, wish.login)
    assert account is not None  # noqa: S101 - it was just made
    return Begun(business=business, account=account)


def draft(
    connection: sa.Connection,
    business_name: str,
    owner_name: str,
    now: datetime,
    *,
    by: str,
    slug: str = "",
) -> Business:
    """Keep a business of which only names are known: it texts nobody, and its owner completes it at /setup.

    Args:
        by: who makes it: a login, or where it comes from.
        slug: empty: made of the name.

    Raises:
        BadBusiness: no such slug can be.
    """
    made = _draft(business_name, owner_name, slug or _free_slug(connection, business_name))
    businesses.save(connection, made, now, by)
    setups.begin(connection, made.slug)
    return made


def has_number(business: Business) -> bool:
    """The owner has said which number callers dial."""
    return not business.phone.startswith(_NO_NUMBER)


def _draft(business_name: str, owner_name: str, slug: str) -> Business:
    owner = _first_name(owner_name)
    return Business(
        slug=slug,
        name=" ".join(business_name.split()),
        industry=packs.GENERIC,
        timezone=_FIRST_ZONE,
        phone=_no_number(slug),
        hours=typical.week(packs.GENERIC),
        staff=(Staff(id=owner, name=" ".join(owner_name.split()), role="owner", login="owner"),),
        on_call=(OnCall(staff=owner, reach=("sms", "call")),),
        calendars=(CalendarSource(id=owner, staff=owner),),
        services=(Service(id="visit", name="Visit", duration_min=60, calendars=(owner,)),),
        texting=Texting(mode="shadow"),
    )


def _no_number(slug: str) -> str:
    digits = int(hashlib.sha256(slug.encode()).hexdigest(), 16) % 10**7
    return f"{_NO_NUMBER}{digits:07d}"


def _free_slug(connection: sa.Connection, name: str) -> str:
    stem = slug_of(name)
    spelled = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 10_000))
    return next(one for one in spelled if businesses.get(connection, one) is None)


def slug_of(name: str) -> str:
    """alder-creek-plumbing: letters and digits of the name with hyphens; `shop` where it has none of ours."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    bare = plain.replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", bare)[:_SLUG_AT_MOST].strip("-") or "shop"


def _first_name(name: str) -> str:
    return slug_of(name.split(maxsplit=1)[0]) if name.split() else "owner"


def _name_fault(name: str, missing: str) -> str:
    if not name.strip():
        return missing
    return f"That is too long: {_NAME_AT_MOST} characters at most." if len(name) > _NAME_AT_MOST else ""  # fmt: skip


def _alone(connection: sa.Connection) -> None:
    """Two with the same link must not both make the first business; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    else:
        connection.execute(sa.delete(table).where(table.c.slug.is_(None)))
