"""Processes that die at random moments under a crowd of callers."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.crowd import make_crowd, play
from tests.faults.ledger import examine, read_books, settle

STUBBORN = 7
"""Tries of the carrier for one webhook, over half a minute: longer than a process takes to come back."""
RESTORED_S = 200.0
"""Work that lost its job is found after two minutes."""
ON_ITS_WAY_S = 0.25
"""A text may reach the carrier so long after the process that sent it was killed."""

FULL_CROWD = {"callers": 300, "kills": 10, "per_s": 30, "patience_s": RESTORED_S}


def serve_through_kills(product, kill, tell, *, callers, kills, per_s, patience_s=60.0):
    """Let a crowd text while processes die, and hold every claim against what is left in the books.

    Args:
        patience_s: how long nothing may happen in the end while somebody still waits.
    """
    chance = random.Random(callers + kills)
    crowd = make_crowd(callers, first=1000, chance=chance)
    phones = [one.phone for one in crowd]
    product.set_carrier(retries=STUBBORN)
    began = time.monotonic()

    while_playing(
        lambda: play(product, crowd, per_s),
        lambda: kill(product, kills, chance),
    )
    settle(product, phones, patience_s)

    books = read_books(product, phones)
    findings = examine(books, slack_s=ON_ITS_WAY_S)
    unheard = 3 * callers - len(books.answered_at)
    seconds = round(time.monotonic() - began)
    name = f"{kill.__name__} x {kills}".replace("_", " ")
    tell(name, books, findings, not_acknowledged=unheard, seconds=seconds)
    findings.assert_none()


def while_playing(play, harm):
    """Run the callers in a thread of their own while harm is done; both must end well."""
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(play)
        harm()
        playing.result()


def kill_the_server(product, kills, chance):
    """SIGKILL the only process at random moments; it is started again at once."""
    for _ in range(kills):
        time.sleep(chance.uniform(1, 5))
        product.kill_server()
        product.start_server()


def kill_workers(product, kills, chance):
    """SIGKILL a random worker now and then, and start it again seconds later; half-way the web process too."""
    for count in range(kills):
        time.sleep(chance.uniform(0.3, 2))
        worker = chance.randrange(product.workers)
        product.kill_worker(worker)
        if count == kills // 2:
            product.kill_server()
            product.start_server()
        time.sleep(chance.uniform(1, 4))
        product.start_worker(worker)
