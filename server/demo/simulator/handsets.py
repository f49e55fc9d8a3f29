"""What the staff do when their phones ring."""

import asyncio
from collections import deque
from typing import Literal

from server.demo.simulator.records import Call
from server.demo.simulator.scripts import Reaction

Decision = Literal["answer", "decline"]


class Handsets:
    """The script of every staff phone; a phone without one waits for a person."""

    def __init__(self) -> None:
        self._scripts: dict[str, deque[Reaction]] = {}

    def set_script(self, phone: str, reactions: list[Reaction]) -> None:
        """One reaction a ring, in order; the last one goes on for ever."""
        self._scripts[phone] = deque(reactions)

    def next_reaction(self, phone: str) -> Reaction:
        script = self._scripts.get(phone)
        if not script:
            return Reaction()
        return script.popleft() if len(script) > 1 else script[0]

    def clear(self) -> None:
        self._scripts.clear()


async def react(call: Call, reaction: Reaction) -> Decision:
    """Wait until the handset is picked up or turned down, which may be for ever."""
    await asyncio.sleep(reaction.after_s)
    match reaction.action:
        case "answer" | "decline" as decision:
            return decision
        case "ignore":
            await asyncio.Event().wait()
    return await _by_hand(call)


async def _by_hand(call: Call) -> Decision:
    presses = [asyncio.create_task(event.wait()) for event in (call.picked_up, call.declined)]
    try:
        await asyncio.wait(presses, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for press in presses:
            press.cancel()
    return "answer" if call.picked_up.is_set() else "decline"
