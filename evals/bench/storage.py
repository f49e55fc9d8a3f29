"""How much the database grows with a thread of thirty turns, and which tables hold it."""

from collections import Counter

import sqlalchemy as sa

from evals.bench.report import Report
from evals.bench.shop import Bench, Shop

_TURNS = 30
_MOST_MB = 0.15
_SHOWN = 12
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
        f"Storage: {threads} threads of {_TURNS} turns through the product, delivery reports too; after VACUUM, at once"
    )
    with bench.shop("storage") as shop:
        shop.turns(shop.strangers(16), 16, reports=True)
        before, tables_before = _sizes(shop)
        texts = [_QUESTIONS[place % len(_QUESTIONS)] for place in range(_TURNS)]
        run = shop.talk([(caller, texts) for caller in shop.strangers(threads)], 16, reports=True)
        after, tables_after = _sizes(shop)
    grown = Counter(tables_after)
    grown.subtract(tables_before)
    mb = (after - before) / threads / 1e6
    report.say(
        "the database for each thread",
        f"{mb:.3f} MB",
        f"CPU {run.cpu_ms:.1f} ms a turn, reports too",
    )
    for name, size in grown.most_common(_SHOWN):
        if not size:
            continue
        share = size / max(1, sum(grown.values())) * 100
        report.say(f"  {name}", f"{size / threads / 1e6:.3f} MB, {share:.0f} %")
    report.aim("stored per thread of 30 turns", "MB", mb, _MOST_MB)


def _sizes(shop: Shop) -> tuple[int, Counter[str]]:
    """Bytes of the whole database, and of every table with its indexes, compact."""
    shop.stop()
    engine = shop.product.database()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        sizes = _sqlite_sizes(connection) if is_sqlite else _postgres_sizes(connection)
    engine.dispose()
    shop.product.start_server()
    return sizes


def _sqlite_sizes(connection: sa.Connection) -> tuple[int, Counter[str]]:
    for statement in ("vacuum", "pragma wal_checkpoint(truncate)"):
        connection.execute(sa.text(statement))
    pages, page = (
        connection.scalar(sa.text(f"pragma {one}")) for one in ("page_count", "page_size")
    )
    held = connection.execute(
        sa.text(
            "select m.tbl_name, sum(d.pgsize) from dbstat d join sqlite_master m on m.name = d.name group by 1"
        )
    )
    return pages * page, Counter({name: int(size) for name, size in held})


def _postgres_sizes(connection: sa.Connection) -> tuple[int, Counter[str]]:
    connection.execute(sa.text("vacuum full"))
    whole = connection.scalar(sa.text("select pg_database_size(current_database())"))
    held = connection.execute(
        sa.text(
            "select relid::regclass::text, pg_total_relation_size(relid) from pg_stat_user_tables"
        )
    )
    return int(whole or 0), Counter({name: int(size) for name, size in held})
