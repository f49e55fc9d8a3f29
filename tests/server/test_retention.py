"""What was kept for its time goes by itself, and never what is still open."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.erasure import HOW
from server.profile_changes import change
from server.refusals import Limits, refusal
from server.retention import BY, Retention
from server.store import appointments, businesses, calls, suppressions, tasks, texts, threads
from server.store.scrubbing import scrub
from server.store.tables import metadata, photo, thread
from tests.server.records import CALLER, NOW, SHOP, SLUG, an_office, bodies, converse, say

DAY = timedelta(days=1)
NO_LIMITS = Limits(to_one_caller=0, of_one_business=0)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An office whose callers go after each test."""
    office = an_office(tmp_path_factory.mktemp("office"))
    yield office, (client := office.jobs())
    client.destroy()


@pytest.fixture
def office(installed):
    office, _ = installed
    yield office
    for table in ("photo", "task", "appointment", "seal", "marker", "text", "call", "thread"):
        office.run(f"delete from {table}")
    for table in ("consent", "audit", "suppression", "faceless_event"):
        office.run(f"delete from {table}")
    keep(office, retention_days=365, media_days=None, voicemail_days=None, calls_days=None)


@pytest.fixture
def jobs(installed):
    return installed[1]


def keep(office, **days):
    def make(held):
        return held.model_copy(update={"privacy": held.privacy.model_copy(update=days)})

    with office.database.begin() as connection:
        change(connection, SLUG, make, by="mia", now=NOW)


def a_night(office, jobs, now=NOW):
    """All passes of one night; how many rows of each kind went."""
    retention, went = Retention(tools=office.tools, jobs=jobs), []
    with office.database.connect() as connection:
        business = businesses.get(connection, SLUG)
    assert business is not None
    while gone := retention.tidy(business, now):
        went.append(dict(gone))
    return went


def test_a_caller_goes_whole_when_their_time_is_over_and_another_stays(office, jobs):
    old = converse(office, days_ago=366)
    new = converse(office, caller="+13035550178", days_ago=364)

    a_night(office, jobs)

    assert bodies(office, old) == []
    assert len(bodies(office, new)) == 3
    assert office.count("thread") == 1
    assert office.count("call") == 1


def test_proof_of_consent_outlives_the_texts_and_goes_in_its_own_time(office, jobs):
    converse(office, days_ago=400)

    a_night(office, jobs)
    assert office.count("consent", f"caller = '{CALLER}'") == 1
    a_night(office, jobs, NOW + 5 * 366 * DAY)

    assert office.count("consent") == 0


def test_who_opted_out_stays_opted_out(office, jobs):
    name = converse(office, days_ago=400)
    with office.database.begin() as connection:
        threads.update(connection, name, opted_out_at=NOW - 400 * DAY)

    a_night(office, jobs)

    with office.database.connect() as connection:
        assert threads.get(connection, name) is None
        assert suppressions.since(connection, SLUG, CALLER)


def test_who_of_the_staff_opted_out_gets_no_alert_after_their_thread_went(office, jobs):
    name, sam = converse(office), "+13035550142"
    with office.database.begin() as connection:
        own, _ = threads.locked(connection, SLUG, sam, NOW - 400 * DAY)
        threads.update(connection, own.id, opted_out_at=own.last_at)
        texts.add(
            connection, key="alert", business=SLUG, thread=name, author="agent", kind="alert",
            sender=SHOP, recipient=sam, body="Somebody is needed.", at=NOW, status="queued",
        )  # fmt: skip

    a_night(office, jobs)

    with office.database.connect() as connection:
        row, held = texts.get(connection, "alert"), threads.get(connection, name)
        business = businesses.get(connection, SLUG)
        assert threads.get(connection, own.id) is None
        assert row
        assert held
        assert business
        refused = refusal(connection, row, held, business, NO_LIMITS, NOW)
    assert refused is not None
    assert "opted out" in refused.words


def test_a_short_name_takes_no_other_words_of_the_staff_with_it(office, jobs):
    name, sam = converse(office, days_ago=400), "+13035550142"
    with office.database.begin() as connection:
        threads.update(connection, name, memory={"details": {"name": "Jo"}})
        own, _ = threads.locked(connection, SLUG, sam, NOW)
        say(connection, own.id, "k1", "agent", "Jo asks for a visit.", NOW)
        say(connection, own.id, "k2", "agent", "Pam has a new job for you.", NOW, status="queued")

    a_night(office, jobs)

    assert bodies(office, own.id) == ["Pam has a new job for you."]


def _owed(connection, name):
    tasks.add(
        connection, "t1", business=SLUG, thread=name, kind="callback", note="Phone", created_at=NOW - 400 * DAY,
    )  # fmt: skip


def _with_a_person(connection, name):
    threads.update(connection, name, owner="sam", resolved_at=None)


def _visit_ahead(connection, name):
    row = appointments.AppointmentRow(
        id="v1", business=SLUG, thread=name, service="drain-cleaning", calendar="mia", beside=[],
        start=NOW + 3 * DAY, duration_min=60, buffer_before_min=0, buffer_after_min=0,
        state=appointments.State.BOOKED, offer="o1", place=1, event="ringback-v1",
        created_at=NOW - 400 * DAY, changed_at=NOW - 400 * DAY, expires_at=NOW,
    )  # fmt: skip
    appointments.add(connection, row)


def _put_aside(connection, name):
    threads.update(connection, name, snoozed_until=NOW + 90 * DAY)


@pytest.mark.parametrize("what", [_owed, _with_a_person, _visit_ahead, _put_aside], ids=lambda one: one.__name__)  # fmt: skip
def test_while_something_is_open_a_caller_stays(office, jobs, what):
    name = converse(office, days_ago=400)
    with office.database.begin() as connection:
        what(connection, name)

    assert a_night(office, jobs) == []

    assert len(bodies(office, name)) == 3
    assert office.count("call") == 1


def test_whoever_called_lately_stays_although_a_person_answered(office, jobs):
    name = converse(office, days_ago=400)
    with office.database.begin() as connection:
        calls.begin(
            connection, sid="CA-lately", business=SLUG, thread=None, caller=CALLER, dialled=SHOP,
            at=NOW - DAY, raw={},
        )  # fmt: skip
        calls.end(connection, "CA-lately", "answered", settled_at=NOW - DAY)

    a_night(office, jobs)

    with office.database.connect() as connection:
        assert threads.get(connection, name)
    assert office.count("call", "sid = 'CA-lately'") == 1


def test_of_a_conversation_that_goes_on_the_beginning_goes(office, jobs):
    converse(office, days_ago=400, said="long ago")
    name = converse(office, days_ago=1, said="lately")

    a_night(office, jobs)

    assert bodies(office, name) == ["Sorry we missed you.", "lately", "A drip is $120."]


def test_photos_and_voicemail_go_in_their_own_time_and_the_texts_stay(office, jobs):
    name = converse(office, days_ago=40)
    keep(office, media_days=30, voicemail_days=30)
    with office.database.begin() as connection:
        connection.execute(
            sa.insert(photo).values(
                business=SLUG, thread=name, text=f"SM{CALLER[1:]}40", place=1, source="x",
                type="image/jpeg", state="kept", small=b"tiny", picture=b"PICTURE",
            )
        )  # fmt: skip
        connection.execute(sa.text('update call set voicemail = \'{"transcript": "it drips"}\''))
        tasks.add(
            connection, f"voicemail:CA{CALLER[1:]}40", business=SLUG, thread=name, kind="callback",
            note='Voicemail: "it drips"', created_at=NOW, done_at=NOW,
        )  # fmt: skip

    a_night(office, jobs)

    assert office.count("photo", "picture is not null or small is not null") == 0
    assert office.count("photo", "state = 'refused'") == 1
    assert office.count("call", "voicemail is not null") == 0
    assert office.count("task", "note like '%drips%'") == 0
    assert len(bodies(office, name)) == 3


def test_what_went_is_noted_once_and_names_nobody(office, jobs):
    for place in range(30):
        converse(office, caller=f"+1303555{place:04d}", days_ago=400)

    a_night(office, jobs)
    a_night(office, jobs)

    with office.database.connect() as connection:
        noted = connection.execute(
            sa.text("select what from audit where who = :by"), {"by": BY}
        ).scalars().all()  # fmt: skip
    assert noted == ["Removed what was kept for its time: 30 callers"]


def test_each_business_is_looked_at_once_a_night(office, jobs):
    converse(office, days_ago=400)
    retention = Retention(tools=office.tools, jobs=jobs)

    assert retention.look(NOW) > 0
    assert retention.look(NOW) == 0
    converse(office, caller="+13035550179", days_ago=400)
    assert retention.look(NOW + timedelta(hours=1)) == 0

    assert retention.look(NOW + DAY) > 0


def test_shorter_days_for_a_part_never_keep_it_longer_than_the_texts(office, jobs):
    keep(office, retention_days=30, calls_days=90, media_days=90)
    converse(office, days_ago=40)

    a_night(office, jobs)

    assert office.count("call") == 0


def test_whoever_writes_does_not_wait_for_a_backup_that_reads(office):
    with office.database.connect() as reads:
        reads.exec_driver_sql("begin")
        reads.execute(sa.select(thread)).all()
        converse(office)
        began = time.monotonic()
        scrub(office.database)
        took = time.monotonic() - began
        reads.rollback()

    assert took < 5  # it would be half a minute


def test_texts_to_staff_that_belong_to_no_conversation_go_too(office, jobs):
    with office.database.begin() as connection:
        values = {"business": SLUG, "sender": SHOP, "recipient": "+13035550141"}
        from server.store import texts

        for key, days in (("old", 400), ("new", 4)):
            texts.add(
                connection, key=key, thread=None, author="agent", kind="alert", body="Look",
                at=NOW - days * DAY, status="delivered", **values,
            )  # fmt: skip

    a_night(office, jobs)

    assert office.count("text") == 1


@pytest.mark.parametrize("column", ["thread", "caller"])
def test_for_every_table_of_callers_it_is_decided_what_becomes_of_it(column):
    """A new table with such a column has to be thought of in `server.erasure`."""
    of_callers = {table.name for table in metadata.sorted_tables if column in table.c}

    assert of_callers - HOW.keys() == set()
    assert thread.name in HOW
