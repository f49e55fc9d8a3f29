"""How much the database grows with a thread of thirty turns, and which tables hold it."""

import time
from collections import Counter

import sqlalchemy as sa

from evals.bench.report import Report
from evals.bench.shop import Bench, Shop
from evals.bench.turns import say_turns

_TURNS = 30
_MOST_MB = 0.15
_WORTH_SAYING_MB = 0.0005
_FORGETTING_S = 20.0
_WHOLE = "the database"
_QUESTIONS = (
    "how much is a drain cleaning?",
    "what are your hours?",
    "do you take credit cards?",
    "do you come to louisville?",
    "is your work guaranteed?",
    "how much is a new water heater?",
    "do you charge to come out?",
    "are you licensed and insured?",
    "do you do camera inspections?",
    "do you replace garbage disposals?",
)


def measure(report: Report, bench: Bench) -> None:
    threads = 5 if bench.quick else 20
    report.section(
        f"Storage: {threads} threads of {_TURNS} turns through the product, with delivery reports; after VACUUM"
    )
    with bench.shop("storage") as shop:
        shop.turns(shop.strangers(16), 16, reports=True)
        _start_forgetful(shop)
        before = _sizes(shop)
        texts = [_QUESTIONS[place % len(_QUESTIONS)] for place in range(_TURNS)]
        run = shop.talk([(caller, texts) for caller in shop.strangers(threads)], 16, reports=True)
        say_turns(report, "turns, two delivery reports too", run)
        _say(report, "at once", threads, before, _sizes(shop))
        _start_forgetful(shop)
        _say(report, "when finished jobs are forgotten", threads, before, _sizes(shop))


def _say(
    report: Report, when: str, threads: int, before: Counter[str], after: Counter[str]
) -> None:
    grown = {name: (size - before[name]) / threads / 1e6 for name, size in after.items()}
    whole = grown.pop(_WHOLE)
    report.say(f"stored of a thread, {when}", f"{whole:.3f} MB")
    for name, size in sorted(grown.items(), key=lambda one: -one[1]):
        if abs(size) >= _WORTH_SAYING_MB:
            report.say(f"  {name}", f"{size:.3f} MB, {size / whole * 100:.0f} %")
    report.aim(f"stored per thread of {_TURNS} turns, {when}", "MB", whole, _MOST_MB)


def _start_forgetful(shop: Shop) -> None:
    """Let the product delete what its engine keeps of finished jobs, as it does after a while anyway."""
    kept = dict(shop.product.environment)
    shop.stop()
    shop.product.environment["RINGBACK_JOBS_KEPT_MIN"] = "0"
    shop.product.start_server()
    end = time.monotonic() + _FORGETTING_S
    while time.monotonic() < end and _jobs(shop):
        time.sleep(0.5)
    shop.stop()
    shop.product.environment = kept
    shop.product.start_server()


def _jobs(shop: Shop) -> int:
    engine = shop.product.database()
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with engine.connect() as connection:
        return connection.scalar(sa.text(f"select count(*) from {table}")) or 0  # noqa: S608 - one of two names


def _sizes(shop: Shop) -> Counter[str]:
    """Bytes of every table with its indexes, and of the whole database, compact."""
    shop.stop()
    engine = shop.product.database()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        sizes = _sqlite_sizes(connection) if is_sqlite else _postgres_sizes(connection)
    engine.dispose()
    shop.product.start_server()
    return sizes


def _sqlite_sizes(connection: sa.Connection) -> Counter[str]:
    for statement in ("vacuum", "pragma wal_checkpoint(truncate)"):
        connection.execute(sa.text(statement))
    held = connection.execute(
        sa.text(
            "select m.tbl_name, sum(d.pgsize) from dbstat d join sqlite_master m on m.name = d.name group by 1"
        )
    )
    pages, page = (
        connection.scalar(sa.text(f"pragma {one}")) for one in ("page_count", "page_size")
    )
    return Counter({name: int(size) for name, size in held} | {_WHOLE: pages * page})


def _postgres_sizes(connection: sa.Connection) -> Counter[str]:
    connection.execute(sa.text("vacuum full"))
    held = connection.execute(
        sa.text(
            "select relid::regclass::text, pg_total_relation_size(relid) from pg_stat_user_tables"
        )
    )
    whole = connection.scalar(sa.text("select pg_database_size(current_database())"))
    return Counter({name: int(size) for name, size in held} | {_WHOLE: int(whole or 0)})
