"""Every change of a profile is told, can be taken back, and brings nothing else along."""

import copy
from html import unescape

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from server.http.profile_words import said
from server.profile_diffs import by_name, differences, in_lists
from server.profile_undo import undo, with_places
from server.store.tables import business_version
from tests.server.any_business import businesses
from tests.server.profile_shop import PROFILE, ProfileShop

FEW = settings(max_examples=25, deadline=None)
HISTORY = "/business/history"
PLAIN = businesses.map(lambda one: one.model_dump(mode="json"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    shop = ProfileShop(tmp_path_factory.mktemp("history"))
    yield shop
    shop.close()


@pytest.fixture
def shop(shared):
    shared.fresh()
    return shared


def newest(shop):
    return shop.versions()[0].id


class TestThePage:
    def test_it_says_when_who_and_what(self, shop):
        shop.edits(shop.nick, "services", "drain-cleaning", price="$159")

        html = unescape(shop.mia.sees(HISTORY))

        assert "Mon, Nov 16, 2026" in html
        assert "Nick Olsen" in html
        assert "Services: Drain cleaning: Price $149 \u2192 $159" in html

    def test_the_first_change_keeps_what_was_before(self, shop):
        shop.edits(shop.mia, "business", name="Alder Pipes")

        first, second = shop.versions()
        assert (first.by, second.by) == ("mia", "")
        assert second.profile == shop.business.model_dump(mode="json")

    def test_changes_on_other_pages_stand_there_too(self, shop):
        shop.sam.posts("/business/replies", name="Late", text="We are late.")

        html = unescape(shop.mia.sees(HISTORY))

        assert "Sam Reed" in html
        assert "Saved replies: Late added" in html

    def test_fifty_a_page(self, shop):
        with shop.house.database.begin() as connection:
            profile = shop.business.model_dump(mode="json")
            row = {"business": shop.business.slug, "at": shop.house.clock.now(), "by": "mia"}
            rows = [row | {"profile": profile | {"tone": f"tone {n}"}} for n in range(60)]
            connection.execute(sa.insert(business_version), rows)

        html = shop.mia.sees(HISTORY)

        assert html.count('data-testid="version"') == 50
        older = shop.mia.sees(f"{HISTORY}?before={shop.versions()[49].id}")
        assert older.count('data-testid="version"') == 10
        assert "tone 8 \u2192 tone 9" in unescape(older)

    def test_it_is_the_owners(self, shop):
        shop.edits(shop.mia, "business", name="Alder Pipes")

        for path in (HISTORY, f"{HISTORY}/{newest(shop)}"):
            assert shop.sam.http.get(path).status_code == 403

    def test_no_such_version(self, shop):
        assert shop.mia.http.get(f"{HISTORY}/999999").status_code == 404
        assert shop.mia.posts(f"{HISTORY}/999999/undo").status_code == 404


class TestUndo:
    def undo(self, shop, version):
        return shop.mia.posts(f"{HISTORY}/{version}/undo")

    def test_a_change_is_taken_back_and_later_ones_stay(self, shop):
        shop.edits(shop.mia, "services", "drain-cleaning", price="$159")
        version = newest(shop)
        shop.edits(shop.mia, "business", name="Alder Pipes")

        assert self.undo(shop, version).status_code == 303

        assert shop.now().service("drain-cleaning").price == "$149"
        assert shop.now().name == "Alder Pipes"
        assert shop.versions()[0].by == "mia"

    def test_an_undo_can_be_undone(self, shop):
        shop.edits(shop.mia, "services", "drain-cleaning", price="$159")
        self.undo(shop, newest(shop))

        self.undo(shop, newest(shop))

        assert shop.now().service("drain-cleaning").price == "$159"

    def test_what_has_changed_again_is_shown_and_nothing_is_taken_back(self, shop):
        shop.edits(shop.mia, "services", "drain-cleaning", price="$159", duration_min="60")
        version = newest(shop)
        shop.edits(shop.nick, "services", "drain-cleaning", price="$169")

        answered = self.undo(shop, version)

        assert answered.status_code == 400
        html = unescape(answered.text)
        assert "Price, now $169" in html
        drain = shop.now().service("drain-cleaning")
        assert (drain.price, drain.duration_min) == ("$169", 60)

    def test_a_service_that_was_removed_comes_back_to_its_place(self, shop):
        shop.mia.posts(f"{PROFILE}/services/remove", item="water-heater-install")
        assert [one.id for one in shop.now().services] != [one.id for one in shop.business.services]

        self.undo(shop, newest(shop))

        assert shop.now() == shop.business

    def test_twice_does_nothing_the_second_time(self, shop):
        shop.edits(shop.mia, "business", name="Alder Pipes")
        version = newest(shop)
        self.undo(shop, version)

        answered = self.undo(shop, version)

        assert answered.status_code == 400
        assert "as it was already" in answered.text

    def test_nobody_undoes_their_own_way_in(self, shop):
        staff = shop.business.model_dump(mode="json")["staff"]
        shop.fresh(
            staff=[one | ({"login": "staff"} if one["id"] == "nick" else {}) for one in staff]
        )
        shop.mia.posts("/business/people/nick/access", access="owner")

        answered = shop.nick.posts(f"{HISTORY}/{newest(shop)}/undo")

        assert answered.status_code == 400
        assert "your own way in" in answered.text

    def test_where_a_calendar_lives_does_not_come_back_with_the_profile(self, shop):
        calendars = shop.business.model_dump(mode="json")["calendars"]
        there = calendars[0] | {"url": "https://dav.example.com/van/", "password_env": "VAN"}
        shop.fresh(calendars=[there, *calendars[1:]])
        shop.edits(shop.mia, "calendars", calendars[0]["id"], **{"days.sun": "1"})
        shop.fresh_keeping_history(calendars=calendars)

        shop.mia.posts(f"{HISTORY}/{shop.versions()[-1].id}/restore")

        calendar = shop.now().calendars[0]
        assert (calendar.url, calendar.password_env) == (None, None)


@pytest.mark.parametrize("path", ["{}", "?before={}", "{}/undo"])
def test_a_version_beyond_all_numbers_is_none(shop, path):
    there = f"{HISTORY}/{path}".replace("/?", "?").format(10**25)

    answered = shop.mia.posts(there) if "undo" in path else shop.mia.http.get(there)

    assert answered.status_code == 422


class TestBringingBack:
    def test_the_carrier_account_of_now_stays(self, shop):
        """The installation has entered it since: an owner brings no other one back."""
        shop.edits(shop.mia, "business", tone="brief")
        first = shop.versions()[-1].id
        shop.fresh_keeping_history(tone="brief", twilio={"account_sid": "ACnew"})

        assert shop.mia.posts(f"{HISTORY}/{first}/restore").status_code == 303

        assert (shop.now().twilio.account_sid, shop.now().tone) == ("ACnew", shop.business.tone)

    def test_everything_is_as_it_was_then(self, shop):
        shop.edits(shop.mia, "business", name="Alder Pipes")
        shop.edits(shop.mia, "services", "", name="Sewer camera", **{"calendars.van-1": "1"})
        shop.mia.posts(f"{PROFILE}/staff/remove", item="nick")
        first = shop.versions()[-1].id
        assert "Alder Creek Plumbing" in unescape(shop.mia.sees(f"{HISTORY}/{first}"))

        assert shop.mia.posts(f"{HISTORY}/{first}/restore").status_code == 303

        assert shop.now() == shop.business
        assert len(shop.versions()) == 5


class TestRules:
    """Of any two profiles."""

    @FEW
    @given(PLAIN, PLAIN)
    def test_undo_gives_back_what_was(self, before, after):
        after = after | {"slug": before["slug"]}

        found = undo(before, after, copy.deepcopy(after))

        assert found.clashes == ()
        assert by_name(found.profile) == by_name(with_places(before, after)) or found.left

    @FEW
    @given(PLAIN)
    def test_nothing_differs_from_itself(self, profile):
        assert differences(profile, copy.deepcopy(profile)) == []

    @FEW
    @given(PLAIN)
    def test_lists_and_names_are_two_ways_to_say_the_same(self, profile):
        assert in_lists(by_name(profile)) == profile

    @FEW
    @given(PLAIN, PLAIN)
    def test_every_difference_can_be_told(self, before, after):
        told = [said(one, before, after) for one in differences(before, after)]

        assert (before == after) == (told == [])
        assert all(one.title and one.words for one in told)

    @FEW
    @given(PLAIN, st.text(min_size=1), st.text(min_size=1))
    def test_undo_leaves_what_came_after(self, before, name, address):
        after = before | {"name": name}
        now = after | {"address": address}

        found = undo(before, after, now)

        assert found.profile == before | {"address": address}
