"""Whatever happens while people are tried, in whatever order: the ladder tells no lie, obeys STOP and never hangs."""

import shutil
from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from agent.errors import BadInput
from server.store import escalations
from server.store.engine import migrate
from server.store.escalations import StepState, Way
from server.store.tables import escalation
from tests.server.ladder_house import CALLER, PHONES, LadderHouse, shop

LONGEST_CLIMB_S = 3600
BOTH = [
    {"staff": "joe", "when": "always", "reach": "both"},
    {"staff": "mia", "when": "always", "reach": "text"},
    {"staff": "sam", "when": "always", "reach": "call"},
]
OF_STAFF = (
    "call_answered_pressed_1", "call_answered_nothing_pressed", "call_voicemail", "call_rejected",
    "call_busy", "call_failed", "call_no_answer", "texts_1", "texts_2", "texts_stop", "busy_until",
    "takes_in_inbox", "writes_in_inbox", "texts_stop",
)  # fmt: skip
OF_CALLER = (
    "caller_texts",
    "in_danger",
    "in_danger",
    "caller_stop",
    "caller_phones_and_is_answered",
    "nothing",
)
HAPPENINGS = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.sampled_from(OF_STAFF), st.sampled_from(sorted(PHONES))),
            st.tuples(st.sampled_from(OF_CALLER), st.just("caller")),
        ),
        st.sampled_from([0, 1, 7, 30, 181, 400]),
    ),
    min_size=4,
    max_size=10,
)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    path = tmp_path_factory.mktemp("happenings") / "ringback.db"
    migrate(f"sqlite:///{path}")
    return path


class Happens(LadderHouse):
    """What may happen at any time, also where it makes no sense."""

    def __init__(self, folder):
        super().__init__(folder, datetime.fromisoformat("2026-11-23T13:10"), shop(BOTH))
        self.stopped = {}

    def does(self, what, who):
        if what == "nothing":
            return
        if what.startswith("call_"):
            if any(one.to == PHONES[who] and not one.over for one in self.staff_phones.placed):
                self.rings(who, what.removeprefix("call_"))
        elif who == "caller":
            getattr(self, what)()
        else:
            try:
                getattr(self, what)(who)
            except BadInput:
                assert CALLER in self.stopped

    def in_danger(self):
        self.caller_texts("now I smell gas too")

    def texts_stop(self, who):
        self.text(PHONES[who], "STOP")
        self.stopped.setdefault(PHONES[who], len(self.phone.sent))

    def caller_stop(self):
        super().caller_stop()
        self.stopped.setdefault(CALLER, len(self.phone.sent))

    def caller_phones_and_is_answered(self):
        if self.posts_of_calls == 0:
            super().caller_phones_and_is_answered()
        self.posts_of_calls += 1

    posts_of_calls = 0

    # what must be so

    def after_stop(self):
        """Kinds of the texts that left for a phone after its STOP."""
        with self.database.connect() as connection:
            rows = connection.execute(sa.text("select key, kind from text"))
            kinds = {row.key: row.kind for row in rows}
        return {
            kinds[one.key]
            for to, since in self.stopped.items()
            for _, one in self.phone.sent[since:]
            if one.to == to
        }

    def all_of_it(self):
        with self.database.connect() as connection:
            found = connection.scalars(sa.select(escalation.c.id).order_by(escalation.c.id))
            rows = [escalations.get(connection, one) for one in found]
            return [(row, escalations.steps_of(connection, row.id)) for row in rows if row]

    def told_taken(self):
        """(escalation, when the caller read of it, the words)."""
        sent = [one for one in self.phone.sent if ":taken" in one[1].key and one[1].to == CALLER]
        return [(int(one.key.split(":")[1]), at, one.body) for at, one in sent]


def is_stuck(row, steps):
    goes_on = row.next_at or any(one.state in (StepState.DUE, StepState.DOING) for one in steps)
    return row.ended is None and not goes_on


@settings(
    max_examples=10, deadline=None, derandomize=True, database=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
@example(
    urgent=False,
    happenings=[(("texts_stop", "mia"), 1), (("in_danger", "caller"), 30), (("caller_stop", "caller"), 7),
                (("texts_1", "joe"), 30)],
)  # fmt: skip
@given(urgent=st.booleans(), happenings=HAPPENINGS)
def test_the_ladder_tells_no_lie_obeys_stop_and_never_hangs(
    tmp_path_factory, empty_database, urgent, happenings
):
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(empty_database, folder)
    house = Happens(folder)
    try:
        house.caller_texts("a pipe burst and water is everywhere" if urgent else "can I talk to a real person please")  # fmt: skip
        house.pass_s(8)
        for (what, who), then_s in happenings:
            house.does(what, who)
            house.pass_s(then_s)
            assert not [row for row, steps in house.all_of_it() if is_stuck(row, steps)]
        house.pass_s(LONGEST_CLIMB_S)

        ladders = {row.id: (row, steps) for row, steps in house.all_of_it()}
        assert house.after_stop() <= {"opt_out_confirmation"}
        assert all(row.ended for row, _ in ladders.values())
        told = house.told_taken()
        assert len({name for name, _, _ in told}) == len(told)
        for name, at, words in told:
            row, steps = ladders[name]
            assert words.startswith(f"{row.taken_by.title()} at ")
            assert row.ended_at <= at
            assert row.taken_by in {one.staff for one in steps if one.detail == "took it" or one.way == Way.CALL}  # fmt: skip
    finally:
        house.close()
