"""What the pages of a profile have in common: which part is meant, what was sent, what it is called."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import Depends, Request

from agent.business import Business
from agent.errors import NotFound
from server import profile_hangs
from server.http import profile_views
from server.profile_drafts import Refused
from server.profile_sections import SECTIONS, Section
from server.store import accounts

PREFIX = "/business/profile"
_LONGEST = 20_000
"""Letters of an input."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a browser sent."""

    typed: dict[str, str] = field(default_factory=dict)

    @property
    def do(self) -> str:
        return self.typed.get("do", "save")

    @property
    def item(self) -> str:
        return self.typed.get("item", "")

    @property
    def seen(self) -> int:
        """The version that the form was made from; 0: there was none."""
        words = self.typed.get("seen", "")
        return int(words) if words.isdecimal() and len(words) < 19 else 0  # noqa: PLR2004 - what a database takes


async def sent(request: Request) -> Sent:
    form = await request.form()
    typed = {name: str(words)[:_LONGEST].replace("\0", "") for name, words in form.items()}
    return Sent(typed=typed)  # PostgreSQL keeps no NUL, and a text with one would never leave


TheForm = Annotated[Sent, Depends(sent)]


def _known(section: str) -> Section:
    """Raises NotFound."""
    if section not in SECTIONS:
        raise NotFound("There is no such part of the profile.")
    return SECTIONS[section]


TheSection = Annotated[Section, Depends(_known)]


def title(section: Section, business: Business, item: str) -> str:
    if not section.is_list:
        return section.title
    if not item:
        return f"Add a {section.one}"
    row = next((one for one in profile_views.rows(business, section) if one.name == item), None)
    return row.title if row else item


def address(section: Section, item: str | None) -> str:
    """Of a section's page, of an item's (empty: a new one), or of what is above."""
    if not section.is_list:
        return PREFIX if item is None else f"{PREFIX}/{section.name}"
    if item is None:
        return f"{PREFIX}/{section.name}"
    return f"{PREFIX}/{section.name}/item?name={quote(item)}"


def refuse(
    connection: sa.Connection,
    held: Business,
    changed: Business,
    owner: accounts.Account,
    now: datetime,
) -> None:
    """Raises Refused: something hangs on what would go."""
    if reasons := profile_hangs.refusals(connection, held, changed, owner.staff, now):
        raise Refused({"": reasons})
