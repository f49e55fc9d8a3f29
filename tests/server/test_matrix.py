"""Every route and every role: who is let in where. A new page fails here until it is placed."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from evals.product import until
from server import inviting
from server.app import create_app
from server.metrics import Signs
from server.settings import Settings
from server.store.tables import admin as admins
from server.store.tables import thread
from server.wiring import House
from tests.server.test_tenants import FIRST, ROUTES, SECRETS, Sample, group, knock
from tests.visitor import PASSWORD, Visitor, give_login

SECOND = "north-fork-locks"
CALLER = "+17205550734"
IDS = defaultdict(lambda: "1") | {
    "digits": CALLER.lstrip("+"), "name": "faq.csv", "calendar": "van-1", "staff": "mia", "slug": FIRST, "token": "none", "kind": "ntfy", "section": "services",
}  # fmt: skip

OPEN = """
GET /  GET /welcome  POST /welcome  GET /static  GET /health  GET /ready  GET /metrics  GET /login  POST /login  GET /login/code  POST /login/code  POST /logout
GET /invitation/{token}  POST /invitation/{token}  GET /sw.js  GET /manifest.webmanifest
"""
"""Nobody needs a login: they hold nothing of a business, lead on, or ask for a secret of their own."""
ONESELF = """
GET /account  POST /account/password  POST /account/sign-out-everywhere  GET /account/second-factor  POST /account/second-factor
POST /account/second-factor/recovery  POST /account/second-factor/off
"""
"""Anybody's own login, an admin's too."""
EVERYBODY = """
GET /business/profile  GET /business/profile/{section}  GET /business/profile/{section}/item
GET /inbox  GET /inbox/list  GET /inbox/live  GET /inbox/model  GET /inbox/{digits}  GET /inbox/{digits}/texts  GET /inbox/t/{seq}
GET /inbox/photos/{photo_id}  GET /inbox/photos/{photo_id}/small  GET /inbox/voicemail/{sid}
POST /inbox/{digits}/send  POST /inbox/{digits}/undo  POST /inbox/{digits}/again  POST /inbox/{digits}/suggest  POST /inbox/{digits}/subscribe
POST /inbox/{digits}/claim  POST /inbox/{digits}/release  POST /inbox/{digits}/hand  POST /inbox/{digits}/done  POST /inbox/{digits}/reopen
POST /inbox/{digits}/snooze  POST /inbox/{digits}/wake  POST /inbox/{digits}/unread  POST /inbox/{digits}/here  POST /inbox/{digits}/name
GET /inbox/{digits}/desk  GET /inbox/{digits}/book  GET /inbox/{digits}/slots  GET /inbox/{digits}/time  POST /inbox/{digits}/book
GET /inbox/{digits}/visits/{visit_id}/cancel  POST /inbox/{digits}/visits/{visit_id}/cancel
POST /inbox/{digits}/tasks/{task_id}/done  POST /inbox/{digits}/tasks/{task_id}/tell
POST /inbox/{digits}/reply/{seq}/send  POST /inbox/{digits}/reply/{seq}/stop  POST /inbox/{digits}/reply/{seq}/discard
GET /tasks  POST /tasks/{task_id}/done  POST /tasks/{task_id}/undo  POST /tasks/{task_id}/owner  POST /tasks/{task_id}/due
GET /tasks/of/{digits}/new  POST /tasks/of/{digits}
GET /visits  GET /visits/{appointment_id}
GET /business  GET /business/go-live  GET /business/first-text  GET /business/autonomy  GET /business/replies  POST /business/replies  POST /business/replies/remove
GET /business/calls  GET /business/calls/calls.csv  GET /business/calls/week
GET /business/numbers  GET /business/numbers/days.csv  GET /business/numbers/episodes.csv  GET /business/numbers/roi  GET /business/numbers/weekly
GET /business/calendars  POST /business/calendars/{calendar}/check
GET /business/calendars/phone  GET /business/calendars/phone/ringback.mobileconfig  POST /business/calendars/phone/password
GET /business/documents  GET /business/documents/list  POST /business/documents/ask  GET /business/documents/{name}
GET /business/documents/{name}/versions/{number}  GET /business/questions  GET /business/questions/{question_id}
GET /business/exports  GET /business/exports/leads.csv  GET /business/exports/conversations.csv
GET /business/exports/appointments.csv  GET /business/exports/tasks.csv
GET /alerts  POST /alerts/browsers  POST /alerts/browsers/forget  GET /alerts/add/{kind}  POST /alerts/add/{kind}
POST /alerts/{place}/{one}/test  POST /alerts/{place}/{one}/remove
GET /business/on-call  POST /business/on-call/test  GET /business/on-call/tests/{escalation_id}
GET /pausing  POST /pausing  POST /pausing/resume
"""
OWNERS = """
POST /business/numbers/weekly
POST /business/profile/{section}  GET /business/profile/{section}/remove  POST /business/profile/{section}/remove
GET /business/history  GET /business/history/{version_id}  POST /business/history/{version_id}/undo  POST /business/history/{version_id}/restore
GET /business/folder  GET /business/folder/download  POST /business/folder  GET /business/folder/look  POST /business/folder/take
POST /business/folder/discard
GET /setup  GET /setup/all  GET /setup/number/zone  GET /setup/{step}  POST /setup/{step}  POST /setup/{step}/skip
POST /setup/try/say  POST /setup/knowledge/files  POST /business/go-live  POST /business/go-live/check/{name}  POST /business/go-live/point
POST /business/go-live/registration  POST /business/go-live/greeting
GET /business/model  GET /business/model/days.csv  GET /business/subscribers.csv  POST /business/first-text  POST /business/first-text/check
POST /business/autonomy  POST /business/on-call  POST /business/calls/mode  GET /business/phone-system  POST /business/phone-system/secret
GET /business/test-call  POST /business/test-call  GET /business/test-call/{sid}  GET /business/test-call/{sid}/steps
GET /business/calendars/{calendar}/connect  POST /business/calendars/{calendar}/connect  POST /business/calendars/{calendar}/choose
GET /business/calendars/{calendar}/built-in  POST /business/calendars/{calendar}/built-in
POST /business/documents  GET /business/documents/progress  GET /business/documents/paste  POST /business/documents/paste
GET /business/documents/draft  POST /business/documents/draft/publish  POST /business/documents/draft/discard
GET /business/documents/{name}/edit  POST /business/documents/{name}/edit  POST /business/documents/{name}/remove
POST /business/documents/{name}/phrasings  POST /business/documents/{name}/versions/{number}/restore
GET /business/preflight  POST /business/preflight  GET /business/preflight/{name}  GET /business/preflight/{name}/progress
POST /business/preflight/{name}/stop  POST /business/preflight/{name}/again  POST /business/preflight/{name}/publish
POST /business/questions/check  POST /business/questions/{question_id}/answer  POST /business/questions/{question_id}/dismiss
POST /business/questions/{question_id}/reopen
GET /business/people  POST /business/people/add  POST /business/people/{staff}/invite  POST /business/people/{staff}/revoke
POST /business/people/{staff}/access  POST /business/people/{staff}/remove  POST /business/people/{staff}/second-factor-off
GET /business/audit  GET /business/audit/log.csv
GET /business/api  POST /business/api  POST /business/api/{token_id}/revoke
GET /business/webhooks  POST /business/webhooks  POST /business/webhooks/{endpoint_id}  POST /business/webhooks/{endpoint_id}/secret
POST /business/webhooks/{endpoint_id}/switch  POST /business/webhooks/{endpoint_id}/remove  POST /business/webhooks/{endpoint_id}/test
POST /business/webhooks/{endpoint_id}/failed  POST /business/webhooks/sent/{delivery_id}/again
GET /business/data  POST /business/data/kept  GET /business/data/{digits}  GET /business/data/{digits}/record.zip
GET /business/data/{digits}/record.json  POST /business/data/{digits}/erase
"""
STAFFS_OWN = {"/alerts/add/{kind}"}
"""Pages that are about a person of the business: an admin is none."""
ADMINS = """
GET /admin  POST /admin/{slug}/open  GET /admin/numbers  GET /admin/businesses  POST /admin/businesses  GET /admin/businesses/new
GET /admin/businesses/{slug}
POST /admin/businesses/{slug}/suspend  POST /admin/businesses/{slug}/resume  POST /admin/businesses/{slug}/quota
POST /admin/businesses/{slug}/numbers  POST /admin/businesses/{slug}/numbers/register  POST /admin/businesses/{slug}/numbers/move
POST /admin/businesses/{slug}/numbers/remove  POST /admin/businesses/{slug}/account  POST /admin/businesses/{slug}/account/forget
POST /admin/businesses/{slug}/invite  POST /admin/businesses/{slug}/remove
"""

DOORS = {"signed_in": EVERYBODY, "owner_only": OWNERS, "admin_only": ADMINS, "somebody": ONESELF}
"""The dependency that lets somebody in, the strictest last."""


def placed(table):
    words = table.split()
    return set(zip(words[::2], words[1::2], strict=True))


KNOWN = {one: door for door, table in DOORS.items() for one in placed(table)}
PAGES = [one for one in ROUTES if group(*one) in ("page", "public") or one in placed(OPEN)]
BEHIND = [one for one in PAGES if one not in placed(OPEN)]
OF_BUSINESSES = [one for one in BEHIND if KNOWN.get(one) in ("signed_in", "owner_only")]


def doors_of_routes():
    """What the code itself asks for at each page."""
    settings = Settings(data_dir=Path("unused"), secret_key=SecretStr("unused"))
    app = create_app(cast(House, SimpleNamespace(settings=settings, signs=Signs())))
    found = {}
    for route in iter_route_contexts(app.routes):
        asked = set(_names(route.route.dependant)) if hasattr(route.route, "dependant") else set()
        strictest = [door for door in DOORS if door in asked][-1:]
        for method in route.methods or {"GET"}:
            found[method, str(route.path)] = strictest[0] if strictest else None
    return found


def _names(dependant):
    for one in dependant.dependencies:
        yield getattr(one.call, "__name__", "")
        yield from _names(one)


@pytest.fixture(scope="module")
def crowd(two_businesses, visit):
    """One browser for each role; sam works at the first business, otto at the second."""
    two_businesses.text("hello from the matrix", caller=CALLER)
    mine = sa.select(thread.c.id).where(thread.c.id == f"{FIRST}:{CALLER}")
    with two_businesses.database().connect() as connection:
        until(lambda: connection.scalar(mine), "a conversation")
    with two_businesses.database().begin() as connection:
        inviting.add_person(
            connection, SECOND, name="Otto Berg", phone="", role="", access="staff", by="",
            now=datetime.now(UTC),
        )  # fmt: skip
    give_login(two_businesses, SECOND, "otto", "staff")
    password = two_businesses.run("admin", "matrix").split()[-1]
    outside, inside = Visitor(two_businesses), Visitor(two_businesses)
    for one in (outside, inside):
        one.sees("/login")
        assert one.sends("/login", {"login": "matrix", "password": password}).status_code == 303
        one.sees("/account")
    assert inside.sends(f"/admin/{FIRST}/open").headers["location"] == "/inbox"
    yield SimpleNamespace(
        nobody=visit(), sam=visit("sam"), otto=visit("otto", PASSWORD), outside=outside, inside=inside,
    )  # fmt: skip
    outside.http.close()
    inside.http.close()
    with two_businesses.database().begin() as connection:
        connection.execute(sa.delete(admins))


def answer(visitor, method, path):
    answered, text = knock(visitor, method, path.format_map(IDS), Sample())
    return answered.status_code, answered.headers.get("location", ""), text


def test_every_page_is_placed():
    assert {one for one in PAGES if one not in KNOWN and one not in placed(OPEN)} == set()


def test_no_page_is_placed_twice_or_in_vain():
    every = [one for table in (OPEN, *DOORS.values()) for one in placed(table)]

    assert sorted(every) == sorted(set(every))
    assert set(every) - set(PAGES) == set()


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_the_code_asks_for_whoever_the_table_says(method, path):
    assert doors_of_routes()[method, path] == KNOWN.get((method, path))


@pytest.mark.parametrize(("method", "path"), BEHIND)
def test_nobody_is_let_in_without_a_login(crowd, method, path):
    status, location, text = answer(crowd.nobody, method, path)

    assert location == "/login" or status == 403, text
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize(("method", "path"), sorted(placed(OWNERS) | placed(ADMINS)))
def test_staff_do_not_get_to_what_is_the_owners_or_the_admins(crowd, method, path):
    status, _, text = answer(crowd.sam, method, path)

    assert status == 403, text


@pytest.mark.parametrize(("method", "path"), [one for one in OF_BUSINESSES if one[0] == "GET"])
def test_staff_of_another_business_see_nothing_of_this_one(crowd, method, path):
    status, _, text = answer(crowd.otto, method, path)

    assert status == 403 if (method, path) in placed(OWNERS) else status < 500
    assert [secret for secret in SECRETS if secret in text] == []
    assert "hello from the matrix" not in text
    if "{digits}" in path or "{name}" in path or "{calendar}" in path:
        assert status in (403, 404, 422), text


@pytest.mark.parametrize(("method", "path"), OF_BUSINESSES)
def test_an_admin_outside_is_led_to_the_list_of_businesses(crowd, method, path):
    status, location, text = answer(crowd.outside, method, path)

    assert (status, location) == (303, "/admin"), text


@pytest.mark.parametrize(("method", "path"), OF_BUSINESSES)
def test_an_admin_inside_reads_and_changes_nothing(crowd, method, path):
    status, location, text = answer(crowd.inside, method, path)

    if method == "GET":
        assert status < 500, text
        assert status not in (401, 403) or path in STAFFS_OWN, text
        assert location not in ("/login", "/admin")
    else:
        assert status == 403, text
        assert "can only read" in text or "out of date" in text
