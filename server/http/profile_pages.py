"""The profile, section by section: what it holds, and a form for it; owners change it, staff read it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from agent.business import Business
from agent.errors import BadBusiness, NotFound
from server import other_prices, profile_hangs
from server.http import profile_removing, profile_views, sessions
from server.http.auth import Owner, OwnForm, Viewer, csrf_token, is_owner
from server.http.owner import business_of
from server.http.pages import page
from server.http.profile_parts import (
    PREFIX,
    Sent,
    TheForm,
    TheSection,
    address,
    refuse,
    title,
)
from server.http.profile_views import Trouble
from server.http.profile_words import Said, said
from server.http.twilio import TheHouse
from server.http.version_words import Author, authors
from server.profile_changes import change
from server.profile_diffs import Plain, differences
from server.profile_drafts import Form, Refused, blank, dig, drafted, part
from server.profile_kinds import copied
from server.profile_sections import DAYS, SECTIONS, Section, fields_of
from server.store import accounts, business_versions
from server.wiring import House

router = APIRouter(prefix=PREFIX)

_TAKEN = "Another business here has one of these numbers."
_MANY = 20
"""Changes of others that are told at most."""
_OTHER_PRICES = 3
"""Documents with another price that are named at most: the words travel in a cookie."""
_LOOKS_FIRST = {"services"}
"""Sections whose changes callers are told of in figures and facts."""


@router.get("")
def profile_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    business = business_of(house, viewer.business)
    return page(
        request,
        "profile.html",
        csrf=csrf_token(request),
        business=business,
        cards=profile_views.cards(business, list(SECTIONS.values())),
        elsewhere=profile_views.elsewhere(),
        may_change=is_owner(viewer),
        told=sessions.told(request),
    )


@router.get("/{section}")
def section_page(
    request: Request, house: TheHouse, viewer: Viewer, section: TheSection
) -> HTMLResponse:
    """The form of a section, or the list of its items."""
    if not section.is_list:
        return _form_page(request, house, viewer, section, "")
    business = business_of(house, viewer.business)
    return page(
        request,
        "profile_list.html",
        csrf=csrf_token(request),
        business=business,
        section=section,
        rows=profile_views.rows(business, section),
        may_change=is_owner(viewer),
        told=sessions.told(request),
    )


@router.post("/{section}", dependencies=[OwnForm])
def save_section(
    request: Request, house: TheHouse, owner: Owner, section: TheSection, form: TheForm
) -> Response:
    """Keep a section, or an item of its list."""
    if form.do in ("edit", "copy"):
        return _form_page(request, house, owner, section, form.item, _again(form))
    try:
        with house.database.begin() as connection:
            asked = _Asked(connection=connection, section=section, form=form, owner=owner)
            if form.do == "look":
                return _look(request, house, asked)
            now = house.clock.now()
            made = partial(asked.made, now=now)
            changed = change(connection, owner.business, made, by=owner.login, now=now)
            profile_hangs.settle(connection, asked.held or changed, changed)
    except Refused as refused:
        trouble = Trouble(
            errors=refused.errors,
            clashes=refused.clashes,
            touched=refused.touched,
            is_gone=refused.is_gone,
        )
        return _form_page(request, house, owner, section, form.item, form.typed, trouble)
    except BadBusiness:
        trouble = Trouble(errors={"": [_TAKEN]})
        return _form_page(request, house, owner, section, form.item, form.typed, trouble)
    sessions.tell(request, " ".join((asked.told(), *_other_prices(house, asked.held, changed))))
    return RedirectResponse(f"{PREFIX}/{section.name}", status_code=303)


@router.get("/{section}/item")
def item_page(
    request: Request, house: TheHouse, viewer: Viewer, section: TheSection, name: str = ""
) -> HTMLResponse:
    """The form of one item of a list; without a name, of a new one."""
    if not section.is_list:
        raise NotFound("There is no such part of the profile.")
    return _form_page(request, house, viewer, section, name)


router.include_router(profile_removing.router)


@dataclass(kw_only=True)
class _Asked:
    """One form, on its way into the profile."""

    connection: sa.Connection
    section: Section
    form: Sent
    owner: accounts.Account
    held: Business | None = None
    is_same: bool = False
    by_others: bool = False

    def made(self, held: Business, now: datetime) -> Business:
        """Raises Refused."""
        self.held = held
        plain = held.model_dump(mode="json")
        base = self._base(plain)
        form = Form(section=self.section, typed=self.form.typed, item=self.form.item)
        changed = drafted(form, base, plain)
        refuse(self.connection, held, changed, self.owner, now)
        self.is_same = changed == held
        was, is_now = (part(self.section, one, self.form.item) for one in (base, plain))
        self.by_others = was is not None and any(
            dig(was, one.where) != dig(is_now or {}, one.where) for one in self.section.fields
        )
        return changed

    def told(self) -> str:
        if self.is_same:
            return "Nothing to save: it is all as it was."
        others = " What somebody else has changed here meanwhile is kept too."
        return f"Saved.{others if self.by_others else ''}"

    def _base(self, now: Plain) -> Plain:
        """The profile that the form was made from."""
        slug = self.owner.business
        if self.form.seen:
            version = business_versions.get(self.connection, slug, self.form.seen)
        else:
            version = business_versions.first(self.connection, slug)
        try:  # a profile of before an update lacks what is new
            return (
                Business.model_validate(version.profile).model_dump(mode="json") if version else now
            )
        except ValidationError:
            return now


def _again(form: Sent) -> dict[str, str]:
    """What was typed; with the times of a day copied to others where that was asked for."""
    if form.do != "copy":
        return form.typed
    to = [name.rpartition(".")[2] for name in form.typed if name.startswith("copy.to.")]
    return copied(form.typed, "hours", form.typed.get("copy.from", ""), to)


def _look(request: Request, house: House, asked: _Asked) -> HTMLResponse:
    """What would be saved, and the way to what it would change in replies."""
    held = business_of(house, asked.owner.business)
    changed = asked.made(held, house.clock.now())
    return page(
        request,
        "profile_look.html",
        csrf=csrf_token(request),
        business=held,
        section=asked.section,
        changes=_said(held, changed),
        other_prices=_other_prices(house, held, changed),
        profile=changed.model_dump_json(),
        typed={
            name: words for name, words in asked.form.typed.items() if name not in ("csrf", "do")
        },
        back=address(asked.section, asked.form.item),
    )


def _other_prices(house: House, before: Business | None, after: Business) -> list[str]:
    """Where documents name another price than the one that is new; nothing else is looked at."""
    anew = other_prices.priced_anew(before or after, after)
    passages = house.shelf.passages(after.slug) if anew else []
    return other_prices.told_otherwise(anew, passages)[:_OTHER_PRICES]


def _said(before: Business, after: Business) -> list[Said]:
    first, second = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [said(one, first, second) for one in differences(first, second)]


def _form_page(
    request: Request,
    house: House,
    viewer: accounts.Account,
    section: Section,
    item: str,
    typed: dict[str, str] | None = None,
    trouble: Trouble | None = None,
) -> HTMLResponse:
    """The form as it is stored, or with what was typed."""
    with (
        house.database.connect() as connection
    ):  # before the profile: the form may not claim to know more
        seen = business_versions.newest_id(connection, viewer.business) or 0
    business = business_of(house, viewer.business)
    plain = business.model_dump(mode="json")
    held = part(section, plain, item) if item or not section.is_list else None
    if item and held is None and typed is None:
        raise NotFound(f"There is no such {section.one} any more.")
    trouble = trouble or Trouble()
    with house.database.connect() as connection:
        others = _others(connection, business, typed) if trouble.clashes else []
    fields = fields_of(section, is_new=section.is_list and not item)
    return page(
        request,
        "profile_form.html",
        status=400 if trouble.errors or trouble.clashes else 200,
        csrf=csrf_token(request),
        business=business,
        section=section,
        item=item,
        is_gone=trouble.is_gone,
        days=DAYS,
        title=title(section, business, item),
        back=address(section, None),
        fields=profile_views.shown(
            fields,
            held or blank(section, plain) if section.is_list else plain,
            business,
            typed,
            trouble,
        ),
        seen=seen if typed is None or trouble.clashes else Sent(typed=typed).seen,
        errors=trouble.errors.get("", ()),
        is_refused=bool(trouble.errors or trouble.clashes),
        clashes=trouble.clashes,
        others=others,
        looks_first=section.name in _LOOKS_FIRST,
        may_change=is_owner(viewer) and not section.is_installations,
        told="" if typed else sessions.told(request),
    )


def _others(
    connection: sa.Connection, business: Business, typed: dict[str, str] | None
) -> list[Author]:
    """Who has changed the profile since the form was opened, the latest last."""
    seen = Sent(typed=typed or {}).seen
    since = business_versions.since(connection, business.slug, seen, _MANY)
    return authors(connection, business, since)
