"""The migrations build exactly the tables that the code knows."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from server.settings import Settings
from server.store.engine import make_engine, migrate
from server.store.tables import metadata


@pytest.fixture
def url(tmp_path, database_url):
    return Settings(_env_file=None, data_dir=tmp_path, database_url=database_url).url


def test_migrated_tables_equal_the_code_and_migrating_again_is_harmless(url):
    migrate(url)
    migrate(url)

    engine = make_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []
