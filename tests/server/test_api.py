"""What other systems read and do by the API: the same truth and the same doors as the inbox."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from server.store.tables import audit, thread
from tests.server.api_house import SLUG, ApiHouse
from tests.server.ladder_house import CALLER, SHOP

SECOND = "+13035550198"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("api"))
    built.misses()
    built.writes("how much is a drain cleaning?")
    built.misses(SECOND)
    yield built
    built.close()


@pytest.fixture(scope="module")
def token(house):
    return house.token("read", "write", "erase")


@pytest.fixture
def get(house, token):
    def got(path, **more):
        answered = house.asks(path, token, **more)
        assert answered.status_code == 200, answered.text
        return answered.json()

    return got


def test_conversations_are_listed_newest_first_with_local_times(get):
    found = get("/threads")

    assert [one["caller"] for one in found["items"]] == [SECOND, CALLER]
    first = found["items"][1]
    assert (first["state"], first["owner"], first["opted_out_at"]) == ("open", "agent", None)
    assert datetime.fromisoformat(first["last_at"]).utcoffset() == timedelta(hours=-7)


def test_pages_follow_each_other_without_a_gap_or_a_double(house, get):
    for number in range(5):
        house.misses(f"+1303555015{number}")

    seen, cursor = [], ""
    while True:
        page = get(f"/threads?limit=2&cursor={cursor}")
        seen += [one["caller"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 7
    assert seen == [one["caller"] for one in get("/threads?limit=200")["items"]]


def test_conversations_are_filtered(house, get):
    with house.database.begin() as connection:
        mine = sa.update(thread).where(thread.c.caller == SECOND)
        connection.execute(mine.values(resolved_at=house.clock.now(), owner="mia"))

    assert [one["caller"] for one in get("/threads?state=done")["items"]] == [SECOND]
    assert [one["caller"] for one in get("/threads?owner=mia")["items"]] == [SECOND]
    assert SECOND not in str(get("/threads?state=open"))
    later = (house.clock.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert get(f"/threads?since={later}")["items"] == []


def test_texts_are_read_newest_first_and_without_alerts(get):
    found = get(f"/threads/{CALLER[1:]}/texts")["items"]

    assert [one["direction"] for one in found] == ["out", "in", "out"]
    assert found[1]["body"] == "how much is a drain cleaning?"
    assert found[2]["kind"] == "first_text"


def test_phones_of_the_staff_are_no_conversations(house, token, get):
    house.writes("who is on call?", caller="+13035550141")

    assert "+13035550141" not in str(get("/threads?limit=200"))
    assert house.asks("/threads/+13035550141", token).status_code == 404
    assert house.asks("/threads/+13035550141/texts", token).status_code == 404


def test_a_text_goes_by_the_same_door_and_once_by_its_key(house, token):
    new = {"body": "Mia here: I can come at 4.", "staff": "mia"}
    once = {"Idempotency-Key": "a-1"}
    path = f"/threads/{CALLER}/texts"

    first = house.asks(path, token, "POST", json=new, headers=once)
    again = house.asks(path, token, "POST", json=new, headers=once)
    house.pass_s(5)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert house.to_caller().count(new["body"]) == 1
    assert house.asks(f"/threads/{CALLER}", token).json()["owner"] == "mia"


def test_a_text_that_sells_and_a_stranger_are_refused(house, token):
    selling = {"body": "20% off all drains this week, book now!", "staff": "mia"}
    path = f"/threads/{CALLER}/texts"

    refused = house.asks(path, token, "POST", json=selling)
    stranger = house.asks("/threads/+13035550111/texts", token, "POST", json=selling)
    nobody = house.asks(path, token, "POST", json=selling | {"staff": "zoe"})

    assert refused.status_code == 400
    assert "advertising" in refused.json()["detail"]
    assert stranger.status_code == 404
    assert "joe, mia, sam" in nobody.json()["detail"]


def test_an_opt_out_by_phone_holds_and_is_never_taken_back_by_a_program(house, token, get):
    number = "+13035550151"
    new = {"caller": number, "wording": "told Sam on the phone"}

    added = house.asks("/opt-outs", token, "POST", json=new)
    again = house.asks("/opt-outs", token, "POST", json=new)

    assert (added.status_code, again.json()) == (201, added.json())
    assert number in [one["caller"] for one in get("/opt-outs")["items"]]
    said = {"body": "One more thing", "staff": "mia"}
    refused = house.asks(f"/threads/{number}/texts", token, "POST", json=said)
    assert refused.status_code == 400
    assert "opted out" in refused.json()["detail"]
    assert house.asks(f"/opt-outs/{number}", token, "DELETE").status_code == 404


def test_calls_say_what_they_led_to(get):
    found = get("/calls?outcome=missed&limit=200")["items"]

    first = next(one for one in found if one["caller"] == CALLER)
    assert (first["dialled"], first["reason"], first["decision"]) == (
        SHOP,
        "no answer",
        "first text",
    )
    assert "Alder Creek" in first["first_text"]
    assert get("/calls?outcome=answered")["items"] == []


def test_tasks_are_added_listed_and_finished(house, token, get):
    new = {"caller": CALLER, "note": "Send the quote.", "owner": "sam"}
    once = {"Idempotency-Key": "t-1"}

    made = house.asks("/tasks", token, "POST", json=new, headers=once).json()
    twin = house.asks("/tasks", token, "POST", json=new, headers=once).json()
    done = house.asks(f"/tasks/{made['id']}/done", token, "POST", json={"staff": "sam"}).json()

    assert made == twin
    assert (made["caller"], made["owner"], made["done_at"]) == (CALLER, "sam", None)
    assert (done["done_by"], done["done_at"] is not None) == ("sam", True)
    assert made["id"] in [one["id"] for one in get("/tasks?state=done")["items"]]
    assert made["id"] not in [one["id"] for one in get("/tasks?state=open")["items"]]
    assert house.asks("/tasks/99999/done", token, "POST").status_code == 404


def test_the_profile_is_replaced_only_where_it_was_read(house, token):
    read = house.asks("/profile", token)
    profile = read.json() | {"tone": "friendly and short"}
    put = {"method": "PUT", "json": profile}

    blind = house.asks("/profile", token, **put)
    stale = house.asks("/profile", token, **put, headers={"If-Match": '"old"'})
    fine = house.asks("/profile", token, **put, headers={"If-Match": read.headers["etag"]})

    assert (blind.status_code, stale.status_code, fine.status_code) == (428, 412, 200)
    assert fine.json()["tone"] == "friendly and short"
    assert house.asks("/profile", token).headers["etag"] == fine.headers["etag"]


@pytest.mark.parametrize(
    "change",
    [{"phone": "+13035550999"}, {"staff": [{"id": "mia", "name": "Mia Smith", "login": "staff"}, {"id": "eve", "name": "Eve", "login": "owner"}], "on_call": []}, {"calendars": [{"id": "van", "url": "https://calendar.example/x/", "password_env": "TWILIO_AUTH_TOKEN"}]}],
)  # fmt: skip
def test_a_businesss_token_changes_no_number_no_secrets_and_no_logins(house, token, change):
    read = house.asks("/profile", token)

    answered = house.asks(
        "/profile", token, "PUT", json=read.json() | change, headers={"If-Match": "*"}
    )

    assert answered.status_code == 400
    assert next(iter(change)) in answered.json()["detail"]


def test_a_first_text_that_must_not_be_sent_is_refused_here_too(house, token):
    read = house.asks("/profile", token)

    answered = house.asks(
        "/profile", token, "PUT", json=read.json() | {"first_text": "Hello {nobody}"}, headers={"If-Match": "*"}
    )  # fmt: skip

    assert answered.status_code == 400
    assert "The first text cannot be used." in answered.json()["detail"]


def test_a_profile_that_is_none_says_what_is_wrong(house, token):
    read = house.asks("/profile", token)

    answered = house.asks(
        "/profile", token, "PUT", json=read.json() | {"timezone": "Mars/Olympus"}, headers={"If-Match": "*"}
    )  # fmt: skip

    assert answered.status_code == 422
    assert any("timezone" in one for one in answered.json()["errors"])


def test_documents_are_put_and_removed(house, token, get):
    table = b"question,answer\nDo you fix boilers?,Yes.\n"

    put = house.asks("/documents/boilers.csv", token, "PUT", content=table)
    listed = get("/documents")["items"]
    gone = house.asks("/documents/boilers.csv", token, "DELETE")

    assert (put.status_code, put.json()["added_by"]) == (200, "api:zapier")
    assert [one["name"] for one in listed] == ["boilers.csv"]
    assert gone.status_code == 204
    assert get("/documents")["items"] == []
    assert house.asks("/documents/boilers.csv", token, "DELETE").status_code == 404
    assert house.asks("/documents/x.exe", token, "PUT", content=b"MZ").status_code == 400


def test_a_visit_is_booked_moved_and_cancelled(house, token, get):
    new = {
        "caller": CALLER,
        "service": "drain",
        "start": "2026-03-04T10:00:00-07:00",
        "staff": "mia",
    }
    once = {"Idempotency-Key": "v-1"}

    booked = house.asks("/appointments", token, "POST", json=new, headers=once)
    twin = house.asks("/appointments", token, "POST", json=new, headers=once)
    assert booked.status_code == 201, booked.text
    visit = booked.json()
    other = {"caller": "+13035550152", "anyway": True}
    taken = house.asks("/appointments", token, "POST", json=new | other)
    to = {"start": "2026-03-04T13:00:00-07:00", "staff": "mia"}
    moved = house.asks(f"/appointments/{visit['id']}/move", token, "POST", json=to)
    listed = get("/appointments?from=2026-03-04T00:00:00-07:00")["items"]
    gone = house.asks(f"/appointments/{visit['id']}/cancel", token, "POST", json={"staff": "mia"})

    assert twin.json() == visit
    assert (visit["start"], visit["by"], visit["service_name"]) == (
        new["start"],
        "mia",
        "Drain cleaning",
    )
    assert taken.status_code == 409
    assert moved.json()["start"] == to["start"]
    assert [one["id"] for one in listed] == [visit["id"]]
    assert gone.json()["state"] == "cancelled"
    assert get(f"/appointments/{visit['id']}")["state"] == "cancelled"


def test_numbers_and_a_receipt_are_there(get):
    counted = get("/metrics?from=2026-03-01&to=2026-03-07")
    receipt = get(f"/callers/{CALLER}/receipt")

    assert counted["business"] == SLUG
    assert receipt["caller"] == CALLER
    assert receipt["made_by"] == "api:zapier"


def test_a_service_with_a_visit_ahead_stays_for_other_systems_too(house, token):
    profile = house.asks("/profile", token).json()
    drain = next(one for one in profile["services"] if one["id"] == "drain")
    start = "2026-03-05T10:00:00-07:00"
    new = {"caller": CALLER, "service": "drain", "start": start, "staff": "mia"}
    visit = house.asks("/appointments", token, "POST", json=new).json()["id"]
    others = {"services": [drain | {"id": "rooter", "name": "Rooter"}]}

    answered = house.asks(
        "/profile", token, "PUT", json=profile | others, headers={"If-Match": "*"}
    )

    assert answered.status_code == 400
    assert "stays: a visit is booked" in answered.json()["detail"]
    house.asks(f"/appointments/{visit}/cancel", token, "POST", json={"staff": "mia"})


def test_a_caller_is_erased_only_by_the_number_again(house, token):
    number = "+13035550159"
    house.misses(number)

    unsure = house.asks(f"/callers/{number}", token, "DELETE")
    sure = house.asks(f"/callers/{number}?confirm={number[1:]}", token, "DELETE")

    assert unsure.status_code == 400
    assert sure.status_code == 200, sure.text
    assert sure.json()["rows"]["call"] >= 1
    with house.database.connect() as connection:
        noted = connection.execute(sa.select(audit).where(audit.c.what.startswith("Erased"))).all()
    assert [one.who for one in noted] == ["api:zapier"]
    assert number[1:] not in str(noted)
    assert house.asks(f"/threads/{number}", token).status_code == 404
