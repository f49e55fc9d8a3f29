"""Whoever runs the installation begins businesses, suspends them, moves their numbers, and takes them away."""

import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from agent.errors import BadInput, NotFound
from server import business_removal, provider
from server.folder import read_folder
from server.provider import By
from server.reception import IncomingText
from server.rehearsal import Rehearsal
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store import businesses, carrier_credentials, registrations, standings, texts, threads
from server.store.tables import business as business_table
from server.store.tables import metadata
from server.wiring import open_tools, rehearsal_calendar
from tests.calls.house import PUBLIC_URL
from tests.server.desk import MONDAY, Shop
from tests.server.provider_desk import Admin

OURS, SECOND = "+13035550140", "+13035550150"
SID = "AC" + "2" * 32


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    opened = Shop(tmp_path_factory.mktemp("provider"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def root(shop):
    return Admin(shop)


@pytest.fixture
def caller(shop):
    shop.new_caller()
    yield shop
    with shop.house.database.begin() as connection:
        standings.resume(connection, shop.business.slug)


def by(shop):
    return By(who="root", now=shop.house.clock.now())


def suspend(shop, why="the bill is not paid"):
    with shop.house.database.begin() as connection:
        provider.suspend(connection, shop.business.slug, why, by(shop))


def resume(shop):
    with shop.house.database.begin() as connection:
        provider.resume(connection, shop.business.slug, by(shop))


def begin(shop, name):
    with shop.house.database.begin() as connection:
        return provider.begin(connection, "", name, "Ana Lopez", by(shop))[0]


def test_a_suspended_business_sends_nothing_books_nothing_and_keeps_what_comes(caller):
    suspend(caller)

    caller.writes("can someone snake my drain tomorrow at 3?")

    assert caller.said() == []
    assert [one.body for one in caller.texts() if one.is_callers] == [
        "can someone snake my drain tomorrow at 3?"
    ]
    assert caller.row().owner == "nobody"
    assert "other" in caller.owed()


def test_stop_counts_while_a_business_is_suspended(caller):
    suspend(caller)

    caller.writes("STOP")

    assert caller.row().opted_out_at is not None


def test_nothing_is_sent_late_after_a_suspension(caller):
    suspend(caller)
    caller.writes("how much is a drain cleaning?")
    resume(caller)

    caller.passes(3600)

    assert caller.said() == []


def test_a_text_that_waited_when_the_business_was_suspended_does_not_leave(caller):
    caller.writes("how much is a drain cleaning?", seconds=1)
    suspend(caller)

    caller.passes(60)

    assert caller.said() == []


def test_its_people_read_that_it_is_suspended_and_why(caller):
    mia = caller.person("mia")
    suspend(caller)

    answered = mia.http.get("/inbox", headers={"Accept": "text/html"})

    assert answered.status_code == 403
    assert "suspended here: the bill is not paid. Your phone still rings" in answered.text


def test_a_suspended_business_answers_calls_as_ever(caller):
    suspend(caller)
    fields = {"CallSid": "CA" + "5" * 32, "AccountSid": "AC" + "1" * 32, "From": caller.caller, "To": OURS, "CallStatus": "ringing", "Direction": "inbound"}  # fmt: skip
    signature = RequestValidator("the carrier's token").compute_signature(f"{PUBLIC_URL}/twilio/voice", fields)  # fmt: skip

    answered = caller._carrier.post("/twilio/voice", data=fields, headers={"X-Twilio-Signature": signature})  # fmt: skip

    assert answered.status_code == 200, answered.text
    assert "<Dial" in answered.text


def test_a_business_is_begun_once_for_a_slug(shop):
    with shop.house.database.begin() as connection:
        first = provider.begin(connection, "elm-dental", "Elm Dental", "Ana Lopez", by(shop))
        again = provider.begin(connection, "elm-dental", "Elm Dental", "Ana Lopez", by(shop))
        with pytest.raises(BadInput, match="is here already"):
            provider.begin(connection, "elm-dental", "Oak Dental", "Ana Lopez", by(shop))

    assert (first[1], again[1]) == (True, False)
    assert first[0] == again[0]
    assert first[0].texting.mode == "shadow"


def test_a_number_moves_with_new_texts_and_without_conversations_or_consent(shop):
    shop.new_caller()
    to = begin(shop, "Bear Plumbing")
    with shop.house.database.begin() as connection:
        provider.add_number(connection, shop.business.slug, SECOND, by(shop))
        registrations.enter(connection, shop.business.slug, SECOND, "approved", "", by(shop).now)
        thread, _ = threads.locked(connection, shop.business.slug, shop.caller, by(shop).now)
        provider.move_number(connection, SECOND, shop.business.slug, to.slug, by(shop))

    with shop.house.database.connect() as connection:
        now_of = businesses.by_number(connection, SECOND)
        found = registrations.of_business(connection, to.slug)
        assert threads.get(connection, thread.id) is not None
        assert threads.get(connection, threads.thread_id(to.slug, shop.caller)) is None
    assert now_of is not None
    assert now_of.slug == to.slug
    assert [one.status for one in found if one.number == SECOND] == ["none"]


def test_stop_to_a_number_that_moved_also_stops_whoever_texted_from_it(shop):
    shop.new_caller()
    to, moved = begin(shop, "Elk Plumbing"), "+13035550152"
    with shop.house.database.begin() as connection:
        provider.add_number(connection, shop.business.slug, moved, by(shop))
        thread, _ = threads.locked(connection, shop.business.slug, shop.caller, by(shop).now)
        texts.add(connection, key="before", business=shop.business.slug, thread=thread.id, author="agent", kind="reply", sender=moved, recipient=shop.caller, body="hi", at=by(shop).now, status="delivered")  # fmt: skip
        provider.move_number(connection, moved, shop.business.slug, to.slug, by(shop))
        stop = IncomingText(sid="SM-stop", caller=shop.caller, to=moved, body="STOP", media=[], carrier_said="STOP", raw={})  # fmt: skip
        shop.house.built.reception.text(connection, to, stop, by(shop).now)

    assert shop.row().opted_out_at is not None


def test_what_was_to_leave_from_a_number_that_moved_does_not(shop):
    shop.new_caller()
    to = begin(shop, "Fox Plumbing")
    with shop.house.database.begin() as connection:
        provider.add_number(connection, shop.business.slug, "+13035550151", by(shop))
        thread, _ = threads.locked(connection, shop.business.slug, shop.caller, by(shop).now)
        texts.add(connection, key="moved", business=shop.business.slug, thread=thread.id, author="agent", kind="reply", sender="+13035550151", recipient=shop.caller, body="hi", at=by(shop).now, status="queued")  # fmt: skip
        provider.move_number(connection, "+13035550151", shop.business.slug, to.slug, by(shop))

    shop.house.built.door.attempt("moved")

    assert shop.said() == []
    with shop.house.database.connect() as connection:
        row = texts.get(connection, "moved")
    assert row is not None
    assert row.status_reason is not None
    assert "not a number of this business any more" in row.status_reason


def test_a_main_number_does_not_move_and_a_taken_one_is_not_added(shop):
    to = begin(shop, "Owl Plumbing")
    with shop.house.database.begin() as connection:
        with pytest.raises(BadInput, match="main number"):
            provider.move_number(connection, OURS, shop.business.slug, to.slug, by(shop))
        with pytest.raises(NotFound):
            provider.move_number(connection, "+13035550199", shop.business.slug, to.slug, by(shop))
        with pytest.raises(BadInput, match="already belongs"):
            provider.add_number(connection, to.slug, OURS, by(shop))


def test_a_token_that_was_typed_in_signs_webhooks_and_the_one_before_for_a_day(shop):
    made, tokens = begin(shop, "Own Account"), shop.house.built.carrier_tokens
    for token in ("first-token", "second-token"):
        with shop.house.database.begin() as connection:
            provider.set_account(connection, tokens, made.slug, SID, token, by(shop))
    with shop.house.database.connect() as connection:
        own = businesses.get(connection, made.slug)
        kept = str(connection.execute(sa.select(metadata.tables["carrier_credential"])).all())

    assert shop.house.built.auth_tokens(own, SID) == ["second-token", "first-token"]
    assert tokens.token(SID) == "second-token"
    assert "second-token" not in kept
    later = shop.house.clock.now() + 2 * carrier_credentials.HOLDS_ON
    assert tokens.believed(made.slug, SID, later) == ["second-token"]
    assert shop.house.built.auth_tokens(shop.business, SID) == []


@pytest.mark.parametrize(
    ("signs", "status"), [("first-token", 200), ("second-token", 200), ("the carrier's token", 403), ("", 403)]
)  # fmt: skip
def test_webhooks_of_an_own_account_are_believed_with_its_tokens_alone(shop, signs, status):
    slug, number = "own-webhooks", "+13035550190"
    with shop.house.database.begin() as connection:
        made, is_new = provider.begin(connection, slug, "Own Webhooks", "Ana", by(shop))
        if is_new:
            provider.add_number(connection, made.slug, number, by(shop))
        for token in ("first-token", "second-token"):
            provider.set_account(connection, shop.house.built.carrier_tokens, slug, SID, token, by(shop))  # fmt: skip
    fields = {"MessageSid": f"SM-own-{signs[:3]}", "AccountSid": SID, "From": "+13035550199", "To": number, "Body": "hi", "NumMedia": "0"}  # fmt: skip
    signature = RequestValidator(signs).compute_signature(f"{PUBLIC_URL}/twilio/sms", fields)

    answered = shop._carrier.post("/twilio/sms", data=fields, headers={"X-Twilio-Signature": signature})  # fmt: skip

    assert answered.status_code == status, answered.text


def test_danger_still_rings_the_people_of_a_suspended_business(tmp_path):
    tools = open_tools(Settings(_env_file=None, data_dir=tmp_path, embedder="lexical"))
    business, now = read_folder(DEMO_FOLDER).business, MONDAY
    rehearsal = Rehearsal(business, tools.library, None, rehearsal_calendar(None), tools.database, now)  # fmt: skip
    with tools.database.begin() as connection:
        standings.suspend(connection, business.slug, "", now)

    line = rehearsal.play({"caller": "water is pouring through the ceiling, help!"}, None)
    later = rehearsal.play({"wait_s": 600}, None)
    tools.database.dispose()

    told = line["alerts"] + later["alerts"]
    assert line["replies"] + later["replies"] == []
    assert told
    assert all(one.startswith("Call to ") for one in told)


def test_a_business_is_taken_away_only_suspended_and_by_its_own_slug_and_wholly(shop):
    made = begin(shop, "Gone Soon")
    with shop.house.database.begin() as connection:
        now = by(shop).now
        thread, _ = threads.locked(connection, made.slug, "+13035550177", now)
        threads.mark(connection, thread.id, "claimed", "ana", now)
        texts.add(connection, key="gone", business=made.slug, thread=thread.id, author="caller", sender="+13035550177", recipient=made.phone, body="hi", at=now, status="answered")  # fmt: skip
    for confirm, suspended in ((made.slug, False), ("other", True)):
        if suspended:
            with shop.house.database.begin() as connection:
                provider.suspend(connection, made.slug, "", by(shop))
        with pytest.raises(BadInput):
            business_removal.remove(shop.house.built, made.slug, confirm, by(shop))

    gone = business_removal.remove(shop.house.built, made.slug, made.slug, by(shop))

    assert gone["text"] == gone["thread"] == gone["marker"] == gone["business"] == 1
    with shop.house.database.connect() as connection:
        left = {
            table.name: [row for row in connection.execute(sa.select(table)) if made.slug in str(row)]
            for table in metadata.sorted_tables
        }  # fmt: skip
        assert connection.scalar(sa.select(business_table.c.slug).where(business_table.c.slug == shop.business.slug))  # fmt: skip
    assert {name: rows for name, rows in left.items() if rows and name != "audit"} == {}
    assert all(row.business is None for row in left["audit"])


def test_the_pages_do_it_all_and_what_was_typed_stays_on_an_error(shop, root):
    answered = root.posts("/admin/businesses", name="Page Dental", owner="Ana Lopez", slug="")
    assert "/invitation/" in answered.text
    assert root.acts("page-dental", "numbers", number="+1 303 555 0188").status_code == 303
    assert root.acts("page-dental", "numbers/register", number="+13035550188", status="approved", note="C1").status_code == 303  # fmt: skip
    assert root.acts("page-dental", "quota", segments_month="1,000", hard="1").status_code == 303
    assert root.acts("page-dental", "suspend", why="unpaid").status_code == 303
    page = root.sees("/admin/businesses/page-dental")
    assert "10DLC approved" in page
    assert "0 of 1,000" in page
    assert "unpaid" in page

    wrong = root.acts("page-dental", "quota", segments_month="many", logins="7")
    assert wrong.status_code == 400
    assert 'value="many"' in wrong.text
    assert 'value="7"' in wrong.text
    assert root.acts("page-dental", "account", account_sid="nonsense", token="x").status_code == 400
    assert root.acts("page-dental", "resume").status_code == 303
    assert root.acts("nowhere", "suspend").status_code == 404


def test_the_list_is_searched_by_name_and_number(shop, root):
    begin(shop, "Zinnia Salon")

    assert "Zinnia Salon" in root.sees("/admin?q=zinnia")
    assert "Alder Creek" not in root.sees("/admin?q=zinnia")
    assert "Alder Creek" in root.sees("/admin?q=5550140")
    assert "No business has this name or number" in root.sees("/admin?q=nothing-like-it")
    assert "+13035550140" in root.sees("/admin/numbers") or "(303) 555-0140" in root.sees("/admin/numbers")  # fmt: skip
