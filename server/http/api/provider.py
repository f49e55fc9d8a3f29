"""Businesses of the installation: made, suspended, moved, measured. For tokens of the installation with the scope `provider`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from agent.rules.number_health import NumberHealth
from server import business_removal, first_run, overview, provider, quotas
from server.http.api.access import Asker, Provider, Slug
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import Cursor, Limit, Number, Page, Shape, Words, decoded_id, encoded
from server.http.twilio import TheHouse
from server.provider import By
from server.quotas import Quota
from server.store import number_health, registrations, standings, usage
from server.store.invitations import HOLDS
from server.store.registrations import Status
from server.wiring import House

router = APIRouter(prefix="/businesses", route_class=ApiRoute, tags=["provider"])

ANumber = Annotated[
    str,
    Path(pattern=r"^\+?[1-9][0-9]{6,14}$", description="E.164, with or without the plus.", examples=["+13035550140"]),
]  # fmt: skip


class Limits(Shape):
    """What a business may use; null: as every business of this installation, 0: no limit."""

    segments_month: int | None = Field(default=None, ge=0, le=10**9, description="SMS segments in a month of the business.")  # fmt: skip
    hard: bool = Field(default=False, description="A spent month stops first texts too.")
    tokens_day: int | None = Field(default=None, ge=0, le=10**12, description="Model tokens in a day of the business.")  # fmt: skip
    documents_mb: int | None = Field(default=None, ge=0, le=10**6, description="Megabytes of documents.")  # fmt: skip
    logins: int | None = Field(default=None, ge=0, le=10**6, description="People who can sign in.")


class Used(Shape):
    what: str = Field(description="In words.")
    used: float
    limit: int = Field(description="0: none.")


class Standing(Shape):
    """A business as the installation sees it."""

    slug: str
    name: str
    time_zone: str = Field(description="IANA.")
    phone: str | None = Field(description="The main number, E.164; null: its owner has not said it.")  # fmt: skip
    is_live: bool = Field(description="It texts callers, unless it is suspended.")
    suspended_at: datetime | None = Field(description="UTC; null: it is at work.")
    suspended_why: str
    quota: Limits = Field(description="Its own.")
    used: list[Used]


class NumberState(Shape):
    number: str = Field(description="E.164.")
    is_main: bool
    needs: str | None = Field(description="`10DLC` or `toll-free`; null: nothing.")
    registration: Status | None = Field(description="Null: never entered; the carrier decides.")
    note: str
    may_text: bool = Field(description="False: texts from it are refused here.")
    sent: int = Field(description="Texts in the last 30 days.")
    delivered: float | None = Field(description="Share, 0 to 1; null: fewer than 20 texts.")
    filtered: float | None = Field(description="Share.")
    opted_out: float | None = Field(description="Share of the callers who were texted.")
    light: str = Field(description="`green`, `amber`, `red`; `none`: too few texts.")


class Month(Shape):
    month: str = Field(description="YYYY-MM, where the business is.")
    texts: int = Field(description="That the carrier took, to callers and staff.")
    segments: int
    texts_in: int
    calls: int
    tokens: int


class NewBusiness(Shape):
    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40, description="Sent again with the same slug and name, it is begun once.")  # fmt: skip
    name: Words = Field(min_length=1, max_length=80)
    owner: Words = Field(min_length=1, max_length=80, description="The owner's name.")


class Begun(Shape):
    business: Standing
    invitation: str | None = Field(description="The owner's one-time link, shown once; null: the business was here.")  # fmt: skip


class Why(Shape):
    why: Words = Field(default="", max_length=300, description="Its people read this.")


class NewNumber(Shape):
    number: Number
    main: bool = Field(default=False, description="Texts go out from it.")


class Registered(Shape):
    registration: Status
    note: Words = Field(default="", max_length=300)


class Moved(Shape):
    to: str = Field(max_length=100, description="The slug of the other business.")
    main: bool = Field(default=False, description="It becomes the other business's main number.")


class Invited(Shape):
    staff: str = Field(default="", max_length=100, description="Their id; empty: the first owner.")


class Invitation(Shape):
    link: str = Field(description="One-time; shown once.")
    expires_at: datetime = Field(description="UTC.")


class Account(Shape):
    account_sid: str = Field(max_length=34, description="AC...")
    token: Words = Field(max_length=200, description="Its auth token; kept encrypted, never shown.")


class Gone(Shape):
    rows: dict[str, int] = Field(description="How many rows of each kind were deleted.")


@router.get("", responses=documented(), summary="List businesses")
def list_businesses(
    _asker: Provider,
    house: TheHouse,
    q: Annotated[Words, Query(max_length=100, description="Part of a name, slug or number.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Standing]:
    """By name."""
    first = decoded_id(cursor) or 0
    with house.database.connect() as connection:
        slugs, total = overview.found(connection, q, limit, first)
        items = [_standing(connection, house, slug) for slug in slugs]
    follows = first + limit < total
    return Page(items=items, next=encoded([first + limit]) if follows else None)


@router.post("", status_code=201, responses=documented(400), summary="Begin a business")
def begin(asker: Provider, house: TheHouse, new: NewBusiness) -> Begun:
    """A draft that texts nobody; its owner makes a login by the link and is led through the rest."""
    by = _by(asker, house)
    with house.database.begin() as connection:
        made, is_new = provider.begin(connection, new.slug, new.name, new.owner, by)
        token = provider.invite_owner(connection, made.slug, by) if is_new else None
        shown = _standing(connection, house, made.slug)
    return Begun(business=shown, invitation=_link(house, token) if token else None)


@router.get("/{slug}", responses=documented(), summary="One business")
def read(_asker: Provider, house: TheHouse, slug: Slug) -> Standing:
    with house.database.connect() as connection:
        return _standing(connection, house, slug)


@router.delete("/{slug}", responses=documented(400), summary="Delete a suspended business")
def remove(
    asker: Provider,
    house: TheHouse,
    slug: Slug,
    confirm: Annotated[str, Query(max_length=100, description="The slug again.")],
) -> Gone:
    """With everything that is known of it and of its callers. Nothing brings it back."""
    return Gone(rows=business_removal.remove(house, slug, confirm, _by(asker, house)))


@router.post("/{slug}/suspend", responses=documented(400), summary="Suspend a business")
def suspend(asker: Provider, house: TheHouse, slug: Slug, given: Why) -> Standing:
    """Nothing leaves it; its phone rings, and what comes in is kept."""
    return _changed(
        asker, house, slug,
        lambda connection, by: provider.suspend(connection, slug, given.why, by),
    )  # fmt: skip


@router.post("/{slug}/resume", responses=documented(), summary="Let a business work again")
def resume(asker: Provider, house: TheHouse, slug: Slug) -> Standing:
    """Nothing is sent late."""
    return _changed(
        asker, house, slug, lambda connection, by: provider.resume(connection, slug, by)
    )


@router.patch("/{slug}/quota", responses=documented(), summary="Change what a business may use")
def set_quota(asker: Provider, house: TheHouse, slug: Slug, given: Limits) -> Standing:
    """What is left out stays as it is; null: as every business here."""

    def change(connection: sa.Connection, by: By) -> None:
        provider.known(connection, slug)
        held = standings.of(connection, slug, "").quota or {}
        quota = Quota.model_validate(held | given.model_dump(exclude_unset=True))
        provider.set_quota(connection, slug, quota, by)

    return _changed(asker, house, slug, change)


@router.get("/{slug}/usage", responses=documented(), summary="What a business has used")
def used(_asker: Provider, house: TheHouse, slug: Slug) -> list[Month]:
    """Month by month, the newest first; erasing a caller takes nothing away."""
    with house.database.connect() as connection:
        provider.known(connection, slug)
        months = usage.of_business(connection, slug)
    return [Month.model_validate({"month": month, **counts}) for month, counts in months.items()]


@router.get("/{slug}/numbers", responses=documented(), summary="A business's numbers")
def list_numbers(_asker: Provider, house: TheHouse, slug: Slug) -> list[NumberState]:
    with house.database.connect() as connection:
        return _numbers(connection, house, slug)


@router.post("/{slug}/numbers", status_code=201, responses=documented(400), summary="Add a number")
def add_number(asker: Provider, house: TheHouse, slug: Slug, new: NewNumber) -> list[NumberState]:
    """Its registration begins as `none`."""
    with house.database.begin() as connection:
        provider.add_number(connection, slug, new.number, _by(asker, house), main=new.main)
        return _numbers(connection, house, slug)


@router.patch("/{slug}/numbers/{number}", responses=documented(400), summary="Enter a registration")
def register(
    asker: Provider, house: TheHouse, slug: Slug, number: ANumber, given: Registered
) -> list[NumberState]:
    with house.database.begin() as connection:
        by = _by(asker, house)
        provider.known(connection, slug)
        provider.enter_registration(connection, slug, _e164(number), given.registration, given.note, by)  # fmt: skip
        return _numbers(connection, house, slug)


@router.delete("/{slug}/numbers/{number}", status_code=204, responses=documented(400), summary="Remove a number")  # fmt: skip
def remove_number(asker: Provider, house: TheHouse, slug: Slug, number: ANumber) -> Response:
    """Never the main one."""
    with house.database.begin() as connection:
        provider.remove_number(connection, slug, _e164(number), _by(asker, house))
    return Response(status_code=204)


@router.post("/{slug}/numbers/{number}/move", responses=documented(400), summary="Move a number")
def move_number(
    asker: Provider, house: TheHouse, slug: Slug, number: ANumber, given: Moved
) -> list[NumberState]:
    """To another business, whose numbers are answered. Conversations and consent stay where they are."""
    with house.database.begin() as connection:
        by = _by(asker, house)
        provider.move_number(connection, _e164(number), slug, given.to, by, main=given.main)
        return _numbers(connection, house, given.to)


@router.post("/{slug}/invitations", status_code=201, responses=documented(400), summary="Invite an owner")  # fmt: skip
def invite(asker: Provider, house: TheHouse, slug: Slug, given: Invited) -> Invitation:
    """Links of before are over."""
    by = _by(asker, house)
    with house.database.begin() as connection:
        token = provider.invite_owner(connection, slug, by, given.staff)
    return Invitation(link=_link(house, token), expires_at=by.now + HOLDS)


@router.put("/{slug}/account", status_code=204, responses=documented(400), summary="Give it a carrier account")  # fmt: skip
def set_account(asker: Provider, house: TheHouse, slug: Slug, given: Account) -> Response:
    """Used from now on; webhooks signed with the token before are believed for a day more."""
    with house.database.begin() as connection:
        by = _by(asker, house)
        provider.set_account(connection, house.carrier_tokens, slug, given.account_sid, given.token, by)  # fmt: skip
    return Response(status_code=204)


@router.delete("/{slug}/account", status_code=204, responses=documented(), summary="Back to the installation's account")  # fmt: skip
def forget_account(asker: Provider, house: TheHouse, slug: Slug) -> Response:
    with house.database.begin() as connection:
        provider.forget_account(connection, slug, _by(asker, house))
    return Response(status_code=204)


def _changed(
    asker: Asker, house: House, slug: str, act: Callable[[sa.Connection, By], object]
) -> Standing:
    with house.database.begin() as connection:
        act(connection, _by(asker, house))
        return _standing(connection, house, slug)


def _standing(connection: sa.Connection, house: House, slug: str) -> Standing:
    business = provider.known(connection, slug)
    now = house.clock.now()
    found = standings.of(connection, slug, business.phone)
    spent = quotas.spent(connection, business, house.door.limits.measure, now)
    return Standing(
        slug=slug,
        name=business.name,
        time_zone=business.timezone,
        phone=business.phone if first_run.has_number(business) else None,
        is_live=business.texting.mode == "live",
        suspended_at=found.suspension.at if found.suspension else None,
        suspended_why=found.suspension.why if found.suspension else "",
        quota=Limits.model_validate(found.quota or {}),
        used=[Used(what=one.what, used=one.used, limit=one.limit) for one in spent],
    )


def _numbers(connection: sa.Connection, house: House, slug: str) -> list[NumberState]:
    business = provider.known(connection, slug)
    sums = {one.number: one for one in number_health.of_business(connection, slug, house.clock.now())}  # fmt: skip
    return [
        _number(one, overview.health_of(sums[one.number]), house, is_main=one.number == business.phone)
        for one in registrations.of_business(connection, slug)
        if one.number != business.phone or first_run.has_number(business)
    ]  # fmt: skip


def _number(
    one: registrations.Registration, health: NumberHealth, house: House, *, is_main: bool
) -> NumberState:
    return NumberState(
        number=one.number,
        is_main=is_main,
        needs=one.needs,
        registration=one.status,
        note=one.note,
        may_text=not (house.door.limits.registered_only and one.is_refused),
        sent=health.sent,
        delivered=health.delivered,
        filtered=health.filtered,
        opted_out=health.opted_out,
        light=health.light,
    )


def _link(house: House, token: str) -> str:
    return f"{house.settings.public_url}/invitation/{token}"


def _e164(number: str) -> str:
    return f"+{number.removeprefix('+')}"


def _by(asker: Asker, house: House) -> By:
    return By(who=asker.name, now=house.clock.now())
