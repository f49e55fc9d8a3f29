"""The first texts that come with a trade, and the promises of every first text whatever its owner wrote."""

import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.business import WEEKDAYS
from agent.rules import allowed, filling, first_text, hours, must_say, packs, templates
from agent.rules.segments import is_gsm7, plain, segments
from tests.agent.rules.shops import CLOSED, NAME_OF_20, OPEN, OPENING, shop

HEALTH = {"medical", "dental"}


@pytest.mark.parametrize("pack", packs.titles())
@pytest.mark.parametrize("language", packs.LANGUAGES)
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_a_packs_text_keeps_every_rule_and_its_length(pack, language, closed):
    business = shop(industry=pack)
    name: packs.TextName = "after_hours_text" if closed else "first_text"

    found = templates.lint(business, packs.template(pack, name, language), closed=closed)
    sent = first_text.render(business, CLOSED if closed else OPEN, language=language)

    assert [one.words for one in found if not one.ok] == []
    assert sent.startswith(f"{NAME_OF_20}: ")
    assert is_gsm7(sent)
    is_short = language == "en" and not closed and pack not in HEALTH
    assert segments(sent) <= (1 if is_short else 2)


@pytest.mark.parametrize("pack", packs.titles())
@pytest.mark.parametrize("language", packs.LANGUAGES)
def test_the_text_after_a_call_back_keeps_every_rule(pack, language):
    business = shop(industry=pack)
    template = packs.template(pack, "called_back", language)

    found = templates.lint(business, template, closed=True)

    assert [one.words for one in found if not one.ok] == []
    assert segments(first_text.called_back(business, OPEN, language)) <= 2


@pytest.mark.parametrize(
    ("industry", "pack"),
    [
        ("home_services", "home_services"), ("Real-Estate", "real_estate"), ("salon", "salon"), ("Med Spa", "spa"), ("lawyer", "law"),
        ("Family Law Firm", "law"), ("dentist", "dental"), ("Dental clinic", "dental"), ("Animal Hospital", "vet"),
        ("Heating & Air Conditioning", "hvac"), ("property management", "property_management"), ("Plumber", "plumbing"),
        ("beekeeping", "generic"), ("pet grooming", "generic"), ("", "generic"),
    ],
)  # fmt: skip
def test_an_industry_is_known_however_it_is_written(industry, pack):
    assert packs.name(industry) == pack


@pytest.mark.parametrize("own", [None, "{business}: Sorry we missed your call. What is it about?"])
@pytest.mark.parametrize(("industry", "health"), [("medical", False), ("dentist", False), ("salon", True)])  # fmt: skip
def test_health_offices_name_the_emergency_number_before_they_ask(own, industry, health):
    business = shop(industry=industry, first_text=own, privacy={"health": health})

    for language, number in (("en", "call 911"), ("es", "llame al 911")):
        sent = first_text.render(business, OPEN, language=language)
        assert 0 < sent.index(number) < sent.index("?")


class TestWhatIsKnownOfTheCall:
    def test_a_text_held_until_the_opening_says_when_the_call_was(self):
        friday = first_text.render(shop(), CLOSED, sent_at=OPENING)
        overnight = first_text.render(shop(), CLOSED, sent_at=CLOSED + timedelta(hours=11))
        spanish = first_text.render(shop(), CLOSED, sent_at=OPENING, language="es")

        assert "missed your call on Friday at 9:42 PM. Is it a leak" in friday
        assert "missed your call yesterday at 9:42 PM" in overnight
        assert "su llamada del viernes a las 9:42 PM" in spanish
        assert "closed" not in friday

    def test_the_number_dialled_is_named_where_it_is_another(self):
        sent = first_text.render(shop(), OPEN, told_as="+13035550100")
        held = first_text.render(shop(), CLOSED, sent_at=OPENING, told_as="+13035550100")
        own = shop(first_text="{business} here. What's up?")

        assert "missed your call to (303) 555-0100." in sent
        assert "missed your call to (303) 555-0100 on Friday at 9:42 PM." in held
        assert (
            first_text.render(own, OPEN, told_as="+13035550100")
            == "Alder Creek Plumbing here. You called (303) 555-0100. What's up? Reply STOP to opt out."
        )

    @pytest.mark.parametrize(
        ("free_at", "words"),
        [
            (OPEN + timedelta(minutes=48), "free today at 4:30 PM"),
            (OPEN + timedelta(hours=17), "free tomorrow at 8:42 AM"),
            (None, "free in a few minutes"),
            (OPEN - timedelta(minutes=5), "free in a few minutes"),
            (OPEN + timedelta(hours=4), "free in a few minutes"),  # closed by then
        ],
    )
    def test_when_a_busy_professional_is_free(self, free_at, words):
        solo = shop(industry="solo professional")

        assert words in first_text.render(solo, OPEN, free_at=free_at)
        assert first_text.needs_free_time(solo, OPEN)
        assert not first_text.needs_free_time(solo, CLOSED)
        assert not first_text.needs_free_time(shop(), OPEN)

    @pytest.mark.parametrize("name", ["Al", "Café Olé", "Best Prices Sale", "Cars.com", "(Ringo) & Sons", "A" * 60])  # fmt: skip
    def test_any_name_leaves_the_owners_words_as_they_are(self, name):
        words = "Sorry we missed your call. What is it?"
        own = shop(name=name, first_text=f"{{business}}: {words}")
        nameless = shop(name=name, first_text=words)

        expected = f"{name}: {words} Reply STOP to opt out."
        assert first_text.render(own, OPEN) == expected
        assert first_text.render(nameless, OPEN) == expected
        assert "brand" not in {one.rule for one in templates.lint(own, own.first_text, closed=False) if not one.ok}  # fmt: skip

    def test_the_callers_language_where_the_business_speaks_it(self):
        own = shop(first_text="{business}: Sorry we missed your call. Which drain?")

        assert "Which drain" in first_text.render(own, OPEN, language=None)
        assert "Responda STOP" in first_text.render(own, OPEN, language="es")
        assert "Which drain" in first_text.render(own, OPEN, language="fr")
        assert "Responda STOP" in first_text.render(shop(languages=["es"]), OPEN, language="en")

    @pytest.mark.parametrize(
        ("template", "name", "begins"),
        [
            ("Hi {first_name}, sorry {business} missed your call.", "", "Hi, sorry Alder"),
            ("Hi {first_name}, sorry {business} missed your call.", "Ana", "Hi Ana, sorry Alder"),
            ("{first_name}, sorry {business} missed your call.", "", "Sorry Alder"),
            ("Hi {first_name}! {business} missed your call.", "", "Hi! Alder"),
            ("Hi {first_name}, {business} missed your call.", "www.evil.example", "Hi, Alder"),
            ("{business} missed your call at {call_time}.", "", "Alder Creek Plumbing missed your call at 3:42 PM."),
            ("{business} missed your call; back at {expect}.", "", "Alder Creek Plumbing missed your call; back in a few minutes."),
            ("{business}: Sorry we missed your call. Reply here, or book: {booking_link}", "", "Alder Creek Plumbing: Sorry we missed your call. Reply here. Reply STOP"),
            ("{business}: Sorry we missed your call. Book: {booking_link}", "", "Alder Creek Plumbing: Sorry we missed your call. Reply STOP"),
        ],
    )  # fmt: skip
    def test_a_variable_without_a_value_leaves_a_clean_sentence(self, template, name, begins):
        sent = first_text.render(shop(first_text=template), OPEN, first_name=name)

        assert sent.startswith(begins)


class TestPromises:
    def test_the_packs_after_hours_text_promises_the_opening(self):
        for language in packs.LANGUAGES:
            body = first_text.render(shop(), CLOSED, language=language)
            assert first_text.promised(shop(), CLOSED, body) == OPENING

    @pytest.mark.parametrize(
        ("body", "is_promise"),
        [
            ("Alder: we missed your call. We'll respond first thing. Reply STOP to opt out.", True),
            ("Alder: we missed your call. What's going on? Reply STOP to opt out.", False),
        ],
    )
    def test_other_words_may_promise_it_too(self, body, is_promise):
        assert (first_text.promised(shop(), CLOSED, body) is not None) == is_promise
        assert first_text.promised(shop(), OPEN, body) is None

    def test_a_business_that_never_opens_promises_no_time(self):
        gone = shop(hours={})

        body = first_text.render(gone, CLOSED)

        assert "as soon as we open" in body
        assert first_text.promised(gone, CLOSED, body) is None


_SNIPPETS = (
    "{business}", "{first_name}", "{call_time}", "{expect}", "{free_at}", "{booking_link}", "{nobody}", "[Brand]", "Sorry we missed your call.",
    "Save 20% this week only!", "Ask about our new club.", "Book now and we'll waive the fee.", "bit.ly/x", "https://evil.example/a", "WWW.EVIL.COM", "{business}.com",
    "alder.example/book", "Reply STOP to opt out.", "STOP", "don't reply STOP", "If this is an emergency, call 911.", "don't call 911 in an emergency",
    "😀", "“quoted” — dash", "\x00", "\n\n", "What's up?", "¿Qué pasa?", NAME_OF_20, "{", "}", "a" * 900,
)  # fmt: skip
_TEMPLATES = st.lists(st.one_of(st.sampled_from(_SNIPPETS), st.text(max_size=12)), max_size=8).map(" ".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    template=_TEMPLATES,
    name=st.text(max_size=30),
    health=st.booleans(),
    linked=st.booleans(),
    moment=st.sampled_from([(OPEN, None), (CLOSED, None), (CLOSED, OPENING)]),
    told_as=st.sampled_from([None, "+13035550100"]),
)
def test_whatever_the_owner_writes_a_first_text_keeps_its_promises(template, name, health, linked, moment, told_as):  # fmt: skip
    links = {"booking": "https://alder.example/book", "allow_in_first_text": linked}
    business = shop(first_text=template, after_hours_text=template, privacy={"health": health}, links=links)  # fmt: skip
    called_at, sent_at = moment

    sent = first_text.render(business, called_at, first_name=name, sent_at=sent_at, told_as=told_as)

    assert NAME_OF_20 in sent
    assert must_say.has_opt_out(sent)
    assert must_say.has_emergency_line(sent) or not health
    assert allowed.selling(business, sent) == []
    assert allowed.forbidden_links(business, sent) == []
    assert filling.unknown(sent) == []
    assert plain(sent) == sent
    assert len(sent) <= first_text.LONGEST
    assert not any(unicodedata.category(sign) == "Cc" for sign in sent)
    assert told_as is None or "(303) 555-0100" in sent


class TestExpect:
    @pytest.mark.parametrize(
        ("moment", "english", "spanish"),
        [
            ("2026-11-16T10:00", "in a few minutes", "en unos minutos"),
            ("2026-11-16T16:50", "tomorrow at 8 AM", "mañana a las 8 AM"),  # nobody is there in a few minutes
            ("2026-11-16T00:30", "today at 8 AM", "hoy a las 8 AM"),
            ("2026-11-16T23:50", "Tuesday at 8 AM", "el martes a las 8 AM"),  # it may be read after midnight
            ("2026-11-20T18:00", "Monday at 8 AM", "el lunes a las 8 AM"),
            ("2026-11-25T18:00", "Friday at 8 AM", "el viernes a las 8 AM"),  # Thanksgiving between
            ("2026-12-23T18:00", "January 4 at 1 PM", "el 4 de enero a la 1 PM"),  # closed for the holidays
        ],
    )  # fmt: skip
    def test_words_for_the_moment(self, moment, english, spanish):
        closures: list[dict[str, object]] = [{"date": f"2026-12-{day}"} for day in range(24, 32)]
        closures += [{"date": f"2027-01-0{day}"} for day in (1, 2, 3)]
        closures += [{"date": "2027-01-04", "hours": ["13:00-17:00"]}]
        business = shop(closures=closures, holidays={"country": "US"})
        now = datetime.fromisoformat(moment).replace(tzinfo=business.zone)

        assert hours.expect(business, now) == english
        assert hours.expect(business, now, "es") == spanish

    @settings(deadline=None)
    @given(
        now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
        zone=st.sampled_from(["America/Denver", "America/New_York", "America/Phoenix"]),
        opens=st.sampled_from(["02:30-09:00", "08:00-17:00", "20:00-02:00", "00:00-24:00"]),
    )
    def test_the_words_lead_to_the_opening_across_clock_changes_and_midnight(self, now, zone, opens):  # fmt: skip
        business = shop(timezone=zone, hours={day: [opens] for day in WEEKDAYS})
        at = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(business.zone)

        words = hours.expect(business, at)

        if words == "in a few minutes":
            assert hours.is_open(business, at)
        else:
            opening = hours.next_opening(business, at)
            assert opening
            assert _day_and_clock(words, at) == opening.replace(tzinfo=None)


def _day_and_clock(words, now):
    """The wall time that words mean to who reads them now."""
    day, clock = words.split(" at ")
    date = now.date()
    ahead = {"today": 0, "tomorrow": 1}.get(day)
    while ahead is None and f"{date:%A}" != day:
        date += timedelta(days=1)
    spelled = clock if ":" in clock else clock.replace(" ", ":00 ")
    return datetime.combine(
        date + timedelta(days=ahead or 0), datetime.strptime(spelled, "%I:%M %p").time()
    )
