"""The figures of missed calls: each formula, and what does not count."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.business import Business
from server import numbers
from server.numbers_episodes import Afterwards, Outcome, episodes
from server.store import businesses
from server.store.figures import CallRow, VisitRow
from tests.server.figures import DEMO, WORDS, Ledger, local

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AT = local("2026-09-15")
WEEK = ("2026-09-14", "2026-09-20")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'figures.db'}"
    else:
        url = request.getfixturevalue("postgres")().replace(
            "postgresql://", "postgresql+psycopg://"
        )
    one = Ledger(url)
    yield one
    one.close()


@pytest.fixture
def book(tmp_path):
    one = Ledger(f"sqlite:///{tmp_path / 'figures.db'}")
    yield one
    one.close()


def test_a_busy_week_is_counted_on_both_databases(ledger):
    booked, left = ledger.texted(AT)
    ledger.writes(booked, left + 3 * timedelta(minutes=1))
    ledger.books(booked, left + HOUR)
    silent, _ = ledger.texted(AT + DAY, after_s=30, template="plumbing first_text en 22222222")
    ledger.missed(AT + DAY + HOUR, silent, decision="already texted")
    gone, left = ledger.texted(AT + 2 * DAY, after_s=20)
    ledger.opts_out(gone, left + HOUR)
    ledger.missed(AT + 3 * DAY, decision="shadow")
    ledger.owes(gone, AT, due=AT, done_at=AT, kept=True)
    ledger.raises(gone, AT, ended="taken", ended_at=AT + timedelta(seconds=90))

    found = numbers.as_json(ledger.report(*WEEK))

    assert found["missed"]["calls"] == 5
    assert found["episodes"] == {
        "all": 4, "texted": 3, "outcomes": {"booked": 1, "callback": 0, "opted out": 1, "replied": 0, "nothing": 2},
    }  # fmt: skip
    assert found["first_text"] == {"timed": 3, "median_s": 20.0, "within_120_s": 3}
    assert found["replies"]["replied"] == 1
    assert found["replies"]["by_delay"]["5 min"] == 1
    assert found["bookings"]["cents"] == 14900
    assert found["bookings"]["cents_per_missed_call"] == 14900 / 5
    assert found["opt_outs"] == {"texted": 3, "opted_out": 1, "rate": pytest.approx(1 / 3)}
    assert found["callbacks"] == {"kept": 1, "broken": 0, "rate": 1.0}
    assert found["escalations"] == {"accepted": 1, "never": 0, "median_s": 90.0, "never_rate": 0.0}
    assert [one["template"] for one in found["templates"]] == [
        WORDS,
        "plumbing first_text en 22222222",
    ]
    assert found["baseline"]["shadow"]["days"] == 1
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    "more",
    [
        {"is_test": True}, {"decision": "staff"}, {"decision": "blocked"}, {"raw": {"Direction": "outbound-api"}},
        {"outcome": "answered"}, {"outcome": "ringing"}, {"outcome": "unanswered"},
    ],
)  # fmt: skip
def test_what_is_no_missed_call_of_a_caller_counts_nowhere(book, more):
    book.missed(AT, **more)

    found = book.report(*WEEK)

    assert (found.calls, found.episodes) == ([], [])


@pytest.mark.parametrize("status", ["queued", "dropped", "failed", "undelivered"])
def test_a_text_that_did_not_leave_texted_nobody(book, status):
    caller, left = book.texted(AT, status=status)
    book.writes(caller, left + HOUR)

    found = book.report(*WEEK)

    assert not found.texted
    assert found.replies.rate is None
    assert found.outcomes[Outcome.REPLIED] == 1


@pytest.mark.parametrize(
    ("after", "replied", "bucket"),
    [(24 * HOUR, 1, "24 h"), (24 * HOUR + timedelta(seconds=1), 0, "later"), (15 * DAY, 0, None)],
)
def test_a_reply_counts_within_a_day(book, after, replied, bucket):
    caller, left = book.texted(AT)
    book.writes(caller, left + after)

    found = book.report(*WEEK)

    assert found.replies.part == replied
    assert [name for name, count in found.by_delay.items() if count] == ([bucket] if bucket else [])


def test_what_a_caller_wrote_before_the_text_is_no_reply(book):
    caller, left = book.texted(AT)
    book.writes(caller, left - timedelta(seconds=1))

    assert book.report(*WEEK).replies.part == 0


def test_a_new_missed_call_ends_the_episode_before_it(book):
    caller, left = book.texted(AT)
    book.texted(AT + 5 * HOUR, caller)
    book.writes(caller, left + 6 * HOUR)

    first, second = book.report(*WEEK).episodes

    assert (first.replied, second.replied) == (False, True)


def test_the_next_episode_ends_it_from_beyond_the_period_too(book):
    caller, left = book.texted(local("2026-09-20", "20:00"))
    book.texted(local("2026-09-21", "09:00"), caller)
    book.writes(caller, local("2026-09-21", "10:00"))

    assert left + 24 * HOUR > local("2026-09-21", "10:00")
    assert book.report(*WEEK).replies.part == 0


def test_who_rings_again_is_missed_twice_and_one_episode(book):
    caller, _ = book.texted(AT)
    book.missed(AT + HOUR, caller, decision="already texted")

    found = book.report(*WEEK)

    assert len(found.calls) == 2
    assert [one.missed for one in found.episodes] == [2]


def test_a_call_about_what_began_before_the_period_opens_nothing(book):
    caller, _ = book.texted(local("2026-09-13", "23:59"))
    book.missed(local("2026-09-14", "00:01"), caller, decision="already texted")

    found = book.report(*WEEK)

    assert (len(found.calls), found.episodes) == (1, [])


def test_the_time_of_texts_held_on_purpose_is_nobodys_fault(book):
    book.texted(AT, after_s=40_000, held=True)
    book.texted(AT, after_s=12)

    found = book.report(*WEEK)

    assert (len(found.texted), found.first_text_s) == (2, [12.0])


@pytest.mark.parametrize(("state", "booked"), [("booked", 1), ("cancelled", 0), ("cancelling", 0), ("held", 0), ("moved", 0)])  # fmt: skip
def test_a_visit_counts_while_it_stands(book, state, booked):
    caller, left = book.texted(AT)
    book.books(caller, left + HOUR, state=state)

    assert book.report(*WEEK).bookings.part == booked


@pytest.mark.parametrize(("after", "booked"), [(-timedelta(seconds=1), 0), (14 * DAY, 1), (14 * DAY + HOUR, 0)])  # fmt: skip
def test_a_visit_counts_within_two_weeks_of_the_text(book, after, booked):
    caller, left = book.texted(AT)
    book.books(caller, left + after)

    assert book.report(*WEEK, now=AT + 30 * DAY).bookings.part == booked


def test_visits_without_a_price_are_counted_apart(book):
    caller, left = book.texted(AT)
    book.books(caller, left + HOUR)
    book.books(caller, left + HOUR, service="no-such-service")

    found = book.report(*WEEK).money

    assert (found.visits, found.cents, found.unpriced) == (2, 14900, 1)


def test_the_best_that_happened_is_the_outcome(book):
    caller, left = book.texted(AT)
    steps = [
        (Outcome.NOTHING, lambda: book.writes(caller, left + HOUR)),
        (Outcome.REPLIED, lambda: book.opts_out(caller, left + HOUR)),
        (Outcome.OPTED_OUT, lambda: book.owes(caller, left + HOUR)),
        (Outcome.CALLBACK, lambda: book.books(caller, left + HOUR)),
        (Outcome.BOOKED, lambda: None),
    ]

    for outcome, happens in steps:
        assert book.report(*WEEK).episodes[0].outcome == outcome
        happens()


@pytest.mark.parametrize(
    ("late", "more", "share"),
    [
        (-HOUR, {"done_at": AT, "kept": True}, (1, 1)),
        (-HOUR, {"done_at": AT, "kept": False}, (0, 1)),
        (-HOUR, {}, (0, 1)),
        (-timedelta(minutes=14), {}, (0, 0)),
        (-HOUR, {"done_at": AT, "kept": None}, (0, 0)),
        (-HOUR, {"kind": "question"}, (0, 0)),
    ],
)
def test_a_promise_is_kept_broken_or_still_open(book, late, more, share):
    caller = book.missed(AT)
    book.owes(caller, AT - DAY, due=AT + late, **more)

    found = book.report(*WEEK, now=AT).callbacks

    assert (found.part, found.of) == share


def test_alerts_that_nobody_took_are_said(book):
    caller = book.missed(AT)
    book.raises(caller, AT, ended="taken", ended_at=AT + timedelta(seconds=40))
    book.raises(caller, AT, ended="nobody", ended_at=AT + HOUR)
    book.raises(caller, AT, ended="answered", ended_at=AT + HOUR)
    book.raises(caller, AT, way="connect", ended="taken", ended_at=AT + HOUR)

    found = book.report(*WEEK)

    assert found.accepted_s == [40.0]
    assert (found.never_accepted.part, found.never_accepted.of) == (1, 2)


def test_spam_is_counted_for_each_version_of_the_text(book):
    book.texted(AT, status="undelivered", error_code="30007")
    book.texted(AT)
    book.texted(AT, status="queued")

    [found] = book.report(*WEEK).templates

    assert (found.tried, found.texted, found.filtered) == (2, 1, 1)


def test_days_without_texts_are_the_baseline(book):
    early = book.missed(local("2026-09-14"), decision="shadow")
    book.missed(local("2026-09-14", "12:00"), early, decision="answered", outcome="answered")
    book.books(early, local("2026-09-14", "12:00"))
    book.texted(local("2026-09-16"))

    found = book.report("2026-09-07", "2026-09-20", now=local("2026-09-17", "12:00"))

    assert found.shadow == numbers.Stretch(days=1, missed=1, answered_later=1, visits=1)
    assert found.live == numbers.Stretch(days=3, missed=1, answered_later=0, visits=0)
    assert found.shadow.visits_a_week == 7


@pytest.mark.parametrize(("first", "day", "hours"), [("2026-03-02", "2026-03-08", 23), ("2026-10-26", "2026-11-01", 25)])  # fmt: skip
def test_every_hour_of_a_day_that_the_clock_changes_is_counted_once(book, first, day, hours):
    begins = local(day, "00:00")
    for hour in range(-1, hours + 1):
        book.missed(begins + hour * HOUR)

    found = book.report(first, day, now=begins + 9 * DAY)

    assert [one.missed for one in found.days][-2:] == [1, hours]
    assert sum(map(sum, found.by_weekday_hour)) == hours + 1


def test_a_day_after_the_last_call_is_24_hours_also_when_the_clock_changes(book):
    caller = book.missed(local("2026-03-07", "23:59"))
    book.missed(local("2026-03-07", "23:59") + 24 * HOUR, caller, outcome="answered")

    [found] = book.report("2026-03-07", "2026-03-07", now=AT).episodes

    assert found.answered_later


def test_another_business_changes_nothing(book):
    caller, left = book.texted(AT)
    before = numbers.as_json(book.report(*WEEK))
    other = Business.model_validate(
        DEMO.model_dump() | {"slug": "other", "phone": "+13035559999", "phones": []}
    )
    book.business = other
    with book.database.begin() as connection:
        businesses.save(connection, other, AT)
    book.texted(AT, caller)
    book.writes(caller, left + HOUR)
    book.opts_out(caller, left + HOUR)
    book.business = DEMO

    assert numbers.as_json(book.report(*WEEK)) == before


MINUTES = st.integers(0, 40 * 1440).map(lambda minutes: AT + timedelta(minutes=minutes))
THREADS = st.sampled_from(["a", "b", "c"])
CALLS = st.lists(
    st.tuples(
        MINUTES,
        THREADS,
        st.sampled_from(["first text", "shadow", "already texted", "person has the thread", None]),
        st.sampled_from([None, "delivered", "failed", "queued"]),
    ),
    max_size=12,
)
HAPPENED = st.lists(st.tuples(THREADS, MINUTES), max_size=12).map(sorted)


@given(CALLS, HAPPENED, HAPPENED, st.sets(THREADS))
def test_whatever_happens_the_parts_make_up_the_whole(made, written, booked, known):
    calls = [
        CallRow(
            sid=f"CA{place}", thread=name, caller=f"+1303555000{'abc'.index(name)}", at=at, reason=None, decision=decision,
            settled_at=None, status=status, text_sid=None, sending_at=at, error_code=None, held=False, template=None,
        )
        for place, (at, name, decision, status) in enumerate(sorted(made, key=lambda one: one[:2]))
    ]  # fmt: skip
    after = Afterwards(
        written=by_thread(written, lambda _name, at: at),
        booked=by_thread(
            booked, lambda name, at: VisitRow(thread=name, service="x", created_at=at)
        ),
    )

    found = episodes(calls, known, after)

    texted = [one for one in found if one.texted]
    visits = [visit for one in found for visit in one.visits]
    assert sum(one.missed for one in found) <= len(calls)
    assert sum(one.replied for one in texted) <= len(texted) <= len(found) <= len(calls)
    assert len(visits) <= len(booked)
    assert all(visit.created_at >= one.call.at for one in found for visit in one.visits)
    if known == set():
        assert sum(one.missed for one in found) == len(calls)


def by_thread(rows, made):
    found: dict[str, list[Any]] = {}
    for name, at in sorted(rows, key=lambda one: one[1]):
        found.setdefault(name, []).append(made(name, at))
    return found
