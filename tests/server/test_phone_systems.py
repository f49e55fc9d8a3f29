"""Another phone system tells of its calls: believed only when signed, taken once, and shown to the owner."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from evals.product import SHOP
from server.http.phone_systems import MOST_BYTES
from server.store.call_secrets import HOLDS_ON
from server.store.tables import call, call_secret
from tests.visitor import rows_of

SLUG, OTHER = "alder-creek-plumbing", "north-fork-locks"
PAGE, SECRET = "/business/phone-system", "/business/phone-system/secret"


@pytest.fixture(scope="module")
def product(two_businesses):
    return two_businesses


def gives(visitor, wanted="shown"):
    visitor.sees(PAGE)
    answered = visitor.sends(SECRET, {"wanted": wanted})
    assert answered.status_code == 200
    assert answered.headers["cache-control"] == "no-store"
    return unescape(re.findall(r'data-testid="secret">([^<]+)<', answered.text)[0])


@pytest.fixture(scope="module")
def secret(mia):
    return gives(mia)


def told(caller, **more):
    return {
        "id": f"call-{caller}", "from": caller, "to": SHOP, "at": datetime.now(UTC).isoformat(), "outcome": "missed", "duration_s": 20,
    } | more  # fmt: skip


def signed(secret, body, at=None, name="msg_1"):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, at, body),
    }


def tells(product, secret, report, slug=SLUG, **changed):
    body = report if isinstance(report, str) else json.dumps(report)
    headers = signed(secret, body, changed.pop("at", None)) | changed
    return product.client.post(f"{product.url}/calls/{slug}", content=body, headers=headers)


def test_a_reported_miss_is_texted_once_however_often_it_is_told(product, mia, secret):
    caller = "+17205550821"
    report = told(caller)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tells(product, secret, report), range(8)))

    assert {(one.status_code, one.json()["taken"]) for one in answers} == {(202, True)}
    product.replied(1, to=caller)
    product.stays_silent(1, to=caller)
    page = mia.sees(PAGE)
    assert "(720) 555-0821" in page
    assert "Told by your phone system" in page


def test_an_answered_call_is_noted_and_texted_to_nobody(product, mia, secret):
    caller = "+17205550822"

    assert tells(product, secret, told(caller, outcome="answered")).status_code == 202

    product.stays_silent(0, to=caller)
    assert "(720) 555-0822" in mia.sees(PAGE)


@pytest.mark.parametrize("caller", ["anonymous", "", None])
def test_a_withheld_number_is_taken_as_one(product, mia, secret, caller):
    report = told(caller, id=f"withheld-{caller}", at="2026-11-22T14:03:00-07:00")

    assert tells(product, secret, report).status_code == 202
    assert "Withheld number" in mia.sees(PAGE)


def test_what_is_not_signed_right_is_refused_and_nothing_more_is_told(product, secret):
    report, stale = told("+17205550823"), datetime.now(UTC) - timedelta(minutes=6)
    nobody = "whsec_" + "A" * 43 + "="
    before = rows_of(product, SLUG)

    answers = [
        product.client.post(f"{product.url}/calls/{SLUG}", json=report),
        tells(product, nobody, report),
        tells(product, nobody, report, slug="no-such-business"),
        tells(product, secret, report, slug="no-such-business"),
        tells(product, secret, report, slug=OTHER),
        tells(product, secret, report, at=stale),
        tells(product, secret, report, **{"webhook-timestamp": "soon"}),
        tells(product, secret, report, **{"webhook-signature": "v1"}),
        tells(product, secret, report, **{"webhook-signature": "v1,=?"}),
        tells(product, secret, report, **{"webhook-id": "msg_2"}),
        tells(product, nobody, "no json"),
    ]

    assert {(one.status_code, one.text) for one in answers} == {(403, answers[0].text)}
    assert rows_of(product, SLUG) == before


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ("no json", "the body is no JSON"),
        ({}, "id: is missing; from: is missing; to: is missing; at: is missing; outcome: is missing"),
        (told("+17205550824", outcome="lost"), "outcome: is to be missed, answered or voicemail"),
        (told("+17205550824", at="2026-11-22T10:00:00"), "at: needs an offset, as in"),
        (told("+17205550824", at="2099-01-01T10:00:00Z"), "at: this is still to come"),
        (told("+17205550824", id="a\x00b"), "id: holds something else"),
        (told("+17205550824", duration_s=-1), "duration_s: "),
    ],
)  # fmt: skip
def test_a_signed_report_that_cannot_be_read_is_told_what_to_mend(product, secret, report, words):
    answered = tells(product, secret, report)

    assert answered.status_code == 422
    assert words in answered.json()["detail"]
    product.stays_silent(0, seconds=0, to="+17205550824")


def test_a_body_without_end_is_refused(product, secret):
    answered = tells(product, secret, " " * (MOST_BYTES + 1))

    assert answered.status_code == 413


def test_the_last_secret_holds_for_a_day_after_a_change(product, mia):
    old = gives(mia)
    new = gives(mia, "new")
    assert new != old
    assert gives(mia) == new

    both = [tells(product, one, told("+17205550825", outcome="answered")) for one in (old, new)]
    with product.database().begin() as connection:
        a_day_ago = datetime.now(UTC) - HOLDS_ON
        connection.execute(sa.update(call_secret).values(changed_at=a_day_ago))
    later = [tells(product, one, told("+17205550825", outcome="answered")) for one in (old, new)]

    assert [one.status_code for one in (*both, *later)] == [202, 202, 403, 202]


def test_the_secret_is_the_owners_alone_and_encrypted_where_it_is_kept(product, mia, sam, nora):
    current = gives(mia)

    assert current not in mia.sees(PAGE)
    assert sam.http.get(PAGE, headers={"Accept": "text/html"}).status_code == 403
    assert sam.sends(SECRET, {"wanted": "shown"}).status_code == 403
    assert current.removeprefix("whsec_") not in str(rows_of(product, SLUG)["call_secret"])
    assert gives(nora) != current
    assert "(720) 555" not in nora.sees(PAGE)


@pytest.mark.parametrize(("name", "command"), [("curl", ["bash", "-eu"]), ("python", [sys.executable, "-"])])  # fmt: skip
def test_the_examples_on_the_page_work_as_they_stand(product, mia, name, command):
    [shown] = re.findall(rf'<pre class="sample" id="{name}"[^>]*>(.*?)</pre>', mia.sees(PAGE), re.S)
    before = rows_of(product, SLUG)["call"]

    done = subprocess.run(
        command,
        input=unescape(shown),
        env={"PATH": os.environ["PATH"], "CALLS_SECRET": gives(mia)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert "202" in done.stdout
    assert '"taken":true' in done.stdout
    after = rows_of(product, SLUG)["call"]
    assert len(after) == len(before) + 1
    assert "one of your own phones" in mia.sees(PAGE)
    with product.database().begin() as connection:  # both are named after the second
        connection.execute(sa.delete(call).where(call.c.sid.startswith(f"{SLUG}:test-")))
