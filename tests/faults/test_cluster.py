"""Processes and the database of a larger installation die: every text is served, once, in order, and none after STOP."""

import random
import time

import pytest

from tests.faults.crowd import make_crowd, play
from tests.faults.killing import (
    FULL_CROWD,
    ON_ITS_WAY_S,
    RESTORED_S,
    STUBBORN,
    kill_workers,
    serve_through_kills,
    while_playing,
)
from tests.faults.ledger import examine, read_books, settle


def test_a_crowd_is_served_through_kills_of_workers(cluster, tell):
    """Small; `make faults` runs the full size."""
    serve_through_kills(cluster.product, kill_workers, tell, callers=8, kills=1, per_s=12)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_three_hundred_callers_are_served_through_ten_kills_of_workers(start_cluster, tell):
    cluster = start_cluster(workers=3)
    serve_through_kills(cluster.product, kill_workers, tell, **FULL_CROWD)
    cluster.close()


def test_conversations_survive_a_database_that_stops(cluster, tell):
    """Small; `make faults` runs the full size."""
    _serve_through_an_outage(cluster, tell, callers=6, per_s=9, away_s=1, patience_s=60)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_hundred_conversations_survive_ten_seconds_without_a_database(start_cluster, tell):
    cluster = start_cluster(workers=2)
    _serve_through_an_outage(cluster, tell, callers=100, per_s=20, away_s=10, patience_s=RESTORED_S)
    cluster.close()


def _serve_through_an_outage(cluster, tell, *, callers, per_s, away_s, patience_s):
    product, postgres = cluster.product, cluster.postgres
    crowd = make_crowd(callers, first=3000, chance=random.Random(callers))
    phones = [one.phone for one in crowd]
    product.set_carrier(retries=STUBBORN)

    def take_it_away():
        time.sleep(callers / per_s)
        postgres.stop_at_once()
        time.sleep(away_s)
        postgres.start_again()

    product.database().dispose()
    while_playing(lambda: play(product, crowd, per_s), take_it_away)
    settle(product, phones, patience_s)

    books = read_books(product, phones)
    findings = examine(books, slack_s=ON_ITS_WAY_S)
    refused = 3 * callers - len(books.answered_at)
    tell(f"database away {away_s} s", books, findings, not_acknowledged=refused)
    findings.assert_none()
    assert refused == 0
