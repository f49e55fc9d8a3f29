"""`ringback ...`: reads the words of a command, calls what does it, writes the result."""

import argparse
import json
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from agent.errors import BadInput, RingbackError
from server import logs, provider_words
from server.roles import ROLES
from server.settings import Settings, described

Line = dict[str, Any]

_DOCUMENTS = "[list | add FILE... | paste NAME (text on stdin) | remove NAME | versions NAME | restore NAME N]"
_DOCUMENT_ACTS = {"list": 0, "add": None, "paste": 1, "remove": 1, "versions": 1, "restore": 2}
"""How many words follow each; None: one or more."""

_PEEK_S = 0.05
"""How long `rehearse` looks whether the next event is already written."""


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        settings = Settings()
    except ValidationError as error:
        return _say_bad_settings(error)
    logs.set_up(settings.log_format, settings.log_personal)
    try:
        result: int = arguments.run(settings, arguments)
    except RingbackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except (SQLAlchemyError, OSError) as error:
        print(f"{error}\nCheck RINGBACK_DATABASE_URL and RINGBACK_DATA_DIR.", file=sys.stderr)
        return 1
    return result


def _serve(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.serving import serve

    settings = _at(settings, arguments)
    serve(settings, partial(_say_where, settings), arguments.role)
    return 0


def _say_where(settings: Settings) -> None:
    from server import first_run

    print(f"Ringback listens on http://{settings.host}:{settings.port}", flush=True)
    if link := first_run.link_now(settings):
        print(f"Nothing is set up yet. Begin here, once: {link}", flush=True)


def _setup_link(settings: Settings, _arguments: argparse.Namespace) -> int:
    from server import first_run
    from server.wiring import open_tools

    open_tools(settings).database.dispose()
    link = first_run.link_now(settings)
    print(link or first_run.SPENT, file=sys.stdout if link else sys.stderr)
    return 0 if link else 1


def _demo(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.serving import demo

    settings = _at(settings, arguments)
    if arguments.data_dir:
        settings = settings.model_copy(update={"data_dir": arguments.data_dir, "database_url": ""})
    try:
        demo(settings, arguments.phone_port, fresh=arguments.fresh)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _simulate(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.serving import simulate

    simulate(settings, arguments.host, arguments.port, arguments.ring_s)
    return 0


def _import(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import import_folder
    from server.wiring import open_tools

    print("\n".join(import_folder(open_tools(settings), arguments.folder)))
    return 0


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import export_folder
    from server.wiring import open_tools

    export_folder(open_tools(settings), arguments.slug, arguments.folder)
    print(f"{arguments.slug}: written to {arguments.folder}")
    return 0


def _documents(settings: Settings, arguments: argparse.Namespace) -> int:
    from server import document_commands as documents
    from server.wiring import open_tools

    slug, words = arguments.slug, arguments.words
    wanted = _DOCUMENT_ACTS[arguments.act]
    if not words if wanted is None else len(words) != wanted:
        print(f"usage: ringback documents SLUG {_DOCUMENTS}", file=sys.stderr)
        return 2
    tools = open_tools(settings)
    match arguments.act:
        case "list":
            return _say(documents.listed(tools, slug))
        case "versions":
            return _say(documents.versions(tools, slug, words[0]))
        case "add":
            outcomes = documents.add(tools, slug, [Path(word) for word in words])
        case "paste":
            outcomes = [documents.paste(tools, slug, words[0], sys.stdin.read())]
        case "remove":
            outcomes = [documents.remove(tools, slug, words[0])]
        case _:
            outcomes = [documents.restore(tools, slug, words[0], _number(words[1]))]
    for one in outcomes:
        print(one.words, file=sys.stdout if one.is_taken else sys.stderr)
    return 0 if all(one.is_taken for one in outcomes) else 1


def _say(lines: Sequence[str]) -> int:
    print("\n".join(lines))
    return 0


def _number(word: str) -> int:
    if not word.isdigit():
        raise BadInput(f"{word!r} is no number of a version; `versions NAME` lists them.")
    return int(word)


def _preflight(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.preflight_folder import compare_folder
    from server.wiring import open_tools

    for line in compare_folder(open_tools(settings), arguments.slug, arguments.folder):
        _write(line)
    return 0


def _provide(group: str, settings: Settings, arguments: argparse.Namespace) -> int:
    from server import provider_commands

    return _say(provider_commands.run(group, settings, arguments))


def _login(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import new_login
    from server.wiring import open_tools

    login, password = new_login(open_tools(settings), arguments.slug, arguments.staff)
    print(f"login: {login}\npassword: {password}")
    return 0


def _admin(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import new_admin
    from server.wiring import open_tools

    password = new_admin(open_tools(settings), arguments.login)
    print(f"login: {arguments.login}\npassword: {password}")
    return 0


def _token(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.api_tokens import new_token, revoke_token
    from server.wiring import open_tools

    slug, name = (None, arguments.admin) if arguments.admin else (arguments.slug, arguments.name)
    if not name or (arguments.admin and arguments.slug):
        words = "usage: ringback token SLUG NAME [--scope SCOPE]... | ringback token --admin NAME [--scope SCOPE]...; with --revoke it is shut out"
        print(words, file=sys.stderr)
        return 2
    tools = open_tools(settings)
    if arguments.revoke:
        print(f"revoked: {revoke_token(tools, slug, name)}")
    else:
        print(new_token(tools, slug, name, arguments.scope))
    return 0


def _invite(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import new_invitation
    from server.wiring import open_tools

    tools, url = open_tools(settings), settings.public_url
    print(new_invitation(tools, arguments.slug, arguments.staff, url))
    return 0


def _calendar(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import new_calendar_login
    from server.wiring import open_tools

    url = settings.public_url
    user, password, calendars = new_calendar_login(
        open_tools(settings), arguments.slug, arguments.staff, url
    )
    print(f"server: {url}/dav/\nuser: {user}\npassword: {password}")
    for one in calendars:
        print(f"{one.name}: {one.url}" + ("" if one.is_ours else " (with that server's own login)"))
    return 0


def _erase(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import erase_caller
    from server.wiring import open_tools

    if arguments.confirm != arguments.number:
        words = (
            f"This cannot be undone. To erase {arguments.number}, add: --confirm {arguments.number}"
        )
        print(words, file=sys.stderr)
        return 2
    gone = erase_caller(open_tools(settings), settings, arguments.slug, arguments.number)
    print(f"{arguments.number} is erased: " + ", ".join(f"{n} {what}" for what, n in gone.items()))
    return 0


def _backup(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.record_commands import make_backup

    return _say(make_backup(settings, arguments.file, secrets=not arguments.without_secrets))


def _restore(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.record_commands import restore_backup

    return _say(
        restore_backup(settings, arguments.file, arguments.opted_out, force=arguments.force)
    )


def _receipt(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.record_commands import write_receipt
    from server.wiring import open_tools

    slug, number, file = arguments.slug, arguments.number, arguments.file
    return _say([write_receipt(open_tools(settings), settings, slug, number, file)])


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.record_commands import check_receipt
    from server.wiring import open_tools

    is_whole, said = check_receipt(open_tools(settings), settings, arguments.file)
    _say(said)
    return 0 if is_whole else 1


def _calls_secret(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import calls_secret
    from server.wiring import open_tools

    url = f"{settings.public_url}/calls/{arguments.slug}"
    print(f"address: {url}\nsecret: {calls_secret(open_tools(settings), settings, arguments.slug)}")
    return 0


def _calendar_users(settings: Settings, _arguments: argparse.Namespace) -> int:
    from server.calendar_users import CalendarUsers
    from server.store import businesses
    from server.wiring import open_tools

    users = CalendarUsers(settings.session_key(), None)
    with open_tools(settings).database.connect() as connection:
        print("\n".join(users.line(one.slug) for one in businesses.every(connection)))
    return 0


def _doctor(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.settings:
        print("\n".join(f"{n}\t{default}\t{meaning}" for n, default, meaning in described()))
        return 0
    from server.commands import examine
    from server.go_live_report import report
    from server.wiring import open_tools

    tools = open_tools(settings)
    for check in (*examine(settings, tools), *report(settings, tools, arguments.slug)):
        print(
            f"[{check.mark:4}] {check.what}" + (f"\n       -> {check.mend}" if check.mend else "")
        )
    return 0


def _explain(settings: Settings, arguments: argparse.Namespace) -> int:
    from server import explain

    if arguments.what == "answer":
        if not arguments.business:
            print("explain answer needs --business SLUG", file=sys.stderr)
            return 2
        from server.commands import known
        from server.wiring import open_tools

        tools = open_tools(settings)
        slug = known(tools, arguments.business).slug
        return _each_line(partial(explain.answer, tools.library, slug))
    if arguments.what == "slots":
        return _each_line(explain.slots)
    from knowledge.embedding import embedder

    plain = {"guard": explain.guard, "reading": explain.reading}
    return _each_line(partial(plain[arguments.what], embedder=embedder(settings.embedder)))


def _rehearse(settings: Settings, arguments: argparse.Namespace) -> int:
    from server.commands import import_folder
    from server.folder import read_folder
    from server.rehearsal import Rehearsal, read_setup
    from server.store.engine import create
    from server.wiring import mind, open_tools, rehearsal_calendar

    business = read_folder(arguments.folder).business
    with tempfile.TemporaryDirectory(prefix="ringback-") as scratch:
        throw_away = settings.model_copy(update={"data_dir": Path(scratch), "database_url": ""})
        create(throw_away.url)
        tools = open_tools(throw_away)
        import_folder(tools, arguments.folder)
        rehearsal = Rehearsal(
            business,
            tools.library,
            mind(settings) if arguments.model == "on" else None,
            rehearsal_calendar(arguments.caldav),
            tools.database,
            arguments.now,
            tools.embedder,
        )
        rehearsal.set_up(read_setup(arguments.setup))
        lines = _Ahead(sys.stdin)
        for event in lines:
            _write(_answered(lambda line: rehearsal.play(line, lines.upcoming()), event))
        tools.database.dispose()
    return 0


def _each_line(answer: Callable[[Line], Line]) -> int:
    for line in sys.stdin:
        if line.strip():
            _write(_answered(answer, line))
    return 0


def _answered(answer: Callable[[Line], Line], line: str) -> Line:
    """The answer to one JSON line, or what is wrong with it in its place."""
    try:
        item = json.loads(line)
        if not isinstance(item, dict):
            return {"error": "each line must be one JSON object"}
        return answer(item)
    except json.JSONDecodeError as error:
        return {"error": f"not JSON: {error}"}
    except KeyError as error:
        return {"error": f"the field {error} is missing"}
    except (RingbackError, ValueError, TypeError, AttributeError) as error:
        return {"error": str(error)}


def _write(item: Line) -> None:
    sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Ahead:
    """Lines as they come, with a short look at the next one: a burst shows itself by its next text."""

    def __init__(self, source: Iterator[str]) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._next: str | None = None
        self._ended = False
        reader = threading.Thread(target=self._read, args=(source,), daemon=True)
        reader.start()

    def __iter__(self) -> Iterator[str]:
        while True:
            line, self._next = self._next, None
            if line is None and not self._ended:
                line = self._lines.get()
            if line is None:
                return
            yield line

    def upcoming(self) -> Line | None:
        """The next event if it is already written."""
        if self._next is None and not self._ended:
            try:
                self._next = self._lines.get(timeout=_PEEK_S)
            except queue.Empty:
                return None
            self._ended = self._next is None
        try:
            event = json.loads(self._next) if self._next else None
        except json.JSONDecodeError:
            return None
        return event if isinstance(event, dict) else None

    def _read(self, source: Iterator[str]) -> None:
        for line in source:
            if line.strip():
                self._lines.put(line)
        self._lines.put(None)


def _at(settings: Settings, arguments: argparse.Namespace) -> Settings:
    given = {"host": arguments.host, "port": arguments.port}
    return settings.model_copy(update={name: value for name, value in given.items() if value})


def _say_bad_settings(error: ValidationError) -> int:
    for problem in error.errors():
        name = "_".join(str(part) for part in problem["loc"]).upper()
        print(f"setting {name}: {problem['msg']} (got {problem['input']!r})", file=sys.stderr)
    print("`ringback doctor --settings` lists every setting.", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ringback", description="Texts back missed calls, answers, books and hands over."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., int], meaning: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=meaning, description=meaning)
        one.set_defaults(run=run)
        return one

    serve = command("serve", _serve, "run the server")
    demo = command("demo", _demo, "run a demo business with a simulated carrier and phone")
    for one in (serve, demo):
        one.add_argument("--host", help="address to listen on")
        one.add_argument("--port", type=int, help="port to listen on")
    demo.add_argument("--phone-port", type=int, default=8001, help="port of the phone page")
    demo.add_argument(
        "--data-dir", type=Path, default=Path("data/demo"), help="where it keeps its data"
    )
    demo.add_argument("--fresh", action="store_true", help="forget earlier demos first")
    serve.add_argument("--role", choices=ROLES, default="all", help="what this process does")
    simulate = command("simulate", _simulate, "run only the carrier simulator and its phone page")
    simulate.add_argument("--host", default="127.0.0.1")
    simulate.add_argument("--port", type=int, default=8001)
    simulate.add_argument("--ring-s", type=float, help="how long an unanswered call rings")
    provider_words.add(command, _provide)
    command("import", _import, "add or update a business from a folder").add_argument(
        "folder", type=Path
    )
    give = command("export", _export, "write a business as a folder")
    give.add_argument("slug")
    give.add_argument("folder", type=Path)
    preflight = command(
        "preflight", _preflight, "what callers would be told otherwise if a folder were imported"
    )
    preflight.add_argument("slug")
    preflight.add_argument("--folder", type=Path, required=True)
    documents = command(
        "documents", _documents, "list, add, paste, remove and bring back documents"
    )
    documents.usage = f"ringback documents SLUG {_DOCUMENTS}"
    documents.add_argument("slug")
    documents.add_argument("act", nargs="?", choices=list(_DOCUMENT_ACTS), default="list")
    documents.add_argument("words", nargs="*", metavar="FILE, NAME or N")
    for name, run, meaning in _OF_A_PERSON:
        one = command(name, run, meaning)
        one.add_argument("slug")
        one.add_argument("staff")
    admin = command("admin", _admin, "give an admin of this installation a new password")
    admin.add_argument("login", help="small letters and digits, no login of a business")
    _token_words(
        command("token", _token, "print a new token for another system, which uses the API")
    )
    _of_the_record(command)
    secret = command(
        "calls-secret",
        _calls_secret,
        "print where another phone system reports calls, and the secret it signs with",
    )
    secret.add_argument("slug")
    command(
        "calendar-users",
        _calendar_users,
        "print the htpasswd lines for a calendar server that several processes share",
    )
    _of_going_live(command)
    explain = command(
        "explain",
        _explain,
        "JSON lines in, JSON lines out: what the agent reads, cuts, finds and offers",
    )
    explain.add_argument("what", choices=["reading", "guard", "answer", "slots"])
    explain.add_argument("--business", metavar="SLUG")
    rehearse = command(
        "rehearse",
        _rehearse,
        "play a whole conversation on a virtual clock: JSON lines in, JSON lines out",
    )
    rehearse.add_argument("folder", type=Path)
    rehearse.add_argument("--now", type=_moment, required=True, help="ISO 8601 with offset")
    rehearse.add_argument("--setup", type=Path)
    rehearse.add_argument("--caldav", metavar="URL")
    rehearse.add_argument("--model", choices=["off", "on"], default="off")
    return parser


def _of_going_live(command: Callable[..., argparse.ArgumentParser]) -> None:
    doctor = command("doctor", _doctor, "what works and what is still to do")
    doctor.add_argument("slug", nargs="?", help="the go-live list of one business alone")
    doctor.add_argument("--settings", action="store_true", help="list every setting")
    command("setup-link", _setup_link, "print the link that sets up an empty installation")


def _token_words(token: argparse.ArgumentParser) -> None:
    token.add_argument("slug", nargs="?")
    token.add_argument("name", nargs="?", help="what it is for, like zapier")
    token.add_argument(
        "--admin", metavar="NAME", help="of the installation: good for every business"
    )
    token.add_argument(
        "--scope",
        action="append",
        default=[],
        choices=["read", "write", "erase", "provider"],
        help="what it may do; several times for several; read and write unless said, of --admin all",
    )
    token.add_argument(
        "--revoke", action="store_true", help="shut out what uses tokens of this name"
    )


def _of_the_record(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Backups, and one caller's record: written, checked, erased."""
    erase = command("erase", _erase, "erase everything of one caller; an opt-out stays in force")
    erase.add_argument("slug")
    erase.add_argument("number", help="E.164, like +13035550199")
    erase.add_argument("--confirm", metavar="NUMBER", help="the same number again")
    keep = command("backup", _backup, "write everything into one file, while the server runs")
    keep.add_argument("file", type=Path, help="like ringback.tar.gz")
    keep.add_argument("--without-secrets", action="store_true", help="leave the secret key out")
    bring = command("restore", _restore, "bring a backup back; the server must not run")
    bring.add_argument("file", type=Path)
    bring.add_argument("--force", action="store_true", help="throw away what is here")
    bring.add_argument(
        "--opted-out", type=Path, metavar="FILE", help="numbers that opted out since, one a line"
    )
    receipt = command("receipt", _receipt, "write one caller's record into a file")
    receipt.add_argument("slug")
    receipt.add_argument("number", help="E.164, like +13035550199")
    receipt.add_argument("file", type=Path, help=".json, or .zip with a page to print")
    verify = command("verify", _verify, "check that a caller's record was not changed")
    verify.add_argument("file", type=Path)


_OF_A_PERSON = (
    ("login", _login, "give a staff member a new password and print it"),
    ("invite", _invite, "print a one-time link with which a person makes a login or new password"),
    ("calendar", _calendar, "give a person's phone a new calendar password and print it"),
)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("needs an offset, like 2026-11-16T10:00:00-07:00")
    return moment


if __name__ == "__main__":
    sys.exit(main())
