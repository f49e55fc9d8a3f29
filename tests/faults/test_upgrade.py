"""Work that one release has begun is finished by the next."""

import pytest
import sqlalchemy as sa

from evals.product import until
from tests.faults.crowd import QUESTIONS, phones
from tests.faults.ledger import examine, read_books, settle

CALLER = phones(1, first=9000)[0]
OLDER = "0"


def test_a_turn_begun_by_an_older_release_is_answered_once(one_process):
    _finish_what_an_older_release_began(one_process, "workflow_status")


@pytest.mark.full
def test_a_turn_begun_by_an_older_release_on_postgresql_is_answered_once(start_product):
    product = start_product("postgresql")
    _finish_what_an_older_release_began(product, "dbos.workflow_status")
    product.stop()


def _finish_what_an_older_release_began(product, work):
    """Killed while the carrier hangs, and left as a process of another version would have left it."""
    assert "RINGBACK_EXECUTOR_ID" not in product.environment
    product.fault("hang", to=CALLER, delay_s=3)
    product.text(QUESTIONS[0], caller=CALLER)
    until(lambda: _states(product, "sending"), "the text is being sent")

    product.kill_server()
    product.no_faults()
    with product.database().begin() as connection:
        pending = "status in ('PENDING', 'ENQUEUED', 'DELAYED')"
        begun = connection.execute(
            sa.text(f"update {work} set application_version = :older where {pending}"),
            {"older": OLDER},
        )
        assert begun.rowcount
    product.start_server()

    product.replied(1, to=CALLER)
    settle(product, [CALLER])
    books = read_books(product, [CALLER])
    examine(books).assert_none()
    assert (len(books.incoming), len(books.accepted)) == (1, 1)


def _states(product, wanted):
    return any(row.status == wanted for row in read_books(product, [CALLER]).outgoing)
