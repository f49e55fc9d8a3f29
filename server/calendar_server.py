"""The built-in calendar server: Radicale, started, watched and stopped as a process of its own.

It is GPL software, so it is only ever run, never imported.
"""

import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import structlog

from agent.errors import CalendarError

_READY_S = 30.0
_ASK_S = 0.05
_WAIT_S = 15.0
"""How long a caller of `url` waits for a server that is starting."""
_STOP_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _STEADY_S = 0.2, 30.0, 60.0
_PROOF = "X-Ringback-Proof"

_HARMLESS = (
    "[INFO]",
    "Logging level set to",
    "creating now",  # its folders, at the very first start
    "Precondition failed",  # two wanted the same; the asker is told
)

log = structlog.get_logger()


class CalendarServer:
    """One Radicale over one folder, on a loopback port that changes with every start."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made here, for us alone; start nothing yet."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder.resolve()  # the process runs in it, so no path may be relative
        self._url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ready, self._stopping = threading.Event(), threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="calendar-server", daemon=True)

    @property
    def users_file(self) -> Path:
        """The htpasswd file that the server reads at every login."""
        return self._folder / "users"

    def start(self) -> None:
        """Begin; `url` waits until it answers."""
        self._watcher.start()

    def url(self) -> str:
        """Its address now, without a slash at its end.

        Raises:
            CalendarError: it does not run.
        """
        if not self._ready.wait(_WAIT_S):
            raise CalendarError("The built-in calendar server does not run.", permanent=False)
        return self._url

    @property
    def is_up(self) -> bool:
        return self._ready.is_set()

    def stop(self) -> None:
        """Stop it for good; its process is gone afterwards."""
        with self._lock:
            self._stopping.set()
            if self._process:
                self._process.terminate()
        if not self._watcher.is_alive():
            return
        self._watcher.join(_STOP_S)
        if self._watcher.is_alive() and self._process:
            self._process.kill()
            self._watcher.join()

    def _watch(self) -> None:
        """Start it again whenever it dies, sooner after a long life than after a short one.

        This thread has to outlive the process: the kernel takes the end of the thread that started it for the parent's end.
        """
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                code = self._live()
            except OSError as error:
                log.warning("calendar_server.did_not_start", error=str(error))
                code = None
            if self._stopping.is_set():
                return
            steady = time.monotonic() - began > _STEADY_S
            pause_s = _FIRST_PAUSE_S if steady else pause_s
            log.warning("calendar_server.died", code=code, again_in_s=pause_s)
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _live(self) -> int | None:
        """One life of the process, from start to end; its exit code."""
        port, proof = _free_port(), secrets.token_hex(16)
        config = self._write_config(port, proof)
        command = [sys.executable, "-m", "radicale", "-C", str(config)]
        tether = [sys.executable, "-I", "-S", str(Path(__file__).with_name("tether.py"))]
        with self._lock:
            if self._stopping.is_set():
                return None
            self._process = process = subprocess.Popen(  # noqa: S603 - our own command
                [*tether, str(os.getpid()), *command],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                umask=0o077,
                start_new_session=True,  # Ctrl+C is for us; we stop it in order
            )
        if _answers(process, port, proof):
            self._url = f"http://127.0.0.1:{port}"
            self._ready.set()
        else:
            process.kill()
        with process:
            _pass_on(process.stderr)
            self._ready.clear()
        return process.returncode

    def _write_config(self, port: int, proof: str) -> Path:
        self.users_file.touch(mode=0o600)
        path = self._folder / "radicale.conf"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(_CONFIG.format(port=port, proof=proof, folder=self._folder.resolve()))
        return path


_CONFIG = f"""\
[server]
hosts = 127.0.0.1:{{port}}
max_connections = 16
timeout = 30
[auth]
type = htpasswd
htpasswd_filename = {{folder}}/users
htpasswd_encryption = plain
[rights]
type = owner_only
permit_delete_collection = False
permit_overwrite_collection = False
[storage]
filesystem_folder = {{folder}}/collections
[web]
type = none
[logging]
level = warning
[headers]
{_PROOF} = {{proof}}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _pass_on(lines: Iterable[bytes] | None) -> None:
    """Log what it complains of, until its end."""
    for line in lines or ():
        words = line.decode(errors="replace").rstrip()
        if words and not any(harmless in words for harmless in _HARMLESS):
            log.warning("calendar_server.says", line=words)


def _answers(process: subprocess.Popen[bytes], port: int, proof: str) -> bool:
    """Wait until it answers. The proof says it is ours and no other program that took the port: passwords go there."""
    end = time.monotonic() + _READY_S
    while process.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/.well-known/caldav")
            if connection.getresponse().headers.get(_PROOF) == proof:
                return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(_ASK_S)
    return False
