"""Health mode: nothing clinical that a caller writes leaves again, in a text, an alert, a calendar, a log line; no model reads it."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from agent.business import Business
from agent.model import CalendarAddress, Reason
from agent.rules import alerts
from server import logs
from server.commands import import_folder
from server.folder import read_folder
from server.rehearsal import Rehearsal
from server.settings import Settings
from server.store.engine import make_engine, migrate
from server.store.tables import escalation
from server.wiring import open_tools, rehearsal_calendar

FOLDER = Path(__file__).parent / "health_clinic"
NOW = datetime.fromisoformat("2026-11-16T10:00:00-06:00")
TEXTS = [
    "I found a lump in my breast and I'm scared, can I come in tomorrow at 10?",
    "my hiv test came back positive, what do i do now?",
    "i have chest pain and my left arm is numb",
    "can I get a syphilis test friday morning?",
    "how much is botox?",
    "is it normal to bleed this much after the abortion?",
    "I need a refill of my zoloft and my lithium",
    "my depression is getting worse, i want to kill myself",
    "do you treat chlamydia? whats the price of the std test",
    "please call me about my biopsy results after 3pm",
    "STOP texting me about my herpes",
    "me duele mucho el pecho y no puedo respirar",
    "tengo diabetes y se me acabo la insulina, puedo ir mañana a las 9?",
    "estoy embarazada y tengo sangrado, que hago?",
    "quiero una prueba de sifilis el viernes en la mañana",
    "mi hijo tiene fiebre de 40 y convulsiones",
    "necesito hablar con alguien sobre mi aborto",
    "my rash from the shingles is spreading, can someone look? name is Dana Whitfield",
    "complaint: the nurse told everyone about my hepatitis!!",
    "what dose of ibuprofen can i take with warfarin",
    "can I reschedule my chemo to next week",
    "I overdosed on oxycodone",
]
CLINICAL = re.compile(
    r"lump|breast|hiv|positive|chest|numb\b|syphilis|sifilis|botox|bleed|sangr|abort|zoloft|lithium|depress|kill|"
    r"self-harm|chlamydia|\bstd\b|biopsy|herpes|pecho|respirar|diabet|insulin|embaraz|fiebre|convuls|rash|shingles|"
    r"hepatitis|dose|ibuprofen|warfarin|chemo|overdos|oxycodone|severe pain|illness|poison|medical\)",
    re.IGNORECASE,
)
"""Of the callers' words, and of what urgency makes of them. The fixed line about 911 says "medical" to everybody."""


class NoMind:
    """A model that is set, and must not be asked."""

    def __getattr__(self, name):
        raise AssertionError(f"the model was asked to {name}")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    tools = open_tools(Settings(_env_file=None, data_dir=folder, embedder="lexical"))
    import_folder(tools, FOLDER)
    migrate(f"sqlite:///{folder / 'empty.db'}")
    yield folder, tools
    tools.database.dispose()


class Played:
    """One caller's words from a missed call on, with everything that came of them."""

    def __init__(self, clinic, words, hours=3, name="my name is Dana Whitfield"):
        folder, tools = clinic
        self.business = read_folder(FOLDER).business
        file = folder / "played.db"
        file.write_bytes((folder / "empty.db").read_bytes())
        database = make_engine(f"sqlite:///{file}")
        calendar = rehearsal_calendar(None)
        rehearsal = Rehearsal(self.business, tools.library, NoMind(), calendar, database, NOW)
        self.told: list[str] = []
        for event in (
            {"missed_call": True},
            {"caller": words},
            {"wait_s": 30},
            {"caller": "1"},
            {"caller": name},
            {"wait_s": hours * 3600},
        ):
            line = rehearsal.play(event, None)
            self.told += line["replies"] + line["alerts"]
        at = CalendarAddress(business=self.business.slug, calendar="room-1")
        self.events = calendar.objects(at, NOW, NOW + timedelta(days=30))
        with database.connect() as connection:
            self.bells = list(connection.scalars(sa.select(escalation.c.words)))
        database.dispose()


@pytest.mark.parametrize("words", TEXTS)
def test_nothing_clinical_leaves_and_no_model_reads_it(clinic, words, capfd):
    logs.set_up("json", personal=False)
    try:
        played = Played(clinic, words)
    finally:
        structlog.reset_defaults()

    told = [*played.told, *played.events, *played.bells]
    assert played.told
    assert [one for one in told if CLINICAL.search(one)] == []
    said = capfd.readouterr()
    assert not CLINICAL.search(said.out + said.err)


def test_the_same_words_would_be_told_without_health_mode(clinic):
    """Else the test above could not fail."""
    plain = read_folder(FOLDER).business
    plain = plain.model_copy(update={"industry": "plumbing", "privacy": plain.privacy.model_copy(update={"health": False, "model_agreement": False})})  # fmt: skip

    alert = alerts.body(plain, Reason.EMERGENCY, caller="+15155550199", said="chest pain", danger="medical", opted_out=False)  # fmt: skip
    quiet = alerts.body(read_folder(FOLDER).business, Reason.EMERGENCY, caller="+15155550199", said="chest pain", danger="medical", opted_out=False)  # fmt: skip

    assert CLINICAL.search(alert)
    assert not CLINICAL.search(quiet)


def test_a_visit_in_the_calendar_says_appointment_and_initials(clinic):
    played = Played(clinic, "can I get a syphilis test friday morning?")

    (event,) = played.events
    assert re.search(r"SUMMARY:Appointment", event)
    assert "Dana" not in event
    assert "+1" not in event.replace("X-APPT", "")
    assert "CLASS:PRIVATE" in event


@pytest.mark.parametrize(
    ("words", "name", "named"),
    [("can I get a syphilis test friday morning?", "my name is Dana Whitfield", "Appointment"),
     ("quiero una prueba de sifilis el viernes en la mañana", "me llamo Dana Whitfield, gracias", "Cita")],
)  # fmt: skip
def test_a_reminder_names_no_service(clinic, words, name, named):
    played = Played(clinic, words, hours=72, name=name)

    reminders = [one for one in played.told if "reminder of your visit" in one or "recordamos su visita" in one]  # fmt: skip
    assert len(reminders) == 1
    assert f": {named}, " in reminders[0]
    assert "Lab visit" not in reminders[0]


def test_a_voicemail_alert_says_neither_what_nor_why(clinic):
    said = alerts.voicemail(read_folder(FOLDER).business, "+15155550199", "severe pain or illness", "my chest hurts")  # fmt: skip

    assert "EMERGENCY" in said
    assert not CLINICAL.search(said)


def test_with_the_providers_agreement_the_model_reads(clinic):
    business = read_folder(FOLDER).business
    agreed = business.privacy.model_copy(update={"model_agreement": True})

    with pytest.raises(AssertionError, match="the model was asked"):
        _asked(clinic, Business.model_validate(business.model_copy(update={"privacy": agreed}).model_dump()))  # fmt: skip


def _asked(clinic, business):
    """A fault of a turn hands over to a person; what the mind raised is told."""
    asked: list[str] = []

    class Mind:
        def __getattr__(self, name):
            asked.append(name)
            raise AttributeError(name)

    folder, tools = clinic
    file = folder / "asked.db"
    file.write_bytes((folder / "empty.db").read_bytes())
    database = make_engine(f"sqlite:///{file}")
    rehearsal = Rehearsal(business, tools.library, Mind(), rehearsal_calendar(None), database, NOW)
    rehearsal.play({"caller": TEXTS[0]}, None)
    database.dispose()
    assert not asked, f"the model was asked to {asked[0]}"
