"""After an erasure a search of every byte that is kept finds nothing of the caller."""

import base64
import tarfile
import uuid
from datetime import UTC, datetime, timedelta

import httpx2
import sqlalchemy as sa

from agent.rules.event import event_text
from evals.product import FOLDER, until
from server import erasure
from server.backup import backup
from server.bookings import as_appointment
from server.commands import new_calendar_login
from server.folder import read_folder
from server.settings import Settings
from server.store import appointments, businesses
from server.wiring import open_tools
from tests.server import pictures
from tests.server.records import CALLER, NOW, an_office, converse

SHOP = "alder-creek-plumbing"
NAME, ODD_WORDS = "Quackenbush", "heliotrope gargoyle"


def spellings(number):
    """A number as it may stand anywhere."""
    area, middle, end = number[2:5], number[5:8], number[8:]
    return [number, number[1:], number[2:], f"({area}) {middle}-{end}", f"{area}-{middle}-{end}"]


def tools_of(product):
    """Without another command's seconds of import."""
    return open_tools(Settings(data_dir=product.data))


def told(product, query):
    with product.database().connect() as connection:
        return "".join(str(row) for row in connection.execute(sa.text(query)))


def visited(product, tools, caller):
    """A visit of last week, in the database and, with name and link, in the calendar; where it stands there."""
    _, password, _ = new_calendar_login(tools, SHOP, "mia", product.url)
    start = datetime.now(UTC) - timedelta(days=7)
    name, business = f"ringback-{uuid.uuid4().hex}", read_folder(FOLDER).business
    row = appointments.AppointmentRow(
        id=name, business=SHOP, thread=f"{SHOP}:{caller}", service="drain-cleaning", calendar="van-1", beside=[],
        start=start, duration_min=90, buffer_before_min=0, buffer_after_min=30, state=appointments.State.BOOKED,
        offer=name, place=1, event=name, created_at=start, changed_at=start, expires_at=start,
    )  # fmt: skip
    with product.database().begin() as connection:
        appointments.add(connection, row)
    at, link = f"{product.url}/dav/{SHOP}/van-1/{name}.ics", f"{product.url}/inbox/{caller[1:]}"
    visit = as_appointment(row, business)
    text = event_text(visit, business, caller_name=f"Zeb {NAME}", link=link, now=start)
    assert httpx2.put(at, content=text, auth=("mia", password)).status_code == 201
    return at, ("mia", password)


def live(product, tools, caller):
    """All that a caller can leave behind; the bytes of their photo as it is kept."""
    with product.database().begin() as connection:
        shop = businesses.get(connection, SHOP)
        assert shop is not None
        voicemail = shop.calls.voicemail.model_copy(update={"enabled": True})
        calls = shop.calls.model_copy(update={"voicemail": voicemail})
        businesses.save(connection, shop.model_copy(update={"calls": calls}), datetime.now(UTC))
    picture = pictures.saved(pictures.half_red(), "jpeg")
    params = {"type": "image/jpeg", "mishap": []}
    kept = product.client.post(f"{product.phone}/sim/media", params=params, content=picture).json()
    media = [{"type": "image/jpeg", "url": kept["url"]}]
    product.call(caller=caller, voicemail_s=6, voicemail_words=f"the {ODD_WORDS} is leaking")
    product.text(f"this is Zeb {NAME}. can you mend a {ODD_WORDS}?", caller=caller, media=media)
    product.text("i want to talk to a person", caller=caller)
    product.text("please take me off your list", caller=caller)
    for price in (75, 80):
        asked = f"can you mend a {ODD_WORDS} | statue repair"
        line = f"g1,Do you mend statues?,Yes. It is ${price}.,{asked}\n"
        content = f"id,question,answer,other_phrasings\n{line}"
        tools.library.put(SHOP, "answers.csv", content.encode())
    mine = sa.text("select picture from photo where thread = :of and picture is not null")

    def stored():
        with product.database().connect() as connection:
            return connection.scalar(mine, {"of": f"{SHOP}:{caller}"})

    until(stored, "the photo")
    until(lambda: ODD_WORDS in told(product, "select voicemail from call"), "the voicemail")
    until(lambda: told(product, "select id from thread where opted_out_at is not null"), "STOP")
    waiting = "select key from text where status in ('received', 'queued', 'sending')"
    until(lambda: not told(product, waiting), "silence")
    return stored()


def everything(product):
    """Every byte that the product keeps, by file; what is encoded also as it was before."""
    found = {
        str(path.relative_to(product.data)): path.read_bytes()
        for path in product.data.rglob("*")
        if path.is_file() and path.name != "simulate.log"  # the carrier's
    }
    with product.database().connect() as connection:
        for table in ("document", "document_version", "document_draft"):
            contents = connection.scalars(sa.text(f"select content from {table}"))
            for place, one in enumerate(contents):
                found[f"{table} {place}"] = base64.b64decode(one or "")
    return found


def where(kept, needles):
    return sorted({name for name, content in kept.items() for one in needles if one in content})


def test_no_byte_of_an_erased_caller_is_left_and_none_is_in_a_backup_made_afterwards(
    product_on_sqlite, tmp_path
):
    product, caller = product_on_sqlite, f"+1720{uuid.uuid4().int % 10**7:07d}"
    tools = tools_of(product)
    photo = live(product, tools, caller)
    at, login = visited(product, tools, caller)
    tools.database.dispose()
    words = [NAME, ODD_WORDS, *spellings(caller)]
    needles = [one.encode() for one in words] + [photo[len(photo) // 2 :][:64]]
    before = where(everything(product), needles)
    for begins in ("ringback.db", "calendars", "document"):
        assert any(name.startswith(begins) for name in before), begins

    said = product.run("erase", SHOP, caller, "--confirm", caller)
    until(lambda: not told(product, "select id from faceless_event"), "the calendar is clean")

    assert "1 photo" in said
    assert where(everything(product), needles) == []
    event = httpx2.get(at, auth=login).text
    assert "SUMMARY:Drain cleaning\r\n" in event
    assert "statue repair" in told(product, "select phrasings from passage")
    file = tmp_path / "ringback.tar.gz"
    backup(Settings(data_dir=product.data), file, NOW)
    with tarfile.open(file) as archive:
        packed = {
            one.name: inside.read()
            for one in archive
            if one.isfile() and (inside := archive.extractfile(one))
        }
    assert where(packed, needles) == []


def test_on_postgresql_no_table_holds_an_erased_caller(tmp_path, postgres):
    office = an_office(tmp_path, postgres())
    converse(office, said=f"this is Zeb {NAME}, can you mend a {ODD_WORDS}?")
    client = office.jobs()

    gone = erasure.erase(office.tools, client, SHOP, CALLER, NOW, by="mia")

    client.destroy()
    client._sys_db.engine.dispose()  # it was given one
    with office.database.connect() as connection:
        look = sa.inspect(connection)
        tables = [(schema, name) for schema in ("public", "dbos") for name in look.get_table_names(schema)]  # fmt: skip
        rows = {
            f"{schema}.{name}": connection.execute(sa.text(f'select * from {schema}."{name}"')).all()
            for schema, name in tables
        }  # fmt: skip
    office.database.dispose()
    kept = {name: str(one).encode() for name, one in rows.items()}
    assert gone["text"] == 3
    assert where(kept, [one.encode() for one in (NAME, ODD_WORDS, *spellings(CALLER))]) == []
    assert b"Erased a caller: 3 texts, 1 call" in kept["public.audit"]
