"""Whatever the carrier loses, repeats or delays: one text an episode, none after a person or STOP, nobody forgotten."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import NotFound
from tests.calls.line import Line

TOLD = tomllib.loads((Path(__file__).parent / "histories.toml").read_text())
EXAMPLES = 150
SETTLED_S = 900
"""After the last event: longer than any wait for a callback."""
OWED = {"opted out", "already texted", "told too late"}
"""Decisions after which the caller may be waiting for a person."""


@dataclass(frozen=True, kw_only=True)
class Ring:
    """One call as it was, and which of its callbacks reach us: so many copies, so many seconds late."""

    caller: str
    at: int
    rings_s: int
    end: str
    talk_s: int
    copies: tuple[int, int, int]
    late_s: tuple[int, int, int]

    @property
    def over(self):
        return self.at + self.rings_s + (self.talk_s if self.end == "bridged" else 0)

    def events(self, name):
        """What is posted of it, each event with the second at which it arrives."""
        base = {"call": name, "from": self.caller}
        taken, pressed = self.end == "bridged", self.end in ("bridged", "pressed")
        dialed = {"status": "completed" if pressed else self.end, "bridged": taken}
        told: tuple[tuple[int, dict[str, object]], ...] = (
            (self.at, {"post": "voice"}),
            (self.over, {"post": "dialed", **dialed}),
            (self.over + 1, {"post": "status", "status": "completed"}),
        )
        sent = [
            {**base, **event, "at": second + late, "times": copies}
            for (second, event), copies, late in zip(told, self.copies, self.late_s, strict=True)
            if copies
        ]
        if pressed and self.copies[0] and not self.late_s[0]:
            sent.append({**base, "post": "screen", "digits": 1, "at": self.at + self.rings_s})
        return sent

    @property
    def end_is_told(self):
        """A pressed 1 is a talk until the end of the ringing says that it was none."""
        return bool(self.copies[1] or (self.copies[2] and self.end != "pressed"))

    @property
    def seems_taken(self):
        return self.end == "bridged" or (self.end == "pressed" and not self.copies[1])


CALLERS = st.sampled_from(["ann", "ann", "bob"])
THRICE = {
    "copies": st.tuples(*[st.sampled_from([1, 1, 1, 2, 0])] * 3),
    "late_s": st.tuples(*[st.sampled_from([0, 0, 0, 2, 7, 40])] * 3),
}
RINGS = st.builds(
    Ring,
    caller=CALLERS,
    at=st.integers(0, 90),
    rings_s=st.integers(1, 30),
    end=st.sampled_from(["no-answer", "no-answer", "busy", "canceled", "pressed", "bridged"]),
    talk_s=st.integers(1, 120),
    **THRICE,
)
EXTRAS = st.tuples(
    st.sampled_from([{"text": "STOP"}, {"staff": "claim"}]), st.integers(0, 2), st.integers(-2, 8)
)
"""What a caller or a colleague does, so many seconds after the end of one of the calls."""


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """One house for all stories; each has callers, calls and a day of its own."""
    everyone = {"name": "any story", "setup": "dial", "crowd": EXAMPLES}
    one = Line(tmp_path_factory.mktemp("episodes"), TOLD["cast"], TOLD["shop"], everyone)
    yield one
    one.close()


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rings=st.lists(RINGS, min_size=1, max_size=3), extras=st.lists(EXTRAS, max_size=1))
def test_no_story_brings_two_texts_a_text_after_a_person_or_silence(line, rings, extras):
    calls = dict(zip("ABC", rings, strict=False))
    events = [event for name, ring in calls.items() for event in ring.events(name)]
    for what, which, after_s in extras:
        ring = rings[which % len(rings)]
        events.append({**what, "from": ring.caller, "at": max(0, ring.over + after_s)})
    line.story += 1

    done = _play(line, sorted(events, key=lambda event: event["at"]))

    for caller in ("ann", "bob"):
        mine = {name: ring for name, ring in calls.items() if ring.caller == caller}
        told = [event for event in done if event["from"] == caller]
        sent = [line.seconds(at) for at, _ in line.first_texts_to(caller, line.story)]
        assert len(sent) <= 1
        for second in sent:
            _nothing_forbade_it(line, mine, told, caller, second)
        _nobody_is_forgotten(line, mine, told, caller, sent)


def _play(line, events):
    """Those of the events that could happen, on a day of their own."""
    line.start += timedelta(days=7)
    line.house.skip_to(line.start)
    done = []
    for event in events:
        line.house.run_until(line.at(event["at"]))
        try:
            line.happens(event, line.story)
        except NotFound:
            continue  # nobody can take over a thread that is not there yet
        done.append(event)
    line.house.run_until(line.at(max((one["at"] for one in events), default=0) + SETTLED_S))
    return done


def _nothing_forbade_it(line, mine, told, caller, second):
    """No STOP, no takeover and no talk of which we knew when the text left."""
    before = [event for event in told if event["at"] < second]
    assert not [event for event in before if "text" in event or "staff" in event]
    _, text = line.first_texts_to(caller, line.story)[0]
    about = next(name for name in mine if line.sid_of(name, line.story) in text.key)
    heard_at = min(event["at"] for event in told if event.get("call") == about)
    for event in before:
        if event.get("bridged"):
            assert mine[event["call"]].over < heard_at, "texted although a person had them"


def _nobody_is_forgotten(line, mine, told, caller, sent):
    """Every miss was decided; without a person or a text, somebody owes a call."""
    rows = {name: line.call_of(name, line.story) for name in mine}
    missed = {name: row for name, row in rows.items() if row and row.outcome == "missed"}
    assert all(row.decision for row in missed.values())
    heard_at = [event["at"] for event in told if event.get("call") in missed]
    if any(
        ring.seems_taken and ring.over + 60 >= min(heard_at, default=0) for ring in mine.values()
    ):
        return
    if any(row.decision in OWED for row in missed.values()):
        assert line.tasks_of(caller, line.story)
    undisturbed = not [event for event in told if "text" in event or "staff" in event]
    if undisturbed and any(ring.end_is_told for ring in mine.values()):
        assert sent
