"""The product on a virtual clock: real routes, rules, door and database; the carrier and the queue are twins."""

import heapq
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agent.graph import Conversation
from server import wiring
from server.adapters.calendar_memory import MemoryCalendar
from server.diary import BookingDiary
from server.lost_calls import SILENT_FOR, SURELY_OVER, LostCalls
from server.settings import Settings
from server.silence import Silences
from server.store import businesses
from server.store.tables import call, text, thread
from server.turns import Turns, decide

PUBLIC_URL = "https://ringback.example"
ACCOUNT, TOKEN = "AC" + "1" * 32, "the carrier's token"
DEBOUNCE_S, GRACE_S = 6.0, 5.0


@dataclass(kw_only=True)
class Clock:
    moment: datetime

    def now(self):
        return self.moment


@dataclass(kw_only=True)
class Queue:
    """Jobs in the order of their time; as in life, the same name is enqueued once, for ever."""

    clock: Clock
    due: list[tuple[Any, ...]] = field(default_factory=list)
    names: set[tuple[Any, ...]] = field(default_factory=set)

    def turn(self, connection, thread, key, seq, wait_s, again=""):
        self._push("turn", thread, key, seq, DEBOUNCE_S if wait_s else 0, again)

    def deliver(self, connection, thread, key, seq, wait_s, again=""):
        self._push("deliver", thread, key, seq, wait_s, again)

    def _push(self, kind, thread, key, seq, wait_s, again):
        name = (kind, key, again)
        if name not in self.names:
            self.names.add(name)
            when = self.clock.moment + timedelta(seconds=wait_s)
            heapq.heappush(self.due, (when, len(self.names), kind, thread, key))


@dataclass(kw_only=True)
class Phone:
    """The carrier's side: takes every text, and remembers when."""

    clock: Clock
    sent: list[tuple[Any, ...]] = field(default_factory=list)

    def send(self, outgoing):
        self.sent.append((self.clock.moment, outgoing))
        return f"SM{len(self.sent):032d}"

    def find(self, outgoing, since):
        return []


class VirtualHouse:
    """Everything that `wiring.build` builds, with time that only moves when it is told to."""

    def __init__(self, folder, start, **more):
        """Args: more: settings that are not as usual."""
        usual = {
            "data_dir": folder,
            "public_url": PUBLIC_URL,
            "embedder": "lexical",
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "unregistered": "send",
            "secret_key": "of this test " * 4,
            "grace_s": GRACE_S,
            "debounce_s": DEBOUNCE_S,
        }
        settings = Settings(_env_file=None, **usual | more)
        self.clock = Clock(moment=start)
        self.jobs, self.phone = Queue(clock=self.clock), Phone(clock=self.clock)
        built = wiring.build(settings, works=False)
        built.engine.close()
        vars(built.engine)["jobs"] = self.jobs
        diary = BookingDiary(
            calendar=MemoryCalendar(),
            database=built.database,
            clock=self.clock,
            public_url=PUBLIC_URL,
        )
        built = replace(built, ports=replace(built.ports, diary=diary, mind=None))
        twins = {"clock": self.clock, "jobs": self.jobs, "carrier": self.phone}
        self.built = _rewired(built, twins)
        self.database = built.database
        self._turns = Turns(jobs=self.jobs, door=self.built.door, public_url=PUBLIC_URL)
        self._silences = Silences(jobs=self.jobs, public_url=PUBLIC_URL)
        self._lost_calls = LostCalls(database=self.database, switchboard=self.built.switchboard)
        self._conversation = Conversation(self.built.ports)

    def open_shop(self, business):
        with self.database.begin() as connection:
            businesses.save(connection, business, self.clock.now())

    def run_until(self, end):
        """Let time pass; jobs and looks at silent threads happen when they fall due."""
        while moment := min((at for at in self._upcoming() if at and at <= end), default=None):
            self.clock.moment = max(self.clock.moment, moment)
            if self.jobs.due and self.jobs.due[0][0] <= self.clock.moment:
                self._work(heapq.heappop(self.jobs.due))
            elif not self._lost_calls.look(self.clock.moment):
                self._look()
        self.clock.moment = max(self.clock.moment, end)

    def skip_to(self, moment):
        """Another day; what was still to come of the days before never comes."""
        with self.database.begin() as connection:
            connection.execute(sa.update(thread).values(look_at=None))
        self.jobs.due.clear()
        self.clock.moment = moment

    def close(self):
        self.database.dispose()

    def _upcoming(self):
        with self.database.connect() as connection:
            look_at = connection.scalar(sa.select(sa.func.min(thread.c.look_at)))
            ringing = connection.execute(sa.select(call).where(call.c.outcome == "ringing"))
            lost = [self._given_up_at(one) for one in ringing]
        return (self.jobs.due[0][0] if self.jobs.due else None), look_at, *lost

    def _given_up_at(self, ringing):
        waits_long = ringing.accepted_at or ringing.looked_at
        after = ringing.at + SURELY_OVER if waits_long else ringing.rings_until + SILENT_FOR
        return after + timedelta(seconds=1)

    def _look(self):
        now = self.clock.now()
        with self.database.begin() as connection:
            due = sa.select(thread.c.id).where(thread.c.look_at <= now)
            for name in list(connection.scalars(due)):
                self._silences.look(connection, name, now)

    def _work(self, job):
        _, _, kind, name, key = job
        if kind == "deliver":
            return self.built.door.attempt(key)
        with self.database.begin() as connection:
            taken = self._turns.take(connection, name, key, self.clock.now())
        if taken is None:
            return None
        decision = decide(taken, self._conversation)
        with self.database.begin() as connection:
            ticket = self._turns.commit(connection, taken, decision, self.clock.now())
        return self.built.door.deliver(ticket) if ticket else None

    def sent_of_kind(self, kind):
        """(when, text) of every text of a kind that the carrier took."""
        with self.database.connect() as connection:
            keys = set(connection.scalars(sa.select(text.c.key).where(text.c.kind == kind)))
        return [(at, outgoing) for at, outgoing in self.phone.sent if outgoing.key in keys]


def _rewired(part, twins):
    """The same part with its clock, queue and carrier replaced, however deep they are."""
    new = {}
    for one in fields(part):
        value = getattr(part, one.name)
        if one.name in twins:
            new[one.name] = twins[one.name]
        elif is_dataclass(value) and not isinstance(value, type) and one.init:
            new[one.name] = _rewired(value, twins)
    return replace(part, **new) if new else part
