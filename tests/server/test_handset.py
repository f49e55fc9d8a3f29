"""Staff work conversations from their own phones: texts to the business number, on the running product."""

import re
import threading
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from evals.product import MIA, SHOP, until
from server.store import handsets, threads
from server.store.tables import (
    call,
    escalation,
    escalation_step,
    handset,
    pause,
    task,
    text,
    thread,
)
from tests.visitor import PASSWORD, Visitor, give_login

ALDER = "alder-creek-plumbing"
SAM = "+13035550142"
FLOOD = "water is pouring through the ceiling, please hurry"
_CALLERS = (f"+1720555{number:04d}" for number in count(1000))


class Phone:
    """A phone and what has arrived on it since a test began."""

    def __init__(self, product, number):
        self.product, self.number = product, number
        self.before = len(product.bodies(number))

    def texts(self, body, **more):
        return self.product.text(body, caller=self.number, **more)

    def read(self):
        return self.product.bodies(self.number)[self.before :]

    def reads(self, words):
        """The first text with these words, once it is there."""
        return until(
            lambda: next((one for one in self.read() if words in one), None),
            f"{words!r} at {self.number}",
        )

    def confirms(self, asks):
        """Ask for something and answer with the code that comes."""
        self.texts(asks)
        self.texts(code_in(self.reads("reply with the code")))
        return self.reads("This phone can be used now.")

    def is_known(self, staff="mia"):
        """It was confirmed some day."""
        row = {"business": ALDER, "staff": staff, "phone": self.number}
        with self.product.database().begin() as connection:
            new = sa.insert(handset).values(**row, confirmed_at=datetime.now(UTC))
            connection.execute(new)


@pytest.fixture(scope="module")
def shop(product_on_sqlite):
    give_login(product_on_sqlite, ALDER, "sam", "staff")
    for number in (MIA, SAM):
        lets(product_on_sqlite, number, "decline")
    return product_on_sqlite


@pytest.fixture(autouse=True)
def quiet_shop(shop):
    """Nothing waits, nobody has anything in hand, and no phone is confirmed."""
    over = {"owner": "agent", "number": None, "resolved_at": sa.func.current_timestamp()}
    with shop.database().begin() as connection:
        connection.execute(sa.delete(handset))
        connection.execute(sa.delete(pause))
        long_ago = sa.func.datetime(text.c.at, "-1 day")
        connection.execute(sa.update(text).where(text.c.kind == "alert").values(at=long_ago))
        connection.execute(
            sa.update(escalation).values(
                next_at=None, ended="taken", ended_at=escalation.c.began_at
            )
        )
        connection.execute(sa.update(thread).values(**over, opted_out_at=None))
        connection.execute(sa.delete(escalation_step))
        connection.execute(sa.update(task).values(done_at=task.c.created_at, done_by="test"))
    shop.no_faults()


@pytest.fixture
def mia(shop):
    return Phone(shop, MIA)


@pytest.fixture
def sam(shop):
    return Phone(shop, SAM)


@pytest.fixture
def dana(shop):
    """A caller nobody has heard of."""
    return Phone(shop, next(_CALLERS))


@pytest.fixture
def number_of(shop):
    """The short number of a caller's conversation, once it has one."""

    def of(caller):
        return until(lambda: row_of(shop, caller).number, "a number")

    return of


@pytest.fixture
def waits(shop, number_of):
    """A caller whose conversation waits for a person, and its number; no alert was sent."""

    def make(words="Can somebody look at my boiler?"):
        caller = Phone(shop, next(_CALLERS))
        caller.texts(words)
        caller.reads("")
        name = threads.thread_id(ALDER, caller.number)
        with shop.database().begin() as connection:
            threads.update(connection, name, owner="nobody")
            row = threads.lock(connection, name)
            assert row
            return caller, threads.number(connection, row, datetime.now(UTC))

    return make


def lets(shop, number, script):
    """What a phone of the staff does when it rings."""
    wish = {"phone": number, "script": script}
    shop.client.post(f"{shop.phone}/sim/staff", json=wish).raise_for_status()


def row_of(shop, caller):
    with shop.database().connect() as connection:
        return threads.get(connection, threads.thread_id(ALDER, caller.number))


def holds(shop, caller, staff="mia"):
    """A person has a caller's conversation in hand."""
    name = threads.thread_id(ALDER, caller.number)
    mine = (handset.c.business == ALDER, handset.c.staff == staff)
    with shop.database().begin() as connection:
        threads.update(connection, name, owner=staff)
        if not connection.execute(sa.update(handset).where(*mine).values(thread=name)).rowcount:
            row = {"business": ALDER, "staff": staff, "phone": MIA, "thread": name}
            connection.execute(sa.insert(handset).values(**row))


def code_in(words):
    found = re.search(r"\b\d{6}\b", words)
    assert found
    return found[0]


def marks_of(shop, caller):
    with shop.database().connect() as connection:
        name = threads.thread_id(ALDER, caller.number)
        return [(one.what, one.who) for one in threads.markers(connection, name)]


def test_one_takes_the_conversation_of_the_alert_without_a_code(shop, mia, dana, number_of):
    dana.texts(FLOOD)
    mia.reads("Reply 1 to take it")

    mia.texts("1")

    assert f"You have #{number_of(dana)}" in mia.reads("You have #")
    assert row_of(shop, dana).owner == "mia"
    assert not [one for one in mia.read() if "code" in one]


def test_words_to_a_caller_leave_only_after_the_code(shop, mia, dana):
    dana.texts(FLOOD)
    mia.reads("Reply 1 to take it")
    mia.texts("1")
    mia.reads("You have #")

    mia.texts("Shut the main valve. I am on my way.")
    code = code_in(mia.reads("reply with the code"))
    before = dana.read()
    mia.texts(code)

    assert "Shut the main valve. I am on my way." not in before
    dana.reads("Shut the main valve. I am on my way.")


def test_words_and_answers_go_both_ways_and_nobody_sees_a_number(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")

    mia.texts("When does it fit?")
    caller.reads("When does it fit?")
    caller.texts("Tomorrow at nine, please")

    passed_on = mia.reads("Tomorrow at nine, please")
    assert passed_on.startswith(f"#{number} ")
    assert caller.number[-7:] not in "".join(mia.read())
    assert MIA[-7:] not in "".join(caller.read())
    assert [one["from"] for one in shop.accepted(caller.number)][-1] == SHOP


def test_words_with_a_number_go_to_that_conversation_and_claim_it(shop, mia, waits):
    first, one = waits()
    second, two = waits("Is my drain due?")
    mia.is_known()
    mia.texts(f"take {one}")
    mia.reads(f"You have #{one}")

    mia.texts(f"#{two}: it is, I can come on Friday")

    second.reads("it is, I can come on Friday")
    mia.reads(f"Other words still go to #{one}")
    assert row_of(shop, second).owner == "mia"
    assert "Friday" not in "".join(first.read())


def test_words_for_nobody_are_asked_about_and_sent_to_nobody(shop, mia, waits):
    caller, _ = waits()
    mia.is_known()
    before = len(caller.read())

    mia.texts("On my way!")

    mia.reads("Nothing was done or sent.")
    assert len(caller.read()) == before


def test_done_closes_it_with_what_the_person_owed(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"#{number} I will call you tomorrow at 10 am")
    caller.reads("I will call you tomorrow")

    mia.texts(f"done {number} fixed the leak")

    mia.reads(f"#{number} ")
    mia.reads("is closed.")
    row = row_of(shop, caller)
    assert (row.owner, row.resolved_at is None) == ("agent", False)
    with shop.database().connect() as connection:
        assert number not in handsets.numbers(connection, ALDER)
    assert ("note", "mia") in marks_of(shop, caller)
    with shop.database().connect() as connection:
        promised = connection.execute(sa.select(task).where(task.c.thread == row.id)).all()
    assert [(one.kind, one.done_by) for one in promised if one.kind == "promise"] == [
        ("promise", "mia")
    ]


def test_after_done_words_go_nowhere(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.texts("done")
    mia.reads("is closed.")
    before = len(caller.read())

    mia.texts("See you tomorrow")

    mia.reads("Nothing was done or sent.")
    assert len(caller.read()) == before


@pytest.mark.parametrize(
    "words", ["#{} I am outside", "{}: I am outside", "done {}", "take {}", "call {}", "who {}"]
)
def test_the_number_of_a_closed_conversation_means_nothing(shop, mia, waits, words):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.texts("done")
    mia.reads(f"#{number} ")
    mia.reads("is closed.")

    mia.texts(words.format(number))

    mia.reads(f"#{number} is closed. Nothing was done or sent.")
    assert row_of(shop, caller).resolved_at
    assert not any("outside" in one for one in caller.read())


def test_the_number_of_a_conversation_that_is_just_over_goes_to_no_other(shop, mia, waits):
    caller, number = waits()
    name = threads.thread_id(ALDER, caller.number)
    long_ago, now = datetime.now(UTC) - timedelta(days=9), datetime.now(UTC)
    with shop.database().begin() as connection:
        threads.update(connection, name, last_at=long_ago, resolved_at=now)

    _, next_number = waits()

    assert next_number != number


def test_who_lists_what_waits_and_who_has_it(shop, mia, sam, waits):
    _, one = waits()
    held, two = waits("Is my drain due?")
    sam.is_known("sam")
    sam.texts(f"take {two}")
    sam.reads(f"You have #{two}")

    listed = mia.confirms("who")

    assert re.search(rf"#{one} \(720\) \*\*\*-\d{{4}}, nobody \d+ min", listed)
    assert re.search(rf"#{two} \(720\) \*\*\*-{held.number[-4:]}, Sam", listed)


def test_a_colleagues_conversation_is_neither_taken_nor_answered(shop, mia, sam, waits):
    caller, number = waits()
    sam.is_known("sam")
    sam.texts(f"take {number}")
    sam.reads(f"You have #{number}")
    mia.is_known()
    before = len(caller.read())

    mia.texts(f"take {number}")
    mia.texts(f"#{number} I am on my way")

    until(lambda: len([one for one in mia.read() if "Sam has #" in one]) == 2, "two refusals")
    assert row_of(shop, caller).owner == "sam"
    assert len(caller.read()) == before


def test_give_back_lets_the_agent_answer(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")

    mia.texts(f"give back {number}")
    mia.reads("The agent may talk")
    caller.texts("How much is a drain cleaning?")

    caller.reads("$149")
    assert "drain cleaning" not in "".join(mia.read()[-1:])


def test_busy_and_free(shop, mia):
    mia.is_known()

    mia.texts("busy 2h")
    mia.reads("Busy until")
    busy = in_handset(shop).busy_until
    mia.texts("free")

    mia.reads("You get alerts again.")
    assert busy is not None
    assert in_handset(shop).busy_until is None


def test_commands_need_no_code_and_fit_one_text(mia):
    mia.texts("commands")

    assert len(mia.reads("PAUSE ALL")) <= 160


def test_a_wrong_code_does_nothing_and_the_fifth_brings_a_new_one(shop, mia):
    mia.texts("pause all")
    right = code_in(mia.reads("reply with the code"))
    wrong = "000000" if right != "000000" else "111111"

    for _ in range(5):
        mia.texts(wrong)

    mia.reads("1 more try.")
    until(
        lambda: len([one for one in mia.read() if "reply with the code" in one]) == 2, "a new one"
    )
    mia.texts(right)
    mia.reads("4 more tries.")
    assert in_handset(shop).confirmed_at is None
    assert pauses_of(shop) == []


def test_a_code_that_has_left_stands_in_no_row(shop, mia):
    mia.texts("pause all")
    code = code_in(mia.reads("reply with the code"))

    def kept():
        newest = sa.select(text.c.body).where(text.c.recipient == MIA).order_by(text.c.seq.desc())
        with shop.database().connect() as connection:
            return connection.scalar(newest.limit(1))

    until(lambda: code not in kept(), "a row without the code")
    assert kept() == "(a one-time code)"


def test_an_old_code_brings_a_new_one(shop, mia):
    mia.texts("who")
    old = code_in(mia.reads("reply with the code"))
    earlier = in_handset(shop).code_at - timedelta(minutes=11)
    with shop.database().begin() as connection:
        connection.execute(sa.update(handset).values(code_at=earlier))

    mia.texts(old)

    until(
        lambda: len([one for one in mia.read() if "reply with the code" in one]) == 2, "a new one"
    )
    assert in_handset(shop).confirmed_at is None


def test_what_is_asked_while_a_code_waits_is_done_in_the_end(shop, mia):
    mia.texts("pause all")
    code = code_in(mia.reads("reply with the code"))

    mia.texts("busy 2h")
    mia.reads("First reply with the code")
    mia.texts(code)

    mia.reads("This phone can be used now. Busy until")
    assert pauses_of(shop) == []


def test_words_asked_before_the_code_reach_no_other_caller(shop, mia, waits):
    first, _ = waits()
    other, number = waits()
    holds(shop, first)
    mia.texts("Your gate code is 12#")
    code = code_in(mia.reads("reply with the code"))
    holds(shop, other)

    mia.texts(code)

    mia.reads("This phone can be used now. What you texted was neither done nor sent")
    mia.texts(f"#{number} Hello there")
    other.reads("Hello there")
    assert not any("gate code" in one for one in first.read() + other.read())


def test_words_asked_before_the_code_reach_the_caller_they_were_for(shop, mia, waits):
    first, _ = waits()
    holds(shop, first)
    mia.texts("Your gate code is 12#")

    mia.texts(code_in(mia.reads("reply with the code")))

    assert first.reads("Your gate code is 12#")


def test_an_old_code_takes_what_waited_for_it_along(shop, mia, waits):
    caller, number = waits()
    mia.texts(f"#{number} I am five minutes away")
    old = code_in(mia.reads("reply with the code"))
    earlier = in_handset(shop).code_at - timedelta(hours=11)
    with shop.database().begin() as connection:
        connection.execute(sa.update(handset).values(code_at=earlier))
    mia.texts(old)

    mia.texts(code_in(mia.reads("before is not done or sent")))

    mia.reads("This phone can be used now. 1: take the alert.")
    assert not any("five minutes" in one for one in caller.read())


def test_words_long_after_the_last_one_name_their_conversation(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")
    row = row_of(shop, caller)
    with shop.database().begin() as connection:
        threads.update(connection, row.id, last_at=row.last_at - timedelta(hours=13))
    before = len(caller.read())

    mia.texts("ok")

    mia.reads("Nothing was done or sent.")
    assert len(caller.read()) == before


def test_another_phone_in_the_profile_is_asked_for_a_code_anew(shop, mia):
    mia.is_known()
    with shop.database().begin() as connection:
        connection.execute(sa.update(handset).values(phone="+13035550999"))
    before = len(mia.read())

    mia.texts("who")

    until(lambda: "reply with the code" in "".join(mia.read()[before:]), "a code")


def test_a_text_that_arrives_twice_is_one(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    sid = f"SM{'e' * 31}{number}"

    for _ in range(2):
        mia.texts(f"#{number} I am on my way", message_sid=sid)

    caller.reads("I am on my way")
    mia.reads("Sent.")
    shop.stays_silent(len(shop.bodies(caller.number)), 0.3, to=caller.number)
    assert caller.read().count("I am on my way") == 1


def test_stop_of_a_caller_is_told_and_nothing_is_sent_after_it(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")

    caller.texts("STOP")
    mia.reads("has opted out of texts")
    mia.texts("Sorry to hear that")

    mia.reads("Not sent to #")
    assert "Sorry to hear that" not in "".join(caller.read())


def test_stop_and_words_at_once_never_end_in_a_text_after_stop(shop, mia, waits):
    mia.is_known()
    for place in range(3):
        caller, number = waits(f"Is it {place}?")
        both = [
            threading.Thread(target=caller.texts, args=("STOP",)),
            threading.Thread(target=mia.texts, args=(f"#{number} I am {place} min away",)),
        ]

        for one in both:
            one.start()
        for one in both:
            one.join()

        stopped = row_of(shop, caller).opted_out_at
        until(lambda: not unsent(shop, caller), "all settled")  # noqa: B023 - called at once
        with shop.database().connect() as connection:
            said = connection.execute(
                sa.select(text).where(text.c.recipient == caller.number, text.c.kind == "staff")
            ).all()
        assert [one for one in said if one.sid and one.opened_at > stopped] == []


def test_staff_stop_ends_alerts_and_stop_to_a_number_does_not(shop, mia, dana):
    mia.is_known()

    mia.texts("#4 STOP")
    mia.reads("Nothing was done or sent.")
    alive = own_row(shop).opted_out_at
    mia.texts("STOP")

    stopped, before = own_row(shop).opted_out_at, len(mia.read())
    mia.texts("who")
    dana.texts("hello, how much is a drain cleaning")
    dana.reads("$149")
    after = len(mia.read())
    mia.texts("START")
    assert alive is None
    assert stopped is not None
    assert after == before
    assert own_row(shop).opted_out_at is None


def test_a_failed_text_is_told_on_the_phone_where_it_was_written(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")
    shop.fault("refuse", to=caller.number, code=30006)

    mia.texts("I am at the door")

    assert mia.reads('"I am at the door" did not reach')


def test_a_photo_is_not_passed_on_and_that_is_said(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")
    before = len(caller.read())

    mia.texts("like this one?", media=[{"type": "image/jpeg"}])

    mia.reads("Photos cannot be passed on yet")
    assert len(caller.read()) == before


def test_callers_photos_are_named(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")

    caller.texts("here it is", media=[{"type": "image/jpeg"}])

    mia.reads("here it is (photo)")


def test_what_a_phone_answers_by_itself_is_met_with_silence(shop, mia):
    mia.is_known()
    before = len(mia.read())

    mia.texts("I'm driving with Do Not Disturb turned on. I'll see your message when I get there.")

    shop.stays_silent(len(shop.bodies(MIA)), 0.5, to=MIA)
    assert len(mia.read()) == before


def test_answering_in_the_inbox_goes_on_being_forwarded_until_done(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    mia.texts(f"take {number}")
    mia.reads(f"You have #{number}")
    browser = Visitor(shop).signs_in("mia", shop.password)
    page = f"/inbox/{caller.number.lstrip('+')}"
    browser.sees(page)
    browser.sends(f"{page}/send", {"body": "Written at the desk.", "key": "desk"})
    browser.http.close()
    caller.reads("Written at the desk.")

    caller.texts("first")
    mia.reads("first")
    mia.texts("done")
    mia.reads("is closed.")
    caller.texts("How much is a drain cleaning?")

    caller.reads("$149")
    assert "How much is a drain cleaning?" not in "".join(mia.read())


def test_paused_nothing_is_answered_people_are_asked_and_first_texts_leave(shop, mia, dana):
    paused = mia.confirms("pause all")
    assert "The agent is paused" in paused

    dana.texts("How much is a drain cleaning?")
    mia.reads("texted while the agent is paused")
    other = Phone(shop, next(_CALLERS))
    shop.call(caller=other.number)
    other.reads("Alder Creek")

    row = row_of(shop, dana)
    assert row.owner == "nobody"
    assert dana.read() == []
    mia.texts("resume all")
    mia.reads("The agent answers again.")
    dana.reads("$149")
    other.texts("How much is a drain cleaning?")
    other.reads("$149")


def test_paused_danger_still_alerts_and_is_answered_with_the_safety_line(shop, mia, dana):
    mia.is_known()
    mia.texts("pause all")
    mia.reads("The agent is paused")

    dana.texts("I smell gas in the kitchen")

    mia.reads("Reply 1 to take it")
    dana.reads("911")


def test_call_rings_whoever_asks_and_puts_them_through(shop, mia, waits):
    caller, number = waits()
    mia.is_known()
    lets(shop, MIA, {"action": "answer", "digits": "11"})

    mia.texts(f"call {number}")

    mia.reads("Your phone rings in a moment")
    until(lambda: calls_to(shop, caller), "the caller's phone rang", timeout_s=60)
    lets(shop, MIA, "decline")
    assert row_of(shop, caller).owner == "mia"


def test_everybody_of_the_shop_may_pause_the_agent_on_the_page(shop, dana):
    browser = Visitor(shop).signs_in("sam", PASSWORD)
    browser.sees("/inbox")

    browser.sends("/pausing")

    page = browser.sees("/inbox")
    assert "The agent is paused" in page
    assert "Sam Reed" in page
    browser.sends("/pausing/resume")
    assert "The agent is paused" not in browser.sees("/inbox")
    browser.http.close()
    dana.texts("How much is a drain cleaning?")
    dana.reads("$149")


def calls_to(shop, caller):
    """Those by which a person of the staff was put through."""
    with shop.database().connect() as connection:
        mine = sa.select(call.c.sid).where(call.c.caller == caller.number)
        return list(connection.scalars(mine))


def in_handset(shop, staff="mia"):
    with shop.database().connect() as connection:
        return connection.execute(sa.select(handset).where(handset.c.staff == staff)).one()


def pauses_of(shop):
    with shop.database().connect() as connection:
        return connection.execute(sa.select(pause)).all()


def own_row(shop):
    with shop.database().connect() as connection:
        return threads.get(connection, threads.thread_id(ALDER, MIA))


def unsent(shop, caller):
    with shop.database().connect() as connection:
        mine = sa.select(text).where(
            text.c.recipient == caller.number, text.c.status.in_(("queued", "sending"))
        )
        return connection.execute(mine).all()
