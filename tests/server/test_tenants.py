"""One business's login reaches nothing of another's, on any route; nobody reaches anything without one."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from evals.product import until
from server.app import create_app
from server.metrics import Signs
from server.settings import Settings
from server.store import (
    accounts,
    api_tokens,
    webhook_deliveries,
    webhook_endpoints,
    webhook_events,
)
from server.store.calendar_passwords import new_calendar_password
from server.store.tables import (
    alert_channel,
    appointment,
    business_version,
    escalation,
    photo,
    question,
    task,
    text,
)
from server.wiring import House
from tests.visitor import rows_of

FIRST = "alder-creek-plumbing"
CALLER = "+17205550733"
QUESTION = "do you sell a zebra faucet?"
SECRETS = ("Alder Creek", FIRST, "cable machine", "zebra", "Mia Torres", "(720) 555-0733")
"""Words of the first business that no request of the second one holds."""
PHONES = "/dav/{path:path}"
"""The calendars' own door, which asks for a calendar password."""
TO_PHONES = {"/dav", "/.well-known/caldav"}
"""Only lead there."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How a login of the second business knocks at a route, with the first one's ids in its path."""

    status: int = 200
    """What it gets."""
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Any] | None = None


PUBLIC = [
    ("GET", "/welcome"), ("POST", "/welcome"), ("GET", "/login/code"), ("POST", "/login/code"), ("GET", "/sw.js"), ("GET", "/manifest.webmanifest"), ("GET", "/health"), ("GET", "/ready"), ("GET", "/metrics"), ("GET", "/login"), ("POST", "/login"), ("GET", "/static"),
]  # fmt: skip
"""Hold nothing of any business."""
SAMPLES = {
    ("GET", "/"): Sample(status=307),
    ("GET", "/inbox"): Sample(),
    ("GET", "/inbox/list"): Sample(),
    ("GET", "/inbox/live"): Sample(),
    ("GET", "/inbox/model"): Sample(),
    ("GET", "/inbox/{digits}"): Sample(status=404),
    ("GET", "/inbox/t/{seq}"): Sample(status=404),
    ("GET", "/inbox/{digits}/texts"): Sample(status=404),
    ("GET", "/inbox/photos/{photo_id}"): Sample(status=404),
    ("GET", "/inbox/photos/{photo_id}/small"): Sample(status=404),
    ("GET", "/inbox/voicemail/{sid}"): Sample(status=404),
    ("POST", "/inbox/{digits}/send"): Sample(status=404, form={"body": "hello", "key": "k"}),
    ("POST", "/inbox/{digits}/suggest"): Sample(status=404),
    ("POST", "/inbox/{digits}/claim"): Sample(status=404),
    ("POST", "/inbox/{digits}/release"): Sample(status=404),
    ("POST", "/inbox/{digits}/subscribe"): Sample(status=404, form={"words": "ours"}),
    ("POST", "/inbox/{digits}/tasks/{task_id}/done"): Sample(status=404),
    ("POST", "/inbox/{digits}/tasks/{task_id}/tell"): Sample(status=404),
    ("GET", "/visits"): Sample(),
    ("GET", "/visits/{appointment_id}"): Sample(status=404),
    ("GET", "/business"): Sample(),
    ("GET", "/business/api"): Sample(),
    ("POST", "/business/api"): Sample(form={"name": "ours", "scope": "read"}),
    ("POST", "/business/api/{token_id}/revoke"): Sample(status=404),
    ("GET", "/business/exports"): Sample(),
    ("GET", "/business/exports/appointments.csv"): Sample(),
    ("GET", "/business/exports/conversations.csv"): Sample(),
    ("GET", "/business/exports/leads.csv"): Sample(),
    ("GET", "/business/exports/tasks.csv"): Sample(),
    ("GET", "/business/webhooks"): Sample(),
    ("POST", "/business/webhooks"): Sample(form={"url": "https://hooks.example/ours"}),
    ("POST", "/business/webhooks/{endpoint_id}"): Sample(status=404, form={"url": "https://hooks.example/x"}),
    ("POST", "/business/webhooks/{endpoint_id}/failed"): Sample(status=404),
    ("POST", "/business/webhooks/{endpoint_id}/remove"): Sample(status=404),
    ("POST", "/business/webhooks/{endpoint_id}/secret"): Sample(status=404, form={"wanted": "shown"}),
    ("POST", "/business/webhooks/{endpoint_id}/switch"): Sample(status=404, form={"to": "off"}),
    ("POST", "/business/webhooks/{endpoint_id}/test"): Sample(status=404),
    ("POST", "/business/webhooks/sent/{delivery_id}/again"): Sample(status=404),
    ("GET", "/business/model"): Sample(),
    ("GET", "/business/model/days.csv"): Sample(),
    ("GET", "/business/subscribers.csv"): Sample(),
    ("GET", "/business/first-text"): Sample(),
    ("POST", "/business/first-text"): Sample(status=400, form={"first_text": "[Brand] sells"}),
    ("POST", "/business/first-text/check"): Sample(form={"first_text": "Ours."}),
    ("GET", "/business/calls"): Sample(),
    ("GET", "/business/calls/calls.csv"): Sample(),
    ("GET", "/business/calls/week"): Sample(),
    ("GET", "/business/numbers"): Sample(),
    ("GET", "/business/numbers/days.csv"): Sample(),
    ("GET", "/business/numbers/episodes.csv"): Sample(),
    ("GET", "/business/numbers/roi"): Sample(),
    ("GET", "/business/numbers/weekly"): Sample(),
    ("POST", "/business/numbers/weekly"): Sample(status=303, form={"enabled": "", "by": "text"}),
    ("POST", "/business/calls/mode"): Sample(status=303, form={"mode": "live"}),
    ("GET", "/setup"): Sample(status=303),
    ("GET", "/setup/all"): Sample(),
    ("GET", "/setup/number/zone"): Sample(),
    ("GET", "/setup/{step}"): Sample(status=404),
    ("POST", "/setup/{step}"): Sample(status=404),
    ("POST", "/setup/{step}/skip"): Sample(status=404),
    ("POST", "/setup/try/say"): Sample(form={"words": "how much is a drain cleaning?"}),
    ("POST", "/setup/knowledge/files"): Sample(status=303, files={"documents": ("policies.md", b"# Ours\n\nOurs.")}),
    ("GET", "/business/go-live"): Sample(),
    ("POST", "/business/go-live"): Sample(status=400, form={"mode": "live"}),
    ("POST", "/business/go-live/check/{name}"): Sample(status=404),
    ("POST", "/business/go-live/point"): Sample(status=400),
    ("POST", "/business/go-live/registration"): Sample(status=404, form={"number": "+13035550140", "status": "approved"}),
    ("POST", "/business/go-live/greeting"): Sample(status=303),
    ("GET", "/business/test-call"): Sample(),
    ("POST", "/business/test-call"): Sample(status=400, form={"staff": "mia"}),
    ("GET", "/business/test-call/{sid}"): Sample(status=404),
    ("GET", "/business/test-call/{sid}/steps"): Sample(status=404),
    ("GET", "/business/phone-system"): Sample(),
    ("POST", "/business/phone-system/secret"): Sample(form={"wanted": "shown"}),
    ("GET", "/business/calendars"): Sample(),
    ("POST", "/business/calendars/{calendar}/check"): Sample(status=404),
    ("GET", "/business/calendars/{calendar}/connect"): Sample(status=404),
    ("POST", "/business/calendars/{calendar}/connect"): Sample(
        status=404, form={"address": "127.0.0.1", "username": "mia", "password": "wrong", "provider": "other"}
    ),
    ("POST", "/business/calendars/{calendar}/choose"): Sample(status=404, form={"url": "https://dav.example.com/"}),
    ("GET", "/business/calendars/{calendar}/built-in"): Sample(status=404),
    ("POST", "/business/calendars/{calendar}/built-in"): Sample(status=404),
    ("GET", "/business/calendars/phone"): Sample(),
    ("GET", "/business/calendars/phone/ringback.mobileconfig"): Sample(),
    ("POST", "/business/calendars/phone/password"): Sample(),
    ("GET", "/business/data"): Sample(),
    ("POST", "/business/data/kept"): Sample(status=303, form={"texts": "365", "consent": "1826"}),
    ("GET", "/business/data/{digits}"): Sample(status=404),
    ("GET", "/business/data/{digits}/record.zip"): Sample(status=404),
    ("GET", "/business/data/{digits}/record.json"): Sample(status=404),
    ("POST", "/business/data/{digits}/erase"): Sample(status=404, form={"typed": "+13035550199"}),
    ("GET", "/business/documents"): Sample(),
    ("GET", "/business/documents/list"): Sample(),
    ("POST", "/business/documents"): Sample(files={"documents": ("policies.md", b"# Ours\n\nOurs.")}),
    ("POST", "/business/documents/ask"): Sample(form={"question": "how much is a drain cleaning?"}),
    ("GET", "/business/documents/progress"): Sample(),
    ("GET", "/business/documents/paste"): Sample(),
    ("POST", "/business/documents/paste"): Sample(status=303, form={"name": "Ours", "text": "Ours."}),
    ("GET", "/business/documents/draft"): Sample(status=303),
    ("POST", "/business/documents/draft/publish"): Sample(status=303),
    ("POST", "/business/documents/draft/discard"): Sample(status=303),
    ("GET", "/business/documents/{name}/edit"): Sample(status=404),
    ("POST", "/business/documents/{name}/edit"): Sample(status=404, form={"text": "Ours."}),
    ("GET", "/business/documents/{name}/versions/{number}"): Sample(status=404),
    ("POST", "/business/documents/{name}/versions/{number}/restore"): Sample(status=404),
    ("POST", "/business/documents/{name}/phrasings"): Sample(status=404, form={"words": "ours"}),
    ("GET", "/business/documents/{name}"): Sample(status=404),
    ("POST", "/business/documents/{name}/remove"): Sample(status=404),
    ("GET", "/business/preflight"): Sample(),
    ("POST", "/business/preflight"): Sample(status=400, form={"kind": "documents"}),
    ("GET", "/business/preflight/{name}"): Sample(status=404),
    ("GET", "/business/preflight/{name}/progress"): Sample(status=404),
    ("POST", "/business/preflight/{name}/stop"): Sample(status=404),
    ("POST", "/business/preflight/{name}/again"): Sample(status=404),
    ("POST", "/business/preflight/{name}/publish"): Sample(status=404),
    ("GET", "/business/questions"): Sample(),
    ("POST", "/business/questions/check"): Sample(form={"question": "Do you?", "answer": "We do."}),
    ("GET", "/business/questions/{question_id}"): Sample(status=404),
    ("POST", "/business/questions/{question_id}/answer"): Sample(
        status=404, form={"question": "Do you?", "answer": "We do.", "wordings": "1"}
    ),
    ("POST", "/business/questions/{question_id}/dismiss"): Sample(status=404, form={"wordings": "1"}),
    ("POST", "/business/questions/{question_id}/reopen"): Sample(status=404),
    ("POST", "/inbox/{digits}/hand"): Sample(status=404, form={"to": "mia"}),
    ("POST", "/inbox/{digits}/done"): Sample(status=404, form={"outcome": "won"}),
    ("POST", "/inbox/{digits}/reopen"): Sample(status=404),
    ("POST", "/inbox/{digits}/snooze"): Sample(status=404, form={"until": "hour"}),
    ("POST", "/inbox/{digits}/wake"): Sample(status=404),
    ("POST", "/inbox/{digits}/unread"): Sample(status=404),
    ("POST", "/inbox/{digits}/here"): Sample(status=404, form={"shown": "0"}),
    ("POST", "/inbox/{digits}/undo"): Sample(status=404, form={"text": "k"}),
    ("POST", "/inbox/{digits}/again"): Sample(status=404, form={"text": "1"}),
    ("POST", "/inbox/{digits}/reply/{seq}/send"): Sample(status=404),
    ("POST", "/inbox/{digits}/reply/{seq}/stop"): Sample(status=404),
    ("POST", "/inbox/{digits}/reply/{seq}/discard"): Sample(status=404),
    ("GET", "/inbox/{digits}/book"): Sample(status=404),
    ("GET", "/inbox/{digits}/slots"): Sample(status=404),
    ("GET", "/inbox/{digits}/time"): Sample(status=404),
    ("GET", "/inbox/{digits}/desk"): Sample(status=404),
    ("GET", "/inbox/{digits}/visits/{visit_id}/cancel"): Sample(status=404),
    ("POST", "/inbox/{digits}/visits/{visit_id}/cancel"): Sample(status=404),
    ("POST", "/inbox/{digits}/book"): Sample(status=404, form={"start": "2030-01-07T10:00:00-07:00"}),
    ("POST", "/inbox/{digits}/name"): Sample(status=404, form={"name": "Ours"}),
    ("GET", "/tasks"): Sample(),
    ("POST", "/tasks/{task_id}/done"): Sample(status=404),
    ("POST", "/tasks/{task_id}/undo"): Sample(status=404),
    ("POST", "/tasks/{task_id}/owner"): Sample(status=404),
    ("POST", "/tasks/{task_id}/due"): Sample(status=404, form={"when": "hour"}),
    ("GET", "/tasks/of/{digits}/new"): Sample(status=404),
    ("POST", "/tasks/of/{digits}"): Sample(status=404, form={"note": "ours", "key": "k"}),
    ("GET", "/pausing"): Sample(),
    ("POST", "/pausing"): Sample(status=303),
    ("POST", "/pausing/resume"): Sample(status=303),
    ("GET", "/business/profile"): Sample(),
    ("GET", "/business/profile/{section}"): Sample(),
    ("POST", "/business/profile/{section}"): Sample(status=400, form={"name": ""}),
    ("GET", "/business/profile/{section}/item"): Sample(),
    ("GET", "/business/profile/{section}/remove"): Sample(status=404),
    ("POST", "/business/profile/{section}/remove"): Sample(status=404, form={"item": "drain-cleaning"}),
    ("GET", "/business/history"): Sample(),
    ("GET", "/business/history/{version_id}"): Sample(status=404),
    ("POST", "/business/history/{version_id}/undo"): Sample(status=404),
    ("POST", "/business/history/{version_id}/restore"): Sample(status=404),
    ("GET", "/business/folder"): Sample(),
    ("GET", "/business/folder/download"): Sample(),
    ("POST", "/business/folder"): Sample(status=400, files={"documents": ("business.yaml", b"slug: ours")}),
    ("GET", "/business/folder/look"): Sample(status=400),
    ("POST", "/business/folder/take"): Sample(status=400, form={"upload": "x"}),
    ("POST", "/business/folder/discard"): Sample(status=303),
    ("GET", "/business/autonomy"): Sample(),
    ("POST", "/business/autonomy"): Sample(status=400, form={"wait_s": "5"}),
    ("GET", "/business/replies"): Sample(),
    ("POST", "/business/replies"): Sample(status=303, form={"name": "ours", "text": "Ours."}),
    ("POST", "/business/replies/remove"): Sample(status=303, form={"was": "ours"}),
    ("GET", "/alerts"): Sample(),
    ("GET", "/alerts/add/{kind}"): Sample(),
    ("POST", "/alerts/add/{kind}"): Sample(status=422, form={"webhook": "x"}),
    ("POST", "/alerts/browsers"): Sample(status=400, form={"endpoint": "x"}),
    ("POST", "/alerts/browsers/forget"): Sample(status=303, form={"endpoint": "x"}),
    ("POST", "/alerts/{place}/{one}/test"): Sample(status=404),
    ("POST", "/alerts/{place}/{one}/remove"): Sample(status=404),
    ("GET", "/account"): Sample(),
    ("GET", "/account/second-factor"): Sample(),
    ("POST", "/account/password"): Sample(status=400, form={"old": "wrong", "new": "four plain garden chairs"}),
    ("POST", "/account/sign-out-everywhere"): Sample(status=303),
    ("POST", "/account/second-factor"): Sample(status=400, form={"draft": "x", "code": "0", "old": "x"}),
    ("POST", "/account/second-factor/recovery"): Sample(status=400, form={"old": "wrong"}),
    ("POST", "/account/second-factor/off"): Sample(status=400, form={"old": "wrong"}),
    ("GET", "/business/people"): Sample(),
    ("POST", "/business/people/add"): Sample(status=400),
    ("POST", "/business/people/{staff}/invite"): Sample(status=404),
    ("POST", "/business/people/{staff}/revoke"): Sample(status=404),
    ("POST", "/business/people/{staff}/access"): Sample(status=404, form={"access": "staff"}),
    ("POST", "/business/people/{staff}/remove"): Sample(status=404),
    ("POST", "/business/people/{staff}/second-factor-off"): Sample(status=404),
    ("GET", "/business/audit"): Sample(),
    ("GET", "/business/audit/log.csv"): Sample(),
    ("GET", "/admin"): Sample(status=403),
    ("POST", "/admin/{slug}/open"): Sample(status=403),
    ("GET", "/admin/businesses"): Sample(status=403),
    ("GET", "/admin/businesses/new"): Sample(status=403),
    ("GET", "/admin/businesses/{slug}"): Sample(status=403),
    ("GET", "/admin/numbers"): Sample(status=403),
    ("POST", "/admin/businesses"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/suspend"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/resume"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/quota"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/numbers"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/numbers/register"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/numbers/move"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/numbers/remove"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/account"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/account/forget"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/invite"): Sample(status=403),
    ("POST", "/admin/businesses/{slug}/remove"): Sample(status=403),
    ("GET", "/business/on-call"): Sample(),
    ("POST", "/business/on-call"): Sample(status=400),
    ("POST", "/business/on-call/test"): Sample(status=400),
    ("GET", "/business/on-call/tests/{escalation_id}"): Sample(status=404),
    ("POST", "/logout"): Sample(status=303),
}  # fmt: skip


def every_route():
    """(method, path) of all that the application answers; a mount counts as GET."""
    settings = Settings(data_dir=Path("unused"), secret_key=SecretStr("unused"))
    app = create_app(cast(House, SimpleNamespace(settings=settings, signs=Signs())))
    return [
        (method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or {"GET"})
    ]


def group(method, path):
    """Which promise a route has to keep; what is not known is a page that needs a login and a sample."""
    if (method, path) in PUBLIC:
        return "public"
    if path in TO_PHONES or (method, path) == ("PROPFIND", "/"):
        return "to phones"
    others = {
        "invitation": "invited",
        "twilio": "carrier",
        "calls": "phone systems",
        "dav": "phones",
        "v": "callers",
        "api": "programs",
    }
    return others.get(path.split("/")[1], "page")


ROUTES = every_route()
PAGES = [one for one in ROUTES if group(*one) == "page"]


@pytest.fixture(scope="module")
def ids(two_businesses, mia):
    """What the first business holds, as parts of addresses."""
    for answer in ("Yes", "No"):
        table = f"question,answer\nMay I see the other shop's file?,{answer}.\n"
        mia.uploads(("tenants.csv", table.encode()))
    two_businesses.text(QUESTION, caller=CALLER)
    two_businesses.replied(1, to=CALLER)
    wanted = sa.select(task.c.id).where(task.c.thread == f"{FIRST}:{CALLER}")
    with two_businesses.database().connect() as connection:
        task_id = until(lambda: connection.scalar(wanted), "a task")
        asked = sa.select(question.c.id).where(question.c.thread == f"{FIRST}:{CALLER}")
        question_id = connection.scalar(asked)
    two_businesses.text("can someone come next tuesday for a drain cleaning?", caller=CALLER)
    two_businesses.replied(2, to=CALLER)
    held = sa.select(appointment.c.id).where(appointment.c.thread == f"{FIRST}:{CALLER}")
    with two_businesses.database().connect() as connection:
        appointment_id = connection.scalars(held).first()
    two_businesses.text("", caller=CALLER, media=[{"type": "image/png"}])
    kept = sa.select(photo.c.id).where(photo.c.business == FIRST, photo.c.state == "kept")
    with two_businesses.database().connect() as connection:
        photo_id = until(lambda: connection.scalar(kept), "a photo")
    said = sa.select(sa.func.max(text.c.seq)).where(text.c.thread == f"{FIRST}:{CALLER}")
    mia.sees("/alerts/add/ntfy")
    mia.sends("/alerts/add/ntfy", {"topic": "cable-machine", "server": ""})
    with two_businesses.database().connect() as connection:
        seq = connection.scalar(said)
        channel_id = connection.scalar(sa.select(alert_channel.c.id))
        escalation_id = connection.scalar(sa.select(escalation.c.id))
        of_first = sa.select(business_version.c.id).where(business_version.c.business == FIRST)
        version_id = connection.scalars(of_first).first()
    mia.sees("/business/test-call")
    test_call = mia.sends("/business/test-call", {"staff": "mia"}).headers["location"]
    until(lambda: _is_still(two_businesses), "nothing moves any more")
    digits = CALLER.lstrip("+")
    return {
        "digits": digits,
        "task_id": task_id,
        "question_id": question_id,
        "name": "tenants.csv",
        "number": 1,
        "calendar": "van-1",
        "appointment_id": appointment_id,
        "sid": test_call.rpartition("/")[2],
        "photo_id": photo_id,
        "staff": "mia",
        "step": "none",
        "slug": FIRST,
        "section": "services",
        "version_id": version_id,
        "escalation_id": escalation_id,
        "seq": seq,
        "visit_id": appointment_id,
        "kind": "slack",
        "place": "channels",
        "one": channel_id,
        **_other_systems(two_businesses),
    }


def _other_systems(product):
    """A token and a webhook of the first business, and what was sent there."""
    now = datetime.now(UTC)
    keeper = webhook_endpoints.keeper("of these tests")
    with product.database().begin() as connection:
        api_tokens.make(connection, FIRST, "zebra", ["read"], "mia", now)
        token = api_tokens.of(connection, FIRST)[0]
        url = "https://hooks.example/zebra"
        endpoint, _ = webhook_endpoints.add(connection, keeper, FIRST, url, [], now)
        webhook_events.send_test(connection, FIRST, endpoint, now)
        webhook_endpoints.switch_off(connection, FIRST, endpoint, "zebra", now)
        (sent,) = webhook_deliveries.latest(connection, FIRST)
    return {"token_id": token.id, "endpoint_id": endpoint, "delivery_id": sent.id}


def _is_still(product):
    before = rows_of(product, FIRST)
    time.sleep(1)
    return rows_of(product, FIRST) == before


def knock(visitor, method, path, sample):
    if method == "GET":
        with visitor.http.stream("GET", path, headers={"Accept": "text/html"}) as answered:
            is_endless = "event-stream" in answered.headers.get("content-type", "")
            text = (
                next(answered.iter_text())
                if is_endless
                else answered.read().decode(errors="replace")
            )
            return answered, text
    answered = visitor.sends(path, dict(sample.form), files=sample.files)
    return answered, answered.text


def test_every_page_has_a_sample_here():
    assert {one for one in PAGES if one not in SAMPLES} == set()
    assert {one for one in SAMPLES if one not in PAGES} == set()


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_another_business_gets_and_changes_nothing(two_businesses, nora, visit, ids, method, path):
    visitor = visit("nora") if path == "/logout" else nora
    before = rows_of(two_businesses, FIRST)
    sample = SAMPLES[method, path]

    answered, text = knock(visitor, method, path.format(**ids), sample)

    assert answered.status_code == sample.status, text
    assert [secret for secret in SECRETS if secret in text] == []
    assert rows_of(two_businesses, FIRST) == before


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_nobody_without_a_login_gets_in(two_businesses, visit, ids, method, path):
    before = rows_of(two_businesses, FIRST)

    answered, text = knock(visit(), method, path.format(**ids), SAMPLES[method, path])

    to_login = answered.headers.get("location") in ("/login", "/inbox")
    assert to_login or answered.status_code in (401, 403, 404)
    assert [secret for secret in SECRETS if secret in text] == []
    assert rows_of(two_businesses, FIRST) == before


@pytest.mark.parametrize(("method", "path"), PUBLIC)
def test_public_pages_hold_nothing_of_a_business(visit, method, path):
    address = "/static/app.css" if path == "/static" else path

    _, text = knock(visit(), method, address, Sample(form={"login": "mia", "password": "wrong"}))

    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("path", [path for _, path in ROUTES if path.startswith("/twilio")])
def test_a_login_is_no_signature(nora, path):
    address = f"{path}?business={FIRST}&key=x&step=1"
    form = {"To": "+13035550140", "From": CALLER, "MessageSid": "SM1", "CallSid": "CA1"}

    assert nora.sends(address, form).status_code == 403


def test_a_login_reports_no_call_for_another_business(two_businesses, nora):
    before = rows_of(two_businesses, FIRST)
    report = {"id": "1", "from": CALLER, "to": "+13035550140", "outcome": "missed"}

    assert nora.http.post(f"/calls/{FIRST}", json=report).status_code == 403
    assert rows_of(two_businesses, FIRST) == before


@pytest.mark.parametrize("method", [method for method, path in ROUTES if path == PHONES])
def test_a_calendar_password_opens_no_other_calendars(two_businesses, visit, ids, method):
    with two_businesses.database().begin() as connection:
        nora = accounts.by_login(connection, "nora")
        assert nora
        password = new_calendar_password(connection, nora, datetime.now(UTC))
    address = PHONES.replace("{path:path}", f"{FIRST}/van-1/")

    theirs = visit().http.request(method, address, auth=("nora", password))
    nobodys = visit().http.request(method, address)

    assert (theirs.status_code, nobodys.status_code) == (403, 401)
    assert [secret for secret in SECRETS if secret in theirs.text + nobodys.text] == []


@pytest.mark.parametrize("path", [one[1] for one in ROUTES if group(*one) == "callers"])
def test_a_visits_id_does_not_open_its_callers_page(visit, ids, path):
    answered = visit().http.get(path.format(code=ids["appointment_id"]))

    assert answered.status_code == 404
    assert [secret for secret in SECRETS if secret in answered.text] == []


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if group(*one) == "to phones"])
def test_the_way_to_the_calendars_holds_nothing(visit, method, path):
    answered = visit().http.request(method, path)

    assert answered.headers["location"] == "/dav/"
    assert answered.text == ""


@pytest.mark.parametrize("path", [path for method, path in PAGES if method == "POST"])
def test_a_form_without_the_pages_token_is_refused(two_businesses, mia, visit, ids, path):
    before = rows_of(two_businesses, FIRST)
    forged = visit()
    forged.http.cookies.update(mia.http.cookies)
    sample = SAMPLES["POST", path]

    answered = forged.sends(path.format(**ids), dict(sample.form), files=sample.files)

    assert answered.status_code == 403
    assert rows_of(two_businesses, FIRST) == before
