"""The words of `ringback business ...` and `ringback number ...`; what they do is in `provider_commands`."""

import argparse
from collections.abc import Callable
from functools import partial

Command = Callable[[str, Callable[..., int], str], argparse.ArgumentParser]
"""Makes one command of a name, of what it runs and of what it means."""
LIMITS = {
    "segments": "segments_month",
    "tokens": "tokens_day",
    "documents_mb": "documents_mb",
    "logins": "logins",
}
"""Words of `quota`, and the fields of `server.quotas.Quota`."""
_STATUSES = ("none", "submitted", "approved", "rejected")


def add(command: Command, run: Callable[..., int]) -> None:
    """Args: run: takes the group, the settings and the arguments."""
    meanings = {
        "business": "begin, suspend, measure out and remove businesses",
        "number": "list, add, move and register their numbers",
    }
    _add_business_words(command("business", partial(run, "business"), meanings["business"]))
    _add_number_words(command("number", partial(run, "number"), meanings["number"]))


def _add_business_words(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(required=True, dest="act", metavar="ACT")
    every = acts.add_parser("list", help="every business with its state and use of this month")
    every.add_argument("words", nargs="?", default="", help="part of a name, slug or number")
    create = acts.add_parser("create", help="begin a draft and print its owner's one-time link")
    create.add_argument("name")
    create.add_argument("--owner", required=True, help="the owner's name")
    create.add_argument("--slug", default="", help="empty: made of the name")
    suspend = acts.add_parser("suspend", help="nothing leaves it any more; its phone still rings")
    suspend.add_argument("slug")
    suspend.add_argument("why", nargs="?", default="", help="its people read this")
    for act, meaning in (
        ("resume", "let it work again; nothing is sent late"),
        ("usage", "what it has used, month by month"),
    ):
        acts.add_parser(act, help=meaning).add_argument("slug")
    quota = acts.add_parser("quota", help="show or change what it may use")
    quota.add_argument("slug")
    for name in LIMITS:
        quota.add_argument(f"--{name.replace('_', '-')}", metavar="N", help="0: no limit, -: as for every business")  # fmt: skip
    quota.add_argument("--hard", choices=["yes", "no"], help="a spent month stops first texts too")
    account = acts.add_parser(
        "account", help="its own carrier account; the token on standard input"
    )
    account.add_argument("slug")
    account.add_argument("sid", help="AC..., or - for the installation's")
    remove = acts.add_parser("remove", help="delete a suspended business with everything of it")
    remove.add_argument("slug")
    remove.add_argument("--confirm", default="", metavar="SLUG", help="the same slug again")


def _add_number_words(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(required=True, dest="act", metavar="ACT")
    every = acts.add_parser("list", help="every number, the one that is worst off first")
    every.add_argument("slug", nargs="?", default="")
    add = acts.add_parser("add", help="give a business one more number")
    add.add_argument("slug")
    add.add_argument("number")
    add.add_argument("--main", action="store_true", help="texts go out from it")
    move = acts.add_parser("move", help="give a number of one business to another")
    move.add_argument("number")
    move.add_argument("slug")
    move.add_argument("to")
    register = acts.add_parser("register", help="enter what a number's registration has come to")
    register.add_argument("slug")
    register.add_argument("number")
    register.add_argument("status", choices=_STATUSES)
    register.add_argument("note", nargs="?", default="")
