"""`ringback business ...` and `ringback number ...`: the words of whoever runs the installation, and what is printed."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from agent.errors import BadInput, NotFound
from agent.rules.phone import spoken
from server import business_removal, overview, provider, quotas
from server.provider import By
from server.provider_words import LIMITS
from server.quotas import Quota
from server.settings import Settings
from server.store import businesses, registrations, standings, usage
from server.store.carrier_credentials import CarrierTokens
from server.wiring import Tools, measure, open_tools

_SHELL = "the command line"
_ALL = 100_000


Command = Callable[[Tools, Settings, Any], Sequence[str]]


def run(group: str, settings: Settings, arguments: argparse.Namespace) -> Sequence[str]:
    """What is printed, a line each.

    Args:
        group: business, number.

    Raises:
        RingbackError: it was not done; why, in words.
    """
    acts = _BUSINESS if group == "business" else _NUMBER
    return acts[arguments.act](open_tools(settings), settings, arguments)


def _list(tools: Tools, settings: Settings, asked: Any) -> list[str]:
    now = tools.clock.now()
    with tools.database.connect() as connection:
        slugs, _ = overview.found(connection, asked.words, _ALL)
        lines = overview.lines(connection, slugs, measure(settings), now, now)
    return [
        f"{one.business.slug}\t{one.business.name}\t{'suspended' if one.suspension else 'at work'}"
        f"\t{one.texts.used} of {one.texts.limit or 'no limit'} segments\t{one.calls} calls\t{one.logins} logins"
        for one in lines
    ] or ["no business"]  # fmt: skip


def _create(tools: Tools, settings: Settings, asked: Any) -> list[str]:
    with tools.database.begin() as connection:
        made, is_new = provider.begin(connection, asked.slug, asked.name, asked.owner, _by(tools))
        if not is_new:
            return [f"{made.slug}: here already, nothing is changed"]
        token = provider.invite_owner(connection, made.slug, _by(tools))
    return [f"{made.slug}: begun", f"{settings.public_url}/invitation/{token}"]


def _suspend(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    with tools.database.begin() as connection:
        provider.suspend(connection, asked.slug, asked.why, _by(tools))
    return [f"{asked.slug}: suspended; nothing leaves it, its phone still rings"]


def _resume(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    with tools.database.begin() as connection:
        was_off = provider.resume(connection, asked.slug, _by(tools))
    return [f"{asked.slug}: {'works again' if was_off else 'was not suspended'}"]


def _quota(tools: Tools, settings: Settings, asked: Any) -> list[str]:
    given = {field: getattr(asked, name) for name, field in LIMITS.items()}
    with tools.database.begin() as connection:
        provider.known(connection, asked.slug)
        own = Quota.model_validate(standings.of(connection, asked.slug, "").quota or {})
        changed = own.model_dump() | {
            field: None if value == "-" else _count(value)
            for field, value in given.items() if value is not None
        }  # fmt: skip
        if asked.hard:
            changed["hard"] = asked.hard == "yes"
        quota = Quota.model_validate(changed)
        if quota != own:
            provider.set_quota(connection, asked.slug, quota, _by(tools))
        business = provider.known(connection, asked.slug)
        spent = quotas.spent(connection, business, measure(settings), tools.clock.now())
    hard = ["a spent month stops first texts too"] if quota.hard else []
    return [f"{one.what}: {one.used} of {one.limit or 'no limit'}" for one in spent] + hard


def _usage(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    with tools.database.connect() as connection:
        provider.known(connection, asked.slug)
        months = usage.of_business(connection, asked.slug)
    return [
        f"{month}\t" + "\t".join(f"{kind} {used[kind]}" for kind in usage.KINDS)
        for month, used in months.items()
    ] or ["nothing yet"]


def _account(tools: Tools, settings: Settings, asked: Any) -> list[str]:
    tokens = CarrierTokens(tools.database, settings.session_key())
    token = "" if asked.sid == "-" else sys.stdin.readline().strip()
    with tools.database.begin() as connection:
        if asked.sid == "-":
            provider.forget_account(connection, asked.slug, _by(tools))
            return [f"{asked.slug}: sends from the installation's account"]
        provider.set_account(connection, tokens, asked.slug, asked.sid, token, _by(tools))
    return [f"{asked.slug}: sends from {asked.sid}"]


def _remove(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    gone = business_removal.remove(tools, asked.slug, asked.confirm, _by(tools))
    return [f"{asked.slug} is gone: " + ", ".join(f"{n} {what}" for what, n in gone.items())]


def _numbers(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    with tools.database.connect() as connection:
        if asked.slug and businesses.get(connection, asked.slug) is None:
            raise NotFound(f"There is no business {asked.slug!r}.")
        found = overview.numbers(connection, tools.clock.now())
    return [
        f"{one.number}\t{one.business}\tregistration {one.registration or 'not entered'}\t{one.health.sent} texts in 30 days"
        f"\t{one.health.light if one.health.light != 'none' else 'too few'}"
        for one in found if asked.slug in ("", one.business)
    ] or ["no number"]  # fmt: skip


def _add(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    with tools.database.begin() as connection:
        number = provider.add_number(connection, asked.slug, asked.number, _by(tools), main=asked.main)  # fmt: skip
    return [f"{asked.slug}: {spoken(number)} is added; enter its registration with `ringback number register`"]  # fmt: skip


def _move(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    with tools.database.begin() as connection:
        number = provider.move_number(connection, asked.number, asked.slug, asked.to, _by(tools))
    return [f"{spoken(number)} is {asked.to}'s; conversations and consent stay with {asked.slug}"]


def _register(tools: Tools, _settings: Settings, asked: Any) -> list[str]:
    status = registrations.status(asked.status)
    with tools.database.begin() as connection:
        provider.enter_registration(connection, asked.slug, asked.number, status, asked.note, _by(tools))  # fmt: skip
    return [f"{spoken(asked.number)}: {asked.status}"]


_BUSINESS: dict[str, Command] = {
    "list": _list,
    "create": _create,
    "suspend": _suspend,
    "resume": _resume,
    "quota": _quota,
    "usage": _usage,
    "account": _account,
    "remove": _remove,
}
_NUMBER: dict[str, Command] = {
    "list": _numbers,
    "add": _add,
    "move": _move,
    "register": _register,
}


def _count(word: str) -> int:
    if not word.isdigit():
        raise BadInput(f"{word!r} is no whole number: write 0 for no limit, - for the installation's.")  # fmt: skip
    return int(word)


def _by(tools: Tools) -> By:
    return By(who=_SHELL, now=tools.clock.now())
