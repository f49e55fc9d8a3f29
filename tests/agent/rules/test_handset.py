"""What staff text from their own phones is read as what it means; when that is not certain, it is asked about."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.rules import handset_times
from agent.rules.handset import Act, read

CORPUS = tomllib.loads(
    (Path(__file__).parents[2] / "server" / "handset_texts.toml").read_text(encoding="utf-8")
)
ZONE = ZoneInfo(CORPUS["timezone"])
NOW = datetime.fromisoformat(CORPUS["now"]).replace(tzinfo=ZONE)
COMMANDS = {
    "1": Act.ACCEPT,
    "take 4": Act.TAKE,
    "done 4": Act.DONE,
    "who": Act.WHO,
    "busy until 3": Act.BUSY,
    "free": Act.FREE,
    "pause all": Act.PAUSE,
    "resume all": Act.RESUME,
    "release 4": Act.RELEASE,
    "give back 4": Act.RELEASE,
    "call 4": Act.CALL,
    "commands": Act.COMMANDS,
}
FOR_CALLERS = {Act.RELAY, Act.RELAY_TO}
SPACES = st.sampled_from(["", " ", "  ", "\n", "\N{NO-BREAK SPACE}"])
ENDS = st.sampled_from(["", ".", "!", "!!", " please", " thanks", " \N{WAVING HAND SIGN}"])
WAITING = st.sets(st.integers(1, 12), max_size=5)


def said(text, waiting=(4, 7), in_hand=None, now=NOW):
    return read(text, waiting=waiting, in_hand=in_hand, now=now)


@pytest.mark.parametrize(
    "case", CORPUS["text"], ids=[str(place) for place in range(len(CORPUS["text"]))]
)
def test_a_text_means_what_a_sane_person_means(case):
    now = datetime.fromisoformat(case.get("now", CORPUS["now"])).replace(tzinfo=ZONE)

    found = said(case["said"], case.get("waiting", [4, 7]), case.get("in_hand"), now)

    assert found.act == case["means"]
    if found.act not in (Act.ASK, Act.CONSENT, Act.CONFIRM, Act.RELAY, Act.ACCEPT):
        assert found.number == case.get("number")
    if found.act in FOR_CALLERS:
        assert found.words == case["words"]
    if "until" in case:
        day = "" if "T" in case["until"] else f"{now:%Y-%m-%dT}"
        assert found.until == datetime.fromisoformat(day + case["until"]).replace(tzinfo=ZONE)


@given(st.text(max_size=200), WAITING, st.booleans())
@example("#\N{SUPERSCRIPT FOUR}: hi", {4}, True)
@example("busy until \N{ROMAN NUMERAL THREE}", {4}, False)
@example("²: ok", {2}, True)
@example("4 ²", {4}, True)
def test_reading_never_raises_and_words_go_only_where_someone_is(text, waiting, holds):
    in_hand = min(waiting) if holds and waiting else None

    found = said(text, waiting, in_hand)

    if found.act is Act.RELAY:
        assert in_hand is not None
    if found.act is Act.RELAY_TO:
        assert found.number in waiting
    if found.act in FOR_CALLERS:
        assert found.words
        assert found.words in text


@given(st.sampled_from(sorted(COMMANDS)), st.randoms(use_true_random=False), SPACES, SPACES, ENDS)
def test_a_command_is_one_in_any_case_and_with_any_space_or_mark(
    command, chance, before, after, end
):
    typed = "".join(chance.choice([sign.upper(), sign]) for sign in command)

    found = said(f"{before}{typed}{end}{after}")

    assert found.act is COMMANDS[command]
    assert found.number in (4, None)


@given(st.sampled_from([one for one in COMMANDS if len(one) > 2]), st.data())
def test_a_command_with_a_slip_of_the_finger_reaches_no_caller(command, data):
    place = data.draw(st.integers(0, len(command.rstrip(" 34")) - 1))
    letter = data.draw(st.sampled_from(ascii_lowercase))
    slip = data.draw(
        st.sampled_from(
            [
                command[:place] + command[place + 1 :],
                command[:place] + letter + command[place:],
                command[:place] + letter + command[place + 1 :],
                command[:place] + command[place : place + 2][::-1] + command[place + 2 :],
            ]
        )
    )

    assert said(slip, in_hand=7).act not in FOR_CALLERS


@given(
    st.from_regex(r"[0-9]{3}[ -]?[0-9]{3}", fullmatch=True),
    st.sampled_from(["", "4 ", "#4: ", "4: ", "code "]),
)
def test_a_code_reaches_no_caller(digits, address):
    assert said(address + digits, in_hand=4).act not in FOR_CALLERS


@given(
    st.sampled_from(["Liked", "Loved", "Laughed at", "Emphasized", "Questioned"]),
    st.text(max_size=60),
)
def test_what_a_phone_writes_by_itself_is_not_even_asked_about(verb, quoted):
    found = said(f"{verb} “{quoted}”", in_hand=4)

    assert found.act in (Act.ASK, Act.CONSENT)
    assert found.by_machine or found.act is Act.CONSENT


@given(st.integers(1, 12), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_a_bare_hour_is_the_next_one_on_the_clock_and_never_at_night(hour, moment):
    now = moment.replace(tzinfo=UTC).astimezone(ZONE)

    until = handset_times.until(str(hour), now)

    if until is not None:
        assert until > now
        assert until.hour % 12 == hour % 12
        assert until.hour >= 6
        assert until - now <= timedelta(hours=13)


@pytest.mark.parametrize(
    ("words", "now", "until"),
    [
        ("3", "2026-03-07T23:30", None),
        ("8am", "2026-03-07T23:30", "2026-03-08T08:00"),
        ("8am", "2026-10-31T23:30", "2026-11-01T08:00"),
        ("2h", "2026-03-08T01:00", "2026-03-08T04:00"),
        ("2h", "2026-11-01T00:30", "2026-11-01T01:30"),
    ],
)
def test_clocks_that_change_in_the_night_do_not_move_the_promise(words, now, until):
    local = datetime.fromisoformat(now).replace(tzinfo=ZONE)

    found = handset_times.until(words, local)

    assert (found and f"{found:%Y-%m-%dT%H:%M}") == until


@pytest.mark.parametrize(
    ("words", "minutes"), [("1:45am", 15), ("1:15am", None), ("3am", 90), ("tomorrow 8am", 1830)]
)
def test_in_the_hour_that_comes_twice_a_time_is_the_one_that_lies_ahead(words, minutes):
    second_half_past_one = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZONE)

    found = handset_times.until(words, second_half_past_one)

    ahead = found and found.astimezone(UTC) - second_half_past_one.astimezone(UTC)
    assert ahead == (minutes and timedelta(minutes=minutes))


def test_in_the_first_of_that_hour_a_time_that_has_passed_is_the_second():
    first_half_past_one = datetime(2026, 11, 1, 1, 30, tzinfo=ZONE)

    found = handset_times.until("1:15am", first_half_past_one)

    assert found
    assert found.astimezone(UTC) - first_half_past_one.astimezone(UTC) == timedelta(minutes=45)
