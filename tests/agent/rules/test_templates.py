"""The first text that an owner writes: what is wrong with it is said with its mend, and what is forbidden is never sent."""

import tomllib
from pathlib import Path

import pytest

from agent.rules import first_text, packs, templates
from agent.rules.segments import is_gsm7, segments
from tests.agent.rules.shops import NAME_OF_20, OPEN, shop

GOOD = "{business}: Sorry we missed your call. What's going on? Reply STOP to opt out."
SPANISH = "{business}: Perdimos su llamada. ¿Qué necesita? Responda STOP para no recibir mas."
HERE = Path(__file__).parent
DOC = HERE.parents[2] / "docs" / "first-texts.md"
BEGIN, END = "<!-- published templates: begin -->", "<!-- published templates: end -->"


def wrong(text, *, closed=False, **more):
    """What rules find, by their names."""
    found = templates.lint(shop(**more), text, closed=closed)
    return {one.rule: one for one in found if not one.ok}


@pytest.mark.parametrize("text", [GOOD, SPANISH])
def test_of_a_sound_template_every_rule_says_that_it_is_kept(text):
    found = templates.lint(shop(), text, closed=False)

    assert [one.words for one in found if not one.ok] == []
    assert len(found) == 15
    assert all(one.words and not one.blocks for one in found)


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        (GOOD.replace("{business}", "{company}"), "variables", '"{company}"'),
        (GOOD.replace("{business}", "[Brand]"), "variables", '"[Brand]"'),
        (GOOD + " Our spring tune-up special is 20% off this week only!", "selling", "this sells"),
        (GOOD + " Did you know we also do water heaters?", "selling", "this sells"),
        (GOOD + " See bit.ly/alder", "links", '"bit.ly/alder"'),
        (GOOD + " See BIT.LY/alder", "links", '"BIT.LY/alder"'),
        (GOOD + " See evil.example/x", "links", "Name its host".lower()),
        (GOOD + " We are at {business}.com", "links", "x.com"),
        (GOOD + "a" * 1600, "characters", "carriers take 1600"),
    ],
)
def test_what_law_or_carriers_forbid_blocks(text, rule, words):
    assert wrong(text)[rule].blocks
    assert words in wrong(text)[rule].words


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("Sorry we missed your call, we will be right with you. {business}", "brand", "put {business} first"),
        ("{business}: Thanks for reaching out. How can we help?", "own words", "thanks for reaching out"),
        ("{business}: How can we help?", "missed call", "missed their call"),
        ("{business}: ¿En qué podemos ayudarle?", "missed call", "missed their call"),
        ("{business}: Sorry we missed your call. What is it? And where?", "one question", "more than one question"),
        ("{business}: Sorry we missed your call.", "one question", "asks nothing"),
        ("{business}: Sorry. We missed your call. We are busy. What is it?", "sentences", "4 sentences"),
        ("{business}: Sorry we missed your call. What is it? Never reply STOP", "how to stop", "is added"),
        ("{business}: We just tried to reach you. What is it?", "true", "they called you"),
        ("{business}: We missed your call, we're closed. What is it?", "true", "when you are open"),
        ("{business}: We missed your call, we're here 24/7. What is it?", "availability", "opening hours do not show"),
        ("{business}: We missed your call and write tomorrow. What is it?", "availability", "{expect}"),
        (GOOD + " We are a family shop in Boulder and look after drains, heaters and leaks.", "segments", "2 SMS"),
        (GOOD + " Gracias ☺", "encoding", '"☺"'),
        (GOOD.replace("STOP", "STOP [1] {2}".replace("{2}", "€" * 40)), "segments", '"€"'),
        (GOOD + " {booking_link}", "variables", "no booking page"),
    ],
)  # fmt: skip
def test_the_rest_is_advice_with_its_mend(text, rule, words):
    assert not wrong(text)[rule].blocks
    assert words in wrong(text)[rule].words


@pytest.mark.parametrize("said", ["We're here.", "We'll be right with you.", "Back in 5 minutes.", "We reply fast."])  # fmt: skip
def test_what_is_true_in_hours_may_be_a_false_claim_after_them(said):
    text = f"{{business}}: Sorry we missed your call. {said} Reply STOP to opt out."

    assert "availability" in wrong(text, closed=True)
    assert "availability" not in wrong(text)


def test_a_business_that_never_closes_may_say_so():
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("00:00-24:00",))
    text = GOOD.replace("What", "We're here 24/7. What")

    assert "availability" in wrong(text)
    assert "availability" not in wrong(text, hours=week)


def test_a_health_office_may_not_leave_out_the_emergency_line():
    line = "If this is a medical emergency, call 911 or go to the nearest ER."

    assert wrong(GOOD, industry="dentist")["emergency line"].blocks
    assert wrong(GOOD, privacy={"health": True})["emergency line"].blocks
    assert "emergency line" not in wrong(GOOD.replace("What", line + " What"), industry="dentist")


def test_a_dash_costs_nothing_since_it_leaves_as_a_plain_one():
    found = templates.lint(shop(), GOOD.replace(":", " —"), closed=False)

    assert [one.words for one in found if not one.ok] == []
    assert '"—" is sent as a plain sign' in " ".join(one.words for one in found)


def test_a_promise_to_answer_is_no_advertising_but_hides_none():
    told = "{business}: Sorry we missed your call. Reply here and we'll get back to you fast"

    assert "selling" not in wrong(f"{told}.")
    assert wrong(f"{told}, with 20% off this week only.")["selling"].blocks


def test_a_name_is_no_advertising():
    assert wrong(GOOD, name="Best Prices Plumbing Sale") == {}
    assert "this sells" not in " ".join(templates.faults(shop(name="Save Now", first_text=GOOD)))


def test_the_faults_of_both_own_texts_are_told_at_import():
    told = templates.faults(shop(first_text=GOOD, after_hours_text=GOOD + " Save 20% today!"))

    assert [one.partition(":")[0] for one in told] == ["after_hours_text", "after_hours_text"]
    assert "this sells" in told[0]
    assert templates.faults(shop()) == []


def test_what_sells_is_never_sent():
    own = shop(first_text=GOOD + " Ask about our $49 drain special!")

    assert (
        first_text.render(own, OPEN)
        == "Alder Creek Plumbing: Sorry we missed your call. What's going on? Reply STOP to opt out."
    )


@pytest.mark.parametrize(
    ("links", "is_sent"),
    [
        ({"booking": "https://alder.example/book"}, False),
        ({"booking": "https://alder.example/book", "allow_in_first_text": True}, True),
        ({"booking": "https://bit.ly/alder", "allow_in_first_text": True}, False),
    ],
)
def test_a_link_is_sent_where_the_owner_has_turned_it_on_and_no_shortener_hides_it(links, is_sent):
    own = shop(first_text="{business}: Sorry we missed your call. Book here: {booking_link}", links=links)  # fmt: skip

    sent = first_text.render(own, OPEN)

    assert ("alder" in sent.lower().replace("alder creek", "")) == is_sent
    assert "Sorry we missed your call." in sent


def test_a_host_that_nobody_allowed_is_not_linked():
    own = shop(first_text=GOOD + " See evil.example/x", links={"allow_in_first_text": True})

    assert "evil" not in first_text.render(own, OPEN)


def test_the_table_of_published_templates_is_what_the_rules_say():
    text = DOC.read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()

    assert shown == table(), f"write the new table into {DOC.name}"


def table():
    published = tomllib.loads((HERE / "published_templates.toml").read_text(encoding="utf-8"))
    rows = ["| For | Begins | As written | Findings |", "|---|---|---|---|"]
    return "\n".join([*rows, *(_row(name, **one) for name, one in published.items())])


def _row(name, text, after_hours=False):
    is_trade = name in packs.titles()
    business = shop(industry=name if is_trade else "generic")
    found = templates.lint(business, text, closed=after_hours)
    findings = "<br>".join(
        f"**{one.rule}**{' (blocks)' if one.blocks else ''}: {one.words}"
        for one in found
        if not one.ok
    )
    written = text.replace("{business}", NAME_OF_20).replace("{booking_link}", "[link]").replace("{free_at}", "[time]")  # fmt: skip
    cost = f"{'GSM-7' if is_gsm7(written) else 'UCS-2'}, {len(written)}, {segments(written)}"
    begins = " ".join(text.split()[:5])
    return f"| {name.replace('_', ' ')}{', after hours' if after_hours else ''} | {begins} ... | {cost} | {findings or 'none'} |"
