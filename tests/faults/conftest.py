"""Products for the fault tests: few, because each start costs seconds, and shared where tests do not disturb each other."""

from dataclasses import dataclass

import pytest

from evals.product import Product
from tests.faults import table
from tests.faults.crowd import SETTINGS
from tests.faults.own_postgres import OwnPostgres


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One web process and some workers on a PostgreSQL of their own."""

    product: Product
    postgres: OwnPostgres

    def close(self):
        self.product.stop()
        self.postgres.close()


@pytest.fixture(scope="package")
def one_process(start_product):
    """On SQLite. Tests that share it text from phones of their own and leave it running."""
    product = start_product(**SETTINGS)
    yield product
    product.stop()


@pytest.fixture(scope="package")
def start_cluster(imported_on_postgres, tmp_path_factory):
    running = []

    def start(workers):
        postgres = OwnPostgres()
        url = postgres.copy_of(imported_on_postgres.database_url)
        product = Product(
            tmp_path_factory.mktemp("product"),
            url,
            SETTINGS,
            like=imported_on_postgres,
            workers=workers,
        )
        running.append(Cluster(product=product, postgres=postgres))
        product.start()
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="package")
def cluster(start_cluster):
    """Small. Tests that share it text from phones of their own and leave it running."""
    return start_cluster(workers=2)


@pytest.fixture
def tell(request):
    """Adds a line to the table that is printed in the end."""
    rows = request.config.stash.setdefault(table.ROWS, [])

    def add(name, books, findings, **more):
        rows.append(table.row(name, books, findings, **more))

    return add


def pytest_terminal_summary(terminalreporter):
    if rows := terminalreporter.config.stash.get(table.ROWS, []):
        terminalreporter.section("faults")
        for line in table.lines(rows):
            terminalreporter.write_line(line)
