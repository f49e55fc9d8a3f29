"""What an owner reads of the calls: a week's list and sums, what shadow mode noted, and sending turned on and off."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from agent.business import Business
from evals.product import until
from server.store import businesses
from server.store.tables import call, text, thread

SHOP, DENVER = "alder-creek-plumbing", ZoneInfo("America/Denver")
PAGE, WEEK, TABLE, MODE = (f"/business/calls{end}" for end in ("", "/week", "/calls.csv", "/mode"))
MONDAY = datetime(2026, 3, 2, tzinfo=DENVER)
"""Of a week in which nothing happened, and at whose end the clocks change."""


@pytest.fixture(scope="module")
def product(two_businesses):
    return two_businesses


@pytest.fixture
def noted(product):
    """Notes calls of a week of their own, gone after the test."""

    def note(*found, slug=SHOP):
        with product.database().begin() as connection:
            for place, one in enumerate(found):
                sid = f"CAnoted{slug}{place}"
                values = {"caller": "+17205550800", "at": MONDAY, "outcome": "missed"} | one
                said = values.pop("said", "")
                status = values.pop("status", "")
                name = f"{slug}:{values['caller']}"
                add_thread(connection, slug, name, values)
                connection.execute(
                    sa.insert(call).values(
                        {"sid": sid, "business": slug, "thread": name, "dialled": "+13035550140"}
                        | {"is_test": False, "raw": {}}
                        | values
                    )
                )
                add_texts(connection, slug, sid, values, said, status)

    yield note
    with product.database().begin() as connection:
        connection.execute(sa.delete(text).where(text.c.at < MONDAY + timedelta(days=20)))
        connection.execute(sa.delete(call).where(call.c.sid.startswith("CAnoted")))


def add_thread(connection, slug, name, values):
    if connection.scalar(sa.select(thread.c.id).where(thread.c.id == name)) is None:
        connection.execute(
            sa.insert(thread).values(
                id=name, business=slug, caller=values["caller"], owner="agent", memory={}, last_at=values["at"]
            )
        )  # fmt: skip


def add_texts(connection, slug, sid, values, said, status):
    row = {
        "business": slug, "thread": f"{slug}:{values['caller']}", "sender": "+13035550140", "recipient": values["caller"],
        "media": [], "carrier_acts": False, "tries": 1,
    }  # fmt: skip
    if status:
        first = {
            "key": f"first:{sid}",
            "author": "template",
            "kind": "first_text",
            "status": status,
        }
        connection.execute(
            sa.insert(text).values(row | first | {"at": values["at"], "body": "Sorry"})
        )
    if said:
        theirs = {"key": f"said:{sid}", "author": "caller", "status": "answered", "body": said}
        connection.execute(
            sa.insert(text).values(row | theirs | {"at": values["at"] + timedelta(hours=1)})
        )


def shown(visitor, path):
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", visitor.sees(path))).split())


def week_of(moment):
    return f"?week={moment:%Y-%m-%d}"


def in_mode(product, mode):
    with product.database().connect() as connection:
        found = businesses.get(connection, SHOP)
    assert isinstance(found, Business)
    return found.texting.mode == mode


def test_a_missed_call_is_listed_with_its_text_and_how_far_that_came(product, mia):
    caller = "+17205550811"
    product.call(caller=caller)
    body = product.replied(1, to=caller)[0]
    product.call(caller="+17205550812", answer="answered", screen="1")

    until(lambda: "Text delivered" in shown(mia, PAGE), "the delivery is shown")
    until(lambda: "(720) 555-0812 Answered" in shown(mia, PAGE), "the answer is shown")
    page = shown(mia, PAGE)

    assert "(720) 555-0811 Missed" in page
    assert body in page
    assert "(720) 555-0812" not in shown(mia, f"{PAGE}?show=missed")
    assert "(720) 555-0811" not in shown(mia, f"{PAGE}?show=no-text")
    assert '<a href="/inbox/17205550811">' in mia.sees(PAGE)


def test_staff_read_the_calls_and_change_nothing(product, visit):
    sam = visit("sam")

    assert "Stop sending" not in shown(sam, WEEK)
    assert sam.sends(MODE, {"mode": "shadow"}).status_code == 403
    assert in_mode(product, "live")


def test_in_shadow_nothing_is_sent_and_everything_is_noted_until_the_owner_starts(product, mia):
    caller = "+17205550813"
    mia.sees(WEEK)
    mia.sends(MODE, {"mode": "shadow"})
    assert "Sending is off" in shown(mia, "/business")

    product.call(caller=caller)
    product.call(caller=caller, answer="hangup")
    product.stays_silent(0, to=caller)
    page = shown(mia, WEEK)

    assert "1 would have got a text within seconds" in page
    noted = page[page.index("(720) 555-0813", page.index("(720) 555-0813") + 1) :]
    assert "Looked urgent" in noted
    assert "Rang again at once" in noted
    assert (
        "Only noted; the caller would have got: Alder Creek Plumbing: Sorry we missed your call"
        in noted
    )

    answered = mia.sends(MODE, {"mode": "live"})
    assert answered.headers["location"] == WEEK
    assert "from now on whoever you miss gets a text" in shown(mia, WEEK)
    product.call(caller="+17205550814")
    product.replied(1, to="+17205550814")
    product.stays_silent(0, to=caller)


def test_the_sums_say_what_came_of_every_call(noted, mia):
    hour = timedelta(hours=1)
    noted(
        {"decision": "first text", "status": "delivered"},
        {"decision": "held", "status": "queued", "caller": "+17205550801", "at": MONDAY + 5 * hour},
        {"decision": "not sent", "status": "dropped", "caller": "+17205550802"},
        {"decision": "caller withheld", "caller": "anonymous"},
        {"decision": "caller withheld", "caller": "anonymous", "at": MONDAY + hour / 12},
        {"decision": "shadow", "body": "Sorry", "caller": "+17205550803"},
        {"outcome": "answered", "caller": "+17205550803", "at": MONDAY + 20 * hour},
        {"outcome": "unanswered", "caller": "+17205550801", "at": MONDAY + 6 * hour},
        {"outcome": "answered", "decision": "answered", "caller": "+17205550804"},
        {"decision": "first text", "status": "sent", "is_test": True, "caller": "+13035550141"},
    )

    page = shown(mia, PAGE + week_of(MONDAY))

    assert (
        "Calls 8 Missed 6 (75%) Got a text 1 Would have got one 1 No text 3 Answered after all 2 Looked urgent 0"
        in page
    )
    assert (
        "Missed and not texted: the number is withheld (2); the text could not be sent (1)." in page
    )
    assert "Text waits for your opening" in page
    assert "Called back By you, and nobody picked up" in page.replace("7:00 PM ", "").replace(
        "6:00 AM ", ""
    )
    assert "You missed 6 calls that week; 1 would have got a text within seconds; 1 got a text; none looked urgent." in shown(
        mia, WEEK + week_of(MONDAY)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([{"voicemail": {"transcript": "a pipe burst, water everywhere"}}], "Voicemail: flooding"),
        ([{"said": "i smell gas in the kitchen"}], "Text: gas"),
        ([{}, {"at": MONDAY + timedelta(minutes=14)}], "Rang again after 14 min"),
        ([{"voicemail": {"transcript": "just a quote for a faucet, no rush"}}], None),
        ([{}, {"at": MONDAY + timedelta(minutes=16)}], None),
        ([{}, {"at": MONDAY + timedelta(minutes=3), "outcome": "unanswered"}], None),
        ([{"caller": "anonymous"}, {"caller": "anonymous", "at": MONDAY + timedelta(minutes=3)}], None),
        ([{"outcome": "answered", "voicemail": {"transcript": "a pipe burst"}}], None),
    ],
)  # fmt: skip
def test_what_looked_urgent_says_why(noted, mia, found, reason):
    noted(*found)

    page = shown(mia, WEEK + week_of(MONDAY))

    assert ("1 looked urgent" in page) == bool(reason)
    assert reason is None or reason in page


def test_a_week_begins_on_monday_at_the_businesss_midnight(noted, mia):
    sunday = MONDAY + timedelta(days=6, hours=23, minutes=30)
    noted(
        {"caller": "+17205550805", "at": sunday},
        {"caller": "+17205550806", "at": sunday + timedelta(hours=1)},
        {"caller": "+17205550807", "at": MONDAY - timedelta(minutes=1)},
    )

    page = shown(mia, PAGE + week_of(MONDAY + timedelta(days=3)))

    assert "Calls, Mar 2 to 8, 2026" in page
    assert [number in page for number in ("0805", "0806", "0807")] == [True, False, False]
    assert "11:30 PM" in page
    assert "Sunday 11 PM to 12 AM: 1" in shown(mia, WEEK + week_of(MONDAY))


@pytest.mark.parametrize("week", ["2999-01-01", "0001-01-01", "soon", ""])
def test_a_week_that_cannot_be_is_no_error(mia, week):
    assert "Calls, " in shown(mia, f"{PAGE}?week={week}")
    assert "Missed calls, " in shown(mia, f"{WEEK}?week={week}")


def test_the_table_holds_what_the_list_shows_and_no_formula(noted, mia):
    noted(
        {"decision": "shadow", "body": "Sorry", "voicemail": {"transcript": "=1+1"}},
        {"caller": "+17205550801", "outcome": "answered", "at": MONDAY + timedelta(minutes=1)},
    )

    rows = list(csv.DictReader(mia.http.get(TABLE + week_of(MONDAY)).text.splitlines()))
    missed = mia.http.get(TABLE + week_of(MONDAY) + "&show=missed").text.splitlines()

    assert [(row["date"], row["time"], row["caller"], row["outcome"]) for row in rows] == [
        ("2026-03-02", "00:00:00", "+17205550800", "missed"),
        ("2026-03-02", "00:01:00", "+17205550801", "answered"),
    ]
    assert (rows[0]["text"], rows[0]["voicemail"]) == ("Sorry", "'=1+1")
    assert len(missed) == 2


def test_what_a_caller_says_is_text_and_nothing_else(noted, mia):
    noted(
        {
            "voicemail": {
                "transcript": "<script>alert(1)</script>",
                "recording": "https://x.example/RE1",
            }
        }
    )

    page = mia.sees(WEEK + week_of(MONDAY))

    assert "<script>alert" not in page
    assert f'href="/inbox/voicemail/CAnoted{SHOP}0"' in page


def test_another_business_sees_none_of_it(noted, nora):
    noted({"caller": "+17205550808"})

    assert "Nobody called that week." in shown(nora, WEEK + week_of(MONDAY))


def test_a_week_of_many_calls_is_read_in_time(noted, mia):
    noted(
        *(
            {"caller": f"+1720555{n % 250:04}", "at": MONDAY + timedelta(minutes=16 * n), "said": "how much?"}
            for n in range(600)
        )
    )  # fmt: skip

    began = datetime.now(UTC)
    page = shown(mia, WEEK + week_of(MONDAY))

    assert "You missed 600 calls" in page
    assert "100 more are in the table." in page
    assert datetime.now(UTC) - began < timedelta(seconds=10)
