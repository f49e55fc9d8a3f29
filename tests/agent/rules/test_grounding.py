"""A text says only what the evidence of its turn holds."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from agent.model import Evidence, Passage
from agent.rules.excerpt import excerpt
from agent.rules.grounding import held, quoted, unsupported
from agent.rules.sentences import sentences
from evals import evidence as measured

ROOT = Path(__file__).parents[3]
NOW = datetime.fromisoformat("2026-11-23T10:00:00-06:00")
SAID = {
    "roof": [
        ("passage", "Roof inspections are free. Repairs start at $350; a full replacement runs $9,000 to $14,000 for a typical home. We give a 5-year workmanship warranty on replacements and 1 year on repairs."),
        ("passage", "We do not work on commercial buildings or mobile homes. Financing is available through GreenSky for jobs over $3,000."),
        ("profile", "Summit Roofing, 88 Quarry Road, Dayton, OH. Phone 937-555-0121. Owner: Carla Dunn."),
    ],
    "yoga": [
        ("passage", "What should I bring?\nBring a mat and water. We rent mats for $3. Showers are available, towels are not provided."),
        ("passage", "Drop-in class $18. Ten-class pass $150, valid for 6 months. New students: first week unlimited for $25."),
        ("passage", "Can I cancel a class?\nYes, up to 2 hours before the class. Late cancellations lose the class credit."),
    ],
    "pest": [
        ("passage", "Hours: Mon-Fri 7-5, Sat 8-12. Closed Sundays and major holidays."),
        ("passage", "Is it safe for pets?\nYes. Please keep pets away from treated areas for 2 hours."),
        ("passage", "Quarterly plan $95 per visit, no contract. One-time treatment $185. Termite inspection $75, credited if you treat with us. We do not treat bed bugs."),
    ],
    "cafe": [
        ("slot", "Tue Dec 1 at 3:00 PM, deep clean"),
        ("slot", "Wed Dec 2 at 9:00 AM, deep clean"),
        ("passage", "A deep clean takes 3 to 4 hours and costs $240 for up to 3 bedrooms; each extra bedroom is $40."),
    ],
    "studio": [
        ("passage", "PRICES (USD): mini session 150, family session 320. Extra edited photo 12 each. Prints from 8."),
        ("passage", "The studio is on the second floor; no elevator. A $75 retainer holds the date. It is not refunded, but you can move the date once."),
        ("passage", "Doors: Mon-Thu 6 AM - 10 PM, Fri 6 AM - 8 PM. The darkroom closes one hour before the doors do."),
    ],
    "lessons": [
        ("passage", "Changes up to 24 hours before the lesson are free; after that the lesson is charged in full."),
        ("passage", "Lessons Monday to Saturday, 8 AM to 7 PM. Road tests only on weekdays."),
        ("passage", "Instructors: Lena Ruiz (manual and automatic), Gordon Bell (automatic only). We accept Visa and Zelle. No checks."),
        ("passage", "Group rate: 20% before June and 15% after. Opening is $225, closing $245. Book both and save $40."),
        ("passage", "No aceptamos mascotas adentro, sí en la terraza. Entrega gratis en el centro; fuera del centro $25."),
    ],
    "appt": [
        ("appointment", "Drain cleaning, Tue Nov 24 at 9:00 AM"),
        ("passage", "Please have the area under the sink clear. We take cards and checks, no cash."),
    ],
}  # fmt: skip
TRUE = [
    ("roof", "do you charge to look at my roof", "No, roof inspections are free."),
    ("roof", "how much is a repair", "Repairs start at $350."),
    ("roof", "how much is a new roof", "A full replacement usually runs between $9,000 and $14,000."),
    ("roof", "how much is a new roof", "A full replacement is $9,000."),
    ("roof", "warranty?", "Replacements come with a 5-year workmanship warranty, repairs with one year."),
    ("roof", "do you do commercial", "Sorry, we don't work on commercial buildings."),
    ("roof", "financing?", "Yes, financing is available through GreenSky on jobs over $3,000."),
    ("roof", "where are you", "Our office is at 88 Quarry Rd in Dayton."),
    ("roof", "who owns it", "Carla Dunn owns Summit Roofing."),
    ("yoga", "do i need a mat", "Please bring a mat and water, or rent a mat from us for $3."),
    ("yoga", "are there towels", "Towels aren't provided, so bring your own."),
    ("yoga", "showers?", "Yes, we have showers."),
    ("yoga", "price of ten classes", "The ten-class pass is $150 and is good for six months."),
    ("yoga", "price of ten classes", "Ten classes are $150, so $15 a class."),
    ("yoga", "im new", "New students get unlimited classes the first week for $25."),
    ("yoga", "can i cancel", "You can cancel up to 2 hours before class."),
    ("yoga", "can i cancel", "Late cancellations lose the credit for that class."),
    ("pest", "are you open saturday", "Yes, Saturday 8 to noon."),
    ("pest", "are you open thanksgiving", "We're closed on major holidays, so no."),
    ("pest", "safe for dogs?", "Yes, it's safe for pets. Just keep them away from treated areas for two hours."),
    ("pest", "do you treat bed bugs", "We don't treat bed bugs, sorry."),
    ("pest", "quarterly?", "The quarterly plan is $95 per visit with no contract."),
    ("pest", "termites", "A termite inspection is $75, and that's credited if you treat with us."),
    ("pest", "tomorrow?", "Tomorrow we're open from 7 AM to 5 PM."),
    ("pest", "abren los sabados?", "Sí, los sábados abrimos de 8 a 12."),
    ("cafe", "next week?", "I have Tuesday, December 1 at 3 PM or Wednesday at 9 AM. Which works?"),
    ("cafe", "how long", "A deep clean takes three to four hours."),
    ("cafe", "5 bedrooms", "For five bedrooms it comes to $320."),
    ("appt", "when is my visit", "You're booked for tomorrow at 9 AM."),
    ("appt", "when is my visit", "Your drain cleaning is Tuesday the 24th at nine in the morning."),
    ("appt", "can i pay cash", "We can't take cash, but cards and checks are fine."),
    ("appt", "see you", "Great, see you Tuesday at 9!"),
    ("appt", "thanks", "You're welcome! Let us know if anything changes."),
    ("appt", "my sink is leaking", "Sorry to hear about the leak. Is the water still running?"),
    ("appt", "hi", "Thanks for reaching out! How can we help?"),
    ("appt", "do you do gutters", "I don't have that information here. Would you like a person to call you?"),
    ("studio", "family price", "A family session is $320."),
    ("studio", "mini plus 4 more photos", "A mini session with four extra photos is $198."),
    ("studio", "prints", "Prints start at $8."),
    ("studio", "elevator?", "We're on the second floor without an elevator."),
    ("studio", "can i move it", "The $75 retainer isn't refundable, though you may move the date once."),
    ("studio", "darkroom friday", "On Fridays the darkroom closes at 7 PM."),
    ("lessons", "sundays?", "There are no lessons on Sundays, they run Monday through Saturday."),
    ("lessons", "road test saturday", "Road tests happen on weekdays only, so not on Saturday."),
    ("lessons", "a check?", "We can't take checks, but Zelle or Visa work."),
    ("lessons", "open and close both", "Opening and closing together are $430, since you save $40 on both."),
    ("lessons", "group rate in may", "Before June it's 20 percent."),
    ("lessons", "dogs?", "Pets are fine on the terrace but not inside."),
    ("lessons", "delivery", "Delivery downtown is free; outside downtown it's $25."),
]  # fmt: skip
INVENTED = [
    ("studio", "family price", "A family session is $150."),
    ("studio", "mini plus 4 more photos", "A mini session with four extra photos is $162."),
    ("studio", "elevator?", "We're on the second floor with an elevator."),
    ("studio", "darkroom friday", "On Fridays the darkroom closes at 8 PM."),
    ("lessons", "sundays?", "There are lessons on Sundays from 8 AM."),
    ("lessons", "manual", "Gordon Bell teaches manual."),
    ("lessons", "a check?", "We can take checks, Zelle or Visa."),
    ("lessons", "open and close both", "Opening and closing together are $470."),
    ("lessons", "group rate in july", "After June it's 20 percent."),
    ("lessons", "dogs?", "Pets are fine inside."),
    ("lessons", "delivery", "Outside downtown delivery is free."),
    ("roof", "do you charge to look at my roof", "Roof inspections are $50."),
    ("roof", "how much is a repair", "Repairs are $350."),
    ("roof", "warranty?", "Repairs come with a 5-year warranty."),
    ("roof", "warranty?", "We give a lifetime warranty on replacements."),
    ("roof", "do you do commercial", "Yes, we do commercial roofs too."),
    ("roof", "do you do commercial", "Yes, we work on commercial buildings."),
    ("roof", "financing?", "Yes, we offer financing on any job."),
    ("roof", "financing?", "Yes, 0% financing is available."),
    ("roof", "where are you", "We're at 88 Quarry Road in Columbus."),
    ("roof", "who owns it", "It's owned by Carl Dunn."),
    ("roof", "are you insured", "Yes, we are fully licensed and insured."),
    ("roof", "can you come today", "We can be there this afternoon."),
    ("yoga", "are there towels", "Yes, towels are provided."),
    ("yoga", "price of ten classes", "The ten-class pass is $150 and never expires."),
    ("yoga", "price of ten classes", "The ten-class pass is $180."),
    ("yoga", "can i cancel", "You can cancel up to 24 hours before class."),
    ("yoga", "can i cancel", "Late cancellations are refunded."),
    ("pest", "are you open saturday", "Yes, Saturday until 5."),
    ("pest", "are you open sunday", "We're open Sundays 8 to 12."),
    ("pest", "safe for dogs?", "Pets can go back in right away."),
    ("pest", "do you treat bed bugs", "Yes, bed bug treatment is $185."),
    ("pest", "quarterly?", "The quarterly plan is $95 a year."),
    ("pest", "termites", "The termite inspection is free."),
    ("pest", "tomorrow?", "Tomorrow we're open until 6 PM."),
    ("pest", "abren los sabados?", "Sí, los sábados abrimos de 8 a 2."),
    ("cafe", "next week?", "I have Tuesday at 9 AM or Wednesday at 3 PM. Which works?"),
    ("cafe", "next week?", "We have an opening Thursday at 9."),
    ("cafe", "how long", "A deep clean takes about two hours."),
    ("cafe", "5 bedrooms", "For five bedrooms it comes to $240."),
    ("cafe", "next week", "You're booked for Tuesday at 3 PM!"),
    ("appt", "when is my visit", "Your drain cleaning is Wednesday at 9 AM."),
    ("appt", "can i pay cash", "Yes, cash is fine."),
    ("appt", "is he coming", "He's on his way now."),
    ("appt", "do you do gutters", "Yes, we clean gutters."),
    ("appt", "do you do gutters", "Yes, we do."),
    ("appt", "do you do gutters", "Yes!"),
]  # fmt: skip


def evidence(said):
    return [
        Evidence(id=str(place), kind=kind, text=text) for place, (kind, text) in enumerate(said)
    ]


def claims(draft, said, asked=None):
    given = evidence(said)
    return [
        claim for one in sentences(draft) for claim in unsupported(one, given, now=NOW, asked=asked)
    ]


@pytest.mark.parametrize(("business", "asked", "draft"), TRUE)
def test_what_the_evidence_holds_passes_in_other_words(business, asked, draft):
    assert claims(draft, SAID[business], asked) == []


@pytest.mark.parametrize(("business", "asked", "draft"), INVENTED)
def test_what_the_evidence_does_not_hold_is_found(business, asked, draft):
    assert claims(draft, SAID[business], asked)


@pytest.mark.parametrize(
    ("said", "true", "wrong", "kind"),
    [
        ("Drain cleaning is $149; camera inspection $225.", "Drain cleaning is 149 bucks.", "Camera inspection is $149.", "price"),
        ("Labor is $95 per hour.", "Labor is $95 an hour.", "Labor is $95.", "price"),
        ("Highlights start at $210.", "Highlights are from $210.", "Highlights are $210.", "price"),
        ("We don't take Amex.", "We do not take American Express.", "We take Amex.", "policy"),
        ("Mon-Fri 8-5, Sat 9-1.", "We're open till 1 on Saturday.", "We're open till 5 on Saturday.", "time"),
        ("The visit takes 60 minutes.", "The visit takes an hour.", "The visit takes half an hour.", "time"),
        ("Seniors get 50% off cleanings.", "Seniors get half off cleanings.", "Seniors get 60% off cleanings.", "percent"),
        ("Labor has a 1-year warranty.", "Labor has a one-year warranty.", "Labor has a two-year warranty.", "guarantee"),
        ("Your clinic day is Nov 24.", "Your clinic day is 11/24.", "Your clinic day is 11/25.", "date"),
        ("Call (303) 555-0140.", "Call 303.555.0140.", "Call 303-555-0141.", "phone"),
        ("See acme.example/book.", "See https://acme.example/book.", "See acme.example/pay.", "link"),
        ("We're at 120 Alder Street.", "We're at 120 Alder St.", "We're at 120 Alder Avenue.", "address"),
        ("Abrimos los lunes de 9 a 5.", "On Mondays we open at 9 AM.", "On Mondays we open at 10 AM.", "time"),
    ],
)  # fmt: skip
def test_one_fact_in_two_spellings_and_another_fact(said, true, wrong, kind):
    assert claims(true, [("passage", said)]) == []
    assert kind in {found for _, found in claims(wrong, [("passage", said)])} | {"policy"}
    assert claims(wrong, [("passage", said)])


def test_the_span_is_as_written():
    assert claims("We open at 6 AM.", [("passage", "We open at 8 AM.")]) == [("6 AM", "time")]


@pytest.mark.parametrize("total", ["$374", "$298", "$447"])
def test_totals_follow_from_stated_prices_and_counts(total):
    prices = [("passage", "Drain cleaning is $149 per drain. Camera inspection is $225.")]
    asked = {"$374": "one drain and a camera inspection", "$298": "2 drains", "$447": "3 drains"}
    draft = {"$374": "Drain cleaning and a camera inspection come to", "$298": "Cleaning 2 drains is", "$447": "Cleaning 3 drains is"}  # fmt: skip

    assert claims(f"{draft[total]} {total} in total.", prices, asked[total]) == []
    assert claims(f"{draft[total]} $390 in total.", prices, asked[total])


def passages():
    for file in sorted(ROOT.glob("*/**/knowledge/*.csv")):
        if file.is_relative_to(ROOT / ".venv"):
            continue
        with file.open(encoding="utf-8") as table:
            rows = [row for row in csv.DictReader(table) if row.get("answer")]
        yield from (pytest.param(row, id=f"{file.parts[-3]}-{at}") for at, row in enumerate(rows))


@pytest.mark.parametrize("row", list(passages()))
def test_an_owners_own_sentences_are_held_even_where_they_are_not_quoted(row):
    said = [("passage", f"{row['question']}\n{row['answer']}")]
    for one in sentences(row["answer"]):
        assert quoted(one, evidence(said))
        assert claims(f"{one.rstrip('.')}, as we said.", said, row["question"]) == []


def test_a_bag_of_held_words_is_told_from_one_with_a_foreign_word():
    said = evidence([("passage", "A women's cut is $68 with wash.")])

    assert held("The cut with wash is $68.", said)
    assert not held("The cut with color is $68.", said)


@pytest.mark.parametrize(("row"), list(passages()))
def test_an_excerpt_of_the_owners_words_is_held(row):
    passage = Passage(id="1", document="FAQ", text=row["answer"], heading=row["question"])
    said = [("passage", f"{row['question']}\n{row['answer']}")]
    for asked in (
        row["question"],
        "how much is it",
        "when are you open on saturday",
        "cuanto dura",
    ):
        assert claims(excerpt(asked, passage), said, asked) == []


@pytest.mark.parametrize("asked", [None, "is it guaranteed", "will the repair hold"])
@pytest.mark.parametrize(
    "draft", ["I guarantee it.", "We promise it.", "We guarantee that it will work."]
)
def test_a_bare_guarantee_is_never_held(draft, asked):
    assert claims(draft, [("passage", "All repairs are guaranteed for 60 days.")], asked)


@pytest.mark.parametrize(("file", "most_passed", "most_cut"), [("drafts", 0, 9), ("sealed", 3, 20)])
def test_the_measured_drafts_stay_judged_as_well(file, most_passed, most_cut):
    found = measured.judged(measured.DRAFTS.with_stem(file))
    passed = [one.row["id"] for one in found if one.missed and one.is_wrong]
    cut = [one.row["id"] for one in found if one.missed and not one.is_wrong]

    assert len(found) >= 200
    assert len(passed) <= most_passed
    assert len(cut) <= most_cut
