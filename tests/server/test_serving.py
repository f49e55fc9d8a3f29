"""Serving: what must not happen twice."""

import subprocess
import sys

from evals.product import ROOT, free_port


def test_a_second_server_on_the_same_sqlite_folder_is_refused_in_plain_words(product_on_sqlite):
    more = {"RINGBACK_PORT": str(free_port())}

    second = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"],
        cwd=ROOT, env=product_on_sqlite.environment | more, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert second.returncode == 1
    assert "Another Ringback already serves" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_setting_that_cannot_be_used_is_named(product_on_sqlite):
    second = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"],
        cwd=ROOT, env=product_on_sqlite.environment | {"RINGBACK_PORT": "abc"}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip

    assert second.returncode == 2
    assert "PORT" in second.stderr
    assert "abc" in second.stderr
