"""SIGKILL at random moments under a crowd of callers: every text is served, once, in order, and none after STOP."""

import pytest

from tests.faults.killing import RESTORED_S, kill_the_server, kill_workers, serve_through_kills

FULL = {"callers": 300, "kills": 10, "per_s": 30, "patience_s": RESTORED_S}


def test_a_crowd_is_served_through_kills_of_workers(cluster, tell):
    """Small, as is `test_kill.py` for the only process; `make faults` runs the full sizes."""
    serve_through_kills(cluster.product, kill_workers, tell, callers=8, kills=1, per_s=12)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_three_hundred_callers_are_served_through_ten_kills_of_the_only_process(
    start_product, tell
):
    product = start_product()
    serve_through_kills(product, kill_the_server, tell, **FULL)
    product.stop()


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_three_hundred_callers_are_served_through_ten_kills_of_workers(start_cluster, tell):
    cluster = start_cluster(workers=3)
    serve_through_kills(cluster.product, kill_workers, tell, **FULL)
    cluster.close()
