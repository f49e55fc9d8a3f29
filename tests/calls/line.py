"""The telephone line: plays the events of a history as the signed webhooks that the world would send."""

import copy
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from standardwebhooks import Webhook
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from agent.business import Business
from server.app import create_app
from server.store import call_secrets, threads
from server.store.tables import call, task
from server.threads import StaffDesk
from tests.calls.house import ACCOUNT, PUBLIC_URL, TOKEN, VirtualHouse

DEFAULT_START = "2026-09-15T10:00"
SETTLES_S = 120
CROWDS = {"ann": "+1303557", "bob": "+1303558"}
"""The numbers of everyone in a crowd begin so."""
ZONE = ZoneInfo("America/Denver")


class Line:
    """One history on one house of its own."""

    def __init__(self, folder, cast, shop, history):
        self.cast, self.crowd = cast, history.get("crowd", 0)
        start = datetime.fromisoformat(history.get("start", DEFAULT_START))
        self.start = start.replace(tzinfo=ZONE).astimezone(UTC)
        self.house = VirtualHouse(folder, self.start)
        self.http = TestClient(
            create_app(self.house.built, role="web"), base_url=PUBLIC_URL, follow_redirects=False
        )
        changes = {"texting": {"missed_call": history["setup"]}}
        self.shop = Business.model_validate(_merged(shop, changes, history.get("business", {})))
        self.house.open_shop(self.shop)
        for place in (1, 2):
            other = {"slug": f"other-{place}", "phone": f"+1303555040{place}", "phones": []}
            self.house.open_shop(Business.model_validate(_merged(shop, changes, other)))
        self._numbers = {"other-1": "+13035550401", "other-2": "+13035550402"}
        self._twiml, self._posts = {}, 0
        self.story = 0

    def play(self, events):
        """Every event at its second, for every caller of the crowd, and what follows within two minutes."""
        for event in events:
            self.house.run_until(self.at(event["at"]))
            for place in range(self.crowd or 1):
                self.happens(event, place)
        last = events[-1]["at"]
        self.house.run_until(self.at(last + (0 if "wait" in events[-1] else SETTLES_S)))

    def at(self, second):
        return self.start + timedelta(seconds=second)

    def seconds(self, moment):
        return (moment - self.start).total_seconds()

    def number(self, name, place=0):
        """E.164 of someone of the cast; whatever else the carrier may show stays as it is."""
        if self.crowd and name in CROWDS:
            return f"{CROWDS[name]}{place:04d}"
        return self.cast.get(name, name)

    def call_of(self, name, place=0):
        """The row of a call; None: the product never heard of it."""
        sid = self.sid_of(name, place)
        query = sa.select(call).where(sa.or_(call.c.sid == sid, call.c.sid.endswith(f":{sid}")))
        with self.house.database.connect() as connection:
            return connection.execute(query).one_or_none()

    def tasks_of(self, name, place=0):
        """What people owe a caller at the end."""
        number = self.number(name, place)
        ours = sa.select(call.c.thread).where(call.c.caller == number)
        mine = sa.or_(
            task.c.thread.in_(ours), task.c.thread == threads.thread_id(self.shop.slug, number)
        )
        query = sa.select(task).where(mine, task.c.business == self.shop.slug)
        with self.house.database.connect() as connection:
            return list(connection.execute(query.where(task.c.done_at.is_(None))))

    def first_texts_to(self, name, place=0):
        number = self.number(name, place)
        sent = self.house.sent_of_kind("first_text")
        ours = (self.shop.phone, *self.shop.numbers)
        return [(at, one) for at, one in sent if one.to == number and one.sender in ours]

    def alerts(self):
        """Texts to whoever is first on call."""
        return [one for _, one in self.house.phone.sent if one.to == self.cast["mia"]]

    def close(self):
        self.http.close()
        self.house.close()

    def happens(self, event, place):
        if "post" in event:
            getattr(self, f"_{event['post']}")(event, place)
        elif "text" in event:
            self._text(event, place)
        elif "staff" in event:
            self._staff(event, place)
        elif "report" in event:
            self._report(event, place)

    def _voice(self, event, place):
        fields = self._call(event, place) | {"CallStatus": "ringing"}
        for name in ("ForwardedFrom", "StirVerstat"):
            if name in event:
                fields[name] = self.cast.get(event[name], event[name])
        self._post("/twilio/voice", fields, event)

    def _screen(self, event, place):
        fields = self._call(event, place)
        leg = {"CallSid": f"{fields['CallSid']}-leg", "ParentCallSid": fields["CallSid"]}
        fields |= leg | {"Direction": "outbound-dial", "To": self.cast["mia"]}
        url = self._told(leg["ParentCallSid"], ".//Number", "url", self._screen_url(event, place))
        said = self._post(url, fields, event)
        if "digits" in event:
            [gather] = ET.fromstring(said).iter("Gather")
            pressed = fields | {"Digits": str(event["digits"])}
            self._post(gather.get("action") or url, pressed, event)

    def _screen_url(self, event, place):
        return f"/twilio/voice/screen?business={self.shop.slug}&call={self.sid_of(event['call'], place)}"

    def _dialed(self, event, place):
        fields = self._call(event, place)
        fields |= {
            "CallStatus": event.get("call_status", "in-progress"),
            "DialCallStatus": event["status"],
            "DialCallSid": f"{fields['CallSid']}-leg",
        }
        if "bridged" in event:
            fields["DialBridged"] = str(event["bridged"]).lower()
        if "duration" in event:
            fields["DialCallDuration"] = str(event["duration"])
        self._post(
            self._told(fields["CallSid"], ".//Dial", "action", "/twilio/voice/dialed"),
            fields,
            event,
        )

    def _status(self, event, place):
        ended = self.at(event.get("ended", event["at"]))
        fields = self._call(event, place) | {
            "CallStatus": event["status"],
            "Direction": event.get("direction", "inbound"),
            "Timestamp": format_datetime(ended.astimezone(UTC)),
            "CallDuration": str(event.get("duration", 0)),
        }
        self._post("/twilio/voice/status", fields, event)

    def _recording(self, event, place):
        fields = self._call(event, place)
        recorded = {
            "RecordingSid": f"RE{fields['CallSid'][2:]}",
            "RecordingUrl": f"https://api.twilio.com/{ACCOUNT}/Recordings/RE1",
            "RecordingStatus": "completed",
            "RecordingDuration": "12",
        }
        words = {"TranscriptionStatus": "completed", "TranscriptionText": event["transcript"]}
        for attribute, more in (("recordingStatusCallback", {}), ("transcribeCallback", words)):
            there = "/twilio/voice/recording"
            url = self._told(fields["CallSid"], ".//Record", attribute, there)
            self._post(url, fields | recorded | more, event)

    def _calls(self, event, place):
        body = {
            "id": self.sid_of(event["id"], place),
            "from": self.number(event.get("from", "ann"), place),
            "to": self.number(event.get("to", "shop"), place),
            "at": self.at(event["call_at"]).isoformat(),
            "outcome": event["outcome"],
        }
        if "duration_s" in event:
            body["duration_s"] = event["duration_s"]
        self._posts += 1
        headers = self._signed(f"msg_{self._posts}", json.dumps(body), "forged" in event)
        for _ in range(event.get("times", 1)):
            answer = self.http.post(
                f"/calls/{self.shop.slug}", content=json.dumps(body), headers=headers
            )
            assert answer.status_code == 403 if "forged" in event else answer.is_success, (
                f"/calls answered {answer.status_code}: {answer.text[:200]}"
            )

    def _signed(self, name, body, forged):
        """The library that verifies knows no virtual clock: the message is signed now, the call began then."""
        keeper, now = (
            call_secrets.keeper(self.house.built.settings.session_key()),
            datetime.now(UTC),
        )
        with self.house.database.begin() as connection:
            secret = call_secrets.current(connection, keeper, self.shop.slug, self.start)
        signature = Webhook("whsec_Zm9yZ2Vk" if forged else secret).sign(name, now, body)
        return {
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
            "content-type": "application/json",
        }

    def _text(self, event, place):
        self._posts += 1
        fields = {
            "MessageSid": f"SM-in-{self._posts}",
            "AccountSid": ACCOUNT,
            "From": self.number(event.get("from", "ann"), place),
            "To": self.number(event.get("to", "shop")),
            "Body": event["text"],
            "NumMedia": "0",
        }
        self._post("/twilio/sms", fields, event)

    def _staff(self, event, place):
        thread = threads.thread_id(self.shop.slug, self.number(event.get("from", "ann"), place))
        desk, now = StaffDesk(jobs=self.house.jobs), self.house.clock.now()
        with self.house.database.begin() as connection:
            match event["staff"]:
                case "claim":
                    desk.claim(connection, thread, "mia", now)
                case "release":
                    desk.release(connection, thread, "mia", now)
                case "send":
                    desk.answer(connection, thread, "mia", event["body"], str(event["at"]), now)

    def _report(self, event, place):
        _, outgoing = self.first_texts_to(event.get("from", "ann"), place)[-1]
        place_sent = [one.key for _, one in self.house.phone.sent].index(outgoing.key)
        fields = {
            "MessageSid": f"SM{place_sent + 1:032d}",
            "AccountSid": ACCOUNT,
            "From": outgoing.sender,
            "To": outgoing.to,
            "MessageStatus": event["report"],
            "ErrorCode": event["code"],
        }
        self._post(f"/twilio/sms/status?key={outgoing.key}", fields, event)

    def _call(self, event, place):
        shop = self._numbers.get(event.get("business", ""), self.shop.phone)
        to = self.number(event["to"], place) if "to" in event else shop
        return {
            "CallSid": self.sid_of(event["call"], place),
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
            "From": self.number(event.get("from", "ann"), place),
            "To": to,
        }

    def sid_of(self, name, place):
        return f"CA{name}{place:030d}"

    def _told(self, sid, element, attribute, otherwise):
        """Where the last answer to this call tells the carrier to post to."""
        for said in reversed(self._twiml.get(sid, [])):
            found = ET.fromstring(said).find(element)
            if found is not None and found.get(attribute):
                return found.get(attribute)
        return otherwise

    def _post(self, url, fields, event):
        path = url.removeprefix(PUBLIC_URL)
        token = "somebody else's" if "forged" in event else TOKEN
        signed = {
            "X-Twilio-Signature": RequestValidator(token).compute_signature(
                PUBLIC_URL + path, fields
            )
        }
        answers = [
            self.http.post(path, data=fields, headers=signed) for _ in range(event.get("times", 1))
        ]
        for answer in answers:
            assert answer.status_code == 403 if "forged" in event else answer.is_success, (
                f"{path} answered {answer.status_code}: {answer.text[:200]}"
            )
        if "forged" not in event and "CallSid" in fields:
            sid = fields.get("ParentCallSid", fields["CallSid"])
            self._twiml.setdefault(sid, []).append(answers[-1].text)
        return answers[-1].text


def _merged(*parts):
    """The later parts win, key by key."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            known = whole.get(key)
            both = isinstance(known, dict) and isinstance(value, dict)
            whole[key] = _merged(known, value) if both else copy.deepcopy(value)
    return whole
