"""The list of conversations in a browser without scripts: tabs, filters, rows, pages, empty states."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from agent.business import Business
from agent.model import Reason
from agent.state import NOBODY
from server.http.list_rows import moment_words, until_words
from server.http.queues import QUEUES, Shown
from server.store import inbox
from server.store.places import Place
from server.store.tables import seal, seen, task, text, thread
from tests.server.conversations import converse, say
from tests.visitor import PASSWORD, Visitor, give_login

SHOP = "alder-creek-plumbing"
ANN, BEA, CAL = "+13035550201", "+13035550202", "+13035550203"
DENVER = ZoneInfo("America/Denver")
ASKED = "caller: how much is it?"
KNOWN = Business.model_validate(
    {
        "slug": SHOP, "name": "Alder Creek", "industry": "plumbing", "timezone": "America/Denver",
        "phone": "+13035550140", "hours": {}, "calendars": [], "services": [],
        "staff": [{"id": "sam", "name": "Sam", "role": "plumber"}],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(start_product):
    """A product of its own: the list begins empty."""
    running = start_product()
    give_login(running, SHOP, "sam", "staff")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browsers(shop):
    opened = {
        "mia": Visitor(shop).signs_in("mia", shop.password),
        "sam": Visitor(shop).signs_in("sam", PASSWORD),
    }
    yield opened
    for one in opened.values():
        one.http.close()


@pytest.fixture
def mia(browsers):
    return browsers["mia"]


@pytest.fixture
def sam(browsers):
    return browsers["sam"]


@pytest.fixture
def written(shop):
    """Writes conversations; they are gone after the test."""
    now = datetime.now(UTC)

    def write(caller, *said, **more):
        with shop.database().begin() as connection:
            return converse(connection, SHOP, caller, *said, now=now, **more)

    yield write
    with shop.database().begin() as connection:
        connection.execute(sa.update(thread).values(last_text=None))
        for table in (seal, seen, task, text, thread):
            connection.execute(sa.delete(table))


def rows(page):
    """The numbers of the rows, in order."""
    return re.findall(r'data-testid="thread-(\d+)"', page)


def row(page, caller):
    found = re.search(rf'<li id="row-{caller.lstrip("+")}">.*?</li>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split()) if found else ""


def tabs(page):
    """Words and count of each tab and choice."""
    found = re.findall(r'<ul class="tabs.*?</ul>', page, re.DOTALL)
    words = re.findall(r"<a [^>]*>(.*?)</a>", " ".join(found), re.DOTALL)
    each = [re.sub(r"<[^>]+>|&times;|, press.*", "", one).split() for one in words]
    return {" ".join(one for one in w if not one.isdigit()): int(w[-1]) if w[-1].isdigit() else 0 for w in each}  # fmt: skip


def digits(*callers):
    return [one.lstrip("+") for one in callers]


class TestList:
    def test_an_empty_shop_is_told_what_will_happen(self, mia):
        page = mia.sees("/inbox")

        assert "No conversations yet." in page
        assert "No calls yet" in page
        assert "<title>Inbox - Alder Creek Plumbing</title>" in page

    def test_what_is_urgent_stands_on_top_and_every_tab_counts(self, mia, written):
        written(ANN, ASKED, "agent: $149", hours=0)
        written(BEA, ASKED, owner=NOBODY, reason=Reason.EMERGENCY, hours=5)
        written(CAL, ASKED, owner="sam", hours=1)

        page = mia.sees("/inbox")

        assert rows(page) == digits(BEA, CAL, ANN)
        assert "<title>(2) Inbox - Alder Creek Plumbing</title>" in page
        assert "2 conversations need a person." in page
        counted = tabs(page)
        assert {name: counted[name] for name in ("All", *QUEUES.values())} == {
            "All": 3, "Urgent": 1, "Needs a person": 1, "Agent talking": 1,
            "Waiting for the caller": 0, "Snoozed": 0, "Done": 0,
        }  # fmt: skip
        assert (counted["Mine"], counted["Unassigned"], counted["Unread"]) == (0, 1, 3)

    @pytest.mark.parametrize(
        ("query", "seen"),
        [
            ("", [BEA, CAL, ANN]),
            ("?show=urgent", [BEA]),
            ("?show=person", [CAL]),
            ("?show=agent", [ANN]),
            ("?show=nonsense", [BEA, CAL, ANN]),
            ("?who=sam", [CAL]),
            ("?who=nobody", [BEA]),
            ("?who=mine", []),
            ("?who=%27%3B--", [BEA, CAL, ANN]),
            ("?q=bea+BELL", [BEA]),
            ("?q=303-555-0203", [CAL]),
            ("?q=%24149", [ANN]),
            ("?q=how&show=person", [CAL]),
            ("?unread=1", [BEA, CAL, ANN]),
            ("?before=9.9.9", [BEA, CAL, ANN]),
            ("?before=99999999999999999999.1.x", [BEA, CAL, ANN]),
            ("?before=3.99999999999999999999999.x", [BEA, CAL, ANN]),
        ],
    )
    def test_its_address_says_what_is_shown(self, mia, written, query, seen):
        written(ANN, ASKED, "agent: It is $149", hours=0)
        written(BEA, ASKED, owner=NOBODY, reason=Reason.URGENT, name="Bea Bell")
        written(CAL, ASKED, owner="sam")

        assert rows(mia.sees(f"/inbox{query}")) == digits(*seen)
        assert rows(mia.sees(f"/inbox/list{query}")) == digits(*seen)

    def test_links_and_live_updates_keep_the_filter(self, mia, written):
        written(ANN, ASKED, owner=NOBODY)

        page = mia.sees("/inbox?show=person&who=nobody&q=how")

        kept = "show=person&amp;who=nobody&amp;q=how"
        assert f'href="/inbox/{digits(ANN)[0]}?{kept}"' in page
        assert f'hx-get="/inbox/list?open=&amp;{kept}"' in page
        assert '<input type="hidden" name="who" value="nobody">' in page
        assert '<a href="/inbox?show=done&amp;who=nobody&amp;q=how"' in page
        assert '<a href="/inbox?show=person&amp;q=how" aria-current="true">Unassigned' in page

    def test_a_form_on_a_conversation_comes_back_to_the_same_list(self, mia, shop, written):
        written(ANN, ASKED, owner=NOBODY)
        written(BEA, ASKED, "agent: ok")
        here = f"/inbox/{digits(ANN)[0]}"

        back = mia.http.get(here, headers={"Referer": f"{shop.url}{here}?show=person"})
        anew = mia.http.get(here, headers={"Referer": f"{shop.url}/inbox?show=person"})

        assert rows(back.text) == digits(ANN)
        assert rows(anew.text) == digits(ANN, BEA)

    def test_older_ones_are_a_page_away(self, mia, written):
        callers = [f"+13035560{place:03d}" for place in range(inbox.PAGE + 3)]
        for place, caller in enumerate(callers):
            written(caller, ASKED, "agent: ok", hours=place / 100)

        first = mia.sees("/inbox?show=agent")
        (older,) = re.findall(r'href="([^"]+)">Older<', first)
        second = mia.sees(older.replace("&amp;", "&"))

        assert rows(first) + rows(second) == digits(*callers)
        assert (
            "Older"
            not in re.sub(r"(?s)<head>.*?</head>", "", second).split("Back to the newest")[1]
        )
        assert rows(mia.sees("/inbox?show=agent")) == rows(first)
        assert len(first) < 100_000


class TestRow:
    def test_it_says_who_wrote_last(self, mia, written):
        written(ANN, ASKED, "agent: It is $149.")
        written(BEA, ASKED, "mia: I come at nine.", owner="mia")
        written(CAL, ASKED, "sam: We will see.", owner="sam")

        page = mia.sees("/inbox")

        assert "Agent: It is $149." in row(page, ANN)
        assert "You: I come at nine." in row(page, BEA)
        assert "Sam: We will see." in row(page, CAL)

    def test_name_or_number_and_badges(self, mia, written):
        written(
            ANN, ASKED, name="Ann Bell", owner=NOBODY, reason=Reason.EMERGENCY, owed=[("x:", 1)]
        )
        written(BEA, "mia: !We come at 9", owner="mia", owed=[("again:", -1), ("y:", 1)])
        written(CAL, ASKED, opted_out_at=datetime.now(UTC), hours=2)

        page = mia.sees("/inbox")

        assert all(
            words in row(page, ANN)
            for words in ("Ann Bell", "(303) 555-0201", "Emergency", "Unassigned", "1 to do")
        )
        assert "Overdue" not in row(page, ANN)
        assert all(
            words in row(page, BEA)
            for words in ("Called again", "Not delivered", "2 to do", "Overdue")
        )
        assert "Opted out" in row(page, CAL)

    def test_a_call_without_a_text_a_photo_and_nothing_at_all_have_words(self, mia, shop, written):
        written(ANN)
        name = written(BEA)
        with shop.database().begin() as connection:
            say(connection, name, BEA, "caller: ", datetime.now(UTC))

        page = mia.sees("/inbox")

        assert "Missed call" in row(page, ANN)
        assert "(empty text)" in row(page, BEA)

    def test_hostile_words_stay_words(self, mia, written):
        written(ANN, "caller: <script>alert(1)</script>\u202e" + "x" * 900, name="<b>Ann</b>")

        page = mia.sees("/inbox")

        assert "<script>alert" not in page
        assert "<b>Ann" not in page
        assert "x" * 200 not in page

    def test_unread_is_said_until_the_conversation_is_opened_and_again_when_marked(
        self, mia, sam, written
    ):
        written(ANN, ASKED, "agent: $149")
        here = f"/inbox/{digits(ANN)[0]}"
        assert "Unread: (303) 555-0201" in row(mia.sees("/inbox"), ANN)

        mia.sees(here)
        assert "Unread" not in row(mia.sees("/inbox"), ANN)
        assert rows(mia.sees("/inbox?unread=1")) == []
        assert "Unread" in row(sam.sees("/inbox"), ANN)
        mia.sends(f"{here}/unread")

        assert rows(mia.sees("/inbox?unread=1")) == digits(ANN)

    def test_a_snooze_says_until_when(self, mia, written):
        until = datetime.now(UTC) + timedelta(days=30)
        written(ANN, ASKED, owner="mia", snoozed_until=until)

        page = mia.sees("/inbox?show=snoozed")

        assert f"Until {until.astimezone(DENVER).strftime('%b %-d, %-I:%M %p')}" in row(page, ANN)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?show=urgent", "Nothing urgent waits."),
        ("?show=snoozed", "Nothing is snoozed."),
        ("?show=done", "Nothing is done yet."),
        ("?q=%3Czebra%3E", "Nothing found for “&lt;zebra&gt;”."),
        ("?who=mine", "Nothing here that fits."),
    ],
)
def test_what_is_empty_says_so_and_shows_the_way_back(mia, written, query, words):
    written(ANN, ASKED, "agent: $149")

    page = mia.sees(f"/inbox{query}")

    assert words in page
    assert '<a href="/inbox">Show all conversations</a>' in page


@given(
    st.sampled_from([None, *QUEUES]), st.sampled_from(["", "mine", "nobody", "sam"]), st.booleans(),
    st.text(max_size=40), st.one_of(st.none(), st.tuples(st.sampled_from(Place), st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)), st.text(max_size=20))),
)  # fmt: skip
def test_an_address_shows_again_what_made_it(tab, who, unread, words, after):
    cursor = inbox.Cursor(place=after[0], last_at=after[1], caller=after[2]) if after else None
    shown = Shown(tab=tab, who=who, unread=unread, words=" ".join(words.split()), after=cursor)

    assert Shown.of(dict(parse_qsl(shown.query.removeprefix("?"))), KNOWN) == shown


@pytest.mark.parametrize(
    ("moment", "past", "ahead"),
    [
        ("2026-11-23T14:14-07:00", "2:14 PM", "2:14 PM"),
        ("2026-11-23T00:00-07:00", "12:00 AM", "12:00 AM"),
        ("2026-11-22T23:59-07:00", "Nov 22", "Sun 11:59 PM"),
        ("2026-11-28T08:00-07:00", "Nov 28", "Sat 8:00 AM"),
        ("2026-12-03T08:00-07:00", "Dec 3", "Dec 3, 8:00 AM"),
        ("2025-11-03T14:14-07:00", "Nov 3, 2025", "Mon 2:14 PM"),
    ],
)
def test_times_are_in_the_zone_of_the_business(moment, past, ahead):
    now = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    at = datetime.fromisoformat(moment).astimezone(UTC)

    assert moment_words(at, DENVER, now) == past
    assert until_words(at, DENVER, now) == ahead
