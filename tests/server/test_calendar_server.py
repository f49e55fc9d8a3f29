"""The calendar server as a process: started, watched, stopped, and known only to us."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from agent.errors import CalendarError
from agent.model import CalendarAddress
from evals.product import until
from server import calendar_server, tether
from server.calendar_collections import BuiltInCalendars
from server.calendar_server import CalendarServer
from server.calendar_users import CalendarUsers

AT = CalendarAddress(business="alice-plumbing", calendar="van-1")


@pytest.fixture
def server(tmp_path):
    started = CalendarServer(tmp_path / "calendars")
    started.start()
    yield started
    started.stop()


def test_a_relative_folder_serves_as_well(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = CalendarServer(Path("data/calendars"))
    started.start()

    assert started.url()
    started.stop()


@pytest.fixture
def calendars(server):
    return BuiltInCalendars(
        server.url, CalendarUsers("key", server.users_file), lambda _at: "A & B"
    )


def process_of(server):
    return psutil.Process(server._process.pid)


def test_it_stops_with_its_process(server):
    server.url()
    process = process_of(server)

    server.stop()

    assert not process.is_running()


def test_stopping_what_never_started_or_just_starts_is_harmless(tmp_path):
    CalendarServer(tmp_path / "never").stop()
    just = CalendarServer(tmp_path / "just")
    just.start()
    just.stop()

    assert not just._watcher.is_alive()


def test_it_comes_back_whenever_it_dies(server):
    addresses = set()
    for _ in range(2):
        addresses.add(server.url())
        process_of(server).kill()
        until(lambda: not server._ready.is_set(), "the death is seen")
    addresses.add(server.url())

    assert len(addresses) > 1  # a new port each time
    assert requests.get(server.url(), timeout=5).status_code == 200


def test_its_ordinary_start_says_nothing_and_its_complaints_reach_our_log(
    server, calendars, monkeypatch
):
    said = []
    monkeypatch.setattr(calendar_server.log, "warning", lambda *words, **more: said.append(more))
    calendars.ensure(AT)
    there = calendars.collection(AT)
    assert said == []

    requests.put(
        f"{there.url}x.ics", data="no event", auth=(AT.business, there.password), timeout=5
    )

    until(lambda: any("Bad PUT request" in one["line"] for one in said), "a complaint in the log")


def test_without_it_a_caller_of_its_address_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(calendar_server, "_WAIT_S", 0.05)

    with pytest.raises(CalendarError) as failed:
        CalendarServer(tmp_path / "calendars").url()

    assert not failed.value.permanent


def test_its_files_are_for_our_own_system_user_alone(server, calendars, tmp_path):
    calendars.ensure(AT)

    loose = [
        path
        for path in [tmp_path / "calendars", *(tmp_path / "calendars").rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]

    assert loose == []


def test_it_listens_on_loopback_only(server):
    server.url()

    listening = [one for one in process_of(server).net_connections() if one.status == "LISTEN"]

    assert [one.laddr.ip for one in listening] == ["127.0.0.1"]


def test_other_users_of_this_machine_get_nothing(server, calendars):
    calendars.ensure(AT)
    there = calendars.collection(AT)

    nobody = requests.request("PROPFIND", there.url, timeout=5)
    guessed = requests.request("PROPFIND", there.url, auth=(AT.business, AT.business), timeout=5)

    assert (nobody.status_code, guessed.status_code) == (401, 401)


def test_a_calendar_is_made_once_and_its_title_is_kept(server, calendars):
    calendars.ensure(AT)
    calendars.ensure(AT)
    there = calendars.collection(AT)

    seen = requests.request("PROPFIND", there.url, auth=(there.username, there.password), timeout=5)

    assert "A &amp; B" in seen.text


def test_another_key_makes_other_passwords(tmp_path):
    first, second = CalendarUsers("one", None), CalendarUsers("two", None)

    assert first.password("alice") == first.password("alice")
    assert len({first.password("alice"), first.password("bob"), second.password("alice")}) == 3


def test_a_tethered_command_ends_with_its_parent_also_where_the_kernel_does_not_help(tmp_path):
    """The way of systems other than Linux."""
    script = f"""
import os, subprocess, sys, time
code = "import sys; sys.path.insert(0, {str(Path(tether.__file__).parents[1])!r}); from server.tether import accompany; "
code += "sys.exit(accompany(int(sys.argv[1]), sys.argv[2:]))"
guard = subprocess.Popen([sys.executable, "-c", code, str(os.getpid()), sys.executable, "-c", "import time; time.sleep(60)"])
print(guard.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout
    guard = psutil.Process(int(parent.stdout.readline()))
    (child,) = until(guard.children, "the command runs")

    parent.kill()
    parent.communicate()

    until(lambda: not child.is_running() and not guard.is_running(), "both are gone")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own tether")
def test_a_command_whose_parent_is_already_gone_does_not_start():
    command = [sys.executable, "-I", "-S", tether.__file__, str(os.getppid()), sys.executable]

    began = time.monotonic()
    ended = subprocess.run([*command, "-c", "import time; time.sleep(60)"], check=False)

    assert ended.returncode == 1
    assert time.monotonic() - began < 10
