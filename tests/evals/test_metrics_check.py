"""The figures of the numbers page, recounted from raw rows: they agree, and where they would not, it is seen."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.prices import least_cents
from evals.metrics_check.amounts import cents
from evals.metrics_check.compare import compare, differing
from evals.metrics_check.episodes import make
from evals.metrics_check.moments import clock_changes, midnight
from evals.metrics_check.recount import Episode

DAY = timedelta(days=1)
LEFT = datetime(2026, 3, 2, 15, 0, tzinfo=ZoneInfo("UTC"))
AMOUNTS = st.sampled_from(("80", "2", "10", "1,650", "89.50", "99.5", "1,250.00"))
PATTERNS = st.sampled_from(
    (
        "${}", "$ {}", "{}", "USD {}", "{} usd", "{} dollars", "{}-95", "${}-$95", "{} - 95", "{} to 95",
        "{}+", "{} and up", "{} each", "{} per hour", "{}/hr", "${}/hr", "{}%", "{} min", "{} rooms", "({})",
    )
)  # fmt: skip
WORDS = st.sampled_from(
    (
        "from", "up to", "under", "max", "less than", "free", "no charge", "toll-free", "free-standing",
        "freedom", "call", "for the first hour", "or", "then", "24/7", "visit", "estimate", "fee",
    )
)  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_of_made_up_episodes_is_the_same_when_counted_slowly(tmp_path, seed):
    found = compare(sqlite(tmp_path), seed, 500)

    assert [str(one) for one in found.differences] == []
    assert found.episodes >= 500
    assert found.figures > 10_000


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_of_ten_thousand_episodes_is_the_same_when_counted_slowly(tmp_path, seed):
    found = compare(sqlite(tmp_path), seed, 10_000)

    assert [str(one) for one in found.differences] == []
    assert found.episodes >= 10_000


@given(st.lists(st.one_of(st.builds(str.format, PATTERNS, AMOUNTS), WORDS), max_size=4))
def test_a_price_in_any_spelling_is_read_alike_letter_by_letter(parts):
    price = " ".join(parts)

    assert least_cents(price) == cents(price)


def test_made_up_episodes_are_the_same_for_the_same_seed():
    one, other = make(7, 50), make(7, 50)

    assert one.books.rows["call"] == other.books.rows["call"]
    assert one.books.texts == other.books.texts


def test_made_up_episodes_have_all_that_the_product_can_write():
    books = make(1, 3000).books
    first_texts = [row for _, _, row in books.texts if row["kind"] == "first_text"]

    assert {row.get("decision") for row in books.rows["call"]} >= {
        *("first text", "held", "shadow", "already texted", "in conversation"),
        *("person has the thread", "opted out", "landline", "not sent", "wrote first", "answered"),
        *("told too late", "hung up at once", "caller withheld", "staff", "blocked", "robocall"),
    }
    assert {row["status"] for row in first_texts} >= {
        *("sending", "accepted", "sent", "delivered", "dropped", "failed", "undelivered")
    }
    assert {row["outcome"] for row in books.rows["call"]} >= {"answered", "missed", "unanswered"}
    assert {row["state"] for row in books.rows["appointment"]} >= {
        *("held", "released", "booked", "moved", "cancelled", "cancelling")
    }
    assert {row["ended"] for row in books.rows["escalation"]} >= {"taken", "nobody", None}
    assert {row.get("kept") for row in books.rows["task"]} == {True, False, None}
    assert any(row.get("is_test") for row in books.rows["call"])


def test_clocks_change_twice_in_a_year_also_at_midnight_and_by_half_an_hour():
    for name in ("America/Denver", "America/Santiago", "Australia/Lord_Howe"):
        zone = ZoneInfo(name)
        changes = clock_changes(zone, date(2026, 1, 1), date(2026, 12, 31))

        assert len(changes) == 2
        for day in changes:
            assert midnight(day + DAY, zone) - midnight(day, zone) != DAY


@pytest.mark.parametrize(
    ("delay", "belongs"),
    [
        (timedelta(), True),
        (timedelta(microseconds=-1), False),
        (14 * DAY, True),
        (14 * DAY + timedelta(microseconds=1), False),
    ],
)
def test_what_follows_a_first_text_belongs_to_it_for_two_weeks(delay, belongs):
    assert episode().holds(LEFT + delay) is belongs


def test_what_follows_the_next_missed_call_belongs_to_that_one():
    one = episode(until=LEFT + DAY)

    assert one.holds(LEFT + DAY - timedelta(microseconds=1))
    assert not one.holds(LEFT + DAY)


@pytest.mark.parametrize(
    ("status", "sid", "texted"),
    [
        ("sending", None, False),
        ("sending", "SM1", True),
        ("accepted", "SM1", True),
        ("delivered", "SM1", True),
        ("undelivered", "SM1", False),
        ("failed", None, False),
        ("dropped", None, False),
        ("queued", None, False),
    ],
)
def test_a_first_text_counts_when_it_has_left(status, sid, texted):
    assert episode(status=status, sid=sid).texted is texted


def test_a_difference_is_told_with_its_place():
    product = {
        "replies": {"rate": 0.5, "by_delay": {"1 h": 3}},
        "days": [{"day": "a"}],
        "words": "x",
    }
    recount = {"replies": {"rate": 0.5 + 1e-12, "by_delay": {"1 h": 4}}, "days": [], "more": 1}

    assert list(differing(product, recount)) == [
        ("replies.by_delay.1 h", 3, 4),
        ("days", [{"day": "a"}], []),
        ("more", None, 1),
    ]


def sqlite(folder):
    return f"sqlite:///{folder / 'episodes.db'}"


def episode(status="delivered", sid="SM1", until=None):
    return Episode(
        opener={"at": LEFT - timedelta(minutes=1)},
        until=until,
        first_text={"status": status, "sid": sid, "sending_at": LEFT},
    )
