"""Serving: what must not happen twice."""

import subprocess
import sys

import pytest
import sqlalchemy as sa

from evals.product import ROOT, free_port
from server.store.tables import failed_login
from tests.visitor import Visitor


def test_a_second_server_on_the_same_sqlite_folder_is_refused_in_plain_words(product_on_sqlite):
    more = {"RINGBACK_PORT": str(free_port())}

    second = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"],
        cwd=ROOT, env=product_on_sqlite.environment | more, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert second.returncode == 1
    assert "Another Ringback already serves" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(("name", "value"), [("RINGBACK_PORT", "abc"), ("RINGBACK_TRUSTED_PROXIES", "proxy.lan")])  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(product_on_sqlite, name, value):
    second = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"],
        cwd=ROOT, env=product_on_sqlite.environment | {name: value}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip

    assert second.returncode == 2
    assert name.removeprefix("RINGBACK_") in second.stderr.upper()
    assert value in second.stderr


def test_only_the_proxies_that_were_named_say_who_visits(start_product):
    product = start_product(RINGBACK_TRUSTED_PROXIES="198.51.100.1, 203.0.113.0/24")
    visitor = Visitor(product)
    visitor.sees("/login")

    guess = {"login": "mia", "password": "a guess"}
    visitor.sends("/login", guess, headers={"X-Forwarded-For": "192.0.2.9"})

    with product.database().connect() as connection:
        assert connection.scalar(sa.select(failed_login.c.address)) == "127.0.0.1"
    visitor.http.close()
