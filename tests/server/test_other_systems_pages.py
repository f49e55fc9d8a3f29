"""The owner connects other systems: tokens that are shown once, webhooks that say what came of them."""

import re

import pytest

from server.http import api_tokens as tokens_page
from server.http import webhooks as webhooks_page
from server.store import accounts
from tests.calls.house import PUBLIC_URL
from tests.server.api_house import SLUG, ApiHouse
from tests.server.at_desk import Sits
from tests.visitor import PASSWORD

HOOK = "https://hooks.example/ringback"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    built = ApiHouse(tmp_path_factory.mktemp("pages"))
    with built.database.begin() as connection:
        accounts.set_password(connection, SLUG, "mia", "mia", "owner", PASSWORD)
    yield built
    built.close()


@pytest.fixture
def house(shared):
    return shared.meets()


@pytest.fixture(scope="module")
def mia(shared):
    http = type(shared.http)(shared.http.app, base_url=PUBLIC_URL, follow_redirects=False)
    return Sits(http).signs_in("mia", PASSWORD)


@pytest.fixture
def endpoint(house, mia):
    """The id of one that was added on the page."""
    answered = mia.sends("/business/webhooks", {"url": HOOK})
    assert "whsec_" in answered.text
    return found_in(answered.text, r"/business/webhooks/(ep_\w+)/test")


def found_in(page, pattern):
    found = re.search(pattern, page)
    assert found is not None, pattern
    return found.group(1)


def token_on(page):
    return found_in(page, r'data-testid="token">(rb_[\w-]+)<')


def test_a_token_is_made_used_and_revoked(house, mia):
    made = mia.sends("/business/api", {"name": "  My   CRM ", "scope": "read"})
    token = token_on(made.text)
    assert made.headers["cache-control"] == "no-store"
    assert house.asks("/threads", token).status_code == 200

    page = mia.sees("/business/api")
    assert token not in page
    assert "My CRM" in page
    assert "last used" in page
    token_id = found_in(page, r"/business/api/(\w+)/revoke")
    mia.sends(f"/business/api/{token_id}/revoke")

    assert house.asks("/threads", token).status_code == 401
    assert "Revoked" in mia.sees("/business/api")


@pytest.mark.parametrize(
    ("form", "words"),
    [({"name": "", "scope": "read"}, "Give the token a name"), ({"name": "CRM", "scope": "all"}, "Choose what the token may do")],
)  # fmt: skip
def test_a_token_without_a_name_or_a_purpose_is_not_made(house, mia, form, words):
    answered = mia.sends("/business/api", form)

    assert answered.status_code == 400
    assert words in answered.text
    assert f'value="{form["name"]}"' in answered.text


def test_a_form_cannot_make_a_token_that_manages_businesses(house, mia):
    answered = mia.sends("/business/api", {"name": "sly", "scope": "provider"})

    assert answered.status_code == 400


def test_tokens_are_not_made_without_end(house, mia, monkeypatch):
    monkeypatch.setattr(tokens_page, "MOST", 0)

    answered = mia.sends("/business/api", {"name": "one more", "scope": "read"})

    assert "Revoke one first" in answered.text


def test_a_webhook_is_added_with_its_secret_and_changed(house, mia, endpoint):
    page = mia.sees("/business/webhooks")
    assert HOOK in page
    assert "whsec_" not in page

    changed = {"url": f"{HOOK}/2", "event": "call.missed"}
    mia.sends(f"/business/webhooks/{endpoint}", changed)
    house.misses()
    house.writes("stop")

    assert [one["type"] for one in house.told()] == ["call.missed"]
    assert f"{HOOK}/2" in mia.sees("/business/webhooks")


def test_an_address_that_cannot_be_told_stays_typed(house, mia, endpoint):
    added = mia.sends("/business/webhooks", {"url": "ftp://x", "event": "task.done"})
    changed = mia.sends(f"/business/webhooks/{endpoint}", {"url": "http://10.0.0.1/x"})

    for answered, typed in ((added, "ftp://x"), (changed, "http://10.0.0.1/x")):
        assert answered.status_code == 400
        assert f'value="{typed}"' in answered.text
        assert 'role="alert"' in answered.text
    assert 'value="task.done" checked' in added.text


def test_a_secret_is_shown_again_and_replaced(house, mia, endpoint):
    def secret(wanted):
        answered = mia.sends(f"/business/webhooks/{endpoint}/secret", {"wanted": wanted})
        assert answered.headers["cache-control"] == "no-store"
        return found_in(answered.text, r'data-testid="secret">(whsec_[\w+/=]+)<')

    first, again, new = secret("shown"), secret("shown"), secret("new")

    assert first == again != new
    assert secret("shown") == new


def test_a_test_is_sent_and_its_end_is_on_the_page(house, mia, endpoint):
    mia.sends(f"/business/webhooks/{endpoint}/test")
    assert "Waiting" in mia.sees("/business/webhooks")
    mia.sends(f"/business/webhooks/{endpoint}/switch", {"to": "off"})

    page = mia.sees("/business/webhooks")
    assert "Failed" in page
    assert "Switched off by mia" in page
    refused = mia.sends(f"/business/webhooks/{endpoint}/test")
    assert "Switch it on first" in refused.text

    mia.sends(f"/business/webhooks/{endpoint}/switch", {"to": "on"})
    mia.sends(f"/business/webhooks/{endpoint}/failed")
    assert "1 sent again" in mia.sees("/business/webhooks")
    [sent] = house.deliveries()
    assert (sent.state, sent.next_at) == ("waiting", house.clock.now())


def test_one_delivery_is_sent_again_by_hand(house, mia, endpoint):
    mia.sends(f"/business/webhooks/{endpoint}/test")
    [sent] = house.deliveries()
    early = mia.sends(f"/business/webhooks/sent/{sent.id}/again")
    assert early.status_code == 404
    mia.sends(f"/business/webhooks/{endpoint}/switch", {"to": "off"})
    mia.sends(f"/business/webhooks/{endpoint}/switch", {"to": "on"})

    again = mia.sends(f"/business/webhooks/sent/{sent.id}/again")

    assert again.status_code == 303
    assert house.deliveries()[0].state == "waiting"


def test_a_webhook_is_removed_with_its_list(house, mia, endpoint):
    mia.sends(f"/business/webhooks/{endpoint}/test")

    mia.sends(f"/business/webhooks/{endpoint}/remove")

    assert 'data-testid="no-endpoints"' in mia.sees("/business/webhooks")
    assert house.deliveries() == []


def test_webhooks_are_not_added_without_end(house, mia, monkeypatch):
    monkeypatch.setattr(webhooks_page, "MOST", 0)

    assert "Remove one first" in mia.sends("/business/webhooks", {"url": HOOK}).text


def test_secrets_are_encrypted_in_the_database(house, mia, endpoint):
    shown = mia.sends(f"/business/webhooks/{endpoint}/secret", {"wanted": "shown"}).text
    secret = found_in(shown, r"(whsec_[\w+/=]+)")

    with house.database.connect() as connection:
        kept = str(connection.exec_driver_sql("select * from webhook_endpoint").all())
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept
