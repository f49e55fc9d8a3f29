"""What callers write about dates and times, and what is only like it. Today is Thursday, 19 November 2026, 10 AM."""

import collections
import json
import unicodedata
from datetime import datetime
from pathlib import Path
from time import process_time
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import TimeWish
from agent.nodes.triage import triage
from agent.ports import Ports
from agent.rules import reading, when
from agent.rules.times.words import folded
from agent.state import Turn

DENVER = ZoneInfo("America/Denver")
MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 19, 10, tzinfo=DENVER)
HOURS: when.Hours = {
    "mon": ("08:00-17:00",), "tue": ("08:00-17:00",), "wed": ("08:00-17:00",), "thu": ("08:00-17:00",), "fri": ("08:00-17:00",),
}  # fmt: skip
NO_PORTS = Ports(knowledge=None, diary=None, mind=None)  # type: ignore[arg-type]  # reading needs none of them
DATA = Path(__file__).parents[3] / "shared" / "data"


def short(wish: TimeWish):
    """A wish on one line: 11-20..11-22 14:00..16:00 morning,noon."""
    dates = [part[5:] if part else "" for part in (wish.date, wish.date_end)]
    times = [part or "" for part in (wish.time, wish.time_end)]
    spans = ["..".join(pair) if pair[1] else pair[0] for pair in (dates, times)]
    return " ".join(part for part in (*spans, ",".join(wish.dayparts)) if part)


def said(text, now=NOW, hours=HOURS, last_text=None):
    """What is read, alternatives behind bars; empty: nothing."""
    found = when.read(text, now, hours, last_text)
    return " | ".join(map(short, (found, *found.alternatives))) if found else ""


def read(text, now=NOW, hours=None):
    """What is read of a text that says a date or a time."""
    found = when.read(text, now, hours)
    assert found
    return found


DAYS = [
    ("today pls", "11-19"),
    ("2day??", "11-19"),
    ("tomorrow works", "11-20"),
    ("tmrw is fine", "11-20"),
    ("can u come tmw", "11-20"),
    ("Tommorow if possible", "11-20"),
    ("day after tomorrow", "11-21"),
    ("how about monday", "11-23"),
    ("Thursday", "11-26"),
    ("wensday is good 4 me", "11-25"),
    ("this friday", "11-20"),
    ("next tuesday", "11-24"),
    ("next fri", "11-27"),
    ("tuesday next week", "11-24"),
    ("friday after next", "11-27"),
    ("friday week", "11-27"),
    ("Is Sat ok?", "11-21"),
    ("the 5th", "12-05"),
    ("anything on the 30th?", "11-30"),
    ("fri the 27th", "11-27"),
    ("Sunday, 22nd", "11-22"),
    ("dec 4", "12-04"),
    ("4th of december", "12-04"),
    ("December fourth", "12-04"),
    ("may i book for may 5", "05-05"),
    ("12/4", "12-04"),
    ("13/12", "12-13"),
    ("12/15/2026", "12-15"),
    ("2026-12-01 please", "12-01"),
    ("Mon 11/23", "11-23"),
    ("in a week", "11-26"),
    ("2 weeks from monday", "12-07"),
    ("in 10 days or so", "11-29"),
    ("in 2 months", "01-19"),
    ("thanksgiving", "11-26"),
    ("the day after thanksgiving", "11-27"),
    ("the friday after thanksgiving", "11-27"),
    ("the last friday of november", "11-27"),
    ("this weekend", "11-21..11-22"),
    ("mon-wed", "11-23..11-25"),
    ("early next week", "11-23..11-25"),
    ("the week of the 14th", "12-14..12-20"),
    ("sometime in the next 2 weeks", "11-20..12-03"),
    ("Nov 30 - Dec 2", "11-30..12-02"),
    ("24th-26th", "11-24..11-26"),
    ("need it done by friday", "11-20..11-20"),
    ("can you come by friday", "11-20"),
    ("by the end of the month", "11-30..11-30"),
]

TIMES = [
    ("at 3", "15:00"),
    ("3pm", "15:00"),
    ("7p", "19:00"),
    ("3 P.M. please", "15:00"),
    ("3ish", "15:00"),
    ("around 10", "10:00"),
    ("9:30", "09:30"),
    ("9.30am", "09:30"),
    ("nine thirty am", "09:30"),
    ("10 o'clock", "10:00"),
    ("1530", "15:30"),
    ("at 1030", "10:30"),
    ("815 works", "08:15"),
    ("half past 3", "15:30"),
    ("quarter to 5", "16:45"),
    ("quarter to 12 in the morning", "11:45"),
    ("ten to three", "14:50"),
    ("noon", "12:00"),
    ("midnight", "00:00"),
    ("12am", "00:00"),
    ("12 in the afternoon", "12:00"),
    ("7 in the evening", "19:00"),
    ("2-4pm", "14:00..16:00"),
    ("11-1", "11:00..13:00"),
    ("between 1 and 3", "13:00..15:00"),
    ("8am to 10", "08:00..10:00"),
    ("any time from noon to 5", "12:00..17:00"),
    ("after 4", "16:00..23:59"),
    ("9am onwards", "09:00..23:59"),
    ("not before 10", "10:00..23:59"),
    ("I work until 4", "16:00..23:59"),
    ("I get off work at 4", "16:00..23:59"),
    ("later than 1 but before 3", "13:00..15:00"),
    ("before noon", "12:00..12:00"),
    ("by 3 at the latest", "15:00..15:00"),
    ("no later than 11", "11:00..11:00"),
    ("in 2 hours", "11-19 12:00"),
    ("in half an hour", "11-19 10:30"),
    ("in the morning or late afternoon", "morning,afternoon"),
    ("mornings only", "morning"),
    ("lunchtime", "noon"),
    ("end of day", "afternoon"),
]

BOTH = [
    ("tomorrow at 3", "11-20 15:00"),
    ("3 tomorrow?", "11-20 15:00"),
    ("tmrw @ 2:30", "11-20 14:30"),
    ("any time friday morning", "11-20 morning"),
    ("first thing monday", "11-23 morning"),
    ("tues pm", "11-24 afternoon"),
    ("2nite at 7", "11-19 19:00"),
    ("tonight", "11-19 night"),
    ("this afternoon", "11-19 afternoon"),
    ("fri 2-4", "11-20 14:00..16:00"),
    ("today between 12 and 2", "11-19 12:00..14:00"),
    ("Dec. 15th around 10:30 am", "12-15 10:30"),
    ("0930 tues", "11-24 09:30"),
    ("tomorrow evening after 6pm", "11-20 18:00..23:59"),
    ("8 in the morning tomorrow", "11-20 08:00"),
    ("monday to friday after 4", "11-23..11-27 16:00..23:59"),
]

SEVERAL = [
    ("thursday or friday", "11-26 | 11-20"),
    ("thursday or friday after 3", "11-26 15:00..23:59 | 11-20 15:00..23:59"),
    ("monday, tuesday or wednesday", "11-23 | 11-24 | 11-25"),
    ("2 or 3pm", "14:00 | 15:00"),
    ("9 or 10 tomorrow morning", "11-20 09:00 | 11-20 10:00"),
    ("Tomorrow at 10, 11 or 2?", "11-20 10:00 | 11-20 11:00 | 11-20 14:00"),
    ("tues at 2 or thurs at 4", "11-24 14:00 | 11-26 16:00"),
    ("thurs btwn 1-4 or fri b4 noon", "11-26 13:00..16:00 | 11-20 12:00..12:00"),
    ("tomorrow morning or saturday afternoon", "11-20 morning | 11-21 afternoon"),
]

CORRECTED = [
    ("no, thursday", "11-26"),
    ("wednesday. no wait thursday", "11-26"),
    ("wednesday at 3, sorry, thursday", "11-26 15:00"),
    ("tomorrow at 3. actually 4", "11-20 16:00"),
    ("make it 5 instead of 4", "17:00"),
    ("can we do friday instead of thursday", "11-20"),
    ("move my 3pm to 4pm", "16:00"),
    ("change from tuesday at 3 to thursday at 4", "11-26 16:00"),
    ("i have an appt tomorrow at 2, can i come friday instead", "11-20"),
    ("I can't do monday, tuesday works", "11-24"),
    ("Monday doesnt work for me. how about wed morning?", "11-25 morning"),
    ("any day next week but wednesday", "11-23..11-29"),
    ("can you get it fixed monday", "11-23"),
    ("I called about friday", "11-20"),
    ("it started leaking this morning can you come this afternoon", "11-19 afternoon"),
]

SPANISH = [
    ("hoy a las 5", "11-19 17:00"),
    ("mañana por la mañana", "11-20 morning"),
    ("manana a las 9", "11-20 09:00"),
    ("pasado mañana", "11-21"),
    ("man\u0303ana", "11-20"),
    ("el viernes a las 3", "11-20 15:00"),
    ("a las 3 y media", "15:30"),
    ("a las diez menos cuarto", "09:45"),
    ("el lunes que viene a las 10 de la mañana", "11-23 10:00"),
    ("entre las 2 y las 4", "14:00..16:00"),
    ("de 2 a 4 de la tarde", "14:00..16:00"),
    ("después de las 4", "16:00..23:59"),
    ("antes de las 3", "15:00..15:00"),
    ("el 5 de diciembre", "12-05"),
    ("este fin de semana", "11-21..11-22"),
    ("la próxima semana", "11-23..11-29"),
    ("lunes o martes", "11-23 | 11-24"),
    ("esta tarde", "11-19 afternoon"),
    ("en dos horas", "11-19 12:00"),
    ("no puedo el viernes, mejor el sábado", "11-21"),
]

SEVERAL_CLAUSES = [
    ("ugh nvm thurs is rehearsal. friday??", "11-20"),
    ("Thursday, I have school. Friday?", "11-20"),
    ("i work mon-wed so thursday or friday", "11-26 | 11-20"),
    ("my flight is friday at 6 so i need it thursday", "11-26"),
    ("i can do friday. saturday i'm out of town", "11-20"),
    ("monday at 8 works, gotta be on a roof by 10", "11-23 08:00"),
    ("any chance friday? party that night", "11-20"),
    ("friday is my day off so friday works", "11-20"),
    ("we leave friday", "11-20"),
    ("wedding makeup saturday or sunday", "11-21 | 11-22"),
    ("do you have an appointment tuesday? or wednesday", "11-24 | 11-25"),
    ("tuesday or thursday works", "11-24 | 11-26"),
    ("cant do tuesday, wednesday after 3?", "11-25 15:00..23:59"),
    ("I'm busy thursday and friday. monday?", "11-23"),
    ("monday tuesday and wednesday dont work. thursday?", "11-26"),
    ("can't do 9 or 10, 11 works", "11:00"),
    ("cant do tuesday at 3. wednesday?", "11-25"),
    ("tuesday at 3 doesnt work. wednesday at 4?", "11-25 16:00"),
    ("cant do 2pm tuesday, can do 3pm", "11-24 15:00"),
    ("why not friday", "11-20"),
    ("I can't make it on Saturday", "11-21"),
    ("ay no perdon, el martes me toca trabajar doble. mejor el jueves a las 3:30 de la tarde", "11-26 15:30"),
    ("el lunes tengo cita con el doctor, puede ser el martes?", "11-24"),
    ("trabajo de lunes a miercoles, asi que jueves o viernes", "11-26 | 11-20"),
    ("no puedo el lunes ni el martes. el miércoles?", "11-25"),
]  # fmt: skip

POINTING = [
    ("our rehearsal dinner is this Friday night and I should like a blow dry that day", "11-20"),
    ("the wedding is saturday at 3, can you do my hair that morning?", "11-21 morning"),
    ("la boda es el sábado en la noche y quiero peinarme ese día", "11-21"),
    ("school ends 2:30 so after that lol", "14:30..23:59"),
    ("Wednesday works. My wife has her doctor at 3 so before that", "11-25 15:00..15:00"),
    ("can you come tuesday at 3? i work after that", "11-24 15:00"),
    ("salgo del trabajo a las 4, después de eso el martes", "11-24 16:00..23:59"),
    ("tuesday at 3 or wednesday same time", "11-24 15:00 | 11-25 15:00"),
]

DICTATED = [
    ("the too o clock", "14:00"),
    ("at to o'clock tomorrow", "11-20 14:00"),
    ("for o'clock monday", "11-23 16:00"),
    ("four thirty", "16:30"),
    ("can you do nine forty five", "09:45"),
    ("10 30", "10:30"),
    ("i'll take the 10 30", "10:30"),
    ("betwen 2 and 4", "14:00..16:00"),
    ("nothing before 3", "15:00..23:59"),
    ("no antes de las 10", "10:00..23:59"),
]

ELSEWHERE = [
    ("pouvez-vous venir demain à 15h ?", "11-20 15:00"),
    ("Können Sie morgen um 14:30 kommen?", "11-20 14:30"),
    ("明天可以吗", "11-20"),
    ("guten morgen", ""),
    ("depois de amanhã", ""),
]

NOTHING = [
    "asap",
    "right now please",
    "2",
    "#2",
    "option 1",
    "that will be $149 right",
    "about 20 feet of pipe",
    "call me at 303-555-0140",
    "im at 120 Alder St",
    "1530 Pearl St",
    "Apt 1130",
    "80302",
    "2 sinks clogged",
    "3 bedrooms 2 1/2 baths",
    "40 gallon water heater, 12 years old",
    "a 1/2 inch pipe",
    '3/4" line',
    "we are 4 people",
    "2 techs at 3 locations",
    "are you open 24/7",
    "model GE X200, R-410A",
    "water heater from 2015",
    "it's been leaking for 2 days",
    "since monday",
    "since 3am",
    "it broke yesterday",
    "yesterday at 3 it stopped",
    "it died last friday at 4",
    "A/C stopped at 3am",
    "monday it quit working",
    "this morning it stopped working",
    "2 days ago",
    "You guys were here on 11/10 and it still leaks",
    "I may need help",
    "it marches in",
    "the cat sat on it",
    "the sun is hot",
    "wait a second",
    "every now and then it leaks",
    "2nd opinion on the 3rd floor",
    "second floor bathroom",
    "our christmas lights are out",
    "Good morning!",
    "which one is good",
    "not tuesday",
    "anything but friday",
    "June 31",
    "25:00",
    "se rompió ayer",
    "hace dos dias que gotea",
    "tengo 3 baños",
    "it costs four thirty",
    "ill be thirty minutes late",
    "three crowns at 1200 each",
    "it quits after 4 or 5 clicks",
    "it was put in on March 5, 1998, by your father",
    "born 6/12/90",
    "Her name is April Monday. DOB 6/12/1990",
    "he said 150 on the phone friday",
    "any day except monday or tuesday",
    "it leaks at the same time the ac runs",
    "buenas tardes",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *DAYS,
        *TIMES,
        *BOTH,
        *SEVERAL,
        *CORRECTED,
        *SPANISH,
        *SEVERAL_CLAUSES,
        *POINTING,
        *DICTATED,
        *ELSEWHERE,
    ],
)
def test_what_callers_write_is_read(text, expected):
    assert said(text) == expected


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_only_like_a_time_is_not_read(text):
    assert said(text) == ""


@pytest.mark.parametrize("text", [text for text, _ in (*DAYS, *TIMES, *BOTH, *SEVERAL)])
def test_case_and_signs_around_it_change_nothing(text):
    assert said(f"  {text.upper()} ") == said(text)


@pytest.mark.parametrize(
    ("hours", "expected", "guessed"),
    [
        ({"thu": ("08:00-17:00",)}, "08:00", False),
        ({"thu": ("16:00-23:00",)}, "20:00", False),
        ({"thu": ("18:00-02:00",)}, "20:00", False),
        ({"thu": ("06:00-22:00",)}, "08:00", True),
        ({"thu": ()}, "08:00", True),
        (None, "08:00", True),
    ],
)
def test_opening_hours_tell_the_half_of_the_day(hours, expected, guessed):
    found = read("thursday at 8", hours=hours)

    assert (found.time, found.ambiguous) == (expected, guessed)


def test_today_an_hour_that_is_over_is_the_evening_one():
    assert said("today at 8", hours=None) == "11-19 20:00"


def test_a_bare_number_answers_the_question_for_a_time():
    assert said("3", last_text="What time works for you?") == "15:00"
    assert (
        said("3", last_text="What time works? Reply 1 for a call, 2 for a text, 3 for a visit")
        == ""
    )
    assert said("3", last_text="How many sinks?") == ""


ONE_TIME = "Drain cleaning: Wed Nov 25 at 10:00 AM is free. Reply YES to take it."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My wife has her eye doctor on Wednesday. Friday at the same hour would suit us better.", "11-20 10:00"),
        ("same time friday", "11-20 10:00"),
        ("that time works but on friday", "11-20 10:00"),
        ("tuesday at 3 wont work, same time monday?", "11-23 15:00"),
        ("el viernes a la misma hora", "11-20 10:00"),
        ("same time", ""),
        ("same time every week? friday", "11-20"),
    ],
)  # fmt: skip
def test_the_same_hour_is_the_one_of_the_last_text(text, expected):
    assert said(text, last_text=ONE_TIME) == expected


def test_the_same_hour_of_two_is_neither():
    assert said("same time friday", last_text="Wed Nov 25 at 9:00 AM or 2:00 PM?") == "11-20"


def test_the_same_hour_is_the_same_on_the_clock_after_it_was_changed():
    saturday = datetime(2026, 10, 31, 9, tzinfo=DENVER)

    assert said("same time tomorrow?", saturday, last_text="Today at 10:00 AM?") == "11-01 10:00"


def test_many_days_and_times_in_a_row_are_read_as_fast_as_others():
    began = process_time()

    assert said("friday 3 " * 100)
    assert process_time() - began < 1


def test_the_span_is_the_words_used():
    assert (
        read("Hi! any chance of Fri. the 27th, after 3? Thx", NOW).span == "Fri. the 27th, after 3"
    )
    assert read("Sería el próximo miércoles por favor", NOW).span == "el próximo miércoles"


def test_ends_that_stand_alone_can_be_told_from_times():
    latest, earliest, exact = (read(text) for text in ("before 4pm", "after 4pm", "at 4pm"))

    assert [when.is_latest(wish) for wish in (latest, earliest, exact)] == [True, False, False]
    assert [when.is_earliest(wish) for wish in (latest, earliest, exact)] == [False, True, False]


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        (datetime(2027, 3, 14, 1, 30, tzinfo=DENVER), "in 2 hours", "03-14 04:30"),
        (datetime(2026, 11, 1, 0, 30, tzinfo=DENVER), "in 2 hours", "11-01 01:30"),
        (datetime(2027, 3, 28, 1, 30, tzinfo=MADRID), "en una hora", "03-28 03:30"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=MADRID), "in 1 hour", "10-25 02:30"),
        (datetime(2027, 3, 13, 23, 30, tzinfo=DENVER), "tomorrow at 2:30am", "03-14 02:30"),
        (datetime(2026, 10, 24, 23, 30, tzinfo=MADRID), "in 1 day", "10-25"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=DENVER), "in an hour", "01-01 00:30"),
    ],
)
def test_clock_changes_and_midnight_are_reckoned_in_real_time(now, text, expected):
    assert said(text, now) == expected


def test_the_local_date_decides_what_tomorrow_is():
    late_in_utc = datetime.fromisoformat("2026-11-20T04:00:00+00:00")

    assert said("tomorrow", late_in_utc.astimezone(DENVER)) == "11-20"
    assert said("tomorrow", late_in_utc.astimezone(MADRID)) == "11-21"


def test_29_february_is_the_next_one_there_is():
    assert read("feb 29").date == "2028-02-29"


WORDS = ["tomorrow", "friday", "sat", "may", "5th", "3", "3pm", "12/4", "1530", "at", "after", "before", "until", "to", "-", "or", "no", "wait", "in", "2", "hours", "between", "and", "night", "week", "half", "past", "next", "the", "of", "mañana", "las", "a"]  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))


@given(TEXTS, st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2200, 1, 1)))
def test_no_text_breaks_it_and_the_same_text_reads_the_same(text, moment):
    now = moment.replace(tzinfo=DENVER)

    found = when.read(text, now, HOURS, text)

    assert found == when.read(text, now, HOURS, text)
    assert found is None or found.span in unicodedata.normalize("NFC", text)


@given(st.text())
def test_folding_keeps_every_sign_in_its_place_and_changes_nothing_more(text):
    assert len(folded(text)) == len(text)
    assert folded(folded(text)) == folded(text)


def test_a_reading_has_no_when_without_a_clock():
    assert reading.read("tomorrow at 3", None).when is None
    assert reading.read("tomorrow at 3", None, NOW).when == read("tomorrow at 3")


@pytest.mark.parametrize(
    ("text", "date", "start", "end"),
    [
        ("call me tomorrow after 3", "2026-11-20", "15:00", None),
        ("please call me back before noon", None, None, "12:00"),
        ("can someone call me friday between 9 and 11", "2026-11-20", "09:00", "11:00"),
    ],
)
def test_a_callback_is_asked_for_from_a_time_to_a_time(text, date, start, end):
    asked = reading.read(text, None, NOW, HOURS).callback

    assert asked
    assert (asked.date, asked.time, asked.time_end) == (date, start, end)


def test_only_a_call_that_is_asked_for_has_a_time():
    assert reading.read("come tomorrow after 3", None, NOW).callback is None


def test_a_choice_from_a_menu_is_no_time():
    assert reading.read("2", "Reply 1 to book, 2 with your question.", NOW).when is None


@pytest.mark.parametrize(
    ("texts", "date", "time"),
    [
        (["tomorrow", "at 3 if you can"], "2026-11-20", "15:00"),
        (["tomorrow at 3", "no wait friday next week"], "2026-11-27", "15:00"),
        (["can you come monday", "my sink is clogged"], "2026-11-23", None),
    ],
)
def test_texts_of_one_turn_are_read_as_one(texts, date, time):
    shop = {"slug": "a", "name": "A", "industry": "plumbing", "timezone": "America/Denver", "phone": "+13035550140", "hours": HOURS, "calendars": [], "services": []}  # fmt: skip
    bodies = [
        {
            "seq": place,
            "author": "caller",
            "body": body,
            "at": NOW.isoformat(),
            "carrier_acts": False,
        }
        for place, body in enumerate(texts)
    ]
    turn = Turn(key="t", now="2026-11-19T17:00:00+00:00", business=json.dumps(shop), caller="+13035550199", owner="agent", opted_out=False, texts=bodies, history=[], memory={})  # fmt: skip

    wish = triage(turn, NO_PORTS)["reading"]["when"]

    assert (wish["date"], wish["time"]) == (date, time)


FLOORS = [
    ("dt_sgd_slots", "joint", 0.98),
    ("dt_nlupp", "joint", 0.94),
    ("dt_recognizers", "joint", 0.88),
    ("dt_duckling", "joint", 0.88),
    ("dt_misc_suites", "joint", 0.92),
    ("slots_restaurant8k", "time exact", 0.97),
    ("dt_sgd_slots", "none_ok", 0.99),
    ("dt_nlupp", "none_ok", 0.98),
]


@pytest.mark.skipif(not (DATA / "score_dt.py").exists(), reason="the shared data is not here")
@pytest.mark.parametrize(("name", "measure", "floor"), FLOORS)
def test_on_public_sets_it_does_not_fall_below_its_floor(name, measure, floor):
    score_dt = ModuleType("score_dt")
    exec((DATA / "score_dt.py").read_text(encoding="utf-8"), vars(score_dt))
    rule = score_dt.score_r8k if "restaurant" in name else score_dt.score
    marks = collections.defaultdict(list)
    for line in (DATA / "dev" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        now = datetime.fromisoformat(f"{(item.get('ref') or '2018-01-10T09:00:00')[:19]}+00:00")
        found = when.read(item["text"], now, last_text=item.get("prior"))
        for key, hit in rule(item, vars(found) if found else {}).items():
            marks[key].append(bool(hit))

    assert sum(marks[measure]) / len(marks[measure]) >= floor
