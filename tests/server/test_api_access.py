"""Tokens: what lets a program in, how far, and how it is shut out. Every error is a problem document."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts

from agent.errors import NotFound
from server.api_tokens import new_token, revoke_token
from server.http.api import provider
from server.http.api.access import Rates
from server.http.audit_words import BY_PROGRAMS
from server.store import api_tokens, audit, standings
from server.store.tables import api_token
from tests.server.api_house import OTHER, SLUG, START, ApiHouse
from tests.server.ladder_house import CALLER
from tests.server.test_tenants import ROUTES, group

PROGRAMS = [one for one in ROUTES if group(*one) == "programs"]
OPEN = {"/api/v1/openapi.json", "/api/v1/{rest:path}"}
PARTS = {
    "slug": SLUG, "caller": CALLER[1:], "task_id": "1", "visit_id": "none", "name": "faq.csv", "number": "13035550140",
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("api"))
    built.misses()
    built.writes("how much is a drain cleaning?")
    yield built
    built.close()


def is_problem(answered, status):
    told = answered.json()
    return (
        answered.status_code == told["status"] == status
        and answered.headers["content-type"] == "application/problem+json"
        and told["detail"]
        and told["title"]
    )


@pytest.mark.parametrize(("method", "path"), [one for one in PROGRAMS if one[1] not in OPEN])
def test_nobody_gets_in_without_a_token(house, method, path):
    answered = house.http.request(method, path.format_map(PARTS))

    assert is_problem(answered, 401), answered.text
    assert answered.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("method", "path"), [one for one in PROGRAMS if "{slug}" in one[1] and one[1] not in OPEN]
)
def test_a_token_of_another_business_gets_nothing(house, method, path):
    theirs = house.token("read", "write", "erase", business=OTHER)

    answered = house.asks(path.format_map(PARTS), theirs, method, json={})

    assert answered.status_code in (403, 404, 422), answered.text
    assert CALLER not in answered.text
    assert "drain" not in answered.text


def test_a_token_is_kept_as_a_digest_alone(house):
    token = house.token("read")

    with house.database.connect() as connection:
        kept = str(connection.execute(sa.select(api_token)).all())
    assert token.startswith("rb_")
    assert token not in kept
    assert token[3:] not in kept


def test_a_revoked_token_and_a_mistyped_one_are_none(house):
    token = house.token("read", name="to be revoked")
    assert house.asks("/threads", token).status_code == 200
    with house.database.begin() as connection:
        found = next(one for one in api_tokens.of(connection, SLUG) if one.name == "to be revoked")
        assert api_tokens.revoke(connection, SLUG, found.id, house.clock.now())

    assert is_problem(house.asks("/threads", token), 401)
    assert is_problem(house.asks("/threads", f"{house.token('read')}x"), 401)


def test_tokens_are_revoked_on_the_command_line_by_their_name(house):
    tools, name = house.built, "lost laptop"
    for_all = new_token(tools, None, name, ["read"])
    for_one = new_token(tools, SLUG, name, ["read"])

    assert revoke_token(tools, None, name) == 1

    assert is_problem(house.asks("/threads", for_all), 401)
    assert house.asks("/threads", for_one).status_code == 200
    with pytest.raises(NotFound, match="lost laptop"):
        revoke_token(tools, None, name)


def test_a_suspended_businesss_token_gets_nothing_and_the_installations_goes_on(house):
    theirs, installations = house.token("read"), house.token("read", business=None)
    with house.database.begin() as connection:
        standings.suspend(connection, SLUG, "the bill is not paid", house.clock.now())
    try:
        refused, reads = house.asks("/threads", theirs), house.asks("/threads", installations)
    finally:
        with house.database.begin() as connection:
            standings.resume(connection, SLUG)

    assert is_problem(refused, 403)
    assert "suspended: the bill is not paid" in refused.json()["detail"]
    assert reads.status_code == 200


@pytest.mark.parametrize(
    ("scopes", "method", "path", "missing"),
    [
        (("write",), "GET", "/threads", "read"),
        (("read",), "POST", "/opt-outs", "write"),
        (("read", "write"), "DELETE", f"/callers/{CALLER}?confirm={CALLER[1:]}", "erase"),
    ],
)
def test_a_missing_scope_is_named(house, scopes, method, path, missing):
    answered = house.asks(path, house.token(*scopes), method, json={"caller": CALLER})

    assert is_problem(answered, 403)
    assert repr(missing) in answered.json()["detail"]


def test_an_installations_token_is_good_for_every_business(house):
    ours = house.token("read", business=None)

    assert house.asks("/threads", ours).status_code == 200
    assert house.asks("/threads", ours, slug=OTHER).status_code == 200
    assert is_problem(house.asks("/threads", ours, slug="nobody"), 404)


def test_a_businesss_token_manages_no_businesses(house):
    mine = house.token("read", "write", "erase")

    assert is_problem(house.asks("/api/v1/businesses", mine), 403)


def test_a_login_opens_no_api_and_a_token_no_page(house):
    session = {"cookie": "ringback=whatever"}
    assert is_problem(house.http.get(f"/api/v1/businesses/{SLUG}/threads", headers=session), 401)

    token = {"authorization": f"Bearer {house.token('read', 'write')}", "accept": "text/html"}
    page = house.http.get("/inbox", headers=token, follow_redirects=False)

    assert page.headers["location"] == "/login"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/threads", 405), ("GET", "/threads?limit=0", 422), ("GET", "/threads?cursor=xyz", 400)],
)  # fmt: skip
def test_every_error_is_a_problem_document_also_for_a_browser(house, method, path, status):
    answered = house.asks(path, house.token("read"), method, headers={"accept": "text/html"})

    assert is_problem(answered, status), answered.text
    if status == 405:
        assert answered.headers["allow"] == "GET"


def test_who_asks_too_often_is_told_when_to_come_back(house):
    rates, now = Rates(per_minute=2), START.astimezone()

    waits = [rates.wait_s("one", now + timedelta(seconds=one)) for one in range(3)]

    assert waits[:2] == [0, 0]
    assert 0 < waits[2] <= 60
    assert rates.wait_s("another", now) == 0
    assert rates.wait_s("one", now + timedelta(seconds=61)) == 0


def test_429_says_retry_after(house, monkeypatch):
    token = house.token("read")
    monkeypatch.setattr(house.http.app.state, "api_rates", Rates(per_minute=1), raising=False)

    first, second = house.asks("/threads", token), house.asks("/threads", token)

    assert first.status_code == 200
    assert is_problem(second, 429)
    assert 0 < int(second.headers["retry-after"]) <= 60


def test_when_a_token_was_last_used_is_known(house):
    token = house.token("read", name="used")
    house.asks("/threads", token)

    with house.database.connect() as connection:
        found = next(one for one in api_tokens.of(connection, SLUG) if one.name == "used")
    assert found.used_at == house.clock.now()


def test_what_a_program_does_stands_in_the_log(house):
    token = house.token("read", "write", name="zapier")
    house.asks("/opt-outs", token, "POST", json={"caller": "+13035550177"})
    house.asks(f"/threads/{CALLER}", token)
    house.asks("/opt-outs", token, "POST", json={"caller": "nobody"})

    with house.database.connect() as connection:
        found = audit.entries(connection, SLUG, audit.Wanted(who="api:zapier"), 10)
    lines = [(one.did, one.what, one.about) for one in found]
    assert lines.count(("changed", "Noted that a caller wants no texts", None)) == 1
    assert ("saw", "A conversation", CALLER) in lines


def test_every_act_of_a_program_has_words_for_the_log():
    """Those of providers write entries of their own."""
    acts = {
        f"{method} {path.removeprefix('/api/v1/businesses')}"
        for method, path in PROGRAMS
        if method not in ("GET", "HEAD") and path not in OPEN
    }
    of_providers = {
        f"{method} {str(route.path).removeprefix('/businesses')}"
        for route in iter_route_contexts(provider.router.routes)
        for method in route.methods or ()
    }

    erasure = {"DELETE /{slug}/callers/{caller}"}  # an entry of its own, which names nobody
    assert acts - of_providers - erasure == set(BY_PROGRAMS)
