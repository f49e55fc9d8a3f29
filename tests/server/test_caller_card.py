"""The conversation's own booking pages, the caller's card and the reasons of an answer, through the front door."""

import html
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import cast
from zoneinfo import ZoneInfo

import anyio
import pytest
import yaml

from agent.business import Business
from agent.errors import CalendarError
from evals.product import until
from server import wiring
from server.http import caller_card, desk_pages
from server.http.reply_reasons import reasons
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import appointments, businesses, threads
from server.store.accounts import Account
from server.store.engine import create, make_engine
from tests.server.test_booking import working_day
from tests.server.test_diary import ALICE, MONDAY, StandingClock

DENVER = ZoneInfo("America/Denver")
NUMBERS = count(7100)
DRAIN = "service=drain-cleaning&calendar=van-2"


@pytest.fixture
def caller(two_businesses):
    """A new one, who has called, was texted, and has asked something."""
    number = f"+1303555{next(NUMBERS)}"
    two_businesses.call(number)
    two_businesses.replied(1, number)
    return number


def digits(number):
    return number.lstrip("+")


def read(visitor, path):
    return html.unescape(visitor.sees(path))


def fields(page):
    """What a form of the page would send, as a browser without scripts reads it."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    words = re.search(r'name="words"[^>]*>([^<]*)<', page)
    return {name: html.unescape(value) for name, value in hidden.items()} | (
        {"words": html.unescape(words[1]), "tell": "1"} if words else {}
    )


def day_of(number):
    return working_day(number).isoformat()


def visits(product, number):
    thread = threads.thread_id("alder-creek-plumbing", number)
    with product.database().connect() as connection:
        return appointments.visits(connection, thread, datetime.now(DENVER))


def book(visitor, number, query, **more):
    """From a time to the booking, as the pages lead; the answer to the form."""
    page = visitor.sees(f"/inbox/{digits(number)}/time?{query}")
    return visitor.sends(f"/inbox/{digits(number)}/book", fields(page) | more)


def test_a_person_books_a_free_time_and_the_caller_reads_of_it(two_businesses, sam, caller):
    d = digits(caller)
    assert "Book a visit" in sam.sees(f"/inbox/{d}/book")
    page = sam.sees(f"/inbox/{d}/slots?{DRAIN}&from={day_of(5)}")
    slot = re.search(r'href="(/inbox/\d+/time\?[^"]+)"', page)
    assert slot

    chosen = sam.sees(html.unescape(slot[1]))
    sent = fields(chosen) | {"name": "Ada King", "note": "Two dogs"}
    answered = sam.sends(f"/inbox/{d}/book", sent)

    assert answered.status_code == 303, answered.text
    [visit] = visits(two_businesses, caller)
    told = two_businesses.replied(2, caller)[-1]
    assert told.startswith("You're booked: Drain cleaning")
    assert f"/v/{visit.code}" in told
    page = read(sam, f"/inbox/{d}")
    assert "Sam Reed booked Drain cleaning" in page or "sam booked Drain cleaning" in page
    assert 'value="Ada King"' in page
    assert "Two dogs" in page
    assert "Ada King" in sam.sees("/visits")


def test_a_time_after_hours_is_booked_only_by_who_has_read_the_warning(two_businesses, mia, caller):
    d, query = digits(caller), f"{DRAIN}&day={day_of(6)}&clock=21:00"
    page = read(mia, f"/inbox/{d}/time?{query}")
    assert "Alder Creek Plumbing is closed at that time." in page
    unread = {name: value for name, value in fields(page).items() if name != "accepted"}

    first = mia.sends(f"/inbox/{d}/book", unread)

    assert "is closed at that time" in html.unescape(first.text)
    assert visits(two_businesses, caller) == []
    assert mia.sends(f"/inbox/{d}/book", fields(page)).status_code == 303
    assert len(visits(two_businesses, caller)) == 1


def test_a_time_that_is_taken_comes_back_in_plain_words_with_fresh_times(
    two_businesses, mia, sam, caller
):
    query = f"{DRAIN}&day={day_of(7)}&clock=10:00"
    late = sam.sees(f"/inbox/{digits(caller)}/time?{query}")
    assert book(mia, caller, query, tell="").status_code == 303

    answered = sam.sends(f"/inbox/{digits(caller)}/book", fields(late))

    assert "at 10:00 AM is taken" in html.unescape(answered.text)
    assert 'data-testid="slot"' in answered.text
    assert len(visits(two_businesses, caller)) == 1


def test_a_visit_is_moved_and_cancelled_from_the_conversation(two_businesses, mia, caller):
    d = digits(caller)
    book(mia, caller, f"{DRAIN}&day={day_of(8)}&clock=10:00", tell="")
    [before] = visits(two_businesses, caller)

    moved = book(mia, caller, f"moves={before.id}&day={day_of(8)}&clock=10:30")
    [after] = visits(two_businesses, caller)
    told = two_businesses.replied(2, caller)[-1]
    page = mia.sees(f"/inbox/{d}/visits/{after.id}/cancel")
    ended = mia.sends(f"/inbox/{d}/visits/{after.id}/cancel", fields(page))

    assert moved.status_code == ended.status_code == 303
    assert (after.id, after.code) == (before.id, before.code)
    assert after.start == before.start + timedelta(minutes=30)
    assert told.startswith("Moved: Drain cleaning is now")
    assert two_businesses.replied(3, caller)[-1].startswith("Cancelled: Drain cleaning")
    assert visits(two_businesses, caller) == []
    assert "(cancelled)" in mia.sees(f"/inbox/{d}")


def test_who_has_opted_out_is_phoned_and_the_card_shows_by_what_words(two_businesses, mia, caller):
    d = digits(caller)
    two_businesses.text("STOP", caller)
    until(lambda: "opted out, by" in read(mia, f"/inbox/{d}"), "the ledger shows it")

    page = mia.sees(f"/inbox/{d}/time?{DRAIN}&day={day_of(9)}&clock=10:00")
    before = len(two_businesses.bodies(caller))
    answered = mia.sends(
        f"/inbox/{d}/book", fields(page) | {"tell": "1", "words": "You are booked."}
    )

    assert "opted out of texts: phone them" in page
    assert 'name="words"' not in page
    assert answered.status_code == 303
    card = read(mia, f"/inbox/{d}")
    assert re.search(r'opted out, by "stop" \(rules of \d{4}', card)
    assert "No texts: opted out on" in card
    assert len(visits(two_businesses, caller)) == 1
    two_businesses.stays_silent(before, 0.5, caller)


@pytest.mark.parametrize(
    "path", ["/book", "/slots", "/time?day=2030-01-01&clock=10:00", "/visits/none/cancel"]
)
def test_another_business_sees_no_booking_page_of_this_caller(nora, caller, path):
    answered = nora.http.get(f"/inbox/{digits(caller)}{path}", headers={"Accept": "text/html"})

    assert answered.status_code == 404


def test_another_business_can_neither_name_the_caller_nor_cancel_the_visit(
    two_businesses, mia, nora, caller
):
    d = digits(caller)
    book(mia, caller, f"{DRAIN}&day={day_of(10)}&clock=10:00", tell="")
    [visit] = visits(two_businesses, caller)

    nora.sees("/account")
    named = nora.sends(f"/inbox/{d}/name", {"name": "Mine"})
    assert named.status_code == 404, named.text
    assert nora.sends(f"/inbox/{d}/visits/{visit.id}/cancel").status_code == 404
    assert len(visits(two_businesses, caller)) == 1


def test_a_form_of_another_site_books_nothing(two_businesses, mia, caller):
    page = mia.sees(f"/inbox/{digits(caller)}/time?{DRAIN}&day={day_of(10)}&clock=14:00")
    sent = fields(page) | {"csrf": "guessed"}

    assert mia.sends(f"/inbox/{digits(caller)}/book", sent).status_code == 403
    assert visits(two_businesses, caller) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [("  Joan   Miller ", 'value="Joan Miller"'), ("<b>Bob</b>", "&lt;b&gt;Bob&lt;/b&gt;")],
)
def test_a_name_is_corrected_by_staff(sam, caller, name, shown):
    sam.sees(f"/inbox/{digits(caller)}")

    answered = sam.sends(f"/inbox/{digits(caller)}/name", {"name": name})

    assert answered.status_code == 303
    assert shown in sam.sees(f"/inbox/{digits(caller)}")


def test_a_name_that_is_too_long_is_refused_in_plain_words(sam, caller):
    sam.sees(f"/inbox/{digits(caller)}")

    answered = sam.sends(f"/inbox/{digits(caller)}/name", {"name": "x" * 81})

    assert answered.status_code == 400
    assert "at most 80 characters" in answered.text


def test_the_card_and_the_reasons_stand_beside_the_conversation(two_businesses, mia, caller):
    two_businesses.text("how much is a drain cleaning?", caller)
    two_businesses.replied(2, caller)

    page = read(mia, f"/inbox/{digits(caller)}")

    assert "Called 1 time (1 missed), last on" in page
    assert "Texts are fine: they called first." in page
    assert f'href="tel:{caller}"' in page
    assert "The texts say: a question about a price" in page
    assert "Not urgent" in page
    assert "By the rules." in page
    assert len(page.encode()) < 100_000


SHOP = Business.model_validate(yaml.safe_load((DEMO_FOLDER / "business.yaml").read_text()))


def test_a_passage_is_a_footnote_with_a_link_and_a_cut_says_why():
    passages = [
        {"id": "p1", "document": "prices & more.md", "heading": "Drains", "score": 0.9},
        {"id": "p2", "document": "faq.csv", "heading": "", "score": 0.4},
    ]
    removed = [
        {"sentence": "Book now!", "why": "marketing: urges: 'book now'"},
        {"sentence": "It is $90.", "why": "no evidence: price"},
    ]
    reading = {
        "intents": ["price_request", "book"],
        "urgency": "urgent",
        "urgency_reason": "no water",
        "when": {"date": "2026-11-17", "time": "14:00", "span": "tuesday at 2"},
    }
    why = {"reading": reading, "passages": passages, "removed": removed, "evidence": ["p1"]}

    told = reasons(why, SHOP, MONDAY)

    assert [one.link for one in told.sources] == ["/business/documents/prices%20%26%20more.md#p1"]
    assert [one.document for one in told.others] == ["faq.csv"]
    assert told.cuts[0].why == "it sells (urges: 'book now')"
    assert told.cuts[1].why == "none of your documents says this price"
    assert told.read[:2] == (
        "The texts say: a question about a price, wants a visit",
        "Urgent: no water",
    )
    assert told.read[2] == 'Time asked for: Tue Nov 17 at 2 PM ("tuesday at 2")'
    assert not told.says_fixed


def test_an_answer_of_an_older_version_has_reasons_too():
    assert reasons({"model": "failed: timeout"}, SHOP, MONDAY).by.startswith("The model was out")


VIEWER = Account(id="a", business=SHOP.slug, staff="sam", login="sam", role="staff")


@dataclass
class House:
    """What the card needs of the house."""

    clock: StandingClock
    settings: Settings


def test_in_health_the_card_names_no_service_and_repeats_no_words_of_the_caller(tmp_path):
    settings = Settings(data_dir=tmp_path)
    create(settings.url)
    clinic = Business.model_validate(SHOP.model_dump(mode="json") | {"privacy": {"health": True}})
    memory = {"details": {"name": "Joan", "zip": "80302"}, "kept": ["tooth hurts since Monday"]}
    database = make_engine(settings.url)
    with database.begin() as connection:
        businesses.save(connection, clinic, MONDAY)
        thread, _ = threads.locked(connection, clinic.slug, ALICE, MONDAY)
        threads.update(connection, thread.id, memory=memory)
        appointments.add(connection, _visit(thread))
        known = threads.get(connection, thread.id)
        assert known
        house = cast(wiring.House, House(StandingClock(MONDAY), settings))
        card = caller_card.card(connection, house, VIEWER, clinic, known)["card"]
    database.dispose()

    assert card.name == "Joan"
    assert card.details == (("ZIP", "80302"),)
    assert card.kept == ()
    assert [one.words for one in card.ahead] == ["Appointment, Tue Nov 17 at 9:12 AM"]


def _visit(thread):
    return appointments.AppointmentRow(
        id="one", business=thread.business, thread=thread.id, service="drain-cleaning",
        calendar="van-1", beside=[], start=MONDAY + timedelta(days=1), duration_min=90,
        buffer_before_min=0, buffer_after_min=30, state="booked", offer="o", place=1,
        event="e", created_at=MONDAY, changed_at=MONDAY, expires_at=MONDAY,
    )  # fmt: skip


@pytest.fixture
def away(two_businesses):
    """North Fork Locks takes visits in a calendar whose server is not there; a caller of theirs."""
    number, service = f"+1212555{next(NUMBERS)}", {"id": "lock", "name": "Lock change"}
    with two_businesses.database().begin() as connection:
        kept = businesses.get(connection, "north-fork-locks")
        assert kept
        values = kept.model_dump(mode="json")
        values["calendars"][0]["url"] = "http://127.0.0.1:9/calendar/"
        values["services"] = [service | {"duration_min": 60, "calendars": ["bench"]}]
        businesses.save(connection, Business.model_validate(values), MONDAY)
        threads.locked(connection, kept.slug, number, MONDAY)
    yield number
    with two_businesses.database().begin() as connection:
        businesses.save(connection, kept, MONDAY)


@pytest.mark.parametrize("path", ["/slots", "/time?day=2030-01-07&clock=10:00"])
def test_a_calendar_that_cannot_be_read_is_told_of_in_plain_words(nora, away, path):
    page = read(nora, f"/inbox/{digits(away)}{path}")

    assert "North Fork Locks's calendar does not answer:" in page
    assert "Try again in a minute." in page
    assert 'data-testid="slot"' not in page


def test_a_page_waits_for_a_calendar_only_so_long(monkeypatch):
    monkeypatch.setattr(desk_pages, "CALENDAR_WITHIN_S", 0.05)
    over = threading.Event()

    with ThreadPoolExecutor(1) as alone:
        waits = alone.submit(anyio.run, desk_pages.in_time, lambda: over.wait(20))
        with pytest.raises(CalendarError, match="takes too long"):
            waits.result()
        over.set()
