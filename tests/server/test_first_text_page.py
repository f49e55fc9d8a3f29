"""The owner's page of the first texts: weighed, refused where it must be, saved, and sent to the next caller."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from server.store import businesses

PAGE, SHOP = "/business/first-text", "alder-creek-plumbing"
GOOD = "{business}: Sorry we missed your call. Which drain is it? Reply STOP to opt out."


def seen(html):
    return re.findall(r'name="seen" value="([^"]+)"', html)[0]


def save(visitor, **form):
    html = visitor.sees(PAGE)
    return visitor.sends(PAGE, {"seen": seen(html), **form})


@pytest.fixture
def fresh(mia):
    """Mia, with the pack's words in use before and after."""
    yield mia
    assert save(mia).status_code == 303


def test_the_page_shows_both_texts_as_callers_of_each_language_read_them(mia):
    html = mia.sees(PAGE)

    assert html.count('data-testid="bubble"') == 4
    assert "Is it a leak, a clog or something else" in html
    assert "Responda STOP" in html
    assert "Voicemail greeting, Spanish" in html
    assert "not legal advice" in html
    assert f'href="{PAGE}"' in mia.sees("/business")


def test_saved_words_are_what_the_next_caller_reads_and_the_packs_come_back(two_businesses, fresh):
    caller = "+17205550961"
    assert save(fresh, first_text=GOOD, after_hours_text=GOOD).status_code == 303
    assert "Saved." in fresh.sees(PAGE)

    two_businesses.call(caller=caller)
    (sent,) = two_businesses.replied(1, to=caller)

    assert sent == "Alder Creek Plumbing: Sorry we missed your call. Which drain is it? Reply STOP to opt out."  # fmt: skip
    assert save(fresh, first_text=GOOD, back="first_text").status_code == 303
    assert "Which drain is it?" not in fresh.sees(PAGE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD + " Our spring special is 20% off this week only!", "this sells"),
        (GOOD + " See bit.ly/alder", "this link is left out"),
        (GOOD + " Ask for [agent].", "nobody knows what to put for"),
    ],
)
def test_what_law_or_carriers_forbid_is_not_saved(mia, text, why):
    answered = save(mia, first_text=text)

    assert answered.status_code == 400
    assert why in answered.text
    assert "Which drain is it?" in answered.text, "what was written is still in the form"
    assert "Which drain is it?" not in mia.sees(PAGE)


def test_advice_alone_refuses_nothing(fresh):
    assert save(fresh, first_text="Sorry we missed you, call again.").status_code == 303
    assert "put {business} first" in fresh.sees(PAGE)


def test_the_packs_own_words_stay_the_packs(mia):
    html = mia.sees(PAGE)
    words = re.findall(r'<textarea id="first_text"[^>]*>([^<]+)<', html)[0]

    save(mia, first_text=words.replace("&#39;", "'"))

    assert "Back to the standard text" not in mia.sees(PAGE)


def test_a_page_that_shows_older_words_overwrites_nothing(fresh):
    old = seen(fresh.sees(PAGE))
    save(fresh, first_text=GOOD)

    late = fresh.sends(PAGE, {"seen": old, "first_text": GOOD.replace("drain", "pipe")})

    assert late.status_code == 400
    assert "Somebody else has saved this page" in late.text
    assert "Which drain is it?" in fresh.sees(PAGE)
    again = fresh.sends(
        PAGE, {"seen": seen(late.text), "first_text": GOOD.replace("drain", "pipe")}
    )
    assert again.status_code == 303


def test_of_two_who_save_at_once_one_is_told_of_the_other(two_businesses, visit, fresh):
    other = visit("mia", two_businesses.password)
    form = {"seen": seen(fresh.sees(PAGE))}
    other.sees(PAGE)
    words = (GOOD, GOOD.replace("drain", "pipe"))

    with ThreadPoolExecutor() as pool:
        saves = [
            pool.submit(one.sends, PAGE, form | {"first_text": text})
            for one, text in zip((fresh, other), words, strict=True)
        ]
        answers = [one.result() for one in saves]

    assert sorted(one.status_code for one in answers) == [303, 400]
    kept = words[[one.status_code for one in answers].index(303)]
    assert f"{kept.partition('call. ')[2].partition(' Reply')[0]}" in fresh.sees(PAGE)


def test_what_else_changed_since_the_page_was_opened_stays(two_businesses, fresh):
    form = {"seen": seen(fresh.sees(PAGE)), "first_text": GOOD}
    with two_businesses.database().begin() as connection:
        held = businesses.get(connection, SHOP)
        assert held
        businesses.save(connection, held.model_copy(update={"tone": "plain"}), datetime.now(UTC))

    assert fresh.sends(PAGE, form).status_code == 303

    with two_businesses.database().begin() as connection:
        after = businesses.get(connection, SHOP)
        assert after
        businesses.save(connection, after.model_copy(update={"tone": held.tone}), datetime.now(UTC))
    assert (after.tone, after.first_text) == ("plain", GOOD)


def test_what_is_far_too_long_is_refused_in_words(mia):
    answered = save(mia, first_text=f"{GOOD} {'a' * 100_000}")

    assert answered.status_code == 400
    assert "carriers take 1600 at most" in answered.text


def test_words_are_checked_while_they_are_written_and_nothing_is_saved(mia):
    mia.sees(PAGE)
    fragment = mia.sends(
        f"{PAGE}/check?text=first_text",
        {"first_text": "{business}: Sorry we missed your call — ok ☺ <b>?"},
        headers={"HX-Request": "true"},
    ).text
    whole = mia.sends(f"{PAGE}/check", {"first_text": "Hello <b>there"}).text

    assert "no sign of a plain SMS" in fragment
    assert "<b>?" not in fragment
    assert "<html" not in fragment
    assert "Hello &lt;b&gt;there" in whole
    assert "Hello" not in mia.sees(PAGE)


def test_another_packs_text_is_put_into_the_form(mia):
    mia.sees(PAGE)

    html = mia.sends(f"{PAGE}/check", {"first_text": "x", "pick": "vet/first_text"}).text
    odd = mia.sends(f"{PAGE}/check", {"first_text": "x", "pick": "../../x/first_text"})

    assert re.search(r'<textarea id="first_text"[^>]*>[^<]*Is your pet okay', html)
    assert odd.status_code == 200


def test_the_rates_line_is_switched_on(fresh):
    assert save(fresh, rates_line="true").status_code == 303

    html = fresh.sees(PAGE)
    assert "Msg &amp; data rates may apply.</p>" in html
    assert re.search(r'name="rates_line" value="true" checked', html)


def test_staff_look_and_do_not_change(sam):
    html = sam.sees(PAGE)

    assert "<textarea" not in html
    assert html.count('data-testid="bubble"') == 4
    assert sam.sends(PAGE, {"first_text": GOOD}).status_code == 403
    assert sam.sends(f"{PAGE}/check", {"first_text": GOOD}).status_code == 403


def test_a_business_of_one_language_reads_one_text_of_each_kind(nora):
    html = nora.sees(PAGE)

    assert html.count('data-testid="bubble"') == 2
    assert "Voicemail greeting, Spanish" not in html
