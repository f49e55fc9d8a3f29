"""How soon the first text leaves when many callers are missed in one second, from the end of ringing to the carrier's acceptance."""

import asyncio
import re
import secrets
import time
from dataclasses import dataclass, field
from html import unescape

import httpx2
from twilio.request_validator import RequestValidator

from evals.bench.doubles import Carrier
from evals.bench.http_double import listen
from evals.bench.processes import Cost
from evals.bench.report import Report, percentile, percentiles
from evals.bench.shop import Bench, Shop
from evals.product import SHOP

_CALLERS, _WITHIN_S = 50, 1.0
_GRACE_S = 5.0
"""The product's default: a call that connects after all gets no text."""
_P95_S, _P99_S = 10.0, 30.0
_GIVEN_UP_S = 120.0
_SETTLE_S = 0.5
"""Waited after the last text, so that what is recorded afterwards is counted too."""
_ACTION = re.compile(r'<Dial[^>]* action="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class RushSizes:
    rushes: int
    idle_s: float


QUICK = RushSizes(rushes=1, idle_s=3.0)
FULL = RushSizes(rushes=3, idle_s=8.0)


@dataclass(frozen=True, kw_only=True)
class Phones:
    """The carrier's side of calls that nobody takes."""

    shop: Shop
    http: httpx2.AsyncClient
    carrier: Carrier
    webhook_ms: list[float] = field(default_factory=list[float])

    async def rush(self, callers: list[str]) -> list[float]:
        """All ring, and their ringing ends evenly within a second; ms until each one's first text was taken."""
        ringing = await asyncio.gather(*(self._ring(caller) for caller in callers))
        gap_s = _WITHIN_S / len(callers)
        waits = [place * gap_s for place in range(len(callers))]
        return await asyncio.gather(*map(self._miss, callers, ringing, waits))

    async def _ring(self, caller: str) -> tuple[dict[str, str], str]:
        """The call, and where it is to be told how the ringing ended."""
        call = {
            "CallSid": f"CA{secrets.token_hex(16)}",
            "AccountSid": self.shop.account["sid"],
            "From": caller,
            "To": SHOP,
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }
        twiml = await self._post("/twilio/voice", call | {"CallStatus": "ringing"})
        action = _ACTION.search(twiml)
        assert action, f"nobody's phone rings: {twiml}"
        return call, unescape(action[1]).removeprefix(self.shop.product.url)

    async def _miss(self, caller: str, ringing: tuple[dict[str, str], str], wait_s: float) -> float:
        call, action = ringing
        await asyncio.sleep(wait_s)
        began = time.monotonic()
        unanswered = {"DialCallStatus": "no-answer", "DialBridged": "false"}
        await self._post(action, call | unanswered | {"CallStatus": "in-progress"})
        await self._post("/twilio/voice/status", call | {"CallStatus": "completed"})
        await asyncio.wait_for(self.carrier.taken_for(caller, 1), _GIVEN_UP_S)
        return (time.monotonic() - began) * 1000

    async def _post(self, path: str, form: dict[str, str]) -> str:
        url = self.shop.product.url + path
        signature = RequestValidator(self.shop.account["token"]).compute_signature(url, form)
        began = time.monotonic()
        answer = await self.http.post(url, data=form, headers={"X-Twilio-Signature": signature})
        self.webhook_ms.append((time.monotonic() - began) * 1000)
        return answer.raise_for_status().text


def measure(report: Report, bench: Bench) -> None:
    sizes = QUICK if bench.quick else FULL
    report.section(
        f"First texts: {_CALLERS} calls missed in {_WITHIN_S:.0f} s, grace {_GRACE_S:.0f} s; from the end of ringing to the text accepted"
    )
    asyncio.run(_measure(report, bench, sizes))


async def _measure(report: Report, bench: Bench, sizes: RushSizes) -> None:
    carrier = Carrier(lambda _message: None)
    port = await listen(carrier.answer)
    with bench.shop(
        "first-texts",
        RINGBACK_TWILIO_API_URL=f"http://127.0.0.1:{port}",
        RINGBACK_GRACE_S=str(_GRACE_S),
    ) as shop:
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:
            phones = Phones(shop=shop, http=http, carrier=carrier)
            rushes = [await _one_rush(phones) for _ in range(sizes.rushes)]
        idle = shop.meter().idle(sizes.idle_s).busy
    await asyncio.sleep(_SETTLE_S)  # the server's connections to the carrier close
    for waited_ms, cost in rushes:
        _say(report, waited_ms, cost, idle)
    report.say("  their webhooks", percentiles(phones.webhook_ms))
    every_ms = [one for waited_ms, _ in rushes for one in waited_ms]
    report.aim("first text after the end of ringing, p95", "s", _p(every_ms, 0.95), _P95_S)
    report.aim("first text after the end of ringing, p99", "s", _p(every_ms, 0.99), _P99_S)


async def _one_rush(phones: Phones) -> tuple[list[float], Cost]:
    callers, before = phones.shop.strangers(_CALLERS), phones.carrier.total
    with phones.shop.meter().running() as cost:
        waited_ms = await phones.rush(callers)
        await asyncio.sleep(_SETTLE_S)
    sent = phones.carrier.total - before
    assert sent == _CALLERS, f"{sent} texts for {_CALLERS} callers"
    return waited_ms, cost


def _say(report: Report, waited_ms: list[float], cost: Cost, idle: float) -> None:
    """`own`: without what the server uses when nothing happens."""
    shares = " ".join(
        f"p{share * 100:.0f} {_p(waited_ms, share):.2f}" for share in (0.5, 0.95, 0.99)
    )
    own_ms = (cost.cpu_s - idle * cost.wall_s) / _CALLERS * 1000
    report.say(
        f"{_CALLERS} callers, a text to each",
        f"{shares} max {max(waited_ms) / 1000:.2f} s",
        f"CPU a call {cost.cpu_s / _CALLERS * 1000:5.1f} ms, own {own_ms:5.1f} ms{cost.others_ms(_CALLERS)}",
    )


def _p(times_ms: list[float], share: float) -> float:
    return percentile(times_ms, share) / 1000
