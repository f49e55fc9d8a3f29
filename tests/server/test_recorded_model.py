"""What a real small model answered, replayed: one call a turn, and nothing said that the business has not written."""

import re
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from evals.recording import playing, taping, weights
from server.serving import DEMO_FOLDER

PRICE = re.compile(r"\$\d[\d,.]*\d|\$\d")
CLOCK = re.compile(r"\b(\d{1,2})(?::(\d\d))?\s*([ap])\.?m\b", re.IGNORECASE)
HOURS = re.compile(r"\b\d\d:\d\d\b")


@pytest.fixture(scope="module")
def player(tmp_path_factory):
    return playing.Player(tmp_path_factory.mktemp("played"))


@pytest.fixture(scope="module", params=playing.names())
def recorded(request, player):
    """The script, its lines, and how many calls had been made after each."""
    script, model = playing.read(request.param), playing.model_at(taping.BASE_URL)
    lines, calls = [], [0]
    with capture_logs(), taping.replaying(taping.cassette(request.param)) as cassette:
        for line in player.play(script, model):
            lines.append(line)
            calls.append(cassette.play_count)
    return script, lines, calls


def test_a_turn_makes_at_most_one_call_and_the_script_ends_as_it_says(recorded):
    script, lines, calls = recorded

    assert calls[-1] >= 1
    assert all(after - before <= 1 for before, after in pairwise(calls))
    assert not playing.differing(script["end"], lines[-1]["state"])


def test_prices_and_times_are_those_of_the_business_or_on_offer(recorded):
    _, lines, _ = recorded
    written = "\n".join(file.read_text() for file in DEMO_FOLDER.rglob("*.*") if file.is_file())
    said = "\n".join(text for line in lines for text in line["replies"])
    free = [
        one["start_local"][-5:]
        for line in lines
        for one in line["state"]["offers"] + line["state"]["appointments"]
    ]

    assert set(PRICE.findall(said)) <= set(PRICE.findall(written))
    assert clock_times(said) <= clock_times(written) | set(HOURS.findall(written)) | set(free)


def test_a_changed_prompt_is_told_in_plain_words(player):
    script = {**playing.read("question"), "turns": [{"caller": "is the camera inspection filmed?"}]}

    with (
        capture_logs(),
        pytest.raises(taping.PromptChanged, match=r"The prompt has changed since .*: make record"),
        taping.replaying(taping.cassette("question")),
    ):
        list(player.play(script, playing.model_at(taping.BASE_URL)))


@pytest.mark.parametrize("name", playing.names())
def test_a_cassette_holds_nothing_of_the_machine_it_was_recorded_on(name):
    kept = taping.cassette(name).read_text().lower()

    for told in ("127.0.0.1", "localhost", "authorization", "user-agent", "x-stainless", "timings"):
        assert told not in kept


def test_weights_that_are_not_the_published_ones_are_refused_and_removed(tmp_path):
    broken = tmp_path / f"{weights.MODEL}.gguf"
    broken.write_bytes(b"half a download")

    with pytest.raises(weights.WeightsError, match="has 15 bytes"):
        weights.fetch(tmp_path)
    assert not broken.exists()


def clock_times(text):
    """`9 AM`, `1:30 pm` -> {"09:00", "13:30"}."""
    return {
        f"{int(hour) % 12 + 12 * (half.lower() == 'p'):02}:{minute or '00'}"
        for hour, minute, half in CLOCK.findall(text)
    }
