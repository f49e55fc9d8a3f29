"""A whole conversation on a virtual clock: the same use cases, rules and door as in life, on a throw-away database."""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent import reminder
from agent.business import Business
from agent.graph import Conversation
from agent.model import MissReason, OutgoingText, StaffCall, TextKind
from agent.ports import Calendar, Embedder, Knowledge, Mind, Ports
from agent.state import AGENT
from server.delivery import Door
from server.diary import BookingDiary
from server.escalations import Escalations
from server.first_texts import FirstTexts
from server.ladder import Ladder, NoBell
from server.metrics import make_metrics
from server.reception import IncomingText, Reception
from server.refusals import Limits
from server.rehearsal_ringer import RehearsedRinger
from server.rehearsal_setup import Before
from server.reminders import Reminders
from server.silence import Silences
from server.store import appointments, businesses, tasks, texts, threads
from server.store.appointments import AppointmentRow
from server.switchboard import IncomingCall, Switchboard
from server.threads import StaffDesk
from server.turns import Turns, decide

CALLER = "+15005550199"
DEBOUNCE_S = 6.0
"""On this clock every text that waits at all waits so long."""
GRACE_S = 5.0
PUBLIC_URL = "https://ringback.example"
LIMITS = Limits(to_one_caller=30, of_one_business=600)
_DEFAULT_DELAY_S = 60.0


@dataclass(kw_only=True)
class VirtualClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass(kw_only=True)
class VirtualJobs:
    """Jobs on a heap, run when the virtual clock reaches them."""

    clock: VirtualClock
    due: list[tuple[datetime, int, str, str, str]] = field(default_factory=list)
    count: int = 0

    def turn(
        self,
        connection: sa.Connection,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
        again: str = "",
    ) -> None:
        self._push("turn", thread, key, DEBOUNCE_S if wait_s else 0)

    def deliver(
        self,
        connection: sa.Connection,
        thread: str,
        key: str,
        seq: int,
        wait_s: float,
        again: str = "",
    ) -> None:
        self._push("deliver", thread, key, wait_s)

    def unanswered(self, call: StaffCall) -> None:
        """Nobody on call picks up."""
        self._push("unanswered", "", str(call.step), call.ring_s)

    def _push(self, kind: str, thread: str, key: str, wait_s: float) -> None:
        self.count += 1
        when = self.clock.moment + timedelta(seconds=wait_s)
        heapq.heappush(self.due, (when, self.count, kind, thread, key))


class RecordingCarrier:
    """Takes every text; remembers it until the next line is written."""

    def __init__(self) -> None:
        self.sent: list[OutgoingText] = []
        self.count = 0

    def send(self, text: OutgoingText) -> str:
        self.sent.append(text)
        self.count += 1
        return f"SM{self.count:032d}"

    def find(self, text: OutgoingText, since: datetime) -> list[str]:
        return []


class Rehearsal:
    """One caller with one business."""

    def __init__(
        self,
        business: Business,
        knowledge: Knowledge,
        mind: Mind | None,
        calendar: Calendar,
        database: sa.Engine,
        now: datetime,
        embedder: Embedder | None = None,
        conversation: Callable[[Ports], Conversation] = Conversation,
    ) -> None:
        self._business, self._database, self._calendar = business, database, calendar
        self._clock = VirtualClock(moment=now)
        diary = BookingDiary(
            calendar=calendar, database=database, clock=self._clock, public_url=PUBLIC_URL
        )
        self._jobs = VirtualJobs(clock=self._clock)
        self._carrier = RecordingCarrier()
        metrics = make_metrics()
        self._door = Door(
            carrier=self._carrier,
            database=database,
            clock=self._clock,
            jobs=self._jobs,
            limits=LIMITS,
            metrics=metrics,
        )
        self._turns = Turns(jobs=self._jobs, door=self._door, public_url=PUBLIC_URL)
        self._silences = Silences(jobs=self._jobs, public_url=PUBLIC_URL)
        self._reminders = Reminders(database=database, jobs=self._jobs)
        self._reception = Reception(jobs=self._jobs, debounce_s=DEBOUNCE_S, metrics=metrics)
        self._switchboard = Switchboard(
            first_texts=FirstTexts(jobs=self._jobs, grace_s=GRACE_S, public_url=PUBLIC_URL)
        )
        escalations = Escalations(jobs=self._jobs, public_url=PUBLIC_URL)
        self._ladder = Ladder(
            escalations=escalations,
            database=database,
            clock=self._clock,
            ringer=RehearsedRinger(business, database, self._carrier.sent, self._jobs.unanswered),
            bell=NoBell(),
            at_a_time=1,
        )
        self._desk = StaffDesk(jobs=self._jobs, ladder=escalations)
        self.conversation = conversation(
            Ports(knowledge=knowledge, diary=diary, mind=mind, embedder=embedder)
        )
        self._thread = threads.thread_id(business.slug, CALLER)
        self._events = 0
        self._last_text_at: datetime | None = None
        self._in_burst = False
        with database.begin() as connection:
            businesses.save(connection, business, now)
            threads.locked(connection, business.slug, CALLER, now)

    def set_up(self, given: dict[str, Any]) -> None:
        """Bring about what `--setup` says happened before."""
        now = self._clock.now()
        before = Before(self._business, self._calendar, self._thread, PUBLIC_URL, now)
        for place, event in enumerate(given.get("events") or []):
            before.event(f"setup-{place}", event)
        for visit in given.get("appointments") or []:
            row = before.appointment(visit)
            with self._database.begin() as connection:
                appointments.add(connection, row)
        with self._database.begin() as connection:
            if given.get("opted_out"):
                threads.update(connection, self._thread, opted_out_at=now)
            if given.get("first_text"):
                threads.update(connection, self._thread, first_text_at=now)
                texts.add(
                    connection,
                    key="first:setup",
                    business=self._business.slug,
                    thread=self._thread,
                    author="template",
                    kind=TextKind.FIRST_TEXT,
                    sender=self._business.phone,
                    recipient=CALLER,
                    body=given["first_text"],
                    at=now,
                    status="delivered",
                )

    def play(self, event: dict[str, Any], upcoming: dict[str, Any] | None) -> dict[str, Any]:
        """One event and what was said since the last one.

        Args:
            event: a line of the script.
            upcoming: the next line if it is known: a text that follows within the debounce joins the burst.
        """
        self._events += 1
        if "wait_s" in event:
            self._pass_time(float(event["wait_s"]))
            return self._line()
        self._pass_time(float(event.get("delay_s", _DEFAULT_DELAY_S)))
        if "staff" in event:
            self._staff(event["staff"])
        elif event.get("missed_call"):
            self._missed_call()
        elif "caller" in event:
            self._caller(event)
        else:
            raise ValueError("an event needs caller, staff, missed_call or wait_s")
        self._run_due()
        if not self._goes_on(event, upcoming):
            self._settle()
        return self._line()

    def _caller(self, event: dict[str, Any]) -> None:
        now = self._clock.now()
        earlier = self._last_text_at
        self._in_burst = bool(earlier and now - earlier < timedelta(seconds=DEBOUNCE_S))
        self._last_text_at = now
        text = IncomingText(
            sid=f"SM{self._events}",
            caller=CALLER,
            to=self._business.phone,
            body=event["caller"],
            media=event.get("media") or [],
            carrier_said="",
            raw={},
        )
        with self._database.begin() as connection:
            self._reception.text(connection, self._business, text, now)

    def _missed_call(self) -> None:
        sid, now = f"CA{self._events}", self._clock.now()
        call = IncomingCall(sid=sid, caller=CALLER, dialled=self._business.phone, raw={})
        with self._database.begin() as connection:
            self._switchboard.missed(connection, self._business, call, MissReason.NO_ANSWER, now)

    def _staff(self, does: dict[str, Any]) -> None:
        now, name = self._clock.now(), self._staff_id(does.get("name", ""))
        with self._database.begin() as connection:
            match does.get("action"):
                case "takeover":
                    self._desk.claim(connection, self._thread, name, now)
                case "send":
                    key = str(self._events)
                    self._desk.answer(connection, self._thread, name, does["text"], key, now)
                case "release":
                    self._desk.release(connection, self._thread, name, now)
                case other:
                    raise ValueError(f"unknown staff action {other!r}")

    def _staff_id(self, name: str) -> str:
        people = self._business.staff
        return next(
            (p.id for p in people if name.lower() in (p.id, p.name.lower())), name or "staff"
        )

    def _goes_on(self, event: dict[str, Any], upcoming: dict[str, Any] | None) -> bool:
        """More of this burst, or the line on which its reply will stand, follows."""
        if upcoming is None or "caller" not in event:
            return False
        more = upcoming.get("delay_s", _DEFAULT_DELAY_S) < DEBOUNCE_S and "wait_s" not in upcoming
        return more or self._in_burst

    def _settle(self) -> None:
        """Let what this event started come to its end, without moving the time of the next event."""
        now = self._clock.moment
        self._run_until(now + timedelta(seconds=max(DEBOUNCE_S, GRACE_S)))
        self._clock.moment = now

    def _pass_time(self, seconds: float) -> None:
        self._run_until(self._clock.moment + timedelta(seconds=seconds))

    def _run_due(self) -> None:
        self._run_until(self._clock.moment)

    def _run_until(self, end: datetime) -> None:
        while True:
            job = self._jobs.due[0][0] if self._jobs.due else None
            look, remind, climb = self._look_at(), self._reminder_at(), self._climb_at()
            due = [moment for moment in (job, look, remind, climb) if moment and moment <= end]
            if not due:
                break
            self._clock.moment = max(self._clock.moment, min(due))
            if job and job == min(due):
                self._do_job()
            elif remind and remind == min(due):
                self._reminders.look(self._clock.now())
            elif climb and climb == min(due):
                self._ladder.look(self._clock.now())
            else:
                with self._database.begin() as connection:
                    self._silences.look(connection, self._thread, self._clock.now())
        self._clock.moment = end

    def _look_at(self) -> datetime | None:
        with self._database.connect() as connection:
            thread = threads.get(connection, self._thread)
        return thread.look_at if thread else None

    def _climb_at(self) -> datetime | None:
        return self._ladder.next_at(self._thread)

    def _reminder_at(self) -> datetime | None:
        if not reminder.is_wanted(self._business):
            return None
        return self._reminders.next_at(self._thread, self._clock.now())

    def _do_job(self) -> None:
        _, _, kind, thread, key = heapq.heappop(self._jobs.due)
        if kind == "turn":
            self._turn(thread, key)
        elif kind == "unanswered":
            with self._database.begin() as connection:
                how, now = "no answer", self._clock.now()
                self._ladder.escalations.call_ended(connection, int(key), how, now)
        else:
            self._deliver(key)

    def _turn(self, thread: str, key: str) -> None:
        with self._database.begin() as connection:
            taken = self._turns.take(connection, thread, key, self._clock.now())
        if taken is None:
            return
        decision = decide(taken, self.conversation)
        with self._database.begin() as connection:
            ticket = self._turns.commit(connection, taken, decision, self._clock.now())
        if ticket:
            self._door.deliver(ticket)

    def _deliver(self, key: str) -> None:
        self._door.attempt(key)

    def _line(self) -> dict[str, Any]:
        sent = self._carrier.sent.copy()
        self._carrier.sent.clear()
        ours = [text for text in sent if not text.key.startswith("staff:")]
        return {
            "replies": [text.body for text in ours if text.to == CALLER],
            "alerts": [text.body for text in ours if text.to != CALLER],
            "state": self._state(),
        }

    def _state(self) -> dict[str, Any]:
        now = self._clock.now()
        with self._database.connect() as connection:
            thread = threads.get(connection, self._thread)
            owed = tasks.open_of_thread(connection, self._thread)
            visits = appointments.visits(connection, self._thread, now)
            held = appointments.offered(connection, self._thread, now)
        assert thread is not None  # noqa: S101 - made at the start
        return {
            "opted_out": thread.opted_out_at is not None,
            "owner": "agent" if thread.owner == AGENT else "human",
            "escalated": thread.escalated,
            "reason": thread.reason,
            "tasks": [self._task(task) for task in owed],
            "appointments": [self._visit(row) for row in visits],
            "offers": [self._offer(row) for row in held if row.expires_at > now],
            "callback": thread.memory.get("callback"),
            "proactive": thread.opted_out_at is None,
        }

    def _visit(self, row: AppointmentRow) -> dict[str, Any]:
        return self._offer(row) | {"duration_min": row.duration_min, "calendar": row.calendar}

    def _offer(self, row: AppointmentRow) -> dict[str, Any]:
        start = row.start.astimezone(self._business.zone)
        return {"service": row.service, "start_local": start.strftime("%Y-%m-%dT%H:%M")}

    def _task(self, task: Any) -> dict[str, Any]:
        due = task.due_at.astimezone(self._business.zone) if task.due_at else None
        return {
            "kind": task.kind,
            "due_local": due.strftime("%Y-%m-%dT%H:%M") if due else None,
            "note": task.note,
        }


def read_setup(path: Path | None) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path else {}
    return given
