"""The installation's own systems manage its businesses by API, with a token of the installation alone."""

import pytest

from server.api_tokens import new_token
from server.store import audit
from server.store.audit import Wanted
from tests.server.desk import Shop
from tests.server.provider_desk import Program

SHOP = "alder-creek-plumbing"
NEW = {"slug": "birch-dental", "name": "Birch Dental", "owner": "Ana Lopez"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    opened = Shop(tmp_path_factory.mktemp("provider_api"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def crm(shop):
    return Program(shop)


def test_a_business_is_begun_once_with_a_link_for_its_owner(crm, shop):
    first = crm.asks("POST", json=NEW)
    again = crm.asks("POST", json=NEW)

    assert first.status_code == again.status_code == 201, first.text
    link = first.json()["invitation"]
    assert link.startswith("https://ringback.example/invitation/")
    assert again.json()["invitation"] is None
    assert first.json()["business"]["phone"] is None
    assert first.json()["business"]["is_live"] is False
    assert "Birch Dental" in shop._carrier.get(link, headers={"Accept": "text/html"}).text
    assert crm.asks("POST", json=NEW | {"name": "Another"}).status_code == 400


def test_a_business_is_suspended_and_works_again_and_its_log_says_who(crm, shop):
    suspended = crm.asks("POST", f"/{SHOP}/suspend", json={"why": "unpaid"})
    shop.new_caller()
    shop.writes("how much is a drain cleaning?")
    said = shop.said()
    works = crm.asks("POST", f"/{SHOP}/resume")

    assert suspended.json()["suspended_why"] == "unpaid"
    assert said == []
    assert works.json()["suspended_at"] is None
    with shop.house.database.connect() as connection:
        noted = audit.entries(connection, SHOP, Wanted(), 20)
    assert ("api:crm", "Suspended the business: unpaid") in [(one.who, one.what) for one in noted]


def test_a_quota_changes_where_it_is_named_and_null_takes_it_back(crm):
    crm.asks("PATCH", f"/{SHOP}/quota", json={"segments_month": 500, "logins": 3})

    changed = crm.asks("PATCH", f"/{SHOP}/quota", json={"logins": None}).json()

    assert changed["quota"]["segments_month"] == 500
    assert changed["quota"]["logins"] is None
    assert changed["used"][0]["limit"] == 500
    assert crm.asks("PATCH", f"/{SHOP}/quota", json={"segments_month": -1}).status_code == 422
    crm.asks("PATCH", f"/{SHOP}/quota", json={"segments_month": None})


def test_use_is_told_by_the_month(crm, shop):
    shop.new_caller()
    shop.writes("how much is a drain cleaning?")

    (month,) = crm.asks("GET", f"/{SHOP}/usage").json()

    assert month["month"] == "2026-11"
    assert month["texts_in"] >= 1
    assert month["segments"] >= month["texts"] >= 1


def test_numbers_are_added_registered_moved_and_removed(crm):
    crm.asks("POST", json=NEW)
    added = crm.asks("POST", f"/{SHOP}/numbers", json={"number": "+18335550160"})
    entered = crm.asks("PATCH", f"/{SHOP}/numbers/18335550160", json={"registration": "approved", "note": "ok"})  # fmt: skip
    moved = crm.asks("POST", f"/{SHOP}/numbers/+18335550160/move", json={"to": "birch-dental"})

    assert added.status_code == 201, added.text
    (toll_free,) = [one for one in entered.json() if one["number"] == "+18335550160"]
    assert (toll_free["needs"], toll_free["registration"]) == ("toll-free", "approved")
    assert [one["number"] for one in moved.json()] == ["+18335550160"]
    assert moved.json()[0]["registration"] == "none"
    assert crm.asks("DELETE", f"/{SHOP}/numbers/18335550160").status_code == 404
    assert crm.asks("DELETE", f"/{SHOP}/numbers/13035550140").status_code == 400


def test_an_account_is_entered_and_never_shown(crm, shop):
    crm.asks("POST", json=NEW)
    sid = "AC" + "3" * 32

    put = crm.asks("PUT", "/birch-dental/account", json={"account_sid": sid, "token": "a-secret"})

    assert put.status_code == 204
    assert shop.house.built.carrier_tokens.token(sid) == "a-secret"
    assert "a-secret" not in crm.asks("GET", "/birch-dental").text
    assert crm.asks("DELETE", "/birch-dental/account").status_code == 204
    assert shop.house.built.carrier_tokens.token(sid) == ""


def test_a_business_is_deleted_only_suspended_and_with_its_slug(crm):
    crm.asks("POST", json={"slug": "soon-gone", "name": "Soon Gone", "owner": "Ana"})
    early = crm.asks("DELETE", "/soon-gone", params={"confirm": "soon-gone"})
    crm.asks("POST", "/soon-gone/suspend", json={})
    wrong = crm.asks("DELETE", "/soon-gone", params={"confirm": "gone"})

    gone = crm.asks("DELETE", "/soon-gone", params={"confirm": "soon-gone"})

    assert (early.status_code, wrong.status_code, gone.status_code) == (400, 400, 200)
    assert gone.json()["rows"]["business"] == 1
    assert crm.asks("GET", "/soon-gone").status_code == 404


def test_lists_are_paged_and_searched(crm):
    crm.asks("POST", json=NEW)

    first = crm.asks("GET", params={"limit": 1}).json()
    second = crm.asks("GET", params={"limit": 1, "cursor": first["next"]}).json()

    assert first["items"] != second["items"]
    assert [one["slug"] for one in crm.asks("GET", params={"q": "birch"}).json()["items"]] == ["birch-dental"]  # fmt: skip


@pytest.mark.parametrize("path", ["", f"/{SHOP}", f"/{SHOP}/usage", f"/{SHOP}/numbers"])
def test_a_business_token_sees_nothing_of_this(crm, shop, path):
    token = new_token(shop.house.built, SHOP, "own", []).split()[-1]

    answered = crm.asks("GET", path, headers={"Authorization": f"Bearer {token}"})

    assert answered.status_code == 403
    assert answered.headers["content-type"] == "application/problem+json"


def test_what_is_not_there_is_told_as_a_problem(crm):
    for method, path, body in (
        ("GET", "/nowhere", None), ("POST", "/nowhere/suspend", {}), ("GET", "/nowhere/usage", None),
        ("POST", "/nowhere/numbers", {"number": "+13035550161"}), ("PATCH", "/nowhere/quota", {}),
        ("POST", "/nowhere/invitations", {}), ("DELETE", "/nowhere/account", None),
    ):  # fmt: skip
        answered = crm.asks(method, path, json=body)
        assert answered.status_code == 404, (method, path, answered.text)
        assert answered.json()["status"] == 404
