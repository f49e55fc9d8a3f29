"""Names, addresses, ZIPs, phones and e-mails in callers' own words, and what only looks like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules import details

NAME = "Great. What's your name?"
WHERE = "Thursday at 3 it is. What's the address?"
ZIP = "What's your ZIP code?"
BOTH = "Sure. Your name and address, please?"
OPENING = "Alder Creek Plumbing: Sorry we missed your call. What's going on, and where is it?"
NOMBRE = "¿Me da su nombre, por favor?"
DONDE = "¿Cuál es la dirección?"

NAMES = [
    ("My name is Joanne Petrie.", None, "Joanne Petrie"),
    ("The later one, please. My name is Joanne Petrie.", None, "Joanne Petrie"),
    ("my name is joanne petrie and i need a plumber", None, "Joanne Petrie"),
    ("my names deshawn", None, "Deshawn"),
    ("Name: Ffion Prosser", None, "Ffion Prosser"),
    ("its gary", None, "Gary"),
    ("its gary again", None, "Gary"),
    ("its me, gary from the vfw", None, "Gary"),
    ("It’s Gary", None, "Gary"),
    ("Harold here", None, "Harold"),
    ("Hi, Ffion here, quick question", None, "Ffion"),
    ("gene mercer here, the sinks backed up", None, "Gene Mercer"),
    ("hi this is tammy at lakeside dental", None, "Tammy"),
    ("hi yeah this is gene over at the vfw hall", None, "Gene"),
    ("Good afternoon. This is Lorraine Petrillo. We have a dinner", None, "Lorraine Petrillo"),
    ("Hello this is Ffion Prosser, could you keep us a table", None, "Ffion Prosser"),
    ("this is Brad at PayZip, got 5 min?", None, "Brad"),
    ("this is Harold Please call me", None, "Harold"),
    ("I'm Dr. Anil Mehta", None, "Dr. Anil Mehta"),
    ("this is mrs whitcomb", None, "Mrs Whitcomb"),
    ("i am Dee", None, "Dee"),
    ("ask for Dee, i am Dee", None, "Dee"),
    ("I'm Seán O'Malley", None, "Seán O'Malley"),
    ("my name is sean o'malley", None, "Sean O'Malley"),
    ("This is Mary-Kate P. Olson", None, "Mary-Kate P. Olson"),
    ("call me Bex", None, "Bex"),
    ("THIS IS HAROLD", None, "HAROLD"),
    ("soy Lucia Paredes", None, "Lucia Paredes"),
    ("soy Lucía", None, "Lucía"),
    ("me llamo Ana", None, "Ana"),
    ("me llamo ana maria de la cruz", None, "Ana Maria de la Cruz"),
    ("hola, mi nombre es Ernesto Paz, tengo una fuga", None, "Ernesto Paz"),
    ("le habla Rosario Vega", None, "Rosario Vega"),
    ("buenas soy doña Carmen", None, "doña Carmen"),
    ("The faucet drips.\n\n- Mrs. Helen Voss", None, "Mrs. Helen Voss"),
    ("can you come tuesday? -gary", None, "Gary"),
    ("I await your reply.\nSincerely, Mrs. Dorothea Lang", None, "Mrs. Dorothea Lang"),
    ("Could somebody come out on Tuesday? Thanks, Gary", None, "Gary"),
    ("Quedo a la espera. Saludos, Ana Ruiz", None, "Ana Ruiz"),
    ("Joanne", NAME, "Joanne"),
    ("joanne petrie", NAME, "Joanne Petrie"),
    ("ffion prosser", NAME, "Ffion Prosser"),
    ("sure its joanne petrie", NAME, "Joanne Petrie"),
    ("Ok, Xochitl", NAME, "Xochitl"),
    ("李伟", NAME, "李伟"),
    ("rosario vega", NOMBRE, "Rosario Vega"),
    ("gary, thanks", "And who am I speaking with?", "Gary"),
    ("Peace be upon you, my name is Yusuf and I call for tablets", None, "Yusuf"),
    ("im mark, we spoke yesterday", None, "Mark"),
    ("my name is hope johnson", None, "Hope Johnson"),
    ("This is April Jones", None, "April Jones"),
    ("Kind regards, P. Sandhu", None, "P. Sandhu"),
    ("hi this is sam & max", None, "Sam"),
    ("Sam here, is Mia there", None, "Sam"),
    ("Unit 218, last name Barros.", None, "Barros"),
    ("Ben (the tall one)", NAME, "Ben"),
    ("Soy María, la vecina", None, "María"),
    ("This is Officer Daniels", None, "Officer Daniels"),
    ("Soy Doña Carmen Ruiz de Vega", None, "Doña Carmen Ruiz de Vega"),
    ("soy pedro del taller", None, "Pedro"),
    ("soy jose luis hernandez y tengo una fuga", None, "Jose Luis Hernandez"),
    ("It's Wayne, water in the basement", None, "Wayne"),
    ("this is ashley brown from upstairs", None, "Ashley Brown"),
    ("its carol from church", None, "Carol"),
]

NO_NAMES = [
    ("this is ridiculous", None),
    ("This is urgent", None),
    ("THIS IS A JOKE", None),
    ("This is Ridiculous", None),
    ("its tuesday", None),
    ("It's Tuesday", None),
    ("its leaking", None),
    ("its rusty", None),
    ("It's Comcast that told me", None),
    ("im at work", None),
    ("I'm locked out", None),
    ("Im Locked Out", None),
    ("im good", None),
    ("I'm Good thanks", None),
    ("I'm Catholic, is that a problem", None),
    ("soy alergica", None),
    ("Soy alérgica a la penicilina", None),
    ("soy la señora del 2B", None),
    ("no soy yo dejen de escribirme", None),
    ("this is the third time", None),
    ("it's for my mom", None),
    ("call Mia", None),
    ("call me Tuesday", None),
    ("call me back", None),
    ("you can call at work, ask for Dee", None),
    ("my wife Ana will be home", None),
    ("my dog's name is Biscuit", None),
    ("her name is Ana", None),
    ("im not looking for a house my name isnt jennifer", None),
    ("This is not Kevin's phone anymore", None),
    ("This is Kevin's wife", None),
    ("this is Otter Plumbing?", None),
    ("is this Mike", None),
    ("this is Mike, right?", None),
    ("if this is Mike please call", None),
    ("who is this", None),
    ("Nobody here", None),
    ("Water here and there", None),
    ("same here", None),
    ("ok thanks, Mia", None),
    ("Two things:\n- Faucet\n- Toilet", None),
    ("this is clearly a machine", None),
    ("This is Chase Bank", None),
    ("yes", NAME),
    ("why do you need that", NAME),
    ("no thanks", NAME),
    ("leaky faucet", OPENING),
    ("Toilet clogged", "What's your name, and what's going on?"),
    ("Biscuit", "What's your dog's name?"),
    ("it's for my mom helen", NAME),
    ("tuesday", NAME),
    ("ok", NOMBRE),
    ("i'm looking for Mia", None),
    ("I'm in Boulder", None),
    ("im allergic", None),
    ("rosa is the color i want", None),
    ("this is Dr. Mehta's office", None),
    ("nobody by the name of Pereira here", "Am I speaking with Mrs. Pereira?"),
    ("tom aint here", "Tom will meet you at the property."),
    ("until midnight on the 3rd", "ur name, and you can cancel it until the 3rd."),
    ("the name is spelled wrong", None),
    ("my name is on the account", None),
    ("my name is none of your business", None),
    ("prefer not to say", NAME),
    ("its for my son Max", NAME),
    ("Kitchen sink", NAME),
    ("Habla Español?", None),
    ("I am Owner of the house", None),
    ("I'm Type 1 diabetic", None),
    ("I'm Running Late", None),
    ("im frank lol", None),
    ("9am - Noon", None),
    ("this is Denver", None),
    ("Tell Mike Gary called", None),
    ("New customer here", None),
    ("mi hija se llama Ana", None),
    ("I'm Ashley's mom", None),
    ("Im Vegan", None),
    ("I'm Afraid not", None),
    ("This is Acme Supply", None),
    ("this is Spectrum calling", None),
    ("this is the Smiths", None),
    ("its mercedes sprinter", None),
    ("it's June 3", None),
    ("soy madre soltera", None),
    ("Blue Door Cafe", NAME),
]

ADDRESSES = [
    ("9 Dunmore Ct", None, "9 Dunmore Ct"),
    ("9 Dunmore Ct. Yes. It has reached the stair", None, "9 Dunmore Ct"),
    ("123 Oak St Apt 4B", None, "123 Oak St Apt 4B"),
    ("123 oak st, apt 4b", None, "123 Oak St, Apt 4B"),
    ("123 Oak St. #4 is where i live", None, "123 Oak St. #4"),
    ("im at 2255 walnut unit 3B", None, "2255 walnut unit 3B"),
    ("Mgr for 2255 Walnut. Unit 3B WH is 19 yrs old", None, "2255 Walnut. Unit 3B"),
    ("1450 bluebell", WHERE, "1450 Bluebell"),
    ("1450 bluebell", None, "1450 Bluebell"),
    ("1450 bluebell\nave. its in boulder", WHERE, "1450 Bluebell Ave"),
    ("garbage disposal hums, 77 Tolliver, anytime after 3", None, "77 Tolliver"),
    ("moved. 2290 Lomax now", "Is the address still 40 Fir St?", "2290 Lomax"),
    ("Hi no rush, toilet keeps running. 612 Pine St", None, "612 Pine St"),
    ("the first, I'm at 8 Dover Ct", None, "8 Dover Ct"),
    ("corner of 5th and Main", None, "corner of 5th and Main"),
    ("im on the corner of pearl st and 28th", None, "Corner of Pearl St and 28th"),
    ("estoy en la esquina de Pino y Cuarta", None, "esquina de Pino y Cuarta"),
    ("5th and Main", "Where are you?", "5th and Main"),
    ("4521 N 34th St", None, "4521 N 34th St"),
    ("4521 n 34th st nw", None, "4521 N 34th St NW"),
    ("N 34th St", WHERE, "N 34th St"),
    ("14402 Highway 93", None, "14402 Highway 93"),
    ("we live at 882 county road 12, white gate", None, "882 County Road 12"),
    ("7100 us hwy 36", None, "7100 US Hwy 36"),
    ("RR 2 Box 113", None, "RR 2 Box 113"),
    ("rural route 3 box 45b", None, "Rural Route 3 Box 45B"),
    ("po box 112", None, "PO Box 112"),
    ("1630 Broadway", None, "1630 Broadway"),
    ("1200 Avenue B", None, "1200 Avenue B"),
    ("1220 5th", WHERE, "1220 5th"),
    ("12 St. James Place", None, "12 St. James Place"),
    ("1501 Martin Luther King Jr Blvd", None, "1501 Martin Luther King Jr Blvd"),
    ("Apt 3, 40 Cole Street", None, "Apt 3, 40 Cole Street"),
    ("88 Lindale Road, 2nd floor", None, "88 Lindale Road, 2nd floor"),
    ("55 Elm St, Boulder, CO", None, "55 Elm St, Boulder, CO"),
    ("no prende la luz, es 1820 Alamo St", None, "1820 Alamo St"),
    ("calle 5 de mayo 112", None, "Calle 5 de Mayo 112"),
    ("vivo en calle Roble 22", None, "calle Roble 22"),
    ("Avenida Juárez #45, depto 3", None, "Avenida Juárez #45, depto 3"),
    ("2210 Camino Real", None, "2210 Camino Real"),
    ("AC blows warm, 230 Kern St, anybody free this week?", None, "230 Kern St"),
    ("LOW PRESSURE AT ONE SINK, 12 SABLE CT", None, "12 SABLE CT"),
    ("I'm at 16th and Vine", None, "16th and Vine"),
    ("its 8810 E kirkwood", WHERE, "8810 E kirkwood"),
    ("My address is 88 E. Kirkwood Ave.", None, "88 E. Kirkwood Ave"),
    ("500 Main, Suite 210", None, "500 Main, Suite 210"),
    ("2100 16th St NW #5", None, "2100 16th St NW #5"),
    ("vivo en la avenida juarez 45 int 3", None, "Avenida Juarez 45 Int 3"),
    ("2 guys waiting at 45 oak st", None, "45 Oak St"),
    ("wed at 10, 918 birch", WHERE, "918 Birch"),
    ("2nd one. 5120 Old Mill Rd", WHERE, "5120 Old Mill Rd"),
    ("I am at 3340 Sunset Dr. Can you come at 3?", None, "3340 Sunset Dr"),
    ("W 32nd Ave & Lowell Blvd", None, "W 32nd Ave & Lowell Blvd"),
    ("no heat 300 elm", OPENING, "300 Elm"),
]

NO_ADDRESSES = [
    ("at 3 on Main", None),
    ("2 dogs", None),
    ("2 dogs", WHERE),
    ("2 guys to drive", None),
    ("10 minute drive", None),
    ("a 3 bedroom place", None),
    ("2 car garage on a court", None),
    ("888 not 88", WHERE),
    ("1500 sqft", None),
    ("300 bucks", None),
    ("100 percent", WHERE),
    ("im at 20 percent battery", None),
    ("3 30 works", None),
    ("10 with Dr. Mehta", None),
    ("2 kids dr appt", None),
    ("we stayed a night on Main street", None),
    ("the 5th and the 6th both work", None),
    ("the 2nd place i called", None),
    ("1 way or another", None),
    ("2020 Honda Civic", None),
    ("1998 Rheem furnace", None),
    ("50 gallon tank", None),
    ("500 gallons", None),
    ("90 day warranty st", None),
    ("la calle esta cerrada", None),
    ("24 hour service drive", None),
    ("4 people at 7", WHERE),
    ("at 1 pm", WHERE),
    ("1 or 2 works", WHERE),
    ("not sure", WHERE),
    ("123 is the code", None),
    ("room 4", None),
    ("7 or 8 court dates", None),
    ("20 yr old furnace way too old", None),
    ("we have 14 units on Park Ave", None),
    ("got hung up on a live 480 feeder hes breathing", None),
    ("I paid 450 dollars at your place", None),
    ("a las 3 en la calle roble", None),
    ("im at the 7-11 on Colfax", None),
    ("same address", WHERE),
    ("the 10 oclock", WHERE),
    ("05 civic", OPENING),
    ("error code 33 Navien", OPENING),
    ("30 amp breaker", OPENING),
    ("2 toilets clogged", OPENING),
    ("2015 Honda Civic", OPENING),
    ("yes thursday at 3", "So that's 40 Cole Street, Thursday at 3, is that right?"),
    ("i have 2 acres on county road 5", None),
]

ZIPS = [
    ("80302 she says", None, {"zip": "80302"}),
    ("80302", None, {"zip": "80302"}),
    ("its 80302", ZIP, {"zip": "80302"}),
    ("my zip is 80302", None, {"zip": "80302"}),
    ("zip code: 80302-1234", None, {"zip": "80302"}),
    ("80302 is the zip", None, {"zip": "80302"}),
    ("código postal 80304", None, {"zip": "80304"}),
    ("do you cover Boulder, CO 80302?", None, {"zip": "80302"}),
    ("do you come out to 80027", "What ZIP is it in?", {"zip": "80027"}),
    ("es en 1905 Mapleton Ave 80304", None, {"zip": "80304", "address": "1905 Mapleton Ave"}),
    ("Soonest. 2840 Kalmia Ave 80304", None, {"zip": "80304", "address": "2840 Kalmia Ave"}),
    (
        "123 oak st boulder co 80302",
        None,
        {"zip": "80302", "address": "123 Oak St Boulder CO"},
    ),
    ("80302 thanks", ZIP, {"zip": "80302"}),
]

NO_ZIPS = [
    ("it costs 12500", None),
    ("$12500", None),
    ("12500 dollars", None),
    ("order 80302", None),
    ("gate code is 80302", None),
    ("80302", "What's the gate code?"),
    ("model 48221", None),
    ("serial number 90210", None),
    ("invoice #80302", None),
    ("unit 80302", None),
    ("it has 80302 miles on it", None),
    ("20000", None),
    ("803021", None),
    ("8030", None),
    ("the part is WH-80302", None),
    ("since 2019", None),
    ("80302 miles", ZIP),
    ("mobile 98450 00000", "Where shall we collect the car?"),
    ("order number is 48213", WHERE),
    ("part 75001 broke", None),
]

PHONES = [
    ("call me at 309-555-0188", "+13095550188"),
    ("816.555.0148", "+18165550148"),
    ("(512) 555 0100", "+15125550100"),
    ("(512)555-0100", "+15125550100"),
    ("3095550188", "+13095550188"),
    ("my cell 309 555 0188 anytime", "+13095550188"),
    ("+1 309 555 0188", "+13095550188"),
    ("1-309-555-0188", "+13095550188"),
    ("13095550188", "+13095550188"),
    ("mi numero es 303 555 0140", "+13035550140"),
    ("309–555–0188", "+13095550188"),
    ("call my wife at 309-555-0188.", "+13095550188"),
    ("416-555-0123 im in toronto", "+14165550123"),
]

NO_PHONES = [
    "555-0148",
    "3 30",
    "12/05/2026",
    "2026-11-22",
    "$1,500.00",
    "order 3095550188",
    "confirmation # 3095550188",
    "order no. 309 555 0188",
    "30955501881234",
    "123-456-7890",
    "10-12 or 1-3",
    "555-55-0100",
    "between 10 30 and 11 45",
    "case 2024-303-555-0142",
    "card 4111 1111 1111 1111",
    "+44 7700 900461",
    "my ssn is 303-55-0142",
]

EMAILS = [
    ("joanne.petrie@gmail.com", "joanne.petrie@gmail.com"),
    ("send it to Joanne.Petrie@Example.CO.UK.", "joanne.petrie@example.co.uk"),
    ("my email is joanne+home@petrie-law.com thanks", "joanne+home@petrie-law.com"),
    ("joanne dot petrie at gmail dot com", "joanne.petrie@gmail.com"),
    ("it's harold77 at yahoo.com", "harold77@yahoo.com"),
]

NO_EMAILS = ["meet me @ noon", "@gary", "email me at gmail.com", "2@$5 each", "a@b"]

TOGETHER = [
    (
        "this is Harold Pettibone at 418 Sycamore Lane",
        None,
        {"name": "Harold Pettibone", "address": "418 Sycamore Lane"},
    ),
    (
        "Good morning. This is Harold Whitcomb at 3310 Darley Avenue, 80305. I telephoned",
        None,
        {"name": "Harold Whitcomb", "address": "3310 Darley Avenue", "zip": "80305"},
    ),
    (
        "Fatima Noor, 14 Birch Ln, 60614",
        BOTH,
        {"name": "Fatima Noor", "address": "14 Birch Ln", "zip": "60614"},
    ),
    (
        "Fatima Noor, 14 Birch Ln, 60614",
        None,
        {"name": "Fatima Noor", "address": "14 Birch Ln", "zip": "60614"},
    ),
    (
        "joanne petrie 418 sycamore lane",
        BOTH,
        {"name": "Joanne Petrie", "address": "418 Sycamore Lane"},
    ),
    (
        "me llamo Lucía Peralta, calle Roble 22",
        None,
        {"name": "Lucía Peralta", "address": "calle Roble 22"},
    ),
    (
        "gary 309-555-0188",
        "Your name and the best number?",
        {"name": "Gary", "phone": "+13095550188"},
    ),
    (
        "Ana Ruiz\n55 Elm St Apt 2, Boulder, CO 80302\n(303) 555-0140\nana@ruiz.org",
        BOTH,
        {
            "name": "Ana Ruiz",
            "address": "55 Elm St Apt 2, Boulder, CO",
            "zip": "80302",
            "phone": "+13035550140",
            "email": "ana@ruiz.org",
        },
    ),
    (
        "1450 bluebell\nave. its in boulder\n80302 she says",
        WHERE,
        {"address": "1450 Bluebell Ave", "zip": "80302"},
    ),
    (
        "es en el 1820 Alamo St, soy Ernesto",
        DONDE,
        {"name": "Ernesto", "address": "1820 Alamo St"},
    ),
    (
        "you can call me at work tomorrow between 12 and 1 pm, 309-555-0188 ask for Dee",
        None,
        {"phone": "+13095550188"},
    ),
]

NOTHING = [
    "",
    " ",
    "?",
    "👍",
    "stop",
    "1",
    "yes",
    "C",
    "hola",
    "ok 3pm",
    "no",
    "no gracias",
    "😂😂",
]


@pytest.mark.parametrize(("text", "last_text", "name"), NAMES)
def test_a_caller_who_gives_a_name_is_heard(text, last_text, name):
    assert details.read(text, last_text) == {"name": name}


@pytest.mark.parametrize(("text", "last_text"), NO_NAMES)
def test_moods_days_and_other_people_are_not_the_callers_name(text, last_text):
    assert details.read(text, last_text) == {}


@pytest.mark.parametrize(("text", "last_text", "address"), ADDRESSES)
def test_addresses_are_heard_as_they_are_written(text, last_text, address):
    assert details.read(text, last_text) == {"address": address}


@pytest.mark.parametrize(("text", "last_text"), NO_ADDRESSES)
def test_counts_times_and_models_are_no_address(text, last_text):
    assert details.read(text, last_text) == {}


@pytest.mark.parametrize(("text", "last_text", "found"), ZIPS)
def test_zips_are_heard_where_a_zip_belongs(text, last_text, found):
    assert details.read(text, last_text) == found


@pytest.mark.parametrize(("text", "last_text"), NO_ZIPS)
def test_prices_codes_and_orders_are_no_zip(text, last_text):
    assert details.read(text, last_text) == {}


@pytest.mark.parametrize(("text", "phone"), PHONES)
def test_phones_are_written_in_e164(text, phone):
    assert details.read(text) == {"phone": phone}


@pytest.mark.parametrize("text", NO_PHONES)
def test_times_dates_and_orders_are_no_phone(text):
    assert details.read(text) == {}


@pytest.mark.parametrize(("text", "email"), EMAILS)
def test_emails_are_lower_case(text, email):
    assert details.read(text) == {"email": email}


@pytest.mark.parametrize("text", NO_EMAILS)
def test_an_at_sign_alone_is_no_email(text):
    assert details.read(text) == {}


@pytest.mark.parametrize(("text", "last_text", "found"), TOGETHER)
def test_several_details_stand_in_one_text(text, last_text, found):
    assert details.read(text, last_text) == found


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("last_text", [None, NAME, WHERE, ZIP, BOTH])
def test_short_texts_without_details_give_none(text, last_text):
    assert details.read(text, last_text) == {}


def test_spans_are_the_details_as_they_stand_in_the_text():
    text = "this is harold pettibone at 418 sycamore lane, 80302. (309) 555-0188"

    assert details.spans(text) == [
        "harold pettibone",
        "418 sycamore lane",
        "80302",
        "(309) 555-0188",
    ]


PIECES = st.sampled_from(
    [
        "123 Oak St",
        "80302",
        "309-555-0188",
        "my name is",
        "Ana",
        "ave.",
        "-",
        "\n",
        "İ",
        "ﬁ",
        "é",
        "e\u0301",
        "½",
        "@",
        "gary here",
        "soy",
    ]
)


@given(
    st.text() | st.lists(PIECES | st.text(max_size=5)).map(" ".join),
    st.none() | st.text() | st.sampled_from([NAME, WHERE, ZIP, BOTH]),
)
def test_no_text_breaks_the_reader_and_spans_are_parts_of_the_text(text, last_text):
    found = details.read(text, last_text)

    assert set(found) <= {"name", "address", "zip", "phone", "email"}
    assert all(found.values())
    assert all(span in text for span in details.spans(text, last_text))
    assert len(details.spans(text, last_text)) >= len(found)
