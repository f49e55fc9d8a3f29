"""One party on the phone, led through TwiML."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from server.demo.simulator.carrier import API_VERSION, Carrier
from server.demo.simulator.dialing import dial
from server.demo.simulator.hanging_up import HungUpError, stay, wait_on
from server.demo.simulator.recording import record
from server.demo.simulator.records import Call
from server.demo.simulator.twiml import Ending, Page, Verb, read_twiml

MOST_DOCUMENTS = 30
SECONDS_A_WORD = 0.28
LONGEST_SPEECH_S = 15.0
GATHER_TIMEOUT_S = 5.0
SPEAKING = frozenset({"Say", "Play", "Gather", "Record"})
"""Verbs that nobody hears whose call still rings: it is answered for them."""
NOT_TWIML = "The business's phone system gave an answer that is not TwiML."
"""What the caller is told; Twilio's error 12100."""


@dataclass(kw_only=True)
class Conversation:
    """One call leg and the carrier that leads it."""

    carrier: Carrier
    call: Call

    def on(self, call: Call) -> "Conversation":
        """The same carrier leading another leg."""
        return replace(self, call=call)

    async def follow(self, page: Page) -> Ending:
        """Fetch and carry out documents until one ends.

        Raises:
            HungUpError: the party left.
        """
        for _ in range(MOST_DOCUMENTS):
            verbs = await self._fetch(page)
            if verbs is None:
                return Ending.HANG_UP
            outcome = await self.carry_out(verbs, page.url)
            if isinstance(outcome, Ending):
                return outcome
            page = outcome
        return Ending.HANG_UP

    async def carry_out(self, verbs: tuple[Verb, ...], base_url: str) -> Page | Ending:
        for verb in verbs:
            outcome = await self._carry_out_one(verb, base_url)
            if outcome is not None:
                return outcome
        return Ending.RAN_OUT

    async def post(self, url: str, extra: Mapping[str, str]) -> str | None:
        """Post a callback of this call; the body of the answer, None when it failed."""
        params = {**call_params(self.carrier, self.call), **extra}
        delivery = await self.carrier.road.deliver(url, params)
        self.call.webhooks.append({"path": delivery.path, "status": delivery.answer.status})
        if not delivery.answer.good:
            self._fail(delivery.answer.trouble)
            return None
        return delivery.answer.body

    async def _fetch(self, page: Page) -> tuple[Verb, ...] | None:
        document = await self.post(page.url, page.extra)
        if self.call.over.is_set():
            raise HungUpError
        if document is None:
            return None
        verbs = read_twiml(document)
        if verbs is None:
            self._fail(NOT_TWIML)
        elif self.call.status == "ringing" and not _rings_on(verbs):
            self.call.answer()
        return verbs

    def _fail(self, trouble: str | None) -> None:
        self.call.trouble = trouble
        self.carrier.show(self.call)

    async def _carry_out_one(self, verb: Verb, base_url: str) -> Page | Ending | None:
        if verb.name in SPEAKING:
            self.call.answer()
        match verb.name:
            case "Say" | "Play" | "Pause":
                await self._speak(verb)
            case "Gather":
                return await self._gather(verb, base_url)
            case "Dial":
                return await dial(self, verb, base_url)
            case "Record":
                return await record(self, verb, base_url)
            case "Redirect":
                return Page(url=urljoin(base_url, verb.text))
            case "Hangup" | "Reject":
                return Ending.HANG_UP
        return None

    async def _speak(self, verb: Verb) -> None:
        if verb.name == "Pause":
            await stay(self.call, verb.seconds("length", 1))
            return
        words = verb.text if verb.name == "Say" else "(a recorded message plays)"
        if not words:
            return
        self.call.spoken.append(words)
        self.carrier.show(self.call)
        await stay(self.call, min(len(words.split()) * SECONDS_A_WORD, LONGEST_SPEECH_S))

    async def _gather(self, verb: Verb, base_url: str) -> Page | None:
        digits = await self._collect(verb)
        if not digits and not verb.flag("actionOnEmptyResult"):
            return None
        action = urljoin(base_url, verb.attributes.get("action", base_url))
        return Page(url=action, extra={"Digits": digits, "msg": "Gather End"})

    async def _collect(self, verb: Verb) -> str:
        self.call.gathering = True
        self.carrier.show(self.call)
        try:
            if self.call.live:
                return await self._listen(verb)
            for child in verb.children:
                await self._speak(child)
            most = int(verb.seconds("numDigits", len(self.call.digits)))
            digits, self.call.digits = self.call.digits[:most], self.call.digits[most:]
            self.call.pressed += digits
            return digits
        finally:
            self.call.gathering = False
            self.carrier.show(self.call)

    async def _listen(self, verb: Verb) -> str:
        """Speak the prompt and take keys; the first key ends the speech."""
        speaking = asyncio.create_task(self._prompt(verb))
        timeout_s = verb.seconds("timeout", GATHER_TIMEOUT_S)
        most = int(verb.seconds("numDigits", LONGEST_SPEECH_S))
        finish = verb.attributes.get("finishOnKey", "#")
        digits = ""
        try:
            key = await wait_on(self.call, self._first_key(speaking, timeout_s), None)
            while key and key != finish:
                digits += key
                if len(digits) >= most:
                    break
                key = await wait_on(self.call, self.call.keys.get(), timeout_s)
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
        self.call.pressed += digits
        return digits

    async def _prompt(self, verb: Verb) -> None:
        for child in verb.children:
            await self._speak(child)

    async def _first_key(self, speaking: asyncio.Task[None], timeout_s: float) -> str | None:
        pressing = asyncio.ensure_future(self.call.keys.get())
        try:
            await asyncio.wait({pressing, speaking}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({pressing}, timeout=timeout_s)
            return pressing.result() if pressing.done() else None
        finally:
            pressing.cancel()


def _rings_on(verbs: tuple[Verb, ...]) -> bool:
    """The caller hears the staff's phones ring, unanswered, until somebody takes the call."""
    return bool(verbs) and verbs[0].name == "Dial" and verbs[0].flag("answerOnBridge")


def call_params(carrier: Carrier, call: Call) -> dict[str, str]:
    """The parameters every voice webhook carries."""
    direction = "outbound-dial" if call.parent else call.direction
    params = {
        "CallSid": call.sid,
        "AccountSid": carrier.settings.account_sid,
        "From": call.sender,
        "To": call.recipient,
        "Caller": call.sender,
        "Called": call.recipient,
        "CallStatus": call.status,
        "ApiVersion": API_VERSION,
        "Direction": direction,
        "FromCity": "DENVER",
        "FromState": "CO",
        "FromZip": "80202",
        "FromCountry": "US",
        "ToCity": "",
        "ToState": "CO",
        "ToZip": "",
        "ToCountry": "US",
    }
    if call.forwarded_from:
        params |= {"ForwardedFrom": call.forwarded_from, "CalledVia": call.forwarded_from}
    if call.stir_verstat:
        params["StirVerstat"] = call.stir_verstat
    if call.parent:
        params["ParentCallSid"] = call.parent.sid
    return params
