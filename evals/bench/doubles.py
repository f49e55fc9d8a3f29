"""A carrier and a model over real HTTP, so simple that they are not what is measured."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from evals.bench.http_double import Request
from evals.model.asked import parse
from evals.model.behaviours import honest


class Carrier:
    """The part of Twilio's API that sending needs: create and list messages."""

    def __init__(self, took: Callable[[dict[str, str]], None]) -> None:
        """`took` is told of every text taken."""
        self.taken: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.total = 0
        self._took = took
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def answer(self, request: Request) -> tuple[int, Any]:
        asked = urlsplit(request.target)
        if request.method == "GET":
            to = parse_qs(asked.query).get("To", [""])[0]
            return 200, {"messages": self.taken[to], "next_page_uri": None, "uri": asked.path}
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        return 201, self._take(form)

    async def taken_for(self, phone: str, count: int) -> None:
        """Returns once so many texts went to a phone."""
        while len(self.taken[phone]) < count:
            self._news[phone].clear()
            await self._news[phone].wait()

    def _take(self, form: dict[str, str]) -> dict[str, str]:
        to = form["To"]
        message = {
            "sid": f"SM{to.lstrip('+')}{len(self.taken[to]):021x}",
            "to": to,
            "from": form["From"],
            "body": form["Body"],
            "status": "queued",
            "callback": form.get("StatusCallback", ""),
        }
        self.taken[to].append(message)
        self.total += 1
        self._news[to].set()
        self._took(message)
        return message


class Model:
    """An OpenAI-compatible server that always reads the same, after a fixed time."""

    delay_s = 0.0

    async def answer(self, request: Request) -> tuple[int, Any]:
        await asyncio.sleep(self.delay_s)
        reading = honest(parse({"messages": []})) | {"intents": ["price_request"]}
        message = {"role": "assistant", "content": json.dumps(reading)}
        return 200, {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": json.loads(request.body)["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
