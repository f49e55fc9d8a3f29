"""The page of one's own alerts: browsers and channels, with tests, for each their own."""

import re

import pytest
import sqlalchemy as sa

from server import alert_kinds
from server.http.alert_views import masked
from server.http.browser_names import browser_name
from server.store.tables import alert_channel, installation_secret, push_subscription
from tests.contracts.bell_doubles import Browser, listening
from tests.visitor import rows_of

SHOP, LOCKS = "alder-creek-plumbing", "north-fork-locks"
TOLD = re.compile(r'data-testid="told">([^<]+)<')
ANDROID = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/150.0 Mobile"}


@pytest.fixture(scope="module")
def services():
    with listening() as push, listening() as channel:
        yield push, channel


@pytest.fixture
def push(services):
    services[0].reset()
    return services[0]


@pytest.fixture
def server(services):
    services[1].reset()
    services[1].status = 200
    return services[1]


@pytest.fixture(autouse=True)
def nothing(two_businesses):
    """Nobody has browsers or channels yet."""
    with two_businesses.database().begin() as connection:
        for table in (push_subscription, alert_channel):
            connection.execute(sa.delete(table))


def told(visitor):
    """What the page says was done; once."""
    return "".join(TOLD.findall(visitor.sees("/alerts")))


def subscribes(visitor, push, path="/to/1", browser=None):
    browser = browser or Browser()
    visitor.sees("/alerts")
    answered = visitor.sends("/alerts/browsers", browser.form(f"{push.url}{path}"), headers=ANDROID)
    assert answered.status_code == 303, answered.text
    return browser


def adds(visitor, kind, **form):
    visitor.sees(f"/alerts/add/{kind}")
    return visitor.sends(f"/alerts/add/{kind}", form)


def adds_chat(visitor, server, name="Chat", token="a" * 26):
    answered = adds(visitor, "mattermost", webhook=f"{server.url}/hooks/{token}", name=name)
    assert answered.status_code == 303, answered.text


def forms(visitor, action):
    """The paths of the page's forms that do this."""
    page = visitor.sees("/alerts")
    return re.findall(rf'action="(/alerts/[a-z]+/\d+/{action})"', page)


def test_nothing_yet_is_said_plainly(sam):
    assert "Nothing yet, beside your phone." in sam.sees("/alerts")


def test_a_browser_is_added_tested_and_read(sam, push):
    browser = subscribes(sam, push)

    assert told(sam) == "Chrome on Android shows your alerts now. Press Test to see one."
    sam.sends(forms(sam, "test")[0])

    assert told(sam) == "Test: Chrome on Android: sent."
    read = browser.reads(push.asked[0].body)
    assert read["title"] == "Alder Creek Plumbing"
    assert read["link"].endswith("/alerts")
    assert "Last used today" in sam.sees("/alerts")


def test_asked_again_a_browser_is_in_the_list_once(sam, push):
    subscribes(sam, push)

    subscribes(sam, push)

    assert len(forms(sam, "test")) == 1


def test_a_browser_rings_for_whoever_turned_it_on_last(sam, mia, push):
    browser = subscribes(sam, push)

    subscribes(mia, push, browser=browser)

    assert forms(sam, "test") == []
    assert len(forms(mia, "test")) == 1


def test_a_browser_is_turned_off_by_itself_and_by_nobody_elses_word(sam, mia, push):
    browser = subscribes(sam, push)

    mia.sees("/alerts")
    mia.sends("/alerts/browsers/forget", browser.form(f"{push.url}/to/1"))
    assert len(forms(sam, "test")) == 1

    sam.sends("/alerts/browsers/forget", browser.form(f"{push.url}/to/1"))
    assert forms(sam, "test") == []


def test_a_browser_that_is_gone_leaves_the_list(sam, push):
    subscribes(sam, push)
    told(sam)
    push.status = 410

    sam.sends(forms(sam, "test")[0])

    assert "alerts were turned off there; it is removed" in told(sam)
    assert forms(sam, "test") == []


def test_a_browser_without_keys_is_refused_in_words(sam, push):
    sam.sees("/alerts")

    answered = sam.sends("/alerts/browsers", {"endpoint": f"{push.url}/to/1"})

    assert answered.status_code == 400
    assert "This browser cannot show alerts" in answered.text


def test_there_is_an_end_to_browsers(sam, push):
    for place in range(10):
        subscribes(sam, push, f"/to/{place}")

    answered = sam.sends("/alerts/browsers", Browser().form(f"{push.url}/to/11"))

    assert answered.status_code == 400
    assert "There are 10 already" in answered.text


def test_a_channel_is_added_tested_and_removed(sam, server):
    adds_chat(sam, server, "Front desk")
    assert told(sam) == "Front desk is added. Press Test to see whether it works."

    sam.sends(forms(sam, "test")[0])
    assert told(sam) == "Test: Front desk: sent."
    assert "This is a test." in server.json()["text"]

    sam.sends(forms(sam, "remove")[0])
    assert told(sam) == "Front desk is removed."
    assert "Front desk" not in sam.sees("/alerts")


def test_a_channel_in_trouble_says_so_until_it_works(sam, server):
    adds_chat(sam, server)
    told(sam)
    server.status = 403

    sam.sends(forms(sam, "test")[0])
    assert "refused; its token or password is not right" in told(sam)
    assert "Last time: refused" in sam.sees("/alerts")

    server.status = 200
    sam.sends(forms(sam, "test")[0])
    told(sam)
    assert "Last time" not in sam.sees("/alerts")


def test_a_channels_address_is_shown_to_nobody(sam, mia, server, two_businesses):
    adds_chat(sam, server, token="secretsecretsecretsecret99")

    assert "ends in …et99" in sam.sees("/alerts")
    for visitor in (sam, mia):
        assert "secretsecret" not in visitor.sees("/alerts")
    assert "secretsecret" not in str(rows_of(two_businesses, SHOP))


@pytest.mark.parametrize(
    ("kind", "form", "words"),
    [
        ("slack", {"webhook": ""}, "This is needed."),
        ("slack", {"webhook": "https://example.com/hooks/x"}, "Paste the whole address."),
        ("telegram", {"token": "1:short", "chat": "1"}, "Paste the whole token"),
        ("ntfy", {"topic": "two words"}, "A topic is one word"),
        ("ntfy", {"topic": "x", "server": "ftp://example.com"}, "Write the server"),
        ("pushover", {"user": "u", "token": "t"}, "It has 30 letters and digits."),
        ("email", {"to": "mia", "sender": "m@e.com", "password": "p"}, "Write an e-mail address"),
        ("gotify", {"server": "https://example.com/?a=b", "token": "t"}, "Write the server"),
        ("other", {"url": "json://127.0.0.1/"}, "This address is not taken."),
        ("other", {"url": "exec://ls"}, "This address is not taken."),
    ],
)
def test_what_is_not_right_is_said_at_its_field_and_secrets_are_not_repeated(
    sam, kind, form, words
):
    answered = adds(sam, kind, **form)

    assert answered.status_code == 422
    assert words in answered.text
    assert 'role="alert"' in answered.text
    secret = form.get("token") or form.get("url")
    assert not secret or f'value="{secret}"' not in answered.text
    assert forms(sam, "test") == []


@pytest.mark.parametrize("kind", alert_kinds.KINDS, ids=lambda kind: kind.id)
def test_every_kind_has_a_form_that_says_where_to_look(sam, kind):
    page = sam.sees(f"/alerts/add/{kind.id}")

    assert kind.how.replace("'", "&#39;") in page
    for field in kind.fields:
        assert f'<label for="{field.name}">{field.label}' in page


def test_a_kind_that_there_is_not_is_not_found(sam):
    assert sam.http.get("/alerts/add/exec").status_code == 404


@pytest.mark.parametrize(
    ("kind", "form", "address"),
    [
        ("ntfy", {"topic": "t"}, "ntfys://ntfy.sh/t?mode=private&priority=high"),
        (
            "ntfy",
            {"topic": "t", "server": "push.example.com:8443", "token": "tk_1"},
            "ntfys://tk_1@push.example.com:8443/t?mode=private&priority=high&auth=token",
        ),
        (
            "gotify",
            {"server": "https://example.com/gotify/", "token": "A/b"},
            "gotifys://example.com/gotify/A%2Fb?priority=high",
        ),
        (
            "email",
            {"to": "mia@example.com", "sender": "shop@gmail.com", "password": "p@ss/w"},
            "mailtos://shop:p%40ss%2Fw@gmail.com?to=mia%40example.com&from=shop%40gmail.com",
        ),
        (
            "email",
            {"to": "a@b.co", "sender": "s@c.co", "password": "p", "server": "smtp.c.co"},
            "mailtos://s:p@c.co?to=a%40b.co&from=s%40c.co&smtp=smtp.c.co&user=s%40c.co",
        ),
    ],
)
def test_the_address_holds_what_was_typed(kind, form, address):
    made = alert_kinds.kind(kind)
    assert made
    typed = {field.name: "" for field in made.fields} | form

    assert made.address(typed) == address


def test_the_owner_sees_and_removes_what_staff_have_but_cannot_ring_it(sam, mia, push, server):
    subscribes(sam, push)
    adds_chat(sam, server, "Sam's chat", token="b" * 26)

    page = mia.sees("/alerts")

    assert "Sam" in page.partition("What rings for others")[2]
    assert "bbbb" not in page
    assert forms(mia, "test") == []
    for path in forms(mia, "remove"):
        assert mia.sends(path.replace("remove", "test")).status_code == 403
        assert mia.sends(path).status_code == 303
    assert forms(sam, "remove") == []
    assert (push.asked, server.asked) == ([], [])


def test_staff_see_only_their_own(sam, mia, push, server):
    subscribes(mia, push)
    adds_chat(mia, server, "Mia's chat")
    paths = forms(mia, "test") + forms(mia, "remove")

    assert "Mia's chat" not in sam.sees("/alerts")
    for path in paths:
        assert sam.sends(path).status_code == 404
    assert len(forms(mia, "remove")) == 2


def test_another_business_finds_nothing(nora, mia, push, server):
    subscribes(mia, push)
    adds_chat(mia, server, "Mia's chat")
    paths = forms(mia, "test") + forms(mia, "remove")

    page = nora.sees("/alerts")

    assert "Mia" not in page
    for path in paths:
        assert nora.sends(path).status_code == 404
    assert len(forms(mia, "remove")) == 2


def test_forms_of_other_sites_and_strangers_are_refused(sam, visit, push):
    form = Browser().form(f"{push.url}/to/1")
    sam.sees("/alerts")

    assert sam.sends("/alerts/browsers", form | {"csrf": "x"}).status_code == 403
    assert visit().sends("/alerts/browsers", form).status_code == 403
    assert forms(sam, "test") == []


def test_the_worker_reaches_every_page_and_anybody_may_load_it(visit):
    stranger = visit()

    worker = stranger.http.get("/sw.js")
    manifest = stranger.http.get("/manifest.webmanifest")

    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert manifest.headers["content-type"] == "application/manifest+json"
    for icon in manifest.json()["icons"]:
        assert stranger.http.get(icon["src"]).headers["content-type"] == "image/png"


def test_the_key_that_signs_is_not_on_the_page(sam, two_businesses):
    page = sam.sees("/alerts")

    key = re.search(r'data-key="([^"]+)"', page)
    assert key
    assert len(key[1]) == 87
    with two_businesses.database().connect() as connection:
        assert connection.scalar(sa.select(installation_secret.c.secret)) not in page


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (ANDROID["User-Agent"], "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
            "Firefox on Linux",
        ),
        ("curl/8", "A browser"),
    ],
)
def test_a_browser_has_a_name_that_people_know(agent, name):
    assert browser_name(agent) == name


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.slack.com/services/T1/B2/abcdefghijklmnop", "ends in …mnop"),
        ("mailtos://u:secret@gmail.com?to=mia%40example.com", "to mia@example.com"),
        ("ntfys://ntfy.sh/short?mode=private", ""),
        ("pover://user@tttttttttttt1234?priority=high", "ends in …1234"),
        (None, ""),
    ],
)
def test_a_mask_shows_little(url, shown):
    assert masked(url) == shown
