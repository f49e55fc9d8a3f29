"""What the commands do, apart from reading their words: import, export, logins, checks."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from agent.business import Business, Staff
from agent.errors import BadInput, CalendarError, NotFound
from agent.rules import templates
from knowledge.library import Document
from knowledge.reading import read_document
from server import answers, inviting, second_factor
from server.bookings import address
from server.folder import read_folder, write_folder
from server.sealing import record_health
from server.settings import Settings
from server.store import (
    accounts,
    admins,
    audit,
    businesses,
    calendar_secrets,
    call_secrets,
    credentials,
)
from server.store.audit import Entry
from server.store.calendar_passwords import (
    PhoneCalendar,
    calendar_addresses,
    new_calendar_password,
)
from server.vitals import vitals
from server.wiring import Tools, outside_calendar

Mark = Literal["ok", "todo", "bad"]

_SHELL = "the command line"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def import_folder(tools: Tools, path: Path) -> list[str]:
    """Bring a business and its documents to what the folder says; the report, a line each.

    What people have added on the pages is not in the folder, and stays.

    Raises:
        BadBusiness: nothing was imported.
        UnreadableDocument: nothing was imported.
    """
    folder = read_folder(path)
    slug = folder.business.slug
    for name, content in folder.documents:
        read_document(name, content)  # one that cannot be read stops the import before it began
    with tools.database.begin() as connection:
        calendar_secrets.forget_moved(connection, folder.business)
        before_it = businesses.get(connection, slug)
        did = businesses.save(connection, folder.business, tools.clock.now(), _SHELL)
    report = [f"{slug}: {did}{_what(before_it, folder.business)}"]
    report += [f"{slug}/business.yaml: {fault}" for fault in templates.faults(folder.business)]
    before = {document.name: document for document in tools.library.documents(slug)}
    for name, content in folder.documents:
        after = tools.library.put(slug, name, content)
        report.append(
            f"{slug}/knowledge/{name}: {_change(before.pop(name, None), after)}, {_count(after.passages)}"
        )
    for name, other in before.items():
        if other.added_by or name == answers.NAME:
            report.append(f"{slug}/knowledge/{name}: kept, added on the pages")
        else:
            tools.library.remove(slug, name)
            report.append(f"{slug}/knowledge/{name}: removed")
    return report


def _what(before: Business | None, after: Business) -> str:
    """What the folder has put in the place of what stood, perhaps written on the pages; said out loud where texts begin to go out."""
    if before is None or before == after:
        return ""
    old, new = before.model_dump(), after.model_dump()
    words = ", ".join(key for key in new if new[key] != old[key])
    is_live = before.texting.mode == "shadow" and after.texting.mode == "live"
    return f" ({words})" + ("; shadow mode is off: callers are texted again" if is_live else "")


def export_folder(tools: Tools, slug: str, path: Path) -> None:
    """Write the folder that `import` reads back to the same business."""
    business = known(tools, slug)
    kept = [
        (one.name, tools.shelf.content(slug, one.name)) for one in tools.library.documents(slug)
    ]
    write_folder(path, business, kept)


def new_login(
    tools: Tools, slug: str, staff_id: str, password: str | None = None
) -> tuple[str, str]:
    """Give a person of the business a new password; (login, password).

    Sessions end, and a second factor is off: this is the way in for whoever has lost everything.

    Raises:
        BadInput: the profile gives them no login.
    """
    business, person = _person(tools, slug, staff_id)
    if person.login == "none":
        words = f"{person.name} may not sign in at {slug}: set `login: owner` or `login: staff` in the profile first."
        raise BadInput(words)
    password = password or secrets.token_urlsafe(9)
    with tools.database.begin() as connection:
        login = inviting.login_name(connection, business, person)
        accounts.set_password(connection, slug, person.id, login, person.login, password)
        second_factor.switch_off(connection, accounts.key_of(slug, person.id))
        _note(connection, slug, f"Gave {person.name} a new password", tools.clock.now())
    return login, password


def new_admin(tools: Tools, login: str) -> str:
    """Make an admin of the installation, or give one a new password; a second factor is off.

    Raises:
        BadInput: somebody of a business signs in by that name.
    """
    password = secrets.token_urlsafe(15)
    hashed = credentials.hashed(password)
    with tools.database.begin() as connection:
        if not _LOGIN.fullmatch(login) or not admins.is_free(connection, login):
            words = f"{login!r} cannot be an admin's login: use small letters, digits, dots or hyphens, and no login of a business."
            raise BadInput(words)
        admins.put(connection, login, hashed, tools.clock.now())
        _note(connection, None, f"Gave the admin {login} a new password", tools.clock.now())
    return password


def new_invitation(tools: Tools, slug: str, staff_id: str, public_url: str) -> str:
    """A link with which a person makes their login, or a new password for it; earlier ones are over."""
    _, person = _person(tools, slug, staff_id)
    now = tools.clock.now()
    with tools.database.begin() as connection:
        token = inviting.invite(connection, slug, person.id, _SHELL, now)
        _note(connection, slug, f"Made a link for {person.name}", now)
    return f"{public_url.rstrip('/')}/invitation/{token}"


def _person(tools: Tools, slug: str, staff_id: str) -> tuple[Business, Staff]:
    business = known(tools, slug)
    person = business.person(staff_id)
    if person is None:
        people = ", ".join(one.id for one in business.staff) or "nobody"
        raise NotFound(f"{slug} has no staff {staff_id!r}; it has {people}.")
    return business, person


def _note(connection: sa.Connection, slug: str | None, what: str, now: datetime) -> None:
    audit.add(connection, Entry(business=slug, who=_SHELL, did="changed", what=what), now)


def new_calendar_login(
    tools: Tools, slug: str, staff_id: str, public_url: str
) -> tuple[str, str, list[PhoneCalendar]]:
    """Give a person's phone a new calendar password; (user, password, the calendars).

    Raises:
        NotFound: nobody of this business with a login.
    """
    business = known(tools, slug)
    with tools.database.begin() as connection:
        account = accounts.get(connection, f"{slug}:{staff_id}")
        if account is None:
            words = f"{staff_id!r} has no login at {slug}: `ringback login {slug} {staff_id}` makes one."
            raise NotFound(words)
        password = new_calendar_password(connection, account, tools.clock.now())
    return account.login, password, calendar_addresses(business, public_url)


def known(tools: Tools, slug: str) -> Business:
    with tools.database.connect() as connection:
        business = businesses.get(connection, slug)
        names = [one.slug for one in businesses.every(connection)]
    if business is None:
        raise NotFound(f"There is no business {slug!r}; there is {', '.join(names) or 'none yet'}.")
    return business


@dataclass(frozen=True, kw_only=True)
class Check:
    mark: Mark
    what: str
    mend: str = ""


def examine(settings: Settings, tools: Tools) -> list[Check]:
    """What works and what is still to do before callers can be served."""
    with tools.database.connect() as connection:
        found = businesses.every(connection)
        logins = [one.slug for one in found if accounts.has_login(connection, one.slug)]
        seen = vitals(connection, tools.clock.now())
    has_twilio = bool(settings.twilio_account_sid and settings.twilio_auth_token.get_secret_value())
    has_model = bool(settings.openai_api_key.get_secret_value() or settings.openai_base_url)
    return [
        Check(mark="ok", what=f"database: {'SQLite' if settings.is_sqlite else 'PostgreSQL'}"),
        _check(
            bool(seen.workers),
            f"processes at work: {seen.workers}",
            "ringback serve",
        ),
        _check(
            not (seen.texts.is_late or seen.outbox.is_late),
            f"waiting: {seen.texts.waiting} texts of callers, {seen.outbox.waiting} of ours",
            "some have waited for more than a minute: look at /ready and at the log of `ringback serve`",
        ),
        _check(bool(found), f"businesses: {len(found)}", "ringback import FOLDER"),
        _check(
            len(logins) == len(found) and bool(found),
            f"businesses with a login: {len(logins)}",
            "ringback login SLUG STAFF",
        ),
        _check(
            has_twilio,
            "Twilio account",
            "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; until then every webhook is refused",
        ),
        _check(
            settings.public_url.startswith("https://"),
            f"public address: {settings.public_url}",
            "set RINGBACK_PUBLIC_URL to the https address that Twilio reaches",
        ),
        Check(
            mark="ok",
            what=f"model: {settings.model}" if has_model else "model: none, the rules answer alone",
        ),
        Check(mark="ok", what=f"passages are found by: {settings.embedder}"),
        *_record_checks(tools, found),
        *_calendar_checks(settings, tools, found),
    ]


def _record_checks(tools: Tools, found: list[Business]) -> Iterator[Check]:
    """The daily anchors follow from each other, and the conversations that changed last are as they were sealed."""
    for business in found:
        with tools.database.connect() as connection:
            checked, wrong = record_health(connection, business, tools.clock.now())
        what = f"record of {business.slug}: {checked} conversations are as they were sealed"
        if wrong:
            what = f"record of {business.slug}: {len(wrong)} of {checked} conversations and anchors are not as they were sealed"
        mend = "somebody has changed the database by hand; look at " + ", ".join(wrong[:3])
        yield Check(mark="bad" if wrong else "ok", what=what, mend=mend if wrong else "")


def _calendar_checks(settings: Settings, tools: Tools, found: list[Business]) -> Iterator[Check]:
    """Calendars on other servers are read once, with the address and password that a booking would use."""
    sources = [(business, source) for business in found for source in business.calendars]
    kept = sum(source.url is None for _, source in sources)
    yield Check(mark="ok", what=f"calendars kept here: {kept}, for phones at {settings.public_url}/dav/")  # fmt: skip
    calendar, now = outside_calendar(settings, tools.database), tools.clock.now()
    for business, source in sources:
        if source.url is None:
            continue
        what = f"calendar {source.id} of {business.slug}"
        try:
            calendar.objects(address(business, source.id), now, now)
        except CalendarError as error:
            yield Check(mark="todo", what=what, mend=str(error))
        else:
            yield Check(mark="ok", what=what)


def _check(fine: bool, what: str, mend: str) -> Check:
    return Check(mark="ok" if fine else "todo", what=what, mend="" if fine else mend)


def _count(passages: int) -> str:
    return "1 passage" if passages == 1 else f"{passages} passages"


def _change(before: Document | None, after: Document) -> str:
    if before is None:
        return "added"
    return "unchanged" if before.bytes_sha256 == after.bytes_sha256 else "changed"


def calls_secret(tools: Tools, settings: Settings, slug: str) -> str:
    """The secret with which a business's other phone system signs its reports; made at first use."""
    business = known(tools, slug)
    keeper = call_secrets.keeper(settings.session_key())
    with tools.database.begin() as connection:
        return call_secrets.current(connection, keeper, business.slug, tools.clock.now())


def erase_caller(tools: Tools, settings: Settings, slug: str, caller: str) -> dict[str, int]:
    """Delete everything of one caller; returns how many rows of each kind.

    Raises:
        NotFound: no such business or caller.
        BadInput: the caller has a visit ahead.
    """
    from dbos import run_dbos_database_migrations  # noqa: PLC0415 - the engine costs 2 s of import

    from server.engine import make_client  # noqa: PLC0415
    from server.erasure import erase  # noqa: PLC0415

    known(tools, slug)
    run_dbos_database_migrations(settings.url)
    jobs = make_client(settings.url)
    try:
        return erase(tools, jobs, slug, caller, tools.clock.now(), by=_SHELL)
    finally:
        jobs.destroy()
