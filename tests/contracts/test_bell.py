"""The Bell port: everything of one person rings at once, quickly, and nothing in trouble raises."""

import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from py_vapid import Vapid02

from evals.product import FOLDER
from server.adapters.bell_apprise import AppriseChannels
from server.adapters.bell_push import TTL_S, WebPushBrowsers
from server.bell import AT_ONCE, BUSY, LATE, BadChannel, StaffBell
from server.folder import read_folder
from server.store import accounts, businesses, push_subscriptions
from server.store.engine import create, make_engine
from server.store.tables import alert_channel, installation_secret, push_subscription
from tests.contracts.bell_doubles import Browser, claims, listening, mail_server

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SHOP, LINK = "alder-creek-plumbing", "/inbox/7"
PUBLIC = "https://ringback.example.com"
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"


class Clock:
    def now(self):
        return NOW


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
    return services[1]


def set_up(url):
    create(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        businesses.save(connection, read_folder(FOLDER).business, NOW)
        accounts.set_password(connection, SHOP, "mia", "mia", "owner", "for-tests-only")
    return engine


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    engine = set_up(f"sqlite:///{tmp_path_factory.mktemp('bell') / 'bell.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def make(database):
    """Bells on one empty list of browsers and channels."""
    with database.begin() as connection:
        for table in (push_subscription, alert_channel, installation_secret):
            connection.execute(sa.delete(table))

    def bell(*, secret_key="k", inside=True, limit_s=5.0, engine=database):
        return StaffBell(
            database=engine,
            clock=Clock(),
            secret_key=secret_key,
            public_url=PUBLIC,
            browsers=WebPushBrowsers(clock=Clock(), public_url=PUBLIC, inside=inside),
            channels=AppriseChannels(public_url=PUBLIC, inside=inside),
            limit_s=limit_s,
        )

    return bell


@pytest.fixture
def bell(make):
    return make()


@pytest.fixture
def subscribe(database):
    def one(endpoint, name="Chrome on Android"):
        browser = Browser()
        with database.begin() as connection:
            push_subscriptions.save(
                connection, f"{SHOP}:mia", name, endpoint, browser.p256dh, browser.auth, NOW
            )
        return browser

    return one


@pytest.fixture
def channel(database):
    def one(bell, url, name="Our channel"):
        with database.begin() as connection:
            bell.kept.add(connection, SHOP, "mia", name, url, NOW)

    return one


def ring(bell, words="Water everywhere."):
    return list(bell.ring(SHOP, "mia", words, LINK))


def mattermost(server, token="a" * 26):
    return f"{server.url.replace('http', 'mmost')}/{token}"


def state(database, table):
    with database.connect() as connection:
        return connection.execute(sa.select(table.c.used_at, table.c.problem)).one()


def test_who_has_nothing_is_not_rung(bell):
    assert ring(bell) == []


def test_a_browser_reads_shop_words_and_link(bell, push, subscribe):
    browser = subscribe(f"{push.url}/to/1")

    told = ring(bell, "Wasser läuft. ¿Puede venir?")

    assert told == ["Chrome on Android: sent"]
    assert browser.reads(push.asked[0].body) == {
        "title": "Alder Creek Plumbing",
        "body": "Wasser läuft. ¿Puede venir?",
        "link": f"{PUBLIC}/inbox/7",
    }


def test_a_push_service_sees_a_signed_urgent_short_lived_request_it_cannot_read(
    bell, push, subscribe
):
    subscribe(f"{push.url}/to/1")

    ring(bell)

    asked = push.asked[0]
    assert Vapid02.verify(asked.headers["authorization"])
    assert asked.headers["authorization"].endswith(f"k={bell.public_key()}")
    said = claims(asked.headers["authorization"])
    assert said == {"aud": push.url, "sub": PUBLIC, "exp": int(NOW.timestamp()) + 12 * 3600}
    assert (asked.headers["ttl"], asked.headers["urgency"]) == (str(TTL_S), "high")
    assert b"Water" not in asked.body


def test_words_of_any_length_fit_into_one_push(bell, push, subscribe):
    browser = subscribe(f"{push.url}/to/1")

    assert ring(bell, "水" * 5000) == ["Chrome on Android: sent"]

    assert len(push.asked[0].body) <= 4096
    assert browser.reads(push.asked[0].body)["body"].startswith("水水")


def test_the_signing_key_is_made_once_and_kept_encrypted(make, database):
    first = make().public_key()

    assert make().public_key() == first
    with database.connect() as connection:
        secret = connection.scalar(sa.select(installation_secret.c.secret))
    assert "PRIVATE" not in secret


def test_a_changed_installation_key_makes_a_new_signing_key(make):
    first = make().public_key()

    assert make(secret_key="another").public_key() != first


def test_it_keeps_its_lists_on_postgresql_too(make, postgres, push, server):
    engine = set_up(postgres().replace("postgresql:", "postgresql+psycopg:"))
    bell, browser = make(engine=engine), Browser()
    keys = browser.p256dh, browser.auth
    for name in ("Old", "New"):
        with engine.begin() as connection:
            where = f"{SHOP}:mia", name, f"{push.url}/to/1"
            push_subscriptions.save(connection, *where, *keys, NOW)
            bell.kept.add(connection, SHOP, "mia", name, mattermost(server), NOW)
    server.status = 200

    assert ring(bell) == ["New: sent", "Old: sent", "New: sent"]

    push.status = 410
    ring(bell)
    assert ring(bell) == ["Old: sent", "New: sent"]
    engine.dispose()


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_taken_out_of_the_list(bell, push, subscribe, database, status):
    subscribe(f"{push.url}/to/1")
    push.status = status

    assert ring(bell) == ["Chrome on Android: alerts were turned off there; it is removed"]
    assert ring(bell) == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "refused; turn alerts off and on again in that browser (403)"),
        (429, "refused; too many alerts for it just now (429)"),
        (503, "its push service has trouble (503)"),
        (302, "its push service has trouble (302)"),
    ],
)
def test_a_push_service_in_trouble_is_a_line_and_a_note(
    bell, push, subscribe, database, status, words
):
    subscribe(f"{push.url}/to/1")
    push.status = status

    assert ring(bell) == [f"Chrome on Android: {words}"]
    assert state(database, push_subscription) == (NOW, words)


def test_success_clears_the_note(bell, push, subscribe, database):
    subscribe(f"{push.url}/to/1")
    push.status = 500
    ring(bell)
    push.status = 201

    ring(bell)

    assert state(database, push_subscription) == (NOW, None)


def test_a_redirect_is_not_followed(bell, push, server, subscribe, channel):
    subscribe(f"{push.url}/to/1")
    channel(bell, mattermost(push))
    push.status, push.location = 307, f"{server.url}/elsewhere"

    told = ring(bell)

    assert not any("sent" in line for line in told)
    assert server.asked == []


def test_a_channel_reads_shop_words_and_link(bell, server, channel, database):
    channel(bell, mattermost(server), "Front desk")
    server.status = 200

    assert ring(bell) == ["Front desk: sent"]
    assert server.asked[0].path == f"/hooks/{'a' * 26}"
    text = server.json()["text"]
    assert "Alder Creek Plumbing" in text
    assert "Water everywhere." in text
    assert f"{PUBLIC}/inbox/7" in text
    assert state(database, alert_channel) == (NOW, None)


def test_ntfy_gets_title_and_priority(bell, server, channel):
    url = server.url.replace("http", "ntfy")
    channel(bell, f"{url}/mia-alerts?mode=private&priority=high", "ntfy")
    server.status = 200

    assert ring(bell) == ["ntfy: sent"]
    said = server.json()
    assert (said["topic"], said["title"]) == ("mia-alerts", "Alder Creek Plumbing")
    assert server.asked[0].headers["x-priority"] == "high"


def test_e_mail_goes_through_a_mailbox_of_ones_own(bell, channel):
    with mail_server(password="right") as double:
        channel(
            bell,
            f"mailto://shop:right@{double.at}?to=mia@example.com&from=shop@example.com&mode=insecure",
            "Mail",
        )

        assert ring(bell) == ["Mail: sent"]

    assert double.to == ["<mia@example.com>"]
    assert "Subject: Alder Creek Plumbing" in double.mail
    assert "Water everywhere." in double.mail


def test_a_wrong_mail_password_says_what_to_check(bell, channel):
    with mail_server(password="right") as double:
        channel(
            bell,
            f"mailto://shop:wrong@{double.at}?to=mia@example.com&from=shop@example.com&mode=insecure",
            "Mail",
        )

        assert "check the address, the (app) password and the server" in ring(bell)[0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "refused; its token or password is not right, or no longer (403)"),
        (404, "refused; its address does not exist, or no longer (404)"),
        (500, "has trouble of its own (500)"),
    ],
)
def test_a_channel_that_refuses_is_a_line_without_its_address(
    bell, server, channel, database, status, words
):
    channel(bell, mattermost(server), "Slack")
    server.status = status

    assert ring(bell) == [f"Slack: {words}"]
    assert state(database, alert_channel).problem == words


def test_a_server_that_is_away_is_a_line(bell, subscribe, channel):
    subscribe("http://127.0.0.1:9/to/1", "Firefox")
    channel(bell, f"mmost://127.0.0.1:9/{'a' * 26}", "Chat")

    assert ring(bell) == ["Firefox: its push service cannot be reached", "Chat: cannot be reached"]


def test_all_ring_at_once_and_the_slow_are_left(make, push, server, subscribe, channel):
    bell = make(limit_s=1.0)
    subscribe(f"{push.url}/to/1", "Phone")
    subscribe(f"{push.url}/to/2", "Laptop")
    channel(bell, mattermost(server), "Chat")
    server.status = 200
    ring(bell)  # what is loaded at first use is loaded
    push.delay_s = 2.5
    began = time.monotonic()

    told = ring(bell)

    assert time.monotonic() - began < 2.0
    assert told == [f"Phone: {LATE.words}", f"Laptop: {LATE.words}", "Chat: sent"]


def test_when_too_much_hangs_nothing_more_is_tried(make, push, subscribe):
    bell = make()
    subscribe(f"{push.url}/to/1")
    for _ in range(AT_ONCE):
        bell._room.acquire()

    assert ring(bell) == [f"Chrome on Android: {BUSY.words}"]
    assert push.asked == []


def test_without_a_database_it_says_so_and_does_not_raise(make, tmp_path):
    empty = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")

    assert ring(make(engine=empty)) == [
        "Browsers and channels: not tried, because of an error here"
    ]
    empty.dispose()


def test_a_channel_of_a_changed_installation_key_says_so(make, channel, server):
    channel(make(), mattermost(server), "Chat")

    told = ring(make(secret_key="another"))

    assert told == ["Chat: its address cannot be read any more; remove it and add it again"]
    assert server.asked == []


def test_addresses_of_channels_are_kept_encrypted(bell, channel, server, database):
    channel(bell, mattermost(server, "s" * 26))

    with database.connect() as connection:
        kept = connection.scalar(sa.select(alert_channel.c.url))
    assert "s" * 26 not in kept


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/x",
        "xml://example.com",
        "form://example.com",
        "syslog://local",
        "dbus://",
        "exec://ls",
        "file:///etc/passwd",
        "https://example.com/hooks/x",
        "apprise://example.com/token",
        "matrixs://user:pass@example.com/#room",
        f"{SLACK}?template=/etc/passwd",
        f"{SLACK}?verify=no",
        f"{SLACK}?redirect=yes",
        f"{SLACK}?a=1?template=/etc/passwd",
        f"{SLACK}?+x=1",
        "mailtos://me:pw@93.184.216.34?to=a@example.com&pgpkey=/etc/passwd",
        "ntfys://93.184.216.34/topic?attach=file:///etc/passwd",
        "ntfys://10.0.0.4/topic",
        "ntfys://127.0.0.1/topic",
        "ntfys://[::1]/topic",
        "ntfys://[::ffff:10.0.0.4]/topic",
        "ntfy://93.184.216.34/topic",
        "gotifys://169.254.169.254/token",
        "mmosts://192.168.1.4/" + "a" * 26,
        "mailtos://me:pw@example.com?to=a@example.com&smtp=10.0.0.4",
        "mailtos://me:pw@93.184.216.34:22?to=a@example.com",
        "mailto://me:pw@93.184.216.34?to=a@example.com&mode=insecure",
        "workflows://10.0.0.1/aaaaaaaa/bbbbbbbb/",
        "ntfys://good.example\\@10.0.0.4/topic",
        "slack://",
        "",
        "nonsense",
        "http://[",
    ],
)
def test_what_leads_astray_is_not_taken(make, url):
    with pytest.raises(BadChannel):
        make(inside=False).channels.checked(url)


@pytest.mark.parametrize(
    "url",
    [
        SLACK,
        "discord://417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YT",
        "tgram://123456789:alphanum_aaaaaaaaaaaaaaaaaaaaaaaaaaa/12315544",
        f"pover://{'u' * 30}@{'t' * 30}?priority=high",
        "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=kkk&token=ttt",
        "https://prod-9.westus.logic.azure.com:443/workflows/e0f5a8d0e5d94e0f/triggers/manual/paths/invoke"
        "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcdefgh",
        "ntfys://93.184.216.34/topic?mode=private&priority=high",
        "mailtos://me:pw@93.184.216.34:465?to=a@example.com",
    ],
)
def test_what_is_known_is_taken(make, url):
    assert make(inside=False).channels.checked(f" {url} ") == url


def test_an_address_that_leads_inside_by_now_is_not_asked(make, channel, server):
    bell = make(inside=False)
    channel(bell, mattermost(server), "Chat")

    told = ring(bell)

    assert told[0].startswith("Chat: this server has to be asked over https")
    assert server.asked == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://93.184.216.34/to/1",
        "https://127.0.0.1/to/1",
        "https://10.0.0.4/to/1",
        "https://[::ffff:169.254.169.254]/x",
        "https://user@93.184.216.34/to/1",
        "https://93.184.216.34/" + "x" * 1000,
        "https://",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_push_service_is_asked_over_https_at_a_public_address(make, push, subscribe, endpoint):
    bell, browser = make(inside=False), subscribe(endpoint)

    with pytest.raises(BadChannel):
        bell.browsers.check(endpoint, browser.p256dh, browser.auth)
    assert "sent" not in ring(bell)[0]


@pytest.mark.parametrize(("p256dh", "auth"), [("", ""), ("AAAA", "AAAA"), ("ü", "ü")])
def test_keys_that_are_none_are_not_taken(bell, push, p256dh, auth):
    with pytest.raises(BadChannel):
        bell.browsers.check(f"{push.url}/to/1", p256dh, auth)
