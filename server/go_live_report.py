"""The go-live list of every business, for whoever runs the installation: what `ringback doctor` prints of it."""

from collections.abc import Iterator

from agent.business import Business
from server import go_live, trying_out
from server.commands import Check, known
from server.settings import Settings
from server.store import businesses
from server.store.carrier_credentials import CarrierTokens
from server.trying_out import Bench
from server.wiring import Tools, carrier_numbers, outside_calendar, signing_tokens

_ASKED_AT_MOST = 3
"""Of so many businesses the address and the number are asked about now; of more, what was last seen is printed."""
_FROM_HERE = ("address", "number")


def report(settings: Settings, tools: Tools, slug: str | None) -> Iterator[Check]:
    """The list of one business, or of every one.

    Raises:
        NotFound: there is no such business.
    """
    with tools.database.connect() as connection:
        found = businesses.every(connection)
    chosen = [known(tools, slug)] if slug else found
    is_live = len(chosen) <= _ASKED_AT_MOST
    bench = _bench(settings, tools)
    for business in chosen:
        yield from _of_business(bench, tools, business, is_live=is_live)


def _of_business(bench: Bench, tools: Tools, business: Business, *, is_live: bool) -> Iterator[Check]:  # fmt: skip
    for name in _FROM_HERE if is_live else ():
        trying_out.try_out(bench, business, name, tools.clock.now())
    with tools.database.connect() as connection:
        found = go_live.checks(connection, business)
    state = "callers are texted" if business.texting.mode == "live" else "callers are not texted"
    for one in found:
        mend = " ".join(part for part in (one.mend, _page(bench, one)) if part)
        what = f"{business.slug} ({state}): {one.title}: {one.words}"
        yield Check(mark=one.state, what=what, mend="" if one.state == "ok" else mend)


def _page(bench: Bench, one: go_live.Check) -> str:
    return f"{bench.settings.public_url}{one.link or '/business/go-live'}"


def _bench(settings: Settings, tools: Tools) -> Bench:
    tokens = CarrierTokens(tools.database, settings.session_key())
    return Bench(
        settings=settings,
        database=tools.database,
        numbers=carrier_numbers(settings, tokens),
        calendar=outside_calendar(settings, tools.database),
        tokens_of=lambda business, account: signing_tokens(
            settings, tokens, business, account, tools.clock.now()
        ),
    )
