"""Calendar servers for the contract: our own Radicale, Xandikos, and one that fails on command; all on loopback."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from agent.model import CalendarAddress
from evals.product import free_port, until
from server.calendar_collections import BuiltInCalendars
from server.calendar_server import CalendarServer
from server.calendar_users import CalendarUsers

ALICE = "alice-plumbing"


def no_password(_at):
    """For calendars whose collection brings its own credentials."""
    return ""


@contextmanager
def radicale(folder):
    """Our built-in server with one calendar; yields what a `CalDavCalendar` needs."""
    server = CalendarServer(folder)
    users = CalendarUsers("a kept key", server.users_file)
    server.start()
    try:
        yield BuiltInCalendars(server.url, users, lambda at: f"Ällice & Co - {at.calendar}")
    finally:
        server.stop()


@contextmanager
def account(folder, *calendars):
    """A login at a Radicale that has these calendars; yields their home, with user and password."""
    with radicale(folder) as server:
        for name in calendars:
            server.ensure(CalendarAddress(business=ALICE, calendar=name))
        yield server.home(ALICE)


@contextmanager
def xandikos(folder):
    """Xandikos for one user, without a password; yields the URL of a collection's parent."""
    port = free_port()
    process = subprocess.Popen(
        [
            *[sys.executable, "-m", "xandikos", "serve", "--defaults", "--no-detect-systemd"],
            *["-d", str(folder), "-l", "127.0.0.1", "-p", str(port)],
        ],
        env=os.environ | {"HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    home = f"http://127.0.0.1:{port}/user/calendars/"
    try:
        until(lambda: _answers(home), "Xandikos answers")
        yield home
    finally:
        process.terminate()
        process.wait(timeout=10)


def new_collection(home, name):
    """A calendar of its own on Xandikos."""
    assert requests.request("MKCALENDAR", f"{home}{name}/", timeout=10).status_code == 201
    return f"{home}{name}/"


def _answers(url):
    try:
        return requests.options(url, timeout=2).ok
    except requests.ConnectionError:
        return False


class FaultyServer:
    """Answers every request alike: `status`, `body`, after `delay_s`; `drops` breaks the connection instead."""

    def __init__(self):
        self.status, self.body, self.delay_s, self.drops = 207, b"", 0.0, False
        self.type = "text/html"
        self.headers = {}
        self.asked = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/cal/"

    def at(self, **more):
        return CalendarAddress(business=ALICE, calendar="van-1", url=self.url, **more)

    def stop(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self):
        fault = self

        class Handler(BaseHTTPRequestHandler):
            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self._answer
                raise AttributeError(name)

            def _answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault.asked.append(self.command)
                time.sleep(fault.delay_s)
                if fault.drops:
                    self.close_connection = True
                    return
                self.send_response(fault.status)
                self.send_header("Content-Type", fault.type)
                self.send_header("Content-Length", str(len(fault.body)))
                for name, value in fault.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(fault.body)

            def log_message(self, *words):
                pass

        return Handler
