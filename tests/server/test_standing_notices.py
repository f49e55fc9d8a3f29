"""The first page about the business says what stops its texts, and leads a draft on."""

import pytest
import sqlalchemy as sa

from server.quotas import Quota
from server.store import businesses, registrations, setups, standings, usage
from server.store.tables import business as kept
from server.store.tables import usage as counts
from tests.server.desk import Shop

NUMBER = "+13035550140"
UNFINISHED, UNREGISTERED = "The set-up is not finished.", "No text leaves from (303) 555-0140."


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("notices"), unregistered="refuse")
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def mia(opened):
    return opened.person("mia")


@pytest.fixture
def change(opened, mia):
    """Runs something on the business, whose number is registered, and gives Mia's page afterwards."""
    slug, now = opened.business.slug, opened.house.clock.now()

    def changed(*makes):
        with opened.house.database.begin() as connection:
            for make in makes:
                make(connection, slug)
        return mia.http.get("/business").text

    def reset(connection, slug):
        registrations.enter(connection, slug, NUMBER, "approved", "", now)
        standings.set_quota(connection, slug, None)
        connection.execute(sa.update(kept).values(setup=None))
        connection.execute(sa.delete(counts))

    changed(reset)
    return changed


def tried_out(connection, slug):
    setups.change(connection, slug, lambda found: found.model_copy(update={"skipped": ("try",)}))


def test_a_shop_without_troubles_reads_of_none(change):
    assert 'role="status"' not in change()


def test_an_imported_business_that_tries_something_out_is_no_draft(change):
    assert UNFINISHED not in change(tried_out)


def test_a_draft_is_led_to_its_set_up(change):
    page = change(setups.begin, tried_out)

    assert UNFINISHED in page
    assert page.count('href="/setup"') == 2


def test_a_draft_without_a_number_shows_none(opened, change):
    def no_number(connection, slug):
        held = businesses.get(connection, slug)
        assert held is not None
        businesses.save(
            connection, held.model_copy(update={"phone": number}), opened.house.clock.now()
        )

    number = "+10005550100"
    assert "No number yet" in change(no_number)
    number = NUMBER
    assert "No number yet" not in change(no_number)


def test_a_number_that_may_not_text_is_named_with_its_way_out(opened, change):
    def rejected(connection, slug):
        now = opened.house.clock.now()
        registrations.enter(connection, slug, NUMBER, "rejected", "", now)

    page = change(rejected)

    assert UNREGISTERED in page
    assert 'href="/business/go-live#registration"' in page


@pytest.mark.parametrize(
    ("used", "hard", "words"),
    [
        (79, False, None),
        (80, False, "80 of this month&#39;s 100 texts are used."),
        (100, False, "The agent does not answer until next month"),
        (100, True, "Neither the agent&#39;s answers nor first texts leave"),
    ],
)
def test_a_month_that_is_nearly_used_up_is_told(opened, change, used, hard, words):
    def spend(connection, slug):
        month = usage.month_of(opened.house.clock.now(), opened.business.zone)
        standings.set_quota(connection, slug, Quota(segments_month=100, hard=hard).model_dump())
        usage.count(connection, slug, month, segments=used)

    page = change(spend)

    assert words in page if words else 'data-testid="quota"' not in page
