"""The road from the carrier to the product: webhooks get lost on it, doubled, delayed and swapped, on order."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from server.demo.simulator.faults import Fault, Faults
from server.demo.simulator.tasks import Tasks
from server.demo.simulator.webhooks import Answer, Delivery, Webhooks

LATE_S = 2.0
LONGEST_SWAP_S = 30.0
"""A swapped webhook that nothing follows goes on after this time."""


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One webhook under way."""

    url: str
    params: Mapping[str, str]
    on_trouble: Callable[[Answer], None]

    @property
    def subject(self) -> str:
        """The id of the whole call, or of the text, that it is about."""
        named = (self.params.get(name) for name in ("ParentCallSid", "CallSid", "MessageSid"))
        return next((sid for sid in named if sid), "")


class Road:
    """Brings webhooks to the product as the faults will have it."""

    def __init__(self, webhooks: Webhooks, faults: Faults, tasks: Tasks) -> None:
        self._webhooks, self._faults, self._tasks = webhooks, faults, tasks
        self._overtaken: dict[str, asyncio.Event] = {}
        """By subject: a webhook waits until another one has arrived."""

    async def deliver(
        self,
        url: str,
        params: Mapping[str, str],
        on_trouble: Callable[[Answer], None] = lambda answer: None,
    ) -> Delivery:
        """As `Webhooks.deliver`; what is lost or swapped has no answer."""
        parcel = Parcel(url=url, params=params, on_trouble=on_trouble)
        fault = self._faults.take(
            recipient=params.get("To", ""), sender=params.get("From", ""), path=urlsplit(url).path
        )
        return await (self._misbring(fault, parcel) if fault else self._bring(parcel))

    def clear(self) -> None:
        self._overtaken.clear()

    async def _bring(self, parcel: Parcel) -> Delivery:
        delivery = await self._webhooks.deliver(
            parcel.url, parcel.params, on_trouble=parcel.on_trouble
        )
        if overtaken := self._overtaken.pop(parcel.subject, None):
            overtaken.set()
        return delivery

    async def _misbring(self, fault: Fault, parcel: Parcel) -> Delivery:
        match fault.kind:
            case "lost":
                return self._webhooks.note_lost(parcel.url, parcel.params, "lost on the way")
            case "swapped":
                overtaken = self._overtaken.setdefault(parcel.subject, asyncio.Event())
                self._tasks.start(self._bring_after(overtaken, parcel))
                return self._webhooks.note_lost(parcel.url, parcel.params, "comes later")
            case "doubled":
                await self._bring(parcel)
            case "delayed":
                await asyncio.sleep(LATE_S if fault.delay_s is None else fault.delay_s)
        return await self._bring(parcel)

    async def _bring_after(self, overtaken: asyncio.Event, parcel: Parcel) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(overtaken.wait(), LONGEST_SWAP_S)
        await self._bring(parcel)
