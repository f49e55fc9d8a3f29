"""What is backed up comes back whole on an empty machine, and nothing old is said there."""

import hashlib
import io
import json
import os
import signal
import tarfile
import time
from contextlib import contextmanager
from datetime import timedelta
from html import unescape

import httpx2
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from agent.errors import BadInput
from evals.product import Product
from server.backup import backup, calendars_of
from server.bookings import may_speak
from server.commands import new_calendar_login
from server.data_folder import held
from server.restore import UNFINISHED, restore
from server.restored_quietly import WHY
from server.settings import Settings
from server.store import appointments, escalations, suppressions, threads
from server.store.appointments import AppointmentRow, State
from server.store.engine import make_engine, migrate, newest
from server.store.tables import metadata, photo
from server.wiring import open_tools
from tests.server.records import CALLER, KEY, NOW, SLUG, an_office, converse, say
from tests.visitor import Visitor

OTHER = "+13035550178"
EVENT = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
LUNCH = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:lunch\r\nDTSTAMP:20261101T000000Z\r\n"
    "DTSTART:20301101T190000Z\r\nDTEND:20301101T200000Z\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)  # fmt: skip


def fill(office):
    """Two conversations, one of which has opted out; a photo, and an event in a calendar."""
    name = converse(office)
    converse(office, caller=OTHER)
    with office.database.begin() as connection:
        threads.update(connection, f"{SLUG}:{OTHER}", opted_out_at=NOW)
        suppressions.add(connection, SLUG, "+13035550101", NOW)
        connection.execute(
            sa.insert(photo).values(
                business=SLUG, thread=name, text=f"SM{CALLER[1:]}0", place=1, source="x", type="image/jpeg",
                state="kept", small=b"\x00\xff", picture=bytes(range(256)),
            )
        )  # fmt: skip
    shelf = calendars_of(office.settings) / "collection-root" / SLUG / "mia"
    (shelf / ".Radicale.cache").mkdir(parents=True)
    (shelf / ".Radicale.props").write_text("{}")
    (shelf / ".Radicale.cache" / "old").write_text("x")
    (shelf / "ringback-1.ics").write_bytes(EVENT)
    return office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return fill(an_office(tmp_path_factory.mktemp("office")))


@pytest.fixture(scope="module")
def file(office, tmp_path_factory):
    made = tmp_path_factory.mktemp("backup") / "ringback.tar.gz"
    backup(office.settings, made, NOW)
    return made


def elsewhere(folder, url=""):
    return Settings(data_dir=folder, database_url=url, embedder="lexical")


@contextmanager
def opened(url):
    database = make_engine(url)
    with database.begin() as connection:
        yield connection
    database.dispose()


def rows(settings):
    """All that a database holds."""
    with opened(settings.url) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }  # fmt: skip


def test_every_row_event_and_key_comes_back_and_documents_answer(office, file, tmp_path):
    there = elsewhere(tmp_path)

    said = restore(there, file, NOW).report

    before, after = rows(office.settings), rows(there)
    assert after == before
    assert len(after["text"]) == 6
    assert after["photo"][0][-1] == bytes(range(256))
    shelf = calendars_of(there) / "collection-root" / SLUG / "mia"
    assert sorted(path.name for path in shelf.iterdir()) == [".Radicale.props", "ringback-1.ics"]
    assert (shelf / "ringback-1.ics").read_bytes() == EVENT
    assert there.session_key() == KEY
    tools = open_tools(there)
    best = tools.library.search(SLUG, "how much is a drain cleaning?", 1)
    assert "149" in best[0].text
    with tools.database.connect() as connection:
        assert suppressions.since(connection, SLUG, "+13035550101")
    assert {"conversations: 2", "texts: 6", "calendar events: 1"} <= set(said)


@pytest.mark.parametrize("way", ["to postgresql", "from postgresql"])
def test_the_kind_of_database_may_change(way, office, file, tmp_path, postgres):
    if way == "to postgresql":
        there = elsewhere(tmp_path, postgres())
        restore(there, file, NOW)
        assert rows(there) == rows(office.settings)
        with opened(there.url) as connection:  # it goes on counting where it was
            say(connection, f"{SLUG}:{CALLER}", "new", "caller", "hello", NOW)
    else:
        there = an_office(tmp_path / "there", postgres())
        converse(there)
        there.database.dispose()
        backup(there.settings, tmp_path / "file", NOW)
        here = elsewhere(tmp_path / "here")
        restore(here, tmp_path / "file", NOW)
        assert rows(here) == rows(there.settings)


def test_what_waited_then_is_not_sent_and_is_left_to_a_person(tmp_path):
    office = an_office(tmp_path / "office")
    name = converse(office)
    with office.database.begin() as connection:
        say(connection, name, "nudge", "agent", "Still there?", NOW, status="queued")
        say(connection, name, "asked", "caller", "are you open?", NOW, status="received")
        threads.update(connection, name, look_at=NOW + timedelta(hours=1))
    backup(office.settings, tmp_path / "file", NOW)
    there = elsewhere(tmp_path / "there")

    restore(there, tmp_path / "file", NOW + timedelta(hours=5))

    with opened(there.url) as connection:
        waiting = (
            "select status, status_reason from text where key in ('nudge', 'asked') order by key"
        )
        assert connection.execute(sa.text(waiting)).all() == [("answered", None), ("dropped", WHY)]
        assert (
            connection.scalar(sa.text("select count(*) from thread where look_at is not null")) == 0
        )
        notes = connection.scalars(sa.text("select note from task")).all()
    assert len(notes) == 1
    assert "was under way" in notes[0]


def test_danger_and_half_done_visits_of_then_are_left_to_a_person(tmp_path):
    office = an_office(tmp_path / "office")
    danger, visit = converse(office), converse(office, caller=OTHER)
    with office.database.begin() as connection:
        climbing = escalations.add(
            connection, key="e1", business=SLUG, thread=danger, reason="emergency", is_urgent=True,
            words="water", began_at=NOW,
        )  # fmt: skip
        assert climbing
        escalations.update(connection, climbing, next_at=NOW)
        appointments.add(connection, a_visit(visit))
    backup(office.settings, tmp_path / "file", NOW)
    there = elsewhere(tmp_path / "there")

    restore(there, tmp_path / "file", NOW + timedelta(hours=5))

    with opened(there.url) as connection:
        assert sorted(connection.scalars(sa.text("select thread from task"))) == [danger, visit]
        found = threads.get(connection, visit)
    assert found is not None
    assert not may_speak(found)


def a_visit(thread):
    return AppointmentRow(
        id="v1", business=SLUG, thread=thread, service="drain-cleaning", calendar="mia", beside=[],
        start=NOW + timedelta(days=3), duration_min=60, buffer_before_min=0, buffer_after_min=0,
        state=State.WRITING, offer="o1", place=1, event="ringback-v1", created_at=NOW, changed_at=NOW,
        expires_at=NOW,
    )  # fmt: skip


def test_numbers_that_opted_out_since_are_opted_out(file, tmp_path):
    there = elsewhere(tmp_path)

    restore(there, file, NOW, opted_out=[CALLER, "+13035550122"])

    with opened(there.url) as connection:
        row = threads.get(connection, f"{SLUG}:{CALLER}")
        assert row is not None
        assert row.opted_out_at == NOW
        assert suppressions.since(connection, SLUG, "+13035550122") == NOW


def test_without_secrets_there_is_no_key_in_it(office, tmp_path):
    backup(office.settings, tmp_path / "file", NOW, secrets=False)

    said = restore(elsewhere(tmp_path / "there"), tmp_path / "file", NOW).report

    assert KEY.encode() not in b"".join(contents(tmp_path / "file").values())
    assert any("No secret key" in line for line in said)


def contents(file):
    with tarfile.open(file) as archive:
        return {
            one.name: inside.read()
            for one in archive
            if one.isfile() and (inside := archive.extractfile(one))
        }


def repacked(file, members):
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            archive.addfile(told, io.BytesIO(content))
    return file


def test_a_backup_is_for_its_owner_alone(file):
    assert file.stat().st_mode & 0o077 == 0


def test_what_is_here_is_thrown_away_only_when_forced(file, tmp_path):
    office = an_office(tmp_path)
    converse(office, caller="+13035550133")
    office.database.dispose()

    with pytest.raises(BadInput, match="--force"):
        restore(office.settings, file, NOW)
    assert office.count("thread") == 1
    office.database.dispose()
    restore(office.settings, file, NOW, force=True)

    assert office.count("thread") == 2
    assert list(tmp_path.glob(".restore-*")) == []


def test_beside_a_server_at_work_nothing_is_restored(file, tmp_path):
    office = an_office(tmp_path)
    office.run("insert into executor values ('local', :now)", now=NOW)

    with pytest.raises(BadInput, match="stop it first"):
        restore(office.settings, file, NOW, force=True)


def test_while_a_server_begins_on_the_same_folder_nothing_is_restored(file, tmp_path):
    there = elsewhere(tmp_path)

    with held(there), pytest.raises(BadInput, match="already serves"):
        restore(there, file, NOW, force=True)

    assert not (tmp_path / "ringback.db").exists()


def test_a_database_that_cannot_be_read_is_replaced_when_forced(file, tmp_path):
    there = elsewhere(tmp_path)
    (tmp_path / "ringback.db").write_bytes(b"a disk that failed " * 500)

    with pytest.raises(BadInput, match="--force"):
        restore(there, file, NOW)
    restore(there, file, NOW, force=True)

    assert len(rows(there)["text"]) == 6


@pytest.mark.parametrize(
    "harm", ["cut off", "changed", "a member left out", "another file", "newer"]
)
def test_a_damaged_backup_changes_nothing(file, tmp_path, harm):
    bad = tmp_path / "bad.tar.gz"
    members = contents(file)
    manifest = json.loads(members["manifest.json"])
    match harm:
        case "cut off":
            bad.write_bytes(file.read_bytes()[:-2000])
        case "changed":
            repacked(bad, members | {"tables/text.jsonl": members["tables/text.jsonl"] + b"\n"})
        case "a member left out":
            repacked(bad, {name: one for name, one in members.items() if "text" not in name})
        case "another file":
            bad.write_text("no backup")
        case _:
            newer = json.dumps(manifest | {"schema": "9999"}).encode()
            repacked(bad, members | {"manifest.json": newer})

    with pytest.raises(BadInput):
        restore(elsewhere(tmp_path / "there"), bad, NOW)

    assert [path.name for path in (tmp_path / "there").iterdir()] in ([], ["serve.lock"])


def test_a_backup_of_an_earlier_schema_is_brought_up_to_this_one(file, tmp_path):
    members = contents(file)
    migrate(f"sqlite:///{tmp_path / 'old.db'}", to="0011")
    with opened(f"sqlite:///{tmp_path / 'old.db'}") as connection:
        look = sa.inspect(connection)
        earlier = {name: {one["name"] for one in look.get_columns(name)} for name in look.get_table_names()}  # fmt: skip
    old = {}
    for name, content in members.items():
        table = name.removeprefix("tables/").removesuffix(".jsonl")
        if table in earlier:
            old[name] = without(content, earlier[table])
        elif not name.startswith("tables/"):
            old[name] = content
    told = {name: {"sha256": hashlib.sha256(one).hexdigest()} for name, one in old.items() if name != "manifest.json"}  # fmt: skip
    manifest = json.loads(members["manifest.json"]) | {"schema": "0011", "members": told}
    bad = repacked(tmp_path / "old.tar.gz", old | {"manifest.json": json.dumps(manifest).encode()})
    there = elsewhere(tmp_path / "there")

    restore(there, bad, NOW)

    assert len(rows(there)["text"]) == 6
    with opened(there.url) as connection:
        assert connection.scalar(sa.text("select version_num from alembic_version")) == newest()


def without(content, columns):
    """A table's lines with these columns alone."""
    kinds, *lines = [json.loads(line) for line in content.splitlines()]
    places = [place for place, name in enumerate(kinds) if name in columns]
    head = {name: kind for name, kind in kinds.items() if name in columns}
    kept = [head, *([line[place] for place in places] for line in lines)]
    return b"".join(json.dumps(one).encode() + b"\n" for one in kept)


def killed_after(seconds, work):
    """Do it in a process of its own and kill that; was it done before?"""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    time.sleep(seconds)  # anywhere in the middle
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("milliseconds", [5, 40, 90, 160, 260])
def test_killed_in_the_middle_a_backup_leaves_the_one_before(office, tmp_path, milliseconds):
    target = tmp_path / "ringback.tar.gz"
    target.write_text("the one before")

    is_done = killed_after(milliseconds / 1000, lambda: backup(office.settings, target, NOW))

    assert is_done or target.read_text() == "the one before"
    backup(office.settings, target, NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["ringback.tar.gz"]


@pytest.mark.parametrize("milliseconds", [20, 120, 300, 500, 700])
def test_killed_in_the_middle_a_restore_leaves_nothing_half(file, tmp_path, milliseconds):
    there = elsewhere(tmp_path)

    killed_after(milliseconds / 1000, lambda: restore(there, file, NOW))

    if (tmp_path / "ringback.db").exists() and not (tmp_path / UNFINISHED).exists():
        assert len(rows(there)["text"]) == 6
    restore(there, file, NOW, force=True)
    assert len(rows(there)["text"]) == 6
    assert list(tmp_path.glob(".restore-*")) == []
    assert not (tmp_path / UNFINISHED).exists()


def test_after_a_restore_that_was_cut_off_nothing_starts(tmp_path):
    (tmp_path / UNFINISHED).touch()

    with pytest.raises(BadInput, match="cut off"):
        open_tools(elsewhere(tmp_path))


def test_a_running_shop_goes_on_elsewhere(two_businesses, tmp_path):
    """Logins, phones' calendar passwords, conversations, events and answers, on another folder and other ports."""
    product, caller, here = two_businesses, "+13035550166", elsewhere(two_businesses.data)
    product.text("how much is a drain cleaning?", caller=caller)
    said = product.replied(1, to=caller)
    tools, event = open_tools(here), f"/dav/{SLUG}/van-1/lunch.ics"
    _, password, _ = new_calendar_login(tools, SLUG, "mia", product.url)
    tools.database.dispose()
    written = httpx2.put(product.url + event, content=LUNCH, auth=("mia", password))
    assert written.status_code == 201
    file, folder = tmp_path / "ringback.tar.gz", tmp_path / "there"
    backup(here, file, NOW)
    restore(elsewhere(folder), file, NOW)
    other = Product(folder)
    other.password = product.password
    try:
        other.start()
        mia = Visitor(other).signs_in("mia", product.password)

        assert said[0] in unescape(mia.sees(f"/inbox/{caller[1:]}"))
        assert "$149" in mia.asks("how much is a drain cleaning?")
        read = httpx2.get(other.url + event, auth=("mia", password))
        assert "Lunch" in read.text
        mia.http.close()
    finally:
        other.stop()


def test_a_key_of_the_environment_is_in_it_too(office, tmp_path):
    given = {"secret_key": SecretStr("of the environment")}
    backup(office.settings.model_copy(update=given), tmp_path / "file", NOW)

    assert contents(tmp_path / "file")["secrets/secret_key"] == b"of the environment"
