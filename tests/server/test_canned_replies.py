"""The replies that staff keep: the page, and the picker under a conversation."""

from html import unescape

import pytest

from tests.server.desk import Shop, box, part

HI = "Hi {first_name}, {me} from {business}. Your {service} is {time}."


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("shop"))
    yield shop
    shop.close()


@pytest.fixture
def shop(opened):
    """No reply is kept, and nothing is known of the caller."""
    opened.new_caller()
    opened.house.open_shop(opened.business)
    return opened


@pytest.fixture(scope="module")
def mia(opened):
    return opened.person("mia")


@pytest.fixture(scope="module")
def sam(opened):
    return opened.person("sam")


def saves(person, name, text, was="", before=""):
    return person.posts("/business/replies", name=name, text=text, was=was, before=before)


def page(person):
    return person.sees("/business/replies")


def test_an_empty_page_says_what_to_begin_with(shop, mia):
    assert "None yet" in part(page(mia), "none")


def test_staff_add_change_and_remove(shop, mia, sam):
    assert saves(sam, "Hours", "We are open from 8.").status_code == 303
    assert "Saved: Hours" in part(page(sam), "saved")
    assert "We are open from 8." in page(mia)

    saves(mia, "Our hours", "Open 8 to 5.", was="Hours", before="We are open from 8.")
    assert "Open 8 to 5." in page(sam)
    assert "We are open from 8." not in page(sam)

    sam.posts("/business/replies/remove", was="Our hours")
    assert "Removed: Our hours" in part(page(sam), "saved")
    assert "None yet" in part(page(sam), "none")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("", "words", "Give it a name"),
        ("Name", "  ", "Give it a name"),
        ("n" * 61, "words", "Make the name shorter"),
        ("Name", "x" * 1601, "1601 characters"),
        ("Name", "Hi {frist_name}", "{frist_name} is not filled in"),
        ("hours", "words", "a reply called hours already"),
    ],
)
def test_what_cannot_be_kept_says_why_and_keeps_the_words(shop, mia, name, text, why):
    saves(mia, "Hours", "We are open from 8.")

    answered = saves(mia, name, text)

    assert answered.status_code == 400
    assert why in part(unescape(answered.text), "error")
    assert text.strip() in unescape(answered.text)
    assert page(mia).count('data-testid="reply"') == 1


def test_who_saves_over_a_colleague_s_change_is_told(shop, mia, sam):
    saves(mia, "Hours", "We are open from 8.")
    saves(sam, "Hours", "Open 8 to 5.", was="Hours", before="We are open from 8.")

    answered = saves(mia, "Hours", "Open from 9.", was="Hours", before="We are open from 8.")

    assert "Somebody else has changed" in part(answered.text, "error")
    assert "Open from 9." in answered.text
    assert "Open from 9." not in page(mia)


def test_a_reply_that_sells_is_kept_with_a_warning(shop, mia):
    saves(mia, "Offer", "Get 20% off your next drain cleaning this week!")

    assert "reads as advertising" in part(page(mia), "selling")


def test_the_picker_fills_in_what_is_known(shop, mia):
    saves(mia, "Visit", HI)
    shop.writes("hello")
    filled = "Hi, Mia from Alder Creek Plumbing. Your {service} is {time}."

    conversation = mia.sees()
    assert f'value="{filled}"' in conversation
    assert "fill in {service}, {time}" in part(conversation, "canned")
    chosen = mia.does("suggest", use=filled, body="Typed.")

    assert box(chosen.text) == f"Typed.\n{filled}"


def test_the_picker_says_the_caller_s_first_name(shop, mia):
    saves(mia, "Hi", "Hi {first_name}!")
    shop.writes("hello")
    shop.sets(memory={"details": {"name": "Ann Lee"}})

    assert 'value="Hi Ann!"' in mia.sees()


def test_a_name_that_is_no_name_is_not_said(shop, mia):
    saves(mia, "Hi", "Hi {first_name}!")
    shop.writes("hello")
    shop.sets(memory={"details": {"name": "{me}<script>"}})

    assert 'value="Hi!"' in mia.sees()


def test_a_stranger_s_form_changes_nothing(shop, mia):
    answered = mia.http.post("/business/replies", data={"name": "Hours", "text": "words"})

    assert answered.status_code == 403
    assert "None yet" in part(page(mia), "none")
