"""A shop on a virtual clock whose people on call have phones that ring: plays the stories of the ladder."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from agent.business import Business
from agent.errors import DeliveryError
from server.app import create_app
from server.delivery import CarrierReport
from server.ladder import NoBell
from server.store import escalations, tasks, texts, threads
from server.store.tables import handset
from server.threads import StaffDesk
from tests.calls.house import ACCOUNT, PUBLIC_URL, TOKEN, VirtualHouse, _rewired

ZONE = ZoneInfo("America/Denver")
CALLER, SHOP = "+13035550199", "+13035550140"
PHONES = {"joe": "+13035550143", "mia": "+13035550141", "sam": "+13035550142"}
RINGS_S = 25
SCRIPTED_WITHIN_S = 60
REACH = {"text": ["sms"], "call": ["call"], "both": ["sms", "call"]}
WEEK = {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
SAYS = {True: "a pipe burst and water is everywhere", False: "can I talk to a real person please"}


def shop(on_call, **more):
    return Business.model_validate(
        {
            "slug": "alder-creek-plumbing", "name": "Alder Creek Plumbing", "industry": "plumbing",
            "timezone": "America/Denver", "phone": SHOP, "hours": WEEK, "calendars": [{"id": "van"}],
            "services": [{"id": "drain", "name": "Drain cleaning", "duration_min": 60, "calendars": ["van"]}],
            "staff": [{"id": one, "name": f"{one.title()} Smith", "phone": phone} for one, phone in PHONES.items()],
            "on_call": [
                {"staff": one["staff"], "when": one["when"], "reach": REACH[one["reach"]]} for one in on_call
            ],
        }
        | more
    )  # fmt: skip


@dataclass(kw_only=True)
class Ringing:
    step: int
    to: str
    at: datetime
    over: bool = False


@dataclass(kw_only=True)
class StaffPhones:
    """The carrier's side of the calls to staff."""

    clock: Any
    placed: list[Ringing] = field(default_factory=list)
    refuses: str = ""

    def ring(self, call):
        if self.refuses:
            raise DeliveryError(self.refuses, permanent=True)
        self.placed.append(Ringing(step=call.step, to=call.to, at=self.clock.now()))
        return f"CA{call.step:032d}"


class LadderHouse(VirtualHouse):
    def __init__(self, folder, start, business):
        super().__init__(folder, start.replace(tzinfo=ZONE).astimezone(UTC))
        self.staff_phones = StaffPhones(clock=self.clock)
        self.built = _rewired(self.built, {"ringer": self.staff_phones, "bell": NoBell()})
        self.business, self.thread = business, threads.thread_id(business.slug, CALLER)
        self.open_shop(business)
        with self.database.begin() as connection:
            confirmed = {"business": business.slug, "confirmed_at": self.clock.now()}
            connection.execute(
                sa.insert(handset),
                [confirmed | {"staff": one, "phone": phone} for one, phone in PHONES.items()],
            )
        self.http = TestClient(create_app(self.built, role="web"), base_url=PUBLIC_URL)
        self.desk = StaffDesk(jobs=self.jobs, ladder=self.built.escalations)
        self.events, self.posts, self.rings_for_ever = [], 0, False
        self.began = self.clock.now()

    def close(self):
        self.http.close()
        super().close()

    # time

    def play(self, story):
        """Every event at its second after the hand-off."""
        self.events = story["happens"]
        before = [one for one in self.events if one["after_s"] == 0]
        stops = any(one["does"] == "caller_stop" for one in before)
        for one in before:
            if one["does"] != "caller_stop":
                self.happens(one)
        self.caller_texts(SAYS[story["urgent"]] + (". stop" if stops else ""))
        self.run_until(self.clock.now() + timedelta(seconds=10))
        self.began = self.escalation().began_at
        for one in self.events[len(before) :]:
            self.run_until(self.began + timedelta(seconds=one["after_s"]))
            self.happens(one)
        self.run_until(self.clock.now() + timedelta(seconds=1))

    def pass_s(self, seconds):
        self.run_until(self.clock.now() + timedelta(seconds=seconds))

    def _upcoming(self):
        ringing_out = [self._rings_until(one) for one in self.staff_phones.placed if not one.over]
        return (*super()._upcoming(), self.built.ladder.next_at(), *ringing_out)

    def _look(self):
        now = self.clock.now()
        for one in self.staff_phones.placed:
            if not one.over and (until := self._rings_until(one)) and until <= now:
                self.status(one, "no-answer")
        super()._look()
        self.built.ladder.look(now)

    def _rings_until(self, ringing):
        """A phone rings out, unless the story says what its owner does."""
        if self.rings_for_ever:
            return None
        scripted = (
            self.began + timedelta(seconds=one["after_s"])
            for one in self.events
            if one["does"].startswith("call_") and PHONES[one["who"]] == ringing.to
        )
        within = timedelta(seconds=SCRIPTED_WITHIN_S)
        if any(ringing.at <= at <= ringing.at + within for at in scripted):
            return None
        return ringing.at + timedelta(seconds=RINGS_S)

    # what happens

    def happens(self, event):
        who, does = event["who"], event["does"]
        if does.startswith("call_"):
            self.rings(who, does.removeprefix("call_"))
        elif who in PHONES:
            getattr(self, does)(who)
        elif who == "caller":
            getattr(self, does)()

    def rings(self, who, how):
        ringing = self.ringing(who)
        if how in ("answered_pressed_1", "voicemail", "answered_nothing_pressed"):
            said = self.alert(ringing)
            if how == "answered_pressed_1":
                self.press(ringing, said, "1")
            self.status(ringing, "completed")
        else:
            ends = {
                "rejected": "busy",
                "busy": "busy",
                "failed": "failed",
                "no_answer": "no-answer",
            }
            self.status(ringing, ends[how])

    def ringing(self, who):
        found = [one for one in self.staff_phones.placed if one.to == PHONES[who] and not one.over]
        assert found, f"{who}'s phone does not ring"
        return found[-1]

    def alert(self, ringing):
        url = f"/twilio/voice/alert?step={ringing.step}"
        return self.post(url, self._call(ringing) | {"CallStatus": "in-progress"}).text

    def press(self, ringing, said, digits):
        gather = next(ET.fromstring(said).iter("Gather"), None)
        if gather is None:
            return said
        url = gather.attrib["action"].removeprefix(PUBLIC_URL)
        return self.post(url, self._call(ringing) | {"Digits": digits}).text

    def status(self, ringing, status):
        ringing.over = True
        fields = self._call(ringing) | {"CallStatus": status, "CallDuration": "0"}
        return self.post(f"/twilio/voice/status?step={ringing.step}", fields)

    def _call(self, ringing):
        return {
            "CallSid": f"CA{ringing.step:032d}", "AccountSid": ACCOUNT, "From": SHOP,
            "To": ringing.to, "Direction": "outbound-api",
        }  # fmt: skip

    def texts_1(self, who):
        self.text(PHONES[who], "1")

    def texts_2(self, who):
        self.text(PHONES[who], "2")

    def busy_until(self, who):
        until = self.clock.now() + timedelta(hours=8)
        with self.database.begin() as connection:
            theirs = sa.update(handset).where(handset.c.staff == who)
            connection.execute(theirs.values(busy_until=until))

    def takes_in_inbox(self, who):
        with self.database.begin() as connection:
            self.desk.claim(connection, self.thread, who, self.clock.now())

    def writes_in_inbox(self, who):
        with self.database.begin() as connection:
            self.desk.answer(connection, self.thread, who, "On my way.", "1", self.clock.now())

    def caller_texts(self, words="are you coming? it is getting worse"):
        self.text(CALLER, words)

    def caller_stop(self):
        self.text(CALLER, "STOP")

    def caller_phones_and_is_answered(self):
        call = {
            "CallSid": "CA" + "9" * 32, "AccountSid": ACCOUNT, "Direction": "inbound",
            "From": CALLER, "To": SHOP,
        }  # fmt: skip
        self.post("/twilio/voice", call | {"CallStatus": "ringing"})
        self.pass_s(5)
        done = {"CallStatus": "in-progress", "DialCallStatus": "completed", "DialBridged": "true"}
        self.post("/twilio/voice/dialed", call | done)

    def text(self, sender, words):
        self.posts += 1
        fields = {
            "MessageSid": f"SM-in-{self.posts}", "AccountSid": ACCOUNT, "From": sender,
            "To": SHOP, "Body": words, "NumMedia": "0",
        }  # fmt: skip
        self.post("/twilio/sms", fields)

    def is_undelivered(self, words):
        """The carrier says of the newest text with these words that the phone is off."""
        with self.database.begin() as connection:
            said = [row for row in texts.of_thread(connection, self.thread) if row.body == words]
            report = CarrierReport(
                business=self.business.slug,
                sid=str(said[-1].sid),
                status="undelivered",
                code="30003",
            )
            self.built.door.report(connection, said[-1].key, report, self.clock.now())

    def post(self, url, fields, token=TOKEN, good=True):
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + url, fields)
        answer = self.http.post(url, data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.is_success == good, f"{url}: {answer.status_code} {answer.text[:200]}"
        return answer

    # what came of it

    def escalation(self):
        with self.database.connect() as connection:
            found = escalations.latest_of(connection, self.thread)
        assert found, "nobody was asked for"
        return found

    def steps(self):
        with self.database.connect() as connection:
            return escalations.steps_of(connection, self.escalation().id)

    def told(self):
        """What the caller read of it, as the stories name it, in order."""
        with self.database.connect() as connection:
            rows = {row.key: row for row in texts.of_thread(connection, self.thread)}
        named = [self._named(rows[one.key]) for _, one in self.phone.sent if one.to == CALLER]
        return [name for name in named if name]

    def _named(self, row):
        if row.kind == "hand_off":
            return "hand_off_line"
        if row.kind != "update":
            return ""
        if row.key.endswith(":nobody"):
            assert ("911" in row.body) == self.escalation().is_urgent, row.body
            return "nobody_yet"
        [who] = [one for one in PHONES if row.body.startswith(f"{one.title()} at ")]
        return f"taken_by:{who}"

    def updates(self):
        """The words that the caller read of it."""
        return [outgoing.body for _, outgoing in self.sent_of_kind("update")]

    def open_tasks(self):
        with self.database.connect() as connection:
            return [one.note for one in tasks.open_of_thread(connection, self.thread)]

    def to_caller(self):
        return [one.body for _, one in self.phone.sent if one.to == CALLER]

    def to_staff(self, who):
        return [one.body for _, one in self.phone.sent if one.to == PHONES[who]]
