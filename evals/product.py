"""The real product as processes of its own, server and carrier simulator, driven only from outside."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import sqlalchemy as sa

from server.settings import Settings
from server.store.engine import make_engine

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "server" / "demo" / "alder-creek-plumbing"
SHOP = "+13035550140"
CALLER = "+13035550199"
MIA = "+13035550141"
WAIT_S = 30.0

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(claim: Callable[[], T], what: str, timeout_s: float = WAIT_S) -> T:
    """The first true value of a claim.

    Raises:
        AssertionError: it did not come true in time; says what was seen last.
    """
    end = time.monotonic() + timeout_s
    while not (seen := claim()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout_s} s; last seen: {seen!r}")
        time.sleep(0.05)
    return seen


@dataclass
class Product:
    data: Path
    database_url: str = ""
    """Empty: SQLite in the data folder."""
    more: dict[str, str] = field(default_factory=dict)
    """More settings, as environment variables."""
    like: "Product | None" = None
    """One that is set up: its data folder is copied (its database is the maker's to copy)."""
    workers: int = 0
    """So many processes that only work, beside one that only serves HTTP; 0: one process does it all."""

    def __post_init__(self) -> None:
        self.port, self.phone_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.phone = f"http://127.0.0.1:{self.phone_port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.data),
            "RINGBACK_DATA_DIR": str(self.data),
            "RINGBACK_DATABASE_URL": self.database_url,
            "RINGBACK_PUBLIC_URL": self.url,
            "RINGBACK_PORT": str(self.port),
            "RINGBACK_TWILIO_API_URL": self.phone,
            "RINGBACK_DEBOUNCE_S": "0",
            "RINGBACK_GRACE_S": "0",
            "RINGBACK_UNDO_S": "0",
            "RINGBACK_TEXTS_PER_CALLER_HOUR": "0",  # crowds and benchmarks are no loops
            "RINGBACK_TEXTS_PER_BUSINESS_HOUR": "0",
            "TWILIO_ACCOUNT_SID": "AC" + "7" * 32,
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        } | self.more
        self.client = httpx2.Client(timeout=20)
        self.server: subprocess.Popen[bytes] | None = None
        self.simulator: subprocess.Popen[bytes] | None = None
        self.crew: dict[int, subprocess.Popen[bytes]] = {}
        self.crew_ports = [free_port() for _ in range(self.workers)]
        self.password = ""
        self._engine: sa.Engine | None = None

    def set_up(self) -> "Product":
        """Import the demo business and give Mia a login."""
        self.run("import", str(FOLDER))
        self.password = self.run("login", "alder-creek-plumbing", "mia").split()[-1]
        return self

    def calendar_password(self, slug: str = "alder-creek-plumbing", staff: str = "mia") -> str:
        """A new calendar password for a person who has a login."""
        told = dict(line.split(": ", 1) for line in self.run("calendar", slug, staff).splitlines())
        return told["password"]

    def start(self) -> "Product":
        """Set up where nothing is yet; start the simulator and the server."""
        if self.like:
            shutil.copytree(self.like.data, self.data, dirs_exist_ok=True)
            self.password = self.like.password
        elif not self.password:
            self.set_up()
        self.simulator = self._spawn("simulate", "--port", str(self.phone_port), "--ring-s", "0.2")
        for place in range(self.workers):
            self._spawn_worker(place)
        self.start_server()
        for place in range(self.workers):
            self._await_worker(place)
        self._answers(f"{self.phone}/sim/ready", self.simulator)
        return self

    def start_server(self) -> None:
        """Start what the carrier talks to: the process that does it all, or the one that serves HTTP."""
        self.server = self._spawn("serve", *(["--role", "web"] if self.workers else []))
        self._answers(f"{self.url}/ready", self.server)

    def kill_server(self) -> None:
        assert self.server
        _kill(self.server)

    def start_worker(self, place: int) -> None:
        self._spawn_worker(place)
        self._await_worker(place)

    def kill_worker(self, place: int) -> None:
        _kill(self.crew[place])

    def stop(self) -> None:
        processes = [one for one in (self.server, *self.crew.values(), self.simulator) if one]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                _kill(process)
        self.client.close()
        if self._engine:
            self._engine.dispose()

    def run(self, *words: str) -> str:
        """A command of this installation; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, caller: str = CALLER, answer: str = "no-answer", **more: Any) -> Any:
        return self._post("/sim/call", {"from": caller, "to": SHOP, "answer": answer} | more)

    def text(self, body: str, caller: str = CALLER, **more: Any) -> Any:
        return self._post("/sim/text", {"from": caller, "to": SHOP, "body": body} | more)

    def webhook(self, path: str, params: dict[str, str], **more: Any) -> Any:
        return self._post("/sim/webhook", {"path": path, "params": params} | more)

    def fault(self, kind: str, to: str | None = CALLER, times: int = 1, **more: Any) -> None:
        """The carrier's next texts to a phone (None: to anybody) go wrong."""
        match = {} if to is None else {"to": to}
        self._post("/sim/faults", [{"kind": kind, "match": match, "times": times} | more])

    def no_faults(self) -> None:
        self.client.delete(f"{self.phone}/sim/faults").raise_for_status()

    def set_carrier(self, **settings: Any) -> None:
        """Change how the carrier behaves, by the simulator's settings."""
        self._post("/sim/settings", settings)

    def webhooks(self, path: str = "/twilio/sms") -> list[dict[str, Any]]:
        """The webhooks that the carrier is done with, oldest first."""
        found = self.client.get(f"{self.phone}/sim/webhooks", params={"path": path})
        webhooks: list[dict[str, Any]] = found.json()
        return webhooks

    def carrier_is_busy(self) -> bool:
        """Calls, delivery reports or webhooks are under way."""
        return bool(self.client.get(f"{self.phone}/sim/ready").json()["pending"])

    def accepted(self, to: str | None = CALLER) -> list[dict[str, Any]]:
        """Every text that the carrier took from the product for one phone (None: for all), in order."""
        wanted = {} if to is None else {"to": to}
        found = self.client.get(f"{self.phone}/sim/messages", params=wanted).json()
        return [one for one in found if not one["by_carrier"]]

    def bodies(self, to: str = CALLER) -> list[str]:
        return [one["body"] for one in self.accepted(to)]

    def replied(self, count: int, to: str = CALLER, timeout_s: float = WAIT_S) -> list[str]:
        """The texts to a phone once there are at least so many."""
        until(lambda: len(self.bodies(to)) >= count, f"{count} texts to {to}", timeout_s)
        return self.bodies(to)

    def stays_silent(self, count: int, seconds: float = 1.5, to: str = CALLER) -> None:
        """Nothing more than so many texts arrive for a while."""
        time.sleep(seconds)
        assert len(self.bodies(to)) == count, self.bodies(to)

    def database(self) -> sa.Engine:
        """The product's database, to look at what it stored."""
        if self._engine is None:
            settings = Settings(data_dir=self.data, database_url=self.database_url)
            self._engine = make_engine(settings.url)
        return self._engine

    def log(self) -> str:
        return (self.data / "serve.log").read_text()

    def _post(self, path: str, body: object) -> Any:
        answered = self.client.post(f"{self.phone}{path}", json=body)
        assert answered.status_code < 300, answered.text  # noqa: PLR2004 - HTTP's own bound
        return answered.json()

    def _spawn_worker(self, place: int) -> None:
        port = {"RINGBACK_PORT": str(self.crew_ports[place])}
        self.crew[place] = self._spawn("serve", "--role", "worker", more=port)

    def _await_worker(self, place: int) -> None:
        url = f"http://127.0.0.1:{self.crew_ports[place]}/ready"
        self._answers(url, self.crew[place])

    def _spawn(self, *words: str, more: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (self.data / f"{words[0]}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "server.cli", *words],
                cwd=ROOT,
                env=self.environment | (more or {}),
                stdout=log,
                stderr=log,
            )

    def _answers(self, url: str, process: subprocess.Popen[bytes]) -> None:
        def ready() -> bool:
            assert process.poll() is None, self._logs()
            try:
                return self.client.get(url).is_success
            except httpx2.TransportError:
                return False

        until(ready, f"{url} answers", timeout_s=60)

    def _logs(self) -> str:
        return json.dumps({path.name: path.read_text()[-3000:] for path in self.data.glob("*.log")})


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
