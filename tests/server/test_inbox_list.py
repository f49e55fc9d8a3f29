"""Where each conversation stands in the list, who has seen it, what a search finds, page by page."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.business import Business
from agent.model import Reason
from agent.state import AGENT, NOBODY
from server.arrivals import goes_on
from server.settings import Settings
from server.store import inbox, tasks, threads
from server.store.engine import make_engine
from server.store.inbox import Filter
from server.store.places import Looking, Place
from server.store.tables import business, metadata, thread
from tests.server.conversations import converse, say

SHOP, OTHER = "alder-creek-plumbing", "north-fork-locks"
ANN, OWN_PHONE = "+13035550201", "+13035550141"
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED, SAID = "caller: how much is it?", "mia: I will look."
PLUMBER = Business.model_validate(
    {
        "slug": SHOP, "name": "Alder Creek", "industry": "plumbing", "timezone": "America/Denver",
        "phone": "+13035550140", "hours": {}, "calendars": [], "services": [],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database with two businesses and no conversation."""
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('inbox') / 'inbox.db'}")
    set_up(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def stored(empty):
    """A connection to it; what a test writes is gone after it."""
    with empty.connect() as connection:
        yield connection


def set_up(engine):
    metadata.create_all(engine)
    with engine.begin() as connection:
        for slug in (SHOP, OTHER):
            connection.execute(sa.insert(business).values(slug=slug, profile={}, updated_at=NOW))


def looking(staff="mia", now=NOW, slug=SHOP):
    return Looking(business=slug, staff=staff, own_phones={OWN_PHONE}, now=now)


def listed(stored, **chosen):
    return inbox.page(stored, looking(), Filter(**chosen))


def newest_of(stored, name):
    return stored.scalar(sa.select(thread.c.last_text).where(thread.c.id == name))


def place_of(stored, now=NOW):
    (one,) = inbox.page(stored, looking(now=now), Filter())
    return one.place


@pytest.mark.parametrize(
    ("place", "said", "more"),
    [
        (Place.EMERGENCY, [ASKED], {"owner": NOBODY, "reason": Reason.EMERGENCY}),
        (Place.EMERGENCY, [ASKED], {"owner": NOBODY, "reason": Reason.EMERGENCY, "opted_out_at": NOW}),
        (Place.EMERGENCY, [ASKED], {"owner": NOBODY, "reason": Reason.EMERGENCY, "hours": 90}),
        (Place.PERSON, [ASKED], {"owner": "mia", "reason": Reason.EMERGENCY}),
        (Place.AGAIN, ["first: Sorry"], {"owed": [("again:", 1)]}),
        (Place.AGAIN, [ASKED, SAID], {"owner": "mia", "owed": [("again:", 1)]}),
        (Place.URGENT, [ASKED], {"owner": NOBODY, "reason": Reason.URGENT}),
        (Place.URGENT, [ASKED, "agent: ok"], {"reason": Reason.URGENT, "owed": [("x:", 1)]}),
        (Place.AGENT, [ASKED, "agent: ok"], {"reason": Reason.URGENT}),
        (Place.PERSON, [ASKED], {"owner": NOBODY, "reason": Reason.UNANSWERABLE, "hours": 90}),
        (Place.PERSON, [ASKED, "agent: ok"], {"owed": [("x:", 1)]}),
        (Place.PERSON, [ASKED, "agent: ok"], {"owed": [(tasks.BACK, -1)]}),
        (Place.AGENT, [ASKED, "agent: ok"], {"owed": [(tasks.BACK, 1)]}),
        (Place.PERSON, [SAID, ASKED], {"owner": "mia"}),
        (Place.PERSON, [], {"owner": "mia"}),
        (Place.PERSON, [ASKED, "mia: !not delivered"], {"owner": "mia"}),
        (Place.PERSON, [SAID, ASKED, "alert: Ann wrote"], {"owner": "mia"}),
        (Place.CALLER, [ASKED, SAID], {"owner": "mia"}),
        (Place.CALLER, [ASKED, SAID], {}),
        (Place.CALLER, ["first: Sorry we missed you"], {}),
        (Place.AGENT, [ASKED, "agent: $149"], {}),
        (Place.AGENT, [ASKED], {}),
        (Place.AGENT, [], {}),
        (Place.DONE, [ASKED, "agent: $149"], {"hours": 25}),
        (Place.DONE, [ASKED, SAID], {"owner": "mia", "hours": 25}),
        (Place.PERSON, [ASKED], {"owner": "mia", "hours": 25}),
        (Place.DONE, [ASKED], {"opted_out_at": NOW}),
        (Place.PERSON, [ASKED], {"opted_out_at": NOW, "owed": [("x:", 1)]}),
        (Place.DONE, [ASKED], {"resolved_at": NOW}),
        (Place.DONE, [ASKED], {"resolved_at": NOW, "owed": [("x:", 1)], "hours": 1}),
        (Place.PERSON, [ASKED], {"resolved_at": NOW - HOUR, "owed": [("x:", 1)]}),
        (Place.SNOOZED, [ASKED], {"owner": NOBODY, "reason": Reason.URGENT, "snoozed_until": NOW + HOUR}),
        (Place.PERSON, [SAID, ASKED], {"owner": "mia", "snoozed_until": NOW}),
        (Place.EMERGENCY, [ASKED], {"owner": NOBODY, "reason": Reason.EMERGENCY, "snoozed_until": NOW + HOUR}),
        (Place.PERSON, [ASKED], {"owner": "mia", "reason": Reason.EMERGENCY, "snoozed_until": NOW + HOUR}),
        (Place.SNOOZED, [ASKED, SAID], {"owner": "mia", "reason": Reason.EMERGENCY, "snoozed_until": NOW + HOUR}),
        (Place.DONE, [ASKED], {"resolved_at": NOW, "snoozed_until": NOW + HOUR}),
    ],
)  # fmt: skip
def test_where_a_conversation_stands(stored, place, said, more):
    converse(stored, SHOP, ANN, *said, now=NOW, **more)

    assert place_of(stored) is place


def test_a_day_of_silence_is_done_to_the_second(stored):
    converse(stored, SHOP, ANN, ASKED, "agent: $149", now=NOW)

    assert place_of(stored, NOW + timedelta(hours=24)) is Place.AGENT
    assert place_of(stored, NOW + timedelta(hours=24, seconds=1)) is Place.DONE


def test_a_snooze_ends_by_itself_and_when_the_caller_is_back(stored):
    until = NOW + timedelta(hours=2)
    converse(stored, SHOP, ANN, SAID, ASKED, now=NOW, owner="mia", snoozed_until=until)
    assert place_of(stored) is Place.SNOOZED
    assert place_of(stored, until) is Place.PERSON

    goes_on(stored, PLUMBER, threads.locked(stored, SHOP, ANN, NOW)[0], NOW + HOUR)

    assert place_of(stored, NOW + HOUR) is Place.PERSON


def test_counts_agree_with_the_rows_on_either_database(database_url, tmp_path):
    engine = make_engine(Settings(_env_file=None, data_dir=tmp_path, database_url=database_url).url)
    set_up(engine)

    with engine.connect() as connection:
        converse(connection, SHOP, ANN, ASKED, now=NOW, owner=NOBODY, reason=Reason.EMERGENCY)
        converse(connection, SHOP, "+13035550202", ASKED, "agent: ok", now=NOW, name="Émile")
        converse(
            connection, SHOP, "+13035550203", SAID, now=NOW, owner="mia", owed=[("again:", -1)]
        )
        converse(connection, OTHER, ANN, ASKED, now=NOW, owner=NOBODY)
        converse(connection, SHOP, OWN_PHONE, ASKED, now=NOW)

        rows, counts = listed(connection), inbox.counts(connection, looking(), Filter())

        assert [one.place for one in rows] == [Place.EMERGENCY, Place.AGAIN, Place.AGENT]
        assert dict(counts.places) == {Place.EMERGENCY: 1, Place.AGAIN: 1, Place.AGENT: 1}
        assert (counts.waiting, counts.mine, counts.nobodys, counts.unread) == (2, 1, 1, 2)
        assert [(one.owed, one.overdue, one.again) for one in rows] == [
            (0, 0, False),
            (1, 1, True),
            (0, 0, False),
        ]
        assert [one.name for one in rows] == [None, None, "Émile"]
        assert inbox.search(connection, looking(), "how MUCH") == [rows[0].id, rows[2].id]
        assert inbox.search(connection, looking(), "Émile") == [rows[2].id]
        inbox.unsee(connection, rows[0].id, "mia")
        inbox.see(connection, rows[0].id, "mia", 10**9)
        assert [one.id for one in listed(connection, unread=True)] == [rows[2].id]
    engine.dispose()


class TestUnread:
    def test_the_callers_texts_make_it_so_and_ours_do_not(self, stored):
        name = converse(stored, SHOP, ANN, ASKED, now=NOW)
        inbox.see(stored, name, "mia", say(stored, name, ANN, "agent: $149", NOW))

        say(stored, name, ANN, "agent: Anything else?", NOW)
        assert not listed(stored)[0].unread
        say(stored, name, ANN, "caller: yes", NOW)
        say(stored, name, ANN, "agent: Which?", NOW)

        assert listed(stored)[0].unread

    def test_it_is_each_persons_own(self, stored):
        name = converse(stored, SHOP, ANN, ASKED, now=NOW)
        inbox.see(stored, name, "sam", newest_of(stored, name))

        assert listed(stored, unread=True)
        assert not inbox.page(stored, looking("sam"), Filter(unread=True))

    def test_what_is_seen_stays_seen_until_it_is_marked(self, stored):
        name = converse(stored, SHOP, ANN, ASKED, now=NOW)
        newest = newest_of(stored, name)
        inbox.see(stored, name, "mia", newest)
        inbox.see(stored, name, "mia", newest - 1)
        assert not listed(stored)[0].unread

        inbox.unsee(stored, name, "mia")

        assert listed(stored)[0].unread
        assert inbox.seen_up_to(stored, name, "mia") == newest - 1

    def test_a_missed_call_without_a_text_can_be_marked_too(self, stored):
        name = converse(stored, SHOP, ANN, now=NOW)
        assert not listed(stored)[0].unread
        inbox.unsee(stored, name, "mia")
        assert listed(stored)[0].unread

        inbox.see(stored, name, "mia", 0)

        assert not listed(stored)[0].unread

    def test_who_never_looked_is_not_told_of_what_is_over(self, stored):
        name = converse(stored, SHOP, ANN, ASKED, now=NOW, resolved_at=NOW)
        assert not listed(stored)[0].unread

        inbox.unsee(stored, name, "mia")

        assert listed(stored)[0].unread


class TestSearch:
    @pytest.mark.parametrize(
        "words",
        ["303-555-0201", "(303) 555-0201", "+1 303 555 0201", "1.303.555.0201", "0013035550201",
         "5550201", "ann", "BELL", "Ann Bell", "much", "how it?", "gate 4711", "100%"],
    )  # fmt: skip
    def test_it_finds_numbers_names_words_and_notes(self, stored, words):
        name = converse(stored, SHOP, ANN, ASKED, "mia: 100% sure", now=NOW, name="Ann Bell")
        threads.mark(stored, name, "note", "mia", NOW, {"body": "Gate code 4711"})
        converse(stored, SHOP, "+17205550999", "caller: hello", now=NOW, name="Bo")

        assert inbox.search(stored, looking(), words) == [name]

    @pytest.mark.parametrize("words", ["zebra", "100_", "much zebra", "303-555-0202", "secret"])
    def test_it_finds_nothing_else(self, stored, words):
        name = converse(stored, SHOP, ANN, ASKED, "mia: 100% sure", "alert: secret", now=NOW)
        threads.mark(stored, name, "alarm", AGENT, NOW, {"body": "secret"})
        converse(stored, OTHER, "+13035550202", "caller: zebra", now=NOW)

        assert inbox.search(stored, looking(), words) == []


SLUGS = count(1)
OWNED = st.tuples(st.sampled_from([AGENT, NOBODY, "mia"]), st.integers(0, 40))


@settings(max_examples=30)
@given(st.lists(OWNED, max_size=12), st.integers(1, 5))
def test_pages_hold_every_conversation_once_and_in_order(empty, made, size):
    shop = f"shop-{next(SLUGS)}"
    look = looking(slug=shop)
    with empty.connect() as stored:
        stored.execute(sa.insert(business).values(slug=shop, profile={}, updated_at=NOW))
        for place, (owner, hours) in enumerate(made):
            converse(stored, shop, f"+1303555{place:04d}", ASKED, now=NOW, owner=owner, hours=hours)
        whole = inbox.page(stored, look, Filter())

        paged, after = [], None
        while page := inbox.page(stored, look, Filter(), after)[:size]:
            paged += page
            last = page[-1]
            after = inbox.Cursor(place=last.place, last_at=last.last_at, caller=last.caller)

    assert [one.id for one in paged] == [one.id for one in whole]
    assert len(paged) == len(made)
    assert [one.place for one in paged] == sorted(one.place for one in paged)


def test_a_page_ends_after_fifty_with_one_more_to_know_it(stored):
    for place in range(inbox.PAGE + 5):
        converse(stored, SHOP, f"+1303555{place:04d}", ASKED, now=NOW, hours=place / 60)

    assert len(listed(stored)) == inbox.PAGE + 1


def test_the_version_that_pages_poll_is_read_from_an_index(stored):
    query = "explain query plan select max(version) from thread where business = 'x'"

    plan = " ".join(row.detail for row in stored.execute(sa.text(query)))

    assert "COVERING INDEX ix_thread_business_version" in plan


def test_businesses_see_their_own(stored):
    converse(stored, SHOP, ANN, ASKED, now=NOW)

    assert inbox.page(stored, looking(slug=OTHER), Filter()) == []
    assert inbox.counts(stored, looking(slug=OTHER), Filter()).all == 0
    assert inbox.search(stored, looking(slug=OTHER), "much") == []
