"""The real product as processes of its own: server and carrier simulator, driven only from outside."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from server.settings import Settings
from server.store.engine import make_engine

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "server" / "demo" / "alder-creek-plumbing"
SHOP = "+13035550140"
CALLER = "+13035550199"
MIA = "+13035550141"
PASSWORD = "a-password-for-tests"
_WAIT_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(claim, what, timeout_s=_WAIT_S):
    """The first true value of a claim; fails with the last one seen."""
    end = time.monotonic() + timeout_s
    while True:
        seen = claim()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout_s} s; last seen: {seen!r}")
        time.sleep(0.05)


@dataclass
class Product:
    data: Path
    database_url: str = ""
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
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
            "TWILIO_ACCOUNT_SID": "AC" + "7" * 32,
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "PYTHONWARNINGS": "default",
        } | self.more
        self.client = httpx2.Client(timeout=20)
        self.server: Any = None
        self.simulator: Any = None
        self._engine: Any = None

    def start(self):
        self.run("import", str(FOLDER))
        shown = self.run("login", "alder-creek-plumbing", "mia")
        self.password = shown.split()[-1]
        self.simulator = self._spawn("simulate", "--port", str(self.phone_port), "--ring-s", "0.2")
        self.start_server()
        self._answers(f"{self.phone}/sim/ready", self.simulator)
        return self

    def start_server(self):
        self.server = self._spawn("serve")
        self._answers(f"{self.url}/ready", self.server)

    def kill_server(self):
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()

    def stop(self):
        for process in (self.server, self.simulator):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.client.close()
        if self._engine:
            self._engine.dispose()

    def run(self, *words, stdin=None):
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *words],
            cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, caller=CALLER, answer="no-answer"):
        return self._post("/sim/call", {"from": caller, "to": SHOP, "answer": answer})

    def text(self, body, caller=CALLER, **more):
        return self._post("/sim/text", {"from": caller, "to": SHOP, "body": body} | more)

    def webhook(self, path, params, **more):
        return self._post("/sim/webhook", {"path": path, "params": params} | more)

    def accepted(self, to=CALLER):
        """Every text the carrier took from the product for one phone, in order."""
        found = self.client.get(f"{self.phone}/sim/messages", params={"to": to}).json()
        return [one for one in found if not one["by_carrier"]]

    def bodies(self, to=CALLER):
        return [one["body"] for one in self.accepted(to)]

    def replied(self, count, to=CALLER, timeout_s=_WAIT_S):
        """The texts to a phone once there are at least so many."""
        return until(
            lambda: (found := self.bodies(to)) and len(found) >= count and found,
            f"{count} texts to {to}, had {self.bodies(to)}", timeout_s,
        )  # fmt: skip

    def stays_silent(self, count, seconds=1.5, to=CALLER):
        """Nothing more than so many texts arrive for a while."""
        time.sleep(seconds)
        assert len(self.bodies(to)) == count, self.bodies(to)

    def database(self):
        """The product's database, to look at what it stored."""
        if self._engine is None:
            settings = Settings(_env_file=None, data_dir=self.data, database_url=self.database_url)
            self._engine = make_engine(settings.url)
        return self._engine

    def log(self):
        return (self.data / "serve.log").read_text()

    def _post(self, path, body):
        answered = self.client.post(f"{self.phone}{path}", json=body)
        assert answered.status_code < 300, answered.text
        return answered.json()

    def _spawn(self, *words):
        with (self.data / f"{words[0]}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "server.cli", *words],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def _answers(self, url, process):
        def ready():
            assert process.poll() is None, self.data_logs()
            try:
                return self.client.get(url).status_code == 200
            except httpx2.TransportError:
                return False

        until(ready, f"{url} answers")

    def data_logs(self):
        return json.dumps({p.name: p.read_text()[-3000:] for p in self.data.glob("*.log")})
