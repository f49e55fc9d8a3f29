"""`python -m evals.faults [--markdown]`: every way a model fails, met by the real adapter in one short conversation."""

import argparse
import contextlib
import json
import logging
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr

from agent.business import Business
from agent.model import ModelCall, Situation, Thought
from agent.ports import Mind
from evals.model.double import Faults, ModelDouble
from evals.model.faults import FAULTS, Answer, Fault, Json, closed_port
from server.commands import import_folder
from server.folder import read_folder
from server.rehearsal import Rehearsal
from server.serving import DEMO_FOLDER
from server.settings import Settings
from server.store.engine import make_engine, migrate
from server.wiring import Tools, mind, open_tools, rehearsal_calendar

LONGEST_S = 20.0
"""No caller waits longer for a model, whatever it does."""
NOW = datetime.fromisoformat("2026-11-17T09:20:00-07:00")
TEXTS = (
    "how much is a drain cleaning?",
    "could somebody come on Thursday morning to unclog my sink?",
    "Thursday at 8 am works great for me, thanks",
)
"""A question, a wish for a time, a choice; each long enough that a model is asked."""

_SETTLED_S = 20
_DRIP_S, _DRIPS = 1.0, 40
"""A drip of one byte a second ends at last: what waits for it is seen to wait, and the table still ends."""
_CIRCLE_S = 2.0

Opened = tuple[str, Callable[[], int | None]]
"""A base URL, and how many requests have arrived there; None: nobody counts."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to fail."""

    name: str
    open: Callable[[], AbstractContextManager[Opened]]
    hangs: bool = False
    """It takes its time, so it is played beside others."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What came of one conversation."""

    fault: str
    turns: Sequence[str]
    """Of each text: answer, times, booked, person (told of, or in charge), nothing, or doubled."""
    longest_s: float
    """Of the waits for the model, one a turn."""
    tries: int
    """As the product keeps them."""
    requests: int | None
    """As the model's server counted them; None: nobody counts there."""
    tokens: int

    @property
    def holds(self) -> bool:
        """No silence, no long wait, nothing said or booked twice."""
        broken = {"nothing", "doubled"} & set(self.turns)
        return not broken and self.turns.count("booked") <= 1 and self.longest_s <= LONGEST_S


@dataclass
class _Watched:
    """A mind with a stopwatch."""

    mind: Mind
    waits_s: list[float] = field(default_factory=list[float])
    calls: list[ModelCall] = field(default_factory=list[ModelCall])

    def read(self, situation: Situation) -> Thought:
        began = time.monotonic()
        try:
            thought = self.mind.read(situation)
        finally:
            self.waits_s.append(time.monotonic() - began)
        self.calls += thought.calls
        return thought


class Shop:
    """The demo business, imported once; each conversation has a database and an adapter of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._business: Business = read_folder(DEMO_FOLDER).business
        self._tools: Tools = open_tools(Settings(data_dir=folder, database_url=""))
        import_folder(self._tools, DEMO_FOLDER)
        self._empty = folder / "empty.db"
        migrate(f"sqlite:///{self._empty}")

    def meet(self, kind: Kind) -> Row:
        with kind.open() as (url, requests):
            settings = Settings(openai_base_url=url, openai_api_key=SecretStr("for-tests-only"))
            thinking = mind(settings)
            assert thinking
            watched = _Watched(thinking)
            turns = _converse(self._rehearsal(kind.name, watched))
            return Row(
                fault=kind.name,
                turns=turns,
                longest_s=max(watched.waits_s, default=0.0),
                tries=len(watched.calls),
                requests=requests(),
                tokens=sum(one.tokens_in + one.tokens_out for one in watched.calls),
            )

    def _rehearsal(self, name: str, watched: Mind) -> Rehearsal:
        own = shutil.copy(self._empty, self._folder / f"{name}.db")
        calendar, database = rehearsal_calendar(None), make_engine(f"sqlite:///{own}")
        library, embedder = self._tools.library, self._tools.embedder
        return Rehearsal(self._business, library, watched, calendar, database, NOW, embedder)


def kinds() -> list[Kind]:
    """Those that take their time first."""
    named = [
        Kind(name="healthy", open=partial(_double, None)),
        *(_always(fault, hangs=name in _HANGING) for name, fault in FAULTS.items()),
        *(_always(fault, hangs=fault.name in _HANGING) for fault in MORE_FAULTS),
        *(
            Kind(name=f"{name} once", open=partial(_double, [name]), hangs=name in _HANGING)
            for name in ("hang", "status_500", "status_429_retry_after_1", "bad_json")
        ),
        Kind(name="nobody listens", open=_nobody),
        Kind(name="nothing is accepted", open=_unaccepted, hangs=True),
        Kind(name="drips headers", open=_dripping_headers, hangs=True),
        Kind(name="late, then hangs", open=partial(_double, "hang_mid_body", 7.5), hangs=True),
        Kind(name="redirects in circles", open=partial(_double, _CIRCLE, _CIRCLE_S), hangs=True),
    ]
    return sorted(named, key=lambda kind: not kind.hangs)


def play_all(folder: Path, wanted: Sequence[Kind]) -> list[Row]:
    """Those that hang beside each other, the others one by one, so that their times are their own."""
    shop = Shop(folder)
    hanging = [kind for kind in wanted if kind.hangs]
    quick = [kind for kind in wanted if not kind.hangs]
    with ThreadPoolExecutor(max(1, len(hanging))) as pool:
        waited = list(pool.map(shop.meet, hanging))
    return waited + [shop.meet(kind) for kind in quick]


def _converse(rehearsal: Rehearsal) -> list[str]:
    visits, tasks, turns = 0, 0, list[str]()
    for text in TEXTS:
        try:
            said = rehearsal.play({"caller": text}, None)
            settled = rehearsal.play({"wait_s": _SETTLED_S}, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, this caller hears nothing
            print(f"{text!r}: {error!r:.200}", file=sys.stderr)
            turns.append("nothing")
            continue
        replies, state = said["replies"] + settled["replies"], settled["state"]
        new_visits = len(state["appointments"]) - visits
        turns.append(_outcome(replies, state, new_visits, len(state["tasks"]) - tasks))
        visits, tasks = len(state["appointments"]), len(state["tasks"])
    return turns


def _outcome(
    replies: Sequence[str], state: Mapping[str, Any], new_visits: int, new_tasks: int
) -> str:
    if not replies:
        return "nothing" if state["owner"] == "agent" else "person"
    if len(replies) > 1 or new_visits > 1:
        return "doubled"
    if new_visits:
        return "booked"
    if state["escalated"] or new_tasks:
        return "person"
    return "times" if state["offers"] else "answer"


@contextlib.contextmanager
def _double(faults: Faults, delay_s: float = 0.0) -> Iterator[Opened]:
    with ModelDouble(faults=faults, delay_s=delay_s) as double:
        yield double.url, lambda: double.calls


@contextlib.contextmanager
def _nobody() -> Iterator[Opened]:
    yield closed_port(), lambda: None


@contextlib.contextmanager
def _unaccepted() -> Iterator[Opened]:
    """The kernel takes the connection, and no program ever does."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        yield f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", lambda: None


@contextlib.contextmanager
def _dripping_headers() -> Iterator[Opened]:
    """Each byte comes soon enough for a time-out between bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_drip_to_all, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1", lambda: None
        server.shutdown(socket.SHUT_RDWR)


def _drip_to_all(server: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the server is closed
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_drip, args=(connection,), daemon=True).start()


def _drip(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):  # who waited has gone
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(_DRIPS):
            time.sleep(_DRIP_S)
            connection.sendall(b".")


def _always(fault: Fault, *, hangs: bool) -> Kind:
    return Kind(name=fault.name, open=partial(_double, fault), hangs=hangs)


def _changed(**fields: Any) -> Callable[[Json, Json], Answer]:
    """The completion with these fields instead."""
    return lambda _, completion: Answer(body=json.dumps(completion | fields).encode())


def _saying(**fields: Any) -> Callable[[Json, Json], Answer]:
    """The completion's reading with these fields instead."""

    def answer(_: Json, completion: Json) -> Answer:
        reading = json.loads(completion["choices"][0]["message"]["content"]) | fields
        message = {"role": "assistant", "content": json.dumps(reading)}
        return Answer(body=json.dumps(completion | {"choices": [{"message": message}]}).encode())

    return answer


_HANGING = {"hang", "hang_mid_body", "slow_drip", "status_500_drips"}
_DRIPPING_500 = Answer(status=500, body=b"." * _DRIPS, byte_pause_s=_DRIP_S)
_CIRCLE = Fault(
    name="redirects in circles",
    answer=lambda *_: Answer(status=307, headers={"Location": "/v1/chat/completions"}),
)
MORE_FAULTS = tuple(
    Fault(name=name, answer=answer)
    for name, answer in {
        "status_500_drips": lambda *_: _DRIPPING_500,
        # a completion in shapes that no client expects
        "choices_object": _changed(choices={"first": {}}),
        "choices_number": _changed(choices=7),
        "message_text": _changed(choices=[{"message": "hello"}]),
        "usage_list": _changed(usage=[1, 2]),
        "usage_huge": _changed(usage={"prompt_tokens": 10**30, "completion_tokens": 1}),
        "error_with_nul": _changed(error="\0 overloaded \ud800"),
        "nested_body": lambda *_: Answer(body=b"[" * 100_000),
        "nested_content": _changed(choices=[{"message": {"content": "[" * 15_000}}]),
        # a reading with letters and values that no database or calendar takes
        "nul_in_reading": _saying(draft="\0It is $149.", name="\0", keep=["\0"], language="\0\0"),
        "half_letters": _saying(draft="\ud800 $149", name="\ud800", address="\ud800", keep=["\ud800"]),
        "no_such_day": _saying(date="2026-02-31", time="25:99"),
        "year_ten_thousand": _saying(date="10000-01-01", time="09:00"),
        "not_a_number": _saying(confidence=float("nan")),
    }.items()
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.faults", description=__doc__)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--only", nargs="*", help="these faults alone")
    asked = parser.parse_args()
    wanted = [kind for kind in kinds() if not asked.only or kind.name in asked.only]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="ringback-faults-") as folder:
        rows = play_all(Path(folder), wanted)
    for line in table(rows, markdown=asked.markdown):
        print(line)
    return 0 if all(row.holds for row in rows) else 1


def table(rows: Sequence[Row], *, markdown: bool) -> list[str]:
    head = ["fault", "question", "wish", "choice", "longest wait", "tries", "requests", "tokens", "holds"]  # fmt: skip
    cells = [_cells(row) for row in rows]
    if markdown:
        return [f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *cells]]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *cells]
    ]


def _cells(row: Row) -> list[str]:
    requests = "-" if row.requests is None else str(row.requests)
    counted = [str(row.tries), requests, str(row.tokens)]
    held = "yes" if row.holds else "NO"
    return [row.fault, *row.turns, f"{row.longest_s:.1f} s", *counted, held]


if __name__ == "__main__":
    raise SystemExit(main())
