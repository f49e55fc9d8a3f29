"""The carrier: everything one simulated account remembers, in memory and bounded."""

from collections import OrderedDict

from server.demo.simulator.events import Bus
from server.demo.simulator.faults import Faults
from server.demo.simulator.handsets import Handsets
from server.demo.simulator.ledger import Ledger
from server.demo.simulator.media import MediaShelf
from server.demo.simulator.opt_outs import OptOuts
from server.demo.simulator.records import Call, Message, NumberSetting
from server.demo.simulator.road import Road
from server.demo.simulator.settings import SimulatorSettings
from server.demo.simulator.tasks import Tasks
from server.demo.simulator.webhooks import Webhooks

API_VERSION = "2010-04-01"
CALL_LIMIT = 20_000


class Carrier:
    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.messages = Ledger()
        self.calls: OrderedDict[str, Call] = OrderedDict()
        self.opt_outs = OptOuts()
        self.faults = Faults()
        self.handsets = Handsets()
        self.line_types: dict[str, str] = {}
        """What look-ups say of a number; any other one is a mobile."""
        self.number_settings: dict[str, NumberSetting] = {}
        """How our own numbers are set up; any other one texts, and reports to the product."""
        self.media = MediaShelf()
        self.webhooks = Webhooks(lambda: self.settings)
        self.tasks = Tasks()
        self.road = Road(self.webhooks, self.faults, self.tasks)
        self.bus = Bus()

    def keep(self, message: Message) -> None:
        self.messages.add(message)
        self.show(message)

    def begin(self, call: Call) -> None:
        self.calls[call.sid] = call
        if call.parent:
            call.parent.legs.append(call)
        if len(self.calls) > CALL_LIMIT:
            self.calls.popitem(last=False)
        self.show(call)

    def show(self, news: Message | Call) -> None:
        """Tell the open phone pages how it stands now."""
        self.bus.publish("message" if isinstance(news, Message) else "call", news.as_json)

    async def reset(self) -> None:
        """Forget everything but the settings; work under way is stopped."""
        await self.tasks.stop()
        for store in (
            self.messages,
            self.calls,
            self.opt_outs,
            self.faults,
            self.handsets,
            self.line_types,
            self.number_settings,
        ):
            store.clear()
        self.road.clear()
        self.media.clear()
        self.webhooks.log.clear()
        self.bus.publish("reset", dict)

    async def close(self) -> None:
        await self.tasks.stop()
        await self.webhooks.close()
