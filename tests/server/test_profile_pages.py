"""The profile on its pages: everything can be reached and changed, what was typed is kept, nobody's change is lost."""

import re
from datetime import timedelta
from html import unescape
from typing import get_args

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agent.business import WEEKDAYS, Business
from server.http.profile_views import cards
from server.profile_kinds import KINDS
from server.profile_sections import ELSEWHERE, FIXED, SECTIONS, every_field
from server.store.tables import appointment
from tests.server.forms import fields_of
from tests.server.profile_shop import PROFILE, ProfileShop


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    shop = ProfileShop(tmp_path_factory.mktemp("profile"))
    yield shop
    shop.close()


@pytest.fixture
def shop(shared):
    shared.fresh()
    return shared


def leaves(model, where=()):
    """Every key of a model, down to what is no model."""
    for name, field in model.model_fields.items():
        inner = next(_models(field.annotation), None)
        if inner and name not in (
            "holidays",
            "canned_replies",
            "on_call",
            "alerts",
            "autonomy",
            "weekly_summary",
        ):
            yield from leaves(inner, (*where, name))
        else:
            yield (*where, name)


def _models(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


@pytest.mark.parametrize("where", list(leaves(Business)), ids=".".join)
def test_every_key_has_a_form_or_a_page_of_its_own(where):
    """A new key fails here until profile_sections.py says where an owner edits it."""
    known = {key for key, _ in every_field()} | set(ELSEWHERE) | set(FIXED)

    assert where in known


def test_every_form_is_about_a_key_that_there_is():
    assert {key for key, _ in every_field()} <= set(leaves(Business))


@pytest.mark.parametrize("address", sorted({address for address, _ in ELSEWHERE.values()}))
def test_pages_that_the_profile_leads_to_are_there(shop, address):
    assert shop.mia.http.get(address).status_code == 200


@pytest.mark.parametrize("section", SECTIONS)
def test_a_form_that_nobody_touched_changes_nothing(shop, section):
    """Of every section, and of every item of a list."""
    lists = SECTIONS[section].is_list
    items = [None] if not lists else _names(shop, section)
    for item in items:
        assert shop.edits(shop.mia, section, item).status_code == 303

    assert shop.now() == shop.business
    assert shop.versions() == []


def _names(shop, section):
    html = shop.mia.sees(f"{PROFILE}/{section}")
    return re.findall(rf'href="{PROFILE}/{section}/item\?name=([^"]+)"', html)


def test_the_list_of_parts_says_what_each_holds(shop):
    html = shop.sam.sees(PROFILE)

    assert "Mon to Fri: 8 AM to 5 PM" in html
    assert "Drain cleaning $149" in html
    assert all(f'href="{PROFILE}/{one.name}"' in html for one in cards(shop.now(), []))
    assert all(f'href="{PROFILE}/{name}"' in html for name in SECTIONS)


class TestSaving:
    def test_hours_with_a_break_a_whole_day_and_an_evening_until_midnight(self, shop):
        typed = {
            "hours.mon.0.to": "12:00", "hours.mon.1.from": "13:00", "hours.mon.1.to": "18:00",
            "hours.tue.all": "1", "hours.sun.0.from": "18:00", "hours.sun.0.to": "00:00",
        }  # fmt: skip
        held = shop.form(shop.mia, "hours") | typed

        shop.save(shop.mia, "hours", held)

        hours = shop.now().hours
        assert hours["mon"] == ("08:00-12:00", "13:00-18:00")
        assert hours["tue"] == ("00:00-24:00",)
        assert hours["sun"] == ("18:00-24:00",)
        assert hours["wed"] == shop.business.hours["wed"]

    def test_a_day_is_copied_to_others_before_anything_is_saved(self, shop):
        held = shop.form(shop.mia, "hours") | {
            "do": "copy", "copy.from": "sat", "copy.to.sun": "1", "copy.to.mon": "1",
        }  # fmt: skip

        html = shop.save(shop.mia, "hours", held).text

        assert 'name="hours.sun.0.from" value="09:00"' in html
        assert 'name="hours.mon.0.to" value="13:00"' in html
        assert shop.now() == shop.business

    def test_a_service_is_added_with_a_short_name_of_its_own(self, shop):
        _, answered = [
            shop.edits(
                shop.mia, "services", "", name="Sewer Camera", price="$99", duration_min="45",
                aliases="camera\nlook inside\n", **{"calendars.van-2": "1"},
            )
            for _ in range(2)
        ]  # fmt: skip

        assert answered.status_code == 303
        first, second = shop.now().services[-2:]
        assert (first.id, second.id) == ("sewer-camera", "sewer-camera-2")
        assert (first.price, first.aliases) == ("$99", ("camera", "look inside"))
        assert first.calendars == ("van-2",)

    def test_phones_are_written_as_people_write_them(self, shop):
        shop.edits(shop.mia, "staff", "sam", phone="303 555 0177")
        shop.edits(shop.mia, "calls", calls__blocked="(900) 555-0100\n+1976*")

        assert shop.now().person("sam").phone == "+13035550177"
        assert shop.now().calls.blocked == ("+19005550100", "+1976*")

    def test_an_emptied_field_goes_back_to_nothing(self, shop):
        shop.edits(shop.mia, "business", address="", tone="")
        shop.edits(shop.mia, "area", service_area__note="", service_area__zips="80301 80302")

        assert shop.now().address is None
        assert shop.now().service_area.note == ""
        assert shop.now().service_area.zips == ("80301", "80302")

    def test_closed_days_and_public_holidays(self, shop):
        shop.edits(shop.mia, "closures", "", date="2026-12-31", reason="Inventory")
        shop.edits(shop.mia, "hours", holidays__country="us", holidays__subdiv="co")

        assert shop.now().closures[-1].reason == "Inventory"
        assert (shop.now().holidays.country, shop.now().holidays.subdiv) == ("US", "CO")

    def test_a_new_calendar_keeps_its_own_hours(self, shop):
        held = shop.form(shop.mia, "calendars", "") | {
            "name": "Van 3", "staff": "sam", "hours.own": "1", "hours.mon.0.from": "10:00", "hours.mon.0.to": "14:00",
        }  # fmt: skip
        held.pop("days.sun")

        assert shop.save(shop.mia, "calendars", held).status_code == 303

        made = shop.now().calendar("van-3")
        assert made.hours == {"mon": ("10:00-14:00",)}
        assert "sun" not in made.days

    def test_who_changed_it_stands_in_the_history(self, shop):
        shop.edits(shop.mia, "business", name="Alder Creek Pipes")

        newest, first = shop.versions()
        assert (newest.by, newest.profile["name"]) == ("mia", "Alder Creek Pipes")
        assert first.profile["name"] == "Alder Creek Plumbing"

    def test_a_price_can_be_looked_at_first(self, shop):
        held = shop.form(shop.mia, "services", "drain-cleaning") | {"price": "$159", "do": "look"}

        html = shop.save(shop.mia, "services", held).text

        assert 'action="/business/preflight"' in html
        shown = unescape(re.findall(r'name="profile" value="([^"]*)"', html)[0])
        service = Business.model_validate_json(shown).service("drain-cleaning")
        assert service is not None
        assert service.price == "$159"
        assert shop.now() == shop.business


class TestRefusing:
    @pytest.mark.parametrize(
        ("section", "item", "typed", "words"),
        [
            ("business", None, {"name": ""}, "Fill this in."),
            ("business", None, {"timezone": "Mars/Olympus"}, "Use an IANA time zone"),
            ("numbers", None, {"phone": "hello"}, "That is no phone number."),
            ("booking", None, {"booking.slot_step_min": "soon"}, "Write a whole number"),
            ("booking", None, {"booking.slot_step_min": "0"}, "Write more than 0."),
            ("texting", None, {"texting.nudge.after_min": "30"}, "Write 240 or more."),
            ("texting", None, {"texting.countries": "USA"}, "Use a country's two-letter code"),
            ("hours", None, {"hours.mon.0.to": ""}, "both when it begins and when it ends"),
            ("hours", None, {"hours.mon.1.from": "09:00", "hours.mon.1.to": "10:00"}, "overlap"),
            ("hours", None, {"holidays.subdiv": "CO"}, "Name the country too"),
            ("services", "", {"name": "X", "calendars.van-1": None}, "Choose at least one."),
            ("services", "drain-cleaning", {"need": "lift"}, "not under calendars"),
            ("closures", "", {"reason": "Trip"}, "Choose a day."),
        ],
    )  # fmt: skip
    def test_what_does_not_do_is_said_beside_it_and_stays_typed(
        self, shop, section, item, typed, words
    ):
        held = shop.form(shop.mia, section, item)
        held = {name: one for name, one in (held | typed).items() if one is not None}

        answered = shop.save(shop.mia, section, held)

        assert answered.status_code == 400
        html = unescape(answered.text)
        assert words in html
        again = shop_fields(html, section)
        assert {name: again.get(name, "") for name, value in typed.items() if value} == {
            name: value for name, value in typed.items() if value
        }
        assert shop.now() == shop.business

    def test_staff_read_and_do_not_change(self, shop):
        html = shop.sam.sees(f"{PROFILE}/hours")

        assert "disabled" in html
        assert 'value="save"' not in html
        assert shop.sam.posts(f"{PROFILE}/hours", name="x").status_code == 403
        assert shop.sam.posts(f"{PROFILE}/services/remove", item="x").status_code == 403

    @pytest.mark.parametrize(
        "path", ["nothing", "hours/item", "services/item?name=nothing", "services/remove?name=x"]
    )
    def test_what_is_not_there_is_not_there(self, shop, path):
        assert shop.mia.http.get(f"{PROFILE}/{path}").status_code == 404

    def test_anothers_number_is_refused_without_saying_whose(self, shop):
        other = Business.model_validate(
            shop.business.model_dump(mode="json")
            | {"slug": "secret-shop", "phone": "+13035550170", "phones": []}
        )
        shop.house.open_shop(other)

        answered = shop.edits(shop.mia, "numbers", phone="(303) 555-0170")

        assert answered.status_code == 400
        assert "Another business here" in answered.text
        assert "secret" not in answered.text

    def test_which_carrier_account_is_used_is_the_installations_to_say(self, shop):
        html = shop.mia.sees(f"{PROFILE}/twilio")

        answered = shop.edits(shop.mia, "twilio", twilio__account_sid="ACrich")

        assert "Whoever runs this installation enters it." in html
        assert 'value="save"' not in html
        assert answered.status_code == 400
        assert shop.now().twilio.account_sid is None


def shop_fields(html, section):
    return fields_of(html, f"{PROFILE}/{section}")


class TestTwoAtOnce:
    def test_different_fields_are_both_kept(self, shop):
        mias, nicks = (shop.form(one, "booking") for one in (shop.mia, shop.nick))
        shop.save(shop.nick, "booking", nicks, booking__lead_time_min="60")

        answered = shop.save(shop.mia, "booking", mias, booking__horizon_days="45")

        assert answered.status_code == 303
        assert "What somebody else has changed here meanwhile is kept too." in shop.mia.sees(
            f"{PROFILE}/booking"
        )
        booking = shop.now().booking
        assert (booking.lead_time_min, booking.horizon_days) == (60, 45)

    def test_the_same_field_shows_both_and_who(self, shop):
        mias, nicks = (shop.form(one, "booking") for one in (shop.mia, shop.nick))
        shop.save(
            shop.nick, "booking", nicks, booking__lead_time_min="60", booking__daily_limit="9"
        )

        answered = shop.save(shop.mia, "booking", mias, booking__lead_time_min="30")

        html = unescape(answered.text)
        assert answered.status_code == 400
        assert "Nick Olsen" in html
        assert 'data-testid="stored-booking.lead_time_min"' in html
        again = shop_fields(html, "booking")
        assert (again["booking.lead_time_min"], again["booking.daily_limit"]) == ("30", "9")
        assert shop.now().booking.lead_time_min == 60

    def test_saving_again_puts_ones_own_in_place_and_nothing_else(self, shop):
        mias, nicks = (shop.form(one, "booking") for one in (shop.mia, shop.nick))
        shop.save(
            shop.nick, "booking", nicks, booking__lead_time_min="60", booking__daily_limit="9"
        )
        html = shop.save(shop.mia, "booking", mias, booking__lead_time_min="30").text

        answered = shop.save(shop.mia, "booking", shop_fields(html, "booking"))

        assert answered.status_code == 303
        booking = shop.now().booking
        assert (booking.lead_time_min, booking.daily_limit) == (30, 9)

    def test_an_item_that_was_removed_meanwhile_can_be_kept(self, shop):
        held = shop.form(shop.mia, "services", "leak-repair")
        assert shop.nick.posts(f"{PROFILE}/services/remove", item="leak-repair").status_code == 303

        answered = shop.save(shop.mia, "services", held, price="$139")

        assert answered.status_code == 400
        assert "Save again to add it back" in answered.text
        assert shop.now().service("leak-repair") is None
        shop.save(shop.mia, "services", shop_fields(answered.text, "services"))
        assert shop.now().service("leak-repair").price == "$139"


class TestRemoving:
    def remove(self, shop, section, item):
        return shop.mia.posts(f"{PROFILE}/{section}/remove", item=item)

    def test_a_calendar_leaves_the_services_that_have_others(self, shop):
        shop.edits(shop.mia, "services", "water-heater-install", **{"calendars.van-2": "1"})
        html = shop.mia.sees(f"{PROFILE}/calendars/remove?name=van-1")
        assert "Drain cleaning" in html

        answered = self.remove(shop, "calendars", "van-1")

        assert answered.status_code == 303
        assert shop.now().calendar("van-1") is None
        assert shop.now().service("drain-cleaning").calendars == ("van-2",)

    def test_the_only_calendar_of_a_service_stays(self, shop):
        shop.fresh(services=[one | {"calendars": ["van-2"]} for one in _services(shop)])

        answered = self.remove(shop, "calendars", "van-2")

        assert answered.status_code == 400
        assert "It is the only calendar for" in answered.text
        assert shop.now().calendar("van-2")

    def test_what_visits_are_booked_in_stays(self, shop):
        shop.writes("hello there")
        _book(shop)

        for section, item in (("calendars", "van-2"), ("services", "drain-cleaning")):
            answered = self.remove(shop, section, item)
            assert answered.status_code == 400
            assert "a visit is booked on Mon, Nov 16" in unescape(answered.text)
        form = fields_of(shop.mia.http.get("/setup/services").text, "/setup/services")
        untaken = {name: one for name, one in form.items() if not name.startswith("take-")}
        answered = shop.mia.http.post("/setup/services", data=untaken | {"take-0": "1", "name-0": "Rooter", "id-0": ""})  # fmt: skip
        assert answered.status_code == 400
        assert "Drain cleaning stays: a visit is booked" in unescape(answered.text)
        assert shop.now().calendar("van-2")
        assert shop.now().service("drain-cleaning")
        with shop.house.database.begin() as connection:
            connection.execute(sa.delete(appointment))

    def test_a_person_goes_with_login_calendar_and_place_on_call(self, shop):
        html = unescape(shop.mia.sees(f"{PROFILE}/staff/remove?name=nick"))
        assert "Nick Olsen cannot sign in any more." in html
        leaving = shop.person("nick")

        assert self.remove(shop, "staff", "nick").status_code == 303

        assert shop.now().person("nick") is None
        assert leaving.http.get("/inbox").status_code == 303
        shop.fresh()

    def test_who_has_conversations_or_tasks_stays(self, shop):
        shop.writes("hello there")
        shop.sets(owner="sam")

        answered = self.remove(shop, "staff", "sam")

        assert answered.status_code == 400
        assert "they have 1 conversation." in unescape(answered.text)
        assert shop.now().person("sam")
        shop.sets(owner="agent")

    def test_nobody_takes_their_own_way_in_away(self, shop):
        answered = self.remove(shop, "staff", "mia")

        assert answered.status_code == 400
        assert "your own way in" in answered.text


def _book(shop):
    """A drain cleaning in van-2, late in the afternoon of the same Monday."""
    now = shop.house.clock.now()
    row = {
        "id": "v1", "thread": shop.thread, "business": shop.business.slug, "service": "drain-cleaning", "calendar": "van-2",
        "beside": [], "start": now + timedelta(hours=5), "duration_min": 90, "buffer_before_min": 0, "buffer_after_min": 0,
        "state": "booked", "offer": "o", "place": 1, "created_at": now, "changed_at": now, "expires_at": now,
    }  # fmt: skip
    with shop.house.database.begin() as connection:
        connection.execute(sa.insert(appointment).values(row))


def _services(shop):
    return shop.business.model_dump(mode="json")["services"]


class TestKinds:
    """What a value shows in a form is read as that value."""

    SPANS = st.lists(
        st.sampled_from(["00:00-06:00", "07:00-08:30", "09:15-12:00", "13:00-24:00", "22:00-02:00"]),
        unique=True, max_size=3,
    )  # fmt: skip
    WEEKS = st.dictionaries(st.sampled_from(WEEKDAYS), SPANS)
    WORDS = st.lists(st.text("abcxyz -'", min_size=1).map(str.strip).filter(bool), max_size=4)

    @given(WEEKS)
    def test_weeks(self, week):
        kind = KINDS["week"]

        assert kind.read(kind.show(week), week) == week

    @given(WEEKS | st.none())
    def test_own_weeks(self, week):
        kind = KINDS["own_week"]

        assert kind.read(kind.show(week), week) == week

    @given(WORDS)
    def test_lines(self, words):
        assert KINDS["lines"].read(KINDS["lines"].show(words), words) == words

    @given(st.integers(0, 10**8) | st.none())
    def test_numbers(self, number):
        assert KINDS["number"].read(KINDS["number"].show(number), number) == number

    @given(st.lists(st.sampled_from(["+13035550140", "+442079460000", "+1900*"]), unique=True))
    def test_phones(self, numbers):
        assert KINDS["phones"].read(KINDS["phones"].show(numbers), numbers) == numbers
