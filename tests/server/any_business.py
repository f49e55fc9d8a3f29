"""Any business that there could be: a strategy over every key of a profile."""

from typing import get_args

from hypothesis import strategies as st

from agent.business import WEEKDAYS, Autonomous, Business, Topic

# everything that JSON and a database can hold; half of a pair of surrogates is no text
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [
        "no",
        "1e3",
        "~",
        "'",
        '"',
        ": # ",
        "a\nb\n",
        "  x ",
        "\t",
        "\x00",
        "\x85\u2028",
        "\U0001f527",
        "2026-11-26",
        "&a *a !x",
    ]
)
NAME = TEXT.filter(bool)
WORDS = st.none() | TEXT
PHONE = st.sampled_from(["+13035550140", "+13035550141", "+442079460000"])
BLOCKED = PHONE | st.sampled_from(["+1900*", "+1*"])
EMAIL = st.sampled_from(["mia@example.com", "no@example"])
FLAG = st.booleans()
SPANS = st.lists(
    st.sampled_from(["00:00-06:00", "07:00-08:30", "09:15-12:00", "13:00-21:59", "22:00-24:00"]),
    unique=True, max_size=3,
) | st.just(["00:00-24:00"]) | st.just(["22:00-02:00"])  # fmt: skip
WEEK = st.dictionaries(st.sampled_from(WEEKDAYS), SPANS)
DUTY = st.sampled_from(
    ["always", "open", "closed", "mon-fri 17:00-22:00", "sat 08:00-12:00, sun 09:00-24:00"]
)


def several(one, most=3):
    return st.lists(one, max_size=most)


def some_of(names, least=0):
    return st.lists(st.sampled_from(names), min_size=least, max_size=3)


def of(**keys):
    return st.fixed_dictionaries({}, optional=keys)


def numbers(least, most=100_000):
    return st.integers(least, most)


PEOPLE, PLACES, OFFERS = ("mia", "sam"), ("van-1", "lift"), ("drain", "leak-2")


NEEDED = {
    "slug": st.sampled_from(["alder-creek", "b"]), "name": NAME, "industry": NAME,
    "timezone": st.sampled_from(["America/Denver", "UTC", "Asia/Kolkata"]), "phone": PHONE, "hours": WEEK,
}  # fmt: skip
OPTIONAL = {
    "phones": several(PHONE), "address": WORDS, "languages": several(TEXT), "tone": WORDS, "first_text": WORDS,
    "after_hours_text": WORDS,
    "closures": several(st.fixed_dictionaries({"date": st.dates()}, optional={"hours": SPANS, "reason": TEXT})),
    "holidays": st.none() | st.sampled_from([{"country": "US", "subdiv": "CO"}, {"country": "NO"}]),
    "booking": of(
        slot_step_min=numbers(1), lead_time_min=numbers(0), horizon_days=numbers(1), daily_limit=st.none() | numbers(1),
        confirm=st.sampled_from(["auto", "staff"]), show_holds=FLAG,
    ),
    "policy": of(
        tentative=st.sampled_from(["busy", "free"]), all_day=st.sampled_from(["busy", "free"]), owner_emails=several(EMAIL),
    ),
    "service_area": of(zips=several(TEXT), note=TEXT),
    "links": of(booking=WORDS, hosts=several(TEXT), allow_in_first_text=FLAG, visit_page=FLAG),
    "texting": of(
        nudge=of(enabled=FLAG, after_min=numbers(240, 360)), reminder=of(enabled=FLAG, before_min=numbers(120)),
        mode=st.sampled_from(["live", "shadow"]), cooldown_min=numbers(0),
        missed_call=st.sampled_from(["dial", "forwarded", "webhook"]), after_hours=st.sampled_from(["send", "hold"]),
        rates_line=FLAG, countries=several(st.sampled_from(["US", "CA", "NO"])), ask_marketing=WORDS,
    ),
    "calls": of(
        ring=st.sampled_from(["together", "in_order"]), ring_s=st.none() | numbers(5, 120),
        when_closed=st.sampled_from(["ring", "take"]), screen=FLAG, min_ring_s=numbers(0, 60), blocked=several(BLOCKED),
        look_up_lines=FLAG, voicemail=of(enabled=FLAG, greeting=WORDS, longest_s=numbers(10, 600)),
    ),
    "twilio": of(account_sid=WORDS, auth_token_env=WORDS),
    "privacy": of(
        retention_days=numbers(1), media_days=st.none() | numbers(1), voicemail_days=st.none() | numbers(1),
        calls_days=st.none() | numbers(1), consent_days=numbers(1), health=FLAG, model_agreement=FLAG,
    ),
    "alerts": of(urgent_min=numbers(1, 60), normal_min=numbers(5, 240), rounds=numbers(1, 10)),
    "autonomy": of(
        default=st.sampled_from(get_args(Autonomous)), wait_s=numbers(10, 3600),
        topics=st.dictionaries(st.sampled_from(get_args(Topic)), st.sampled_from(get_args(Autonomous))),
    ),
    "canned_replies": several(st.fixed_dictionaries({"name": NAME, "text": NAME})),
}  # fmt: skip


def _calendar(name):
    return st.fixed_dictionaries(
        {"id": st.just(name)},
        optional={
            "staff": st.none() | st.sampled_from(PEOPLE),
            "days": several(st.sampled_from(WEEKDAYS)), "hours": st.none() | WEEK, "url": WORDS, "username": WORDS,
            "password_env": WORDS,
        },
    )  # fmt: skip


def _service(name):
    return st.fixed_dictionaries(
        {"id": st.just(name), "name": NAME, "duration_min": numbers(1), "calendars": some_of(PLACES, 1)},
        optional={
            "aliases": several(TEXT), "buffer_before_min": numbers(0), "buffer_min": numbers(0), "price": WORDS,
            "need": several(some_of(PLACES, 1), 2),
        },
    )  # fmt: skip


def _person(name):
    return st.fixed_dictionaries(
        {"id": st.just(name), "name": NAME},
        optional={
            "role": TEXT, "phone": st.none() | PHONE, "email": WORDS, "login": st.sampled_from(["owner", "staff", "none"]),
        },
    )  # fmt: skip


STAFFED = {
    "on_call": several(st.fixed_dictionaries(
        {"staff": st.sampled_from(PEOPLE)}, optional={"when": DUTY, "reach": several(st.sampled_from(["sms", "call"]))},
    )),
    "weekly_summary": of(
        enabled=FLAG, to=some_of(PEOPLE), by=st.lists(st.sampled_from(["text", "channels"]), min_size=1, max_size=2),
    ),
}  # fmt: skip
_BARE = st.fixed_dictionaries(
    NEEDED | {"calendars": st.just([]), "services": st.just([])}, optional=OPTIONAL
)
_FULL = st.fixed_dictionaries(
    NEEDED
    | {
        "staff": st.tuples(*[_person(name) for name in PEOPLE]),
        "calendars": st.tuples(*[_calendar(name) for name in PLACES]) | st.tuples(*[_calendar(name) for name in reversed(PLACES)]),
        "services": st.tuples(*[_service(name) for name in OFFERS]) | st.tuples(_service("leak-2")),
    },
    optional=OPTIONAL | STAFFED,
)  # fmt: skip
profiles = _FULL | _FULL | _BARE
"""As plain values; keys with a default are there or not."""
businesses = profiles.map(Business.model_validate)
