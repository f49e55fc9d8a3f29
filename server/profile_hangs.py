"""What hangs on a thing of a profile: what keeps it from going, and what goes with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from agent.business import Business, Service
from agent.rules import templates
from server.store import accounts, appointments, calendar_secrets, invitations, mirror
from server.store.appointments import AppointmentRow
from server.store.mirror import Place
from server.store.tables import task, thread


@dataclass(frozen=True, kw_only=True)
class Parting:
    """A thing that is to be removed."""

    business: Business
    """Without it, and without what pointed to it; the same as before where it cannot go."""
    goes_along: tuple[str, ...] = ()
    """What else changes, in words."""
    kept_by: tuple[str, ...] = ()
    """Why it cannot go yet, and the mend."""


def without(business: Business, section: str, item: str) -> Parting:
    """The business without one of its calendars, people or services."""
    if section == "calendars":
        return _without_calendar(business, item)
    if section == "staff":
        return _without_person(business, item)
    services = tuple(one for one in business.services if one.id != item)
    return Parting(business=business.model_copy(update={"services": services}))


def refusals(
    connection: sa.Connection, held: Business, changed: Business, by: str, now: datetime
) -> list[str]:
    """Why an owner may not make a business of another; none: they may.

    Args:
        by: the staff id of whoever changes it.
    """
    return [
        *_of_first_texts(held, changed),
        *_of_visits(connection, held, changed, now),
        *_of_people(connection, held, changed),
        *_of_owners(held, changed, by),
        *_of_places(held, changed),
        *_of_account(held, changed),
    ]


def settle(connection: sa.Connection, held: Business, changed: Business) -> None:
    """Whoever is not in the profile any more has no login and no link; what was known of a calendar goes with it."""
    for person in _gone(held, changed):
        accounts.remove(connection, held.slug, person)
        invitations.revoke(connection, held.slug, person)
    for one in held.calendars:
        if changed.calendar(one.id) is None:
            calendar_secrets.delete(connection, held.slug, one.id)
            mirror.forget(connection, Place(business=held.slug, calendar=one.id))


def _without_calendar(business: Business, item: str) -> Parting:
    only = [one for one in business.services if one.calendars == (item,) or (item,) in one.need]
    if only:
        names = ", ".join(one.name for one in only)
        words = f"It is the only calendar for {names}. Choose another one there first."
        return Parting(business=business, kept_by=(words,))
    named = [one.name for one in business.services if item in _calendars_of(one)]
    changed = business.model_copy(
        update={
            "calendars": tuple(one for one in business.calendars if one.id != item),
            "services": tuple(_service_without(one, item) for one in business.services),
        }
    )
    along = (f"{', '.join(named)}: it is no longer one of the calendars.",) if named else ()
    return Parting(business=changed, goes_along=along)


def _calendars_of(service: Service) -> set[str]:
    return {name for _, name in service.named_calendars()}


def _service_without(service: Service, calendar: str) -> Service:
    calendars = tuple(one for one in service.calendars if one != calendar)
    need = tuple(tuple(one for one in group if one != calendar) for group in service.need)
    return service.model_copy(update={"calendars": calendars, "need": need})


def _without_person(business: Business, item: str) -> Parting:
    person = business.person(item)
    name = person.name if person else item
    theirs = [one.id for one in business.calendars if one.staff == item]
    along = [f"The calendar {one} stays, and is nobody's." for one in theirs]
    if any(one.staff == item for one in business.on_call):
        along.append(f"{name} is no longer on call.")
    if person and person.login != "none":
        along.append(f"{name} cannot sign in any more.")
    calendars = tuple(
        one.model_copy(update={"staff": None}) if one.staff == item else one
        for one in business.calendars
    )
    told = tuple(one for one in business.weekly_summary.to if one != item)
    summary = business.weekly_summary.model_copy(update={"to": told})
    changed = business.model_copy(
        update={
            "staff": tuple(one for one in business.staff if one.id != item),
            "on_call": tuple(one for one in business.on_call if one.staff != item),
            "calendars": calendars,
            "weekly_summary": summary,
        }
    )
    return Parting(business=changed, goes_along=tuple(along))


def _of_first_texts(held: Business, changed: Business) -> Iterator[str]:
    """Words of their own that must not be sent so; those that stand already are left alone."""
    blocks = [
        finding.words
        for _, template, closed in templates.own_templates(changed)
        if template not in (held.first_text, held.after_hours_text)
        for finding in templates.lint(changed, template, closed=closed)
        if finding.blocks
    ]
    if blocks:
        yield " ".join(["The first text cannot be used.", *blocks])


def _of_visits(
    connection: sa.Connection, held: Business, changed: Business, now: datetime
) -> Iterator[str]:
    calendars = [one.id for one in held.calendars if changed.calendar(one.id) is None]
    services = [one for one in held.services if changed.service(one.id) is None]
    if not calendars and not services:
        return
    ahead = appointments.booked_ahead(connection, held.slug, now)
    for name in calendars:
        booked = [row for row in ahead if name in (row.calendar, *row.beside)]
        if booked:
            yield f"The calendar {name} stays: {_booked(held, booked)} Move or cancel them first, under Visits."
    for service in services:
        booked = [row for row in ahead if row.service == service.id]
        if booked:
            yield f"{service.name} stays: {_booked(held, booked)} It can go when they are over, moved or cancelled."


def _booked(business: Business, booked: list[AppointmentRow]) -> str:
    first = booked[0].start.astimezone(business.zone).strftime("%a, %b %-d")
    if len(booked) == 1:
        return f"a visit is booked on {first}."
    return f"{len(booked)} visits are booked, the next on {first}."


def _of_people(connection: sa.Connection, held: Business, changed: Business) -> Iterator[str]:
    for staff in _gone(held, changed):
        person = held.person(staff)
        name = person.name if person else staff
        mine = sa.select(sa.func.count()).where(
            thread.c.business == held.slug, thread.c.owner == staff
        )
        if threads := connection.scalar(mine):
            yield f"{name} stays: they have {threads} conversation{'s' if threads > 1 else ''}. Hand them over or give them back to the agent first, in the inbox."
        owed = sa.select(sa.func.count()).where(
            task.c.business == held.slug, task.c.owner == staff, task.c.done_at.is_(None)
        )
        if tasks := connection.scalar(owed):
            yield f"{name} stays: they have {tasks} open task{'s' if tasks > 1 else ''}. Give them to somebody else first, under Tasks."


def _gone(held: Business, changed: Business) -> list[str]:
    return [one.id for one in held.staff if changed.person(one.id) is None]


def _of_owners(held: Business, changed: Business, by: str) -> Iterator[str]:
    owners = {one.id for one in changed.staff if one.login == "owner"}
    was_owner = any(one.id == by and one.login == "owner" for one in held.staff)
    if was_owner and by not in owners:
        yield "That would take away your own way in. Another owner can do it."
    elif not owners and any(one.login == "owner" for one in held.staff):
        yield "Somebody has to stay owner."


def _of_places(held: Business, changed: Business) -> Iterator[str]:
    """A calendar's address and the name of its password go together: who writes both is sent any secret of the server."""
    nowhere = (None, None, None)
    known = {one.id: (one.url, one.username, one.password_env) for one in held.calendars}
    for one in changed.calendars:
        if (one.url, one.username, one.password_env) != known.get(one.id, nowhere):
            yield f"Where the calendar {one.id} lives is changed on the page Calendars."


def _of_account(held: Business, changed: Business) -> Iterator[str]:
    """Who names an account sends and pays from it: another business's, or any that the installation's token opens."""
    if changed.twilio != held.twilio:
        yield "Which carrier account is used is entered by whoever runs this installation."
