"""One caller's record as a file: whole as it was made, and whatever is changed in it or behind it shows."""

import json
from copy import deepcopy
from datetime import timedelta

import pytest

from agent.errors import BadInput
from server import receipts, sealing
from server.record_commands import check_receipt, packed, read_receipt, write_receipt
from server.sealing import Sealing, broken, broken_anchors, unanchored
from server.store import seals
from tests.server.records import CALLER, KEY, NOW, SLUG, an_office, bodies, converse, say

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return an_office(tmp_path_factory.mktemp("record"))


@pytest.fixture
def thread(office):
    """A caller of a conversation that is sealed; afterwards nothing of it is left."""
    name = converse(office)
    Sealing(database=office.database).look(NOW + 3 * MINUTE)
    yield name
    for table in ("seal", "marker", "text", "call"):
        office.run(f"delete from {table} where thread = :name", name=name)
    office.run("delete from consent")
    office.run("delete from thread where id = :name", name=name)
    office.run("delete from seal_anchor")


@pytest.fixture
def told(office, thread):
    """The record as it stands in a file."""
    with office.database.begin() as connection:
        made = receipts.receipt(connection, SLUG, CALLER, by="mia", key=KEY, now=NOW + 4 * MINUTE)
    return json.loads(json.dumps(made))


def breaks(office, thread):
    with office.database.connect() as connection:
        return [one.what for one in broken(connection, thread, NOW - timedelta(days=365))]


def test_it_holds_consent_texts_delivery_and_rules(told):
    kinds = [one["kind"] for one in told["record"]]
    said = [one["fact"]["body"] for one in told["record"] if one["kind"] == "text"]

    assert kinds.count("consent") == 1
    assert kinds.count("rules") == 1
    assert kinds.count("outcome") == 2
    assert said == ["Sorry we missed you.", "my blue heron faucet drips", "A drip is $120."]
    assert told["calls"][0]["outcome"] == "missed"
    assert told["hours"]["window"]
    assert told["rules"]["opt_out.toml"]


def test_as_it_was_made_it_is_whole_and_ours(told):
    verdict = receipts.verify(told, KEY)

    assert verdict.is_whole
    assert verdict.is_ours
    assert not receipts.verify(told, "another key").is_ours


def _body(told):
    next(one for one in told["record"] if one["kind"] == "text")["fact"]["body"] += "!"


def _time(told):
    next(one for one in told["record"] if one["kind"] == "text")["fact"]["at"] = "2026-01-01"


def _consent(told):
    next(one for one in told["record"] if one["kind"] == "consent")["fact"]["change"] = "opt_in"


def _drop(told):
    del told["record"][2]


def _swap(told):
    told["record"][2], told["record"][3] = told["record"][3], told["record"][2]


def _append(told):
    told["record"].append(told["record"][-1] | {"place": len(told["record"]) + 1, "key": "more"})


def _hide(told):
    told["record"][-1]["fact"] = None


def _call(told):
    told["calls"][0]["outcome"] = "answered"


@pytest.mark.parametrize(
    "tamper", [_body, _time, _consent, _drop, _swap, _append, _hide, _call], ids=lambda one: one.__name__.strip("_")
)  # fmt: skip
def test_whatever_is_changed_in_the_file_shows(told, tamper):
    changed = deepcopy(told)

    tamper(changed)

    verdict = receipts.verify(changed, KEY)
    assert not verdict.is_whole
    assert not verdict.is_ours


def test_another_file_is_no_receipt():
    others: list[object] = [{}, [], {"format": receipts.FORMAT}, {"format": receipts.FORMAT, "record": 3}]  # fmt: skip
    for other in others:
        with pytest.raises(BadInput, match="no receipt"):
            receipts.verify(other, KEY)


@pytest.mark.parametrize(
    ("statement", "shows"),
    [
        ("update text set body = 'nothing' where author = 'caller'", "not as it was sealed"),
        ("update text set at = '2026-01-01 00:00:00.000000' where author = 'agent'", "not as it was sealed"),
        ("update text set status = 'failed' where author = 'agent'", "not as it was sealed"),
        ("update consent set evidence = '{}'", "not as it was sealed"),
        ("delete from text where author = 'template'", "is gone"),
        ("delete from consent", "is gone"),
        ("delete from seal where place = 2", "does not follow"),
        ("update text set key = case key when 'x' then 'y' else key || 'x' end where author = 'agent'", "is gone"),
    ],
)  # fmt: skip
def test_whatever_is_changed_in_the_database_shows(office, thread, statement, shows):
    assert breaks(office, thread) == []

    office.run(statement)

    assert shows in " ".join(breaks(office, thread))
    with office.database.begin() as connection:
        made = receipts.receipt(connection, SLUG, CALLER, by="mia", key=KEY, now=NOW + 4 * MINUTE)
    assert not receipts.verify(json.loads(json.dumps(made)), KEY).is_whole


def test_a_changed_text_is_never_sealed_anew(office, thread):
    office.run("update text set body = 'nothing' where author = 'caller'")
    office.run("update thread set version = version + 1")

    Sealing(database=office.database).look(NOW + 9 * MINUTE)

    assert breaks(office, thread) == ["The text is not as it was sealed."]


def test_what_still_changes_waits_for_its_seal(office, thread):
    with office.database.begin() as connection:
        say(connection, thread, "draft", "agent", "On our way.", NOW + 5 * MINUTE, status="queued")
    office.run("update thread set version = version + 1")
    sealer = Sealing(database=office.database)
    before = office.count("seal")

    sealer.look(NOW + 6 * MINUTE)
    assert office.count("seal") == before
    office.run("update text set status = 'delivered' where key = 'draft'")
    office.run("update thread set version = version + 1")
    sealer.look(NOW + 7 * MINUTE)

    assert office.count("seal") == before + 2
    assert sealer.look(NOW + 8 * MINUTE) == 0


def test_texts_whose_time_is_over_are_no_break(office, thread):
    office.run("delete from text where author = 'caller'")

    with office.database.connect() as connection:
        assert broken(connection, thread, NOW + 4 * MINUTE) == []


def test_a_chain_that_was_written_anew_as_a_whole_shows_by_the_anchor(office, thread):
    Sealing(database=office.database).anchor(NOW + timedelta(days=1, hours=12))
    with office.database.connect() as connection:
        assert unanchored(connection, thread) == []
        assert broken_anchors(seals.anchors(connection, SLUG)) == []

    office.run("update text set body = 'nothing' where author = 'caller'")
    office.run("delete from seal")
    with office.database.begin() as connection:
        sealing.seal_thread(connection, thread, NOW + 3 * MINUTE)

    assert breaks(office, thread) == []
    with office.database.connect() as connection:
        assert unanchored(connection, thread)


def test_a_changed_anchor_shows(office, thread):
    Sealing(database=office.database).anchor(NOW + timedelta(days=1, hours=12))
    office.run("update seal_anchor set leaves = '[]'")

    with office.database.connect() as connection:
        assert broken_anchors(seals.anchors(connection, SLUG))


def test_days_without_a_process_are_anchored_afterwards(office, thread):
    sealer = Sealing(database=office.database)
    sealer.anchor(NOW + timedelta(days=1, hours=12))
    with office.database.begin() as connection:
        say(connection, thread, "later", "caller", "hello again", NOW + timedelta(days=2))
        sealing.seal_thread(connection, thread, NOW + timedelta(days=2))

    sealer.anchor(NOW + timedelta(days=9))

    with office.database.connect() as connection:
        anchors = seals.anchors(connection, SLUG)
        assert [one.day for one in anchors] == ["2026-11-16", "2026-11-18"]
        assert unanchored(connection, thread) == []


@pytest.mark.parametrize("ending", ["json", "zip"])
def test_the_commands_write_and_check_a_file(office, thread, tmp_path, ending):
    file = tmp_path / f"record.{ending}"

    write_receipt(office.tools, office.settings, SLUG, CALLER, file)
    is_whole, said = check_receipt(office.tools, office.settings, file)

    assert is_whole
    assert said == [
        "whole: 7 sealed facts, and nothing of it was changed",
        "signed by this installation",
        "the database has the same seals",
    ]
    assert file.stat().st_mode & 0o077 == 0
    assert read_receipt(file)["caller"] == CALLER
    assert bodies(office, thread)[1] == "my blue heron faucet drips"


def test_the_page_to_print_says_what_the_record_says(told, tmp_path):
    file = tmp_path / "record.zip"
    file.write_bytes(packed(told))
    from zipfile import ZipFile

    page = ZipFile(file).read("receipt.html").decode()

    assert "my blue heron faucet drips" in page
    assert "They called the business" in page
    assert "The record is whole" in page
