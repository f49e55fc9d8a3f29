"""Run the server, the simulator, or both as the demo."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn
from fastapi import FastAPI

from agent.errors import BadInput
from server.commands import import_folder, new_login
from server.data_folder import held
from server.roles import Role
from server.settings import Settings
from server.store import businesses
from server.wiring import build, open_tools

DEMO_FOLDER = Path(__file__).parent / "demo" / "alder-creek-plumbing"
DEMO_STAFF = "mia"
DEMO_PASSWORD = "ringback-demo"  # noqa: S105 - of a demo on this machine only
_START_S = 30


def serve(settings: Settings, announce: Callable[[], None], role: Role = "all") -> None:
    """Serve until told to stop; `announce` is called once the server answers.

    Raises:
        BadInput: a role that needs other processes, on SQLite.
    """
    from server.app import create_app

    if role != "all" and settings.is_sqlite:
        raise BadInput(
            f"--role {role} needs PostgreSQL (RINGBACK_DATABASE_URL): SQLite serves one process, which does it all."
        )
    with held(settings):
        app = create_app(build(settings, works=role != "web"), role)
        _run(app, settings.host, settings.port, announce, settings.trusted_proxies)


def simulate(settings: Settings, host: str, port: int, ring_s: float | None) -> None:
    """The carrier simulator for the businesses of this installation, as a process of its own."""
    from server.demo.simulator import (
        BusinessNumber,
        SimulatorSettings,
        StaffPhone,
        create_simulator,
    )
    from server.store import businesses

    tools = open_tools(settings)
    with tools.database.connect() as connection:
        known = businesses.every(connection)
    tools.database.dispose()
    simulator = create_simulator(
        SimulatorSettings(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            webhook_base_url=settings.public_url,
            numbers=tuple(
                BusinessNumber(phone=number, name=one.name, slug=one.slug)
                for one in known
                for number in one.numbers
            ),
            staff=tuple(
                StaffPhone(phone=person.phone, name=person.name)
                for one in known
                for person in one.staff
                if person.phone
            ),
            ring_s=ring_s,
        )
    )
    _run(simulator, host, port, lambda: None)


def demo(settings: Settings, phone_port: int, *, fresh: bool) -> None:
    """A business, a carrier and a phone on this machine; no key, no account, nothing leaves it."""
    _refuse_taken_ports(settings.port, phone_port)
    if fresh:
        shutil.rmtree(settings.data_dir, ignore_errors=True)
    settings = _demo_settings(settings, phone_port)
    tools = open_tools(settings)
    with tools.database.connect() as connection:
        is_new = businesses.get(connection, "alder-creek-plumbing") is None
    for line in import_folder(tools, DEMO_FOLDER) if is_new else ():
        print(line, file=sys.stderr)
    new_login(tools, "alder-creek-plumbing", DEMO_STAFF, DEMO_PASSWORD)
    tools.database.dispose()
    phone_url = f"http://127.0.0.1:{phone_port}"
    simulator = _start_simulator(settings, phone_port, phone_url)
    try:
        serve(settings, lambda: _say_where(settings.public_url, phone_url))
    finally:
        simulator.terminate()
        simulator.wait(timeout=10)


def _demo_settings(settings: Settings, phone_port: int) -> Settings:
    return settings.model_copy(
        update={
            "public_url": f"http://127.0.0.1:{settings.port}",
            "twilio_account_sid": "AC" + secrets.token_hex(16),
            "twilio_auth_token": type(settings.twilio_auth_token)(secrets.token_hex(16)),
            "twilio_api_url": f"http://127.0.0.1:{phone_port}",
        }
    )


def _start_simulator(settings: Settings, port: int, url: str) -> subprocess.Popen[bytes]:
    """Start the simulator and wait until it answers.

    Raises:
        RuntimeError: it did not start.
    """
    tether = [sys.executable, "-I", "-S", str(Path(__file__).with_name("tether.py"))]
    simulate = [
        sys.executable,
        "-m",
        "server.cli",
        "simulate",
        "--port",
        str(port),
        "--ring-s",
        "8",
    ]
    command = [*tether, str(os.getpid()), *simulate]  # it ends with us, however we end
    process = subprocess.Popen(command, env=settings.as_environment())  # noqa: S603 - our own command
    try:
        _wait_for(process, f"{url}/sim/ready")
    except BaseException:
        process.kill()
        raise
    return process


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(_START_S * 10):
        try:
            with urlopen(url, timeout=1):  # noqa: S310 - our own loopback address
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        if process.poll() is not None:
            break
    raise RuntimeError(f"the phone simulator did not answer on {url}")


def _refuse_taken_ports(*ports: int) -> None:
    """Before anything is changed.

    Raises:
        RuntimeError: another program listens there, perhaps another demo.
    """
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                words = f"Port {port} is taken. Stop the other program, or choose --port and --phone-port."
                raise RuntimeError(words) from error


def _say_where(inbox_url: str, phone_url: str) -> None:
    print(
        f"\nRingback is ready.\n\n"
        f"  The phone:  {phone_url}   call the shop, let it ring, and text back\n"
        f"  The inbox:  {inbox_url}/inbox   sign in as {DEMO_STAFF} with {DEMO_PASSWORD}\n\n"
        f"Ctrl+C stops it. The inbox keeps what happened; `make demo FRESH=1` starts over.\n",
        flush=True,
    )


def _run(
    app: FastAPI, host: str, port: int, announce: Callable[[], None], proxies: str = "127.0.0.1"
) -> None:
    """Serve one application; live pages are told of the end at once, so that stopping does not wait for them."""

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            if self.started:
                announce()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.closing = True
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=2,
        access_log=False,
        forwarded_allow_ips=proxies,
    )
    Announcing(config).run()
