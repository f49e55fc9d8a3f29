"""Photos that callers send: fetched from the carrier alone, cleaned, kept, and shown to their business's staff."""

import io
import re
import socket
import threading
import uuid
from datetime import UTC, datetime
from functools import partial
from html import unescape
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from PIL import Image

from agent.business import TwilioAccount
from evals.product import until
from server.adapters.photos_twilio import TwilioPhotos
from server.photos import NotFetched
from server.store.tables import photo
from tests.server import pictures
from tests.visitor import Visitor

SHOP = "alder-creek-plumbing"


@pytest.fixture
def caller():
    """A new one."""
    return f"+1720{uuid.uuid4().int % 10**7:07d}"


@pytest.fixture
def owner_of():
    """Signs Mia in to a product of the test's own."""
    opened = []

    def sign_in(product):
        opened.append(Visitor(product))
        return opened[-1].signs_in("mia", product.password)

    yield sign_in
    for one in opened:
        one.http.close()


def put(product, content=b"", kind="image/jpeg", mishaps=()):
    """A medium at the carrier."""
    params = {"type": kind, "mishap": list(mishaps)}
    kept = product.client.post(f"{product.phone}/sim/media", params=params, content=content).json()
    return SimpleNamespace(**kept, wish={"type": kind, "url": kept["url"]})


def asked(product, medium):
    return product.client.get(f"{product.phone}/sim/media/{medium.id}").json()["asked"]


def _is_asked(product, medium, times):
    return asked(product, medium) == times


def seen(visitor, caller):
    return visitor.sees(f"/inbox/{caller[1:]}")


def photo_ids(html):
    return re.findall(r'src="/inbox/photos/(\d+)/small"', html)


def words(html):
    """What is said in the places of photos that are not shown."""
    return [unescape(one) for one in re.findall(r'data-testid="no-photo">([^<]*)<', html)]


def settled(visitor, caller, count=1, timeout_s=30):
    """The thread's page once nothing is being fetched any more."""

    def page():
        html = seen(visitor, caller)
        told = words(html)
        waits = [one for one in told if "being fetched" in one or "It is tried again" in one]
        return html if len(photo_ids(html)) + len(told) == count and not waits else ""

    return until(page, "every photo is settled", timeout_s)


def rows(product, caller):
    with product.database().connect() as connection:
        mine = sa.select(photo).where(photo.c.thread == f"{SHOP}:{caller}").order_by(photo.c.id)
        return list(connection.execute(mine))


def let_time_pass(product, caller):
    """Until the next try of what waits."""
    waits = (photo.c.thread == f"{SHOP}:{caller}", photo.c.due_at.is_not(None))
    with product.database().begin() as connection:
        connection.execute(sa.update(photo).where(*waits).values(due_at=datetime.now(UTC)))


def opened(visitor, photo_id, size=""):
    answered = visitor.http.get(f"/inbox/photos/{photo_id}{size}")
    assert answered.status_code == 200
    image = Image.open(io.BytesIO(answered.content))
    image.load()
    return answered, image


def test_ten_photos_without_words_are_all_shown(two_businesses, mia, caller):
    media = [put(two_businesses, pictures.jpeg()).wish for _ in range(10)]

    two_businesses.text("", caller=caller, media=media)

    html = settled(mia, caller, 10)
    assert len(photo_ids(html)) == 10
    assert [f"Photo {place} of 10 from the caller" in html for place in range(1, 11)] == [True] * 10
    assert "/Media/" not in html


@pytest.mark.parametrize(
    "content",
    [pictures.jpeg(), pictures.png(), pictures.gif(), pictures.webp(), pictures.HEIC],
    ids=["jpeg", "png", "gif", "webp", "heic"],
)
def test_what_a_photo_tells_of_its_maker_is_gone(two_businesses, mia, caller, content):
    assert pictures.MAKER in content
    named_wrongly = put(two_businesses, content, "application/octet-stream")

    two_businesses.text("it looks like this", caller=caller, media=[named_wrongly.wish])

    [photo_id] = photo_ids(settled(mia, caller))
    for size in ("", "/small"):
        answered, image = opened(mia, photo_id, size)
        assert image.format == "JPEG"
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert pictures.MAKER not in answered.content
        red, white = image.getpixel((5, 20)), image.getpixel((image.width - 5, 20))
        assert red[0] > 200
        assert red[2] < 90
        assert min(white) > 200


def test_a_large_photo_is_shown_upright_and_no_larger_than_needed(two_businesses, mia, caller):
    lies_on_its_side = put(two_businesses, pictures.jpeg(4000, 3000, orientation=6))

    two_businesses.text("", caller=caller, media=[lies_on_its_side.wish])

    html = settled(mia, caller)
    [photo_id] = photo_ids(html)
    _, large = opened(mia, photo_id)
    _, small = opened(mia, photo_id, "/small")
    assert (large.size, small.size) == ((1536, 2048), (360, 480))
    assert 'width="1536" height="2048"' in html
    assert large.getpixel((700, 100))[2] < 90  # red is above, where the left was
    assert min(large.getpixel((700, 1900))) > 200


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (b"\0\0\0\x18ftypmp42" + bytes(999), "video/mp4", "A video came with this text; it is not shown here."),
        (b"BEGIN:VCARD\nFN:Joan\nEND:VCARD", "text/x-vcard", "A contact card came with this text; it is not shown here."),
        (b"%PDF-1.7", "application/pdf", "A PDF document came with this text; it is not shown here."),
        (b"<html><script>alert(1)</script>", "image/jpeg", "A file that is no photo came with this text; it is not shown here."),
        (b"<svg onload='alert(1)'/>", "image/svg+xml", "A file that is no photo came with this text; it is not shown here."),
        (pictures.bomb(), "image/png", "This picture has too many pixels to be shown."),
        (pictures.bomb(7000), "image/png", "This picture has too many pixels to be shown."),
        (pictures.jpeg()[:-900], "image/jpeg", "This picture is damaged and cannot be shown."),
        (pictures.scans(), "image/jpeg", "This picture is damaged and cannot be shown."),
        (pictures.jpeg() + bytes(11_000_000), "image/jpeg", "A file of more than 10 MB came with this text; it is not shown here."),
        (b"", "image/jpeg", "A file that is no photo came with this text; it is not shown here."),
    ],
    ids=["video", "vcard", "pdf", "html", "svg", "bomb", "small bomb", "cut", "scans", "11 MB", "empty"],
)  # fmt: skip
def test_what_is_no_fit_picture_is_not_kept_and_staff_read_why(
    two_businesses, mia, caller, content, kind, told
):
    two_businesses.text("look", caller=caller, media=[put(two_businesses, content, kind).wish])

    html = settled(mia, caller)
    assert words(html) == [told]
    [row] = rows(two_businesses, caller)
    assert (row.state, row.picture, row.small, row.due_at) == ("refused", None, None, None)
    assert mia.http.get(f"/inbox/photos/{row.id}").status_code == 404


def test_a_carrier_with_troubles_is_asked_again(two_businesses, mia, caller):
    troubles = (["404", "404"], ["500"], ["429"], ["hang"], ["drip"])
    media = [put(two_businesses, pictures.jpeg(), mishaps=mishaps) for mishaps in troubles]

    two_businesses.text("", caller=caller, media=[one.wish for one in media])

    assert len(photo_ids(settled(mia, caller, 5, timeout_s=90))) == 5
    assert [asked(two_businesses, one) for one in media] == [3, 2, 2, 2, 2]


def test_what_is_never_to_be_had_is_given_up_and_said(two_businesses, mia, caller):
    medium = put(two_businesses, mishaps=["500"] * 99)

    two_businesses.text("look", caller=caller, media=[medium.wish])

    for tries in range(1, 8):
        until(partial(_is_asked, two_businesses, medium, tries), f"try {tries}")
        let_time_pass_once_put_off(two_businesses, caller, tries)
    told = words(settled(mia, caller))
    assert told == [
        "Photo from the caller could not be fetched: the carrier answers with error 500."
    ]
    assert asked(two_businesses, medium) == 7


def let_time_pass_once_put_off(product, caller, tries):
    def is_put_off():
        [row] = rows(product, caller)
        return row.state == "failed" or (row.tries == tries and _is_not_taken(row))

    until(is_put_off, "put off")
    let_time_pass(product, caller)


def _is_not_taken(row):
    """The pause before try 2..7 is never the minute that a worker has."""
    due_at = row.due_at
    left_s = (due_at - datetime.now(UTC)).total_seconds()
    return left_s < 31 or left_s > 61


@pytest.fixture
def stranger():
    """A server that is not the carrier's, and what it was asked."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                heard.append(connection.recv(4096))
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield SimpleNamespace(port=server.getsockname()[1], heard=heard)


def test_an_address_that_is_not_the_carriers_is_never_asked(two_businesses, mia, caller, stranger):
    carrier_port = two_businesses.phone_port
    forged = [
        f"http://127.0.0.1:{stranger.port}/x",
        f"http://127.0.0.1:{carrier_port}@127.0.0.1:{stranger.port}/x",
        f"http://localhost:{carrier_port}/x",
        f"https://api.twilio.com@127.0.0.1:{stranger.port}/x",
        f"https://api.twilio.com:{stranger.port}/x",
        "https://api.twilio.com.example.com/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[::1",
    ]
    media = [{"type": "image/jpeg", "url": url} for url in forged]

    two_businesses.text("", caller=caller, media=media)

    told = words(settled(mia, caller, len(forged)))
    ends = [one.partition("fetched: ")[2] for one in told]
    assert ends == ["its address is not the carrier's."] * len(forged)
    assert stranger.heard == []


def test_the_carrier_leads_to_no_place_where_secrets_lie(two_businesses, mia, caller):
    leads_astray = put(two_businesses, mishaps=["http://169.254.169.254/latest/meta-data"])

    two_businesses.text("", caller=caller, media=[leads_astray.wish])

    [told] = words(settled(mia, caller))
    assert told.endswith("fetched: the carrier leads to an address that may not be asked.")


@pytest.mark.parametrize(
    "url",
    ["http://api.twilio.com/x", "http://127.0.0.1/x", "https://api.twilio.com:8443/x", "https://media.example.com/x"],
)  # fmt: skip
def test_without_a_simulator_only_twilio_is_asked(url):
    source = TwilioPhotos("AC1", "token", "", lambda _name: "")

    with pytest.raises(NotFetched, match="not the carrier's") as refused:
        source.fetch(url, TwilioAccount())

    assert refused.value.permanent


def test_a_business_with_an_account_of_its_own_signs_in_with_it(two_businesses):
    content, theirs = pictures.png(), two_businesses.environment
    medium = put(two_businesses, content, "image/png")
    own = TwilioAccount(account_sid=theirs["TWILIO_ACCOUNT_SID"], auth_token_env="THEIR_TOKEN")
    secrets = {"THEIR_TOKEN": theirs["TWILIO_AUTH_TOKEN"]}
    source = TwilioPhotos("AC1", "ours", two_businesses.phone, lambda name: secrets[name])

    assert source.fetch(medium.url, own) == content
    with pytest.raises(NotFetched, match="error 401"):
        source.fetch(medium.url, TwilioAccount())


def test_a_text_that_comes_twice_brings_its_photo_once(two_businesses, mia, caller):
    medium = put(two_businesses, pictures.jpeg())
    sid = f"MM{uuid.uuid4().hex}"
    for _ in range(2):
        two_businesses.text("look", caller=caller, media=[medium.wish], message_sid=sid)

    assert len(photo_ids(settled(mia, caller))) == 1
    assert asked(two_businesses, medium) == 1


def test_only_staff_of_the_business_see_a_photo(two_businesses, mia, sam, nora, visit, caller):
    two_businesses.text("", caller=caller, media=[put(two_businesses, pictures.jpeg()).wish])
    [photo_id] = photo_ids(settled(mia, caller))

    for size in ("", "/small"):
        path = f"/inbox/photos/{photo_id}{size}"
        assert sam.http.get(path).status_code == 200
        assert nora.http.get(path).status_code == 404
        assert visit().http.get(path).headers["location"] == "/login"
        assert mia.http.get(f"/inbox/photos/9{photo_id}999{size}").status_code == 404
        assert mia.http.get(f"/inbox/photos/{'9' * 40}{size}").status_code == 404


def test_a_photo_is_served_as_a_picture_and_nothing_else(two_businesses, mia, caller):
    two_businesses.text("", caller=caller, media=[put(two_businesses, pictures.png()).wish])
    [photo_id] = photo_ids(settled(mia, caller))

    headers = opened(mia, photo_id)[0].headers

    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == "inline"
    assert headers["cache-control"].startswith("private")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "sandbox" in headers["content-security-policy"]


def test_an_erased_callers_photos_are_gone(two_businesses, mia, caller):
    waits = put(two_businesses, pictures.jpeg(), mishaps=["hang"])
    media = [put(two_businesses, pictures.jpeg()).wish, waits.wish]
    two_businesses.text("", caller=caller, media=media)
    [photo_id] = until(lambda: photo_ids(seen(mia, caller)), "the first one")
    two_businesses.replied(1, to=caller)

    two_businesses.run("erase", SHOP, caller, "--confirm", caller)

    assert rows(two_businesses, caller) == []
    assert mia.http.get(f"/inbox/photos/{photo_id}").status_code == 404


def test_a_process_killed_while_it_fetches_loses_no_photo(product, owner_of, caller):
    mia = owner_of(product)
    media = [put(product, pictures.jpeg(), mishaps=["hang"]) for _ in range(5)]
    product.text("", caller=caller, media=[one.wish for one in media])
    until(lambda: sum(asked(product, one) for one in media) == 3, "three are being fetched")

    product.kill_server()
    product.start_server()
    let_time_pass(product, caller)

    assert len(photo_ids(settled(mia, caller, 5, timeout_s=60))) == 5


def test_several_workers_fetch_no_photo_twice(start_product, owner_of, caller):
    product = start_product("postgresql", workers=2)
    mia = owner_of(product)
    media = [put(product, pictures.jpeg(1600, 1200)) for _ in range(20)]
    for place in (0, 10):
        product.text("", caller=caller, media=[one.wish for one in media[place : place + 10]])

    assert len(photo_ids(settled(mia, caller, 20))) == 20
    assert [asked(product, one) for one in media] == [1] * 20
    product.stop()
