"""Alder Creek Plumbing, whose profile two people edit: Mia owns, Nick owns too, Sam works."""

import sqlalchemy as sa

from agent.business import Business
from server.store import accounts, business_versions, businesses
from server.store.tables import business_version
from tests.server.desk import PASSWORD, Shop
from tests.server.forms import fields_of

PROFILE = "/business/profile"


class ProfileShop(Shop):
    def __init__(self, folder):
        super().__init__(folder)
        values = self.business.model_dump(mode="json")
        nick = {"id": "nick", "name": "Nick Olsen", "login": "owner", "phone": "+13035550149"}
        self.business = Business.model_validate(values | {"staff": [*values["staff"], nick]})
        with self.house.database.begin() as connection:
            accounts.set_password(connection, self.business.slug, "nick", "nick", "owner", PASSWORD)
        self.fresh()
        self.mia, self.sam, self.nick = (self.person(one) for one in ("mia", "sam", "nick"))
        self._free = 0

    def fresh(self, **changed):
        """The profile as it was, apart from what is given; nothing has changed yet."""
        business = Business.model_validate(self.business.model_dump(mode="json") | changed)
        with self.house.database.begin() as connection:
            businesses.save(connection, business, self.house.clock.now())
            connection.execute(sa.delete(business_version))

    def fresh_keeping_history(self, **changed):
        """The profile as it was with another change, of which nobody is known."""
        business = Business.model_validate(self.business.model_dump(mode="json") | changed)
        with self.house.database.begin() as connection:
            businesses.save(connection, business, self.house.clock.now())

    def now(self):
        with self.house.database.connect() as connection:
            return businesses.get(connection, self.business.slug)

    def versions(self):
        """Newest first."""
        with self.house.database.connect() as connection:
            return business_versions.newest(connection, self.business.slug, 100)

    def form(self, person, section, item=None):
        """What a person's browser holds for a section, or for an item (empty: a new one)."""
        place = "" if item is None else f"/item?name={item}"
        html = person.http.get(f"{PROFILE}/{section}{place}").text
        return fields_of(html, f"{PROFILE}/{section}")

    def save(self, person, section, held, **typed):
        """The form sent with something else typed; None: a box that is no longer ticked."""
        changed = held | {name.replace("__", "."): value for name, value in typed.items()}
        sent = {name: value for name, value in changed.items() if value is not None}
        return person.http.post(f"{PROFILE}/{section}", data=sent)

    def edits(self, person, section, item=None, **typed):
        return self.save(person, section, self.form(person, section, item), **typed)
