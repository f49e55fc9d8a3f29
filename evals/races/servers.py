"""Real calendar servers on loopback, each started for the races and gone after them."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path

import requests

from evals.product import free_port, until
from evals.races.shop import CALENDARS
from evals.races.site import Site
from server.calendar_server import CalendarServer
from server.calendar_users import CalendarUsers

_CYRUS = Path("/usr/lib/cyrus/bin")
_PASSWORD = "for-loopback-only"  # noqa: S105 - of a server that lives for a minute
_MADE, _BROKEN = 201, 500
_STOPS_S = 10


class NotInstalled(Exception):
    """The server is not on this machine; says how to get it."""


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    new_site: Callable[[], Site]
    """Empty calendars, used by nobody yet."""


@contextmanager
def radicale() -> Iterator[Server]:
    """The product's own."""
    with _folder() as folder:
        running = CalendarServer(folder / "calendars")
        users, numbers = CalendarUsers("a kept key", running.users_file), itertools.count(1)
        running.start()

        def new_site() -> Site:
            user = f"salon-{next(numbers)}"
            site = Site(
                home=f"{running.url()}/{user}/",
                username=user,
                password=users.password(user),
                is_built_in=True,
            )
            return _with_calendars(site)

        try:
            yield Server(name="radicale", new_site=new_site)
        finally:
            running.stop()


@contextmanager
def xandikos() -> Iterator[Server]:
    """For one user, without a password."""
    port = free_port()
    with _folder() as folder:
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
            yield Server(name="xandikos", new_site=_numbered(Site(home=home)))
        finally:
            _stop(process)


@contextmanager
def cyrus() -> Iterator[Server]:
    """Debian's, with a user of its own.

    Raises:
        NotInstalled: it is not on this machine.
    """
    if not (_CYRUS / "httpd").exists() or not shutil.which("saslpasswd2"):
        raise NotInstalled("apt-get install cyrus-caldav cyrus-imapd sasl2-bin libsasl2-modules")
    http, imap = free_port(), free_port()
    with _folder() as folder:
        _set_up_cyrus(folder, http, imap)
        process = subprocess.Popen(
            [
                *[str(_CYRUS / "master"), "-C", str(folder / "imapd.conf"), "-D"],
                *["-M", str(folder / "cyrus.conf"), "-p", str(folder / "run" / "master.pid")],
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        home = f"http://127.0.0.1:{http}/dav/calendars/user/owner/"
        site = Site(home=home, username="owner", password=_PASSWORD)
        try:
            until(lambda: _has_user(imap, "owner"), "Cyrus takes a user")
            until(lambda: _answers(home), "Cyrus answers")
            yield Server(name="cyrus", new_site=_numbered(site))
        finally:
            _stop(process)


SERVERS = {"radicale": radicale, "xandikos": xandikos, "cyrus": cyrus}


@contextmanager
def _folder() -> Iterator[Path]:
    """One that a server's own user can reach, too."""
    with tempfile.TemporaryDirectory(prefix="ringback-races-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _numbered(site: Site) -> Callable[[], Site]:
    numbers = itertools.count(1)

    def new_site() -> Site:
        return _with_calendars(
            Site(
                home=f"{site.home}race-{next(numbers)}-",
                username=site.username,
                password=site.password,
            )
        )

    return new_site


def _with_calendars(site: Site) -> Site:
    login = (site.username, site.password) if site.username else None
    for name in CALENDARS:
        made = requests.request("MKCALENDAR", site.url(name), auth=login, timeout=20)
        assert made.status_code == _MADE, (made.status_code, made.text)
    return site


def _answers(url: str) -> bool:
    try:
        return requests.options(url, timeout=2).status_code < _BROKEN
    except requests.RequestException:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_STOPS_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _set_up_cyrus(folder: Path, http: int, imap: int) -> None:
    for name in ("conf", "spool", "run"):
        (folder / name).mkdir()
    (folder / "imapd.conf").write_text(_IMAPD.format(folder=folder))
    (folder / "cyrus.conf").write_text(
        _SERVICES.format(folder=folder, bin=_CYRUS, http=http, imap=imap)
    )
    for user in ("cyrus", "owner"):
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", str(folder / "sasldb2"), "-u", "localhost", user],  # noqa: S607 - wherever it is
            input=_PASSWORD.encode(),
            check=True,
        )
    if os.geteuid() == 0:  # its own user is the only one that it runs as
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "cyrus", "mail")


def _has_user(imap: int, user: str) -> bool:
    """Make a mailbox for somebody: then there is a home for calendars."""
    try:
        with IMAP4("127.0.0.1", imap) as mail:
            mail.login("cyrus", _PASSWORD)
            answered, words = mail.create(f"user/{user}")
            return answered == "OK" or b"exists" in (words[0] or b"")
    except (OSError, IMAP4.error):
        return False


_IMAPD = """\
configdirectory: {folder}/conf
partition-default: {folder}/spool
defaultpartition: default
admins: cyrus
servername: localhost
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: PLAIN
allowplaintext: yes
httpmodules: caldav
idlesocket: {folder}/run/idle
notifysocket: {folder}/run/notify
lmtpsocket: {folder}/run/lmtp
"""
_SERVICES = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {folder}/imapd.conf" listen="127.0.0.1:{imap}" prefork=0
  http cmd="{bin}/httpd -C {folder}/imapd.conf" listen="127.0.0.1:{http}" prefork=4 maxchild=100
}}
EVENTS {{
}}
"""
