"""What log lines hold back: people's words and whole phone numbers, whoever writes the line."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from evals.product import ROOT
from server.logs import hide_personal, masked

NUMBER = "+13035550199"
SAID = "my basement is flooding"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("+13035550199", "+1******0199"),
        ("alder-creek:+13035550199:alerts", "alder-creek:+1******0199:alerts"),
        ("/inbox/13035550199", "/inbox/******0199"),
        ("From=%2B13035550199&To=x", "From=+1******0199&To=x"),
        ("call 303-555-0199 now", "call ******0199 now"),
        ("call (303) 555-0199 now", "call ******0199 now"),
        ("+1 (303) 555-0199", "+1******0199"),
        ("+44 20 7946 0958", "+4******0958"),
        (r"'one\n3035550199'", r"'one\n******0199'"),
        ("+4712345", "+4******45"),
        ("+13035550199 and +13035550141", "+1******0199 and +1******0141"),
    ],
)
def test_phone_numbers_are_masked_wherever_they_stand(written, shown):
    assert masked(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22T06:16:01.123456Z",
        "2026-10-10 10:10:10,123+00:00",
        "192.168.100.200:8000",
        "CA12345678901234567890123456789012",
        "turn:SM1234567890abcdef1234567890abcdef:r0",
        "took 0.12345678901234 s",
        "status 401 after 30000 ms",
    ],
)
def test_times_addresses_and_ids_stay_whole(written):
    assert masked(written) == written


@dataclass
class Row:
    body: str
    recipient: str


@pytest.mark.parametrize("key", ["body", "text", "said", "words", "name", "address", "email"])
def test_words_of_people_are_left_out(key):
    assert hide_personal(None, "info", {"event": "x", key: SAID}) == {"event": "x"}


def test_words_and_numbers_inside_other_values_are_held_back_too():
    event = {
        "event": "x",
        "raw": {"Body": SAID, "From": NUMBER, "seen": [NUMBER]},
        "row": Row(SAID, NUMBER),
        "form": str({"Body": SAID, "From": NUMBER}),
        NUMBER: 1,
        "count": 3,
    }

    shown = hide_personal(None, "info", event)

    assert SAID not in str(shown)
    assert NUMBER not in str(shown)
    assert shown["raw"] == {"From": "+1******0199", "seen": ["+1******0199"]}
    assert shown["count"] == 3


def test_parameters_of_a_failed_statement_are_held_back():
    with (
        pytest.raises(sa.exc.OperationalError) as caught,
        sa.create_engine("sqlite://").connect() as connection,
    ):
        connection.execute(sa.text("insert into gone values (:body)"), {"body": SAID})

    assert SAID in str(caught.value)
    assert SAID not in masked(str(caught.value))


def test_the_row_that_postgresql_quotes_is_held_back():
    quoted = f"violates not-null constraint\nDETAIL:  Failing row contains (7, {SAID}, null)."

    assert SAID not in masked(quoted)


def test_the_input_that_a_validation_error_quotes_is_held_back():
    class Form(BaseModel):
        amount: int

    with pytest.raises(ValidationError) as caught:
        Form(amount=SAID)

    assert SAID in str(caught.value)
    assert SAID not in masked(str(caught.value))


WRITER = f"""
import logging, sys, threading, warnings
import dbos._logger
dbos._logger.init_logger()
import uvicorn
import structlog
from server import logs

logs.set_up(sys.argv[1], personal=sys.argv[2] == "personal")
dbos._logger.init_logger()
uvicorn.Config(None, log_config=None, log_level="warning")

def fails(body):
    thread = "shop:{NUMBER}"
    raise ValueError(f"no such thread {{thread!r}}")

log = structlog.get_logger()
log.warning("turn.failed", thread="shop:{NUMBER}", body="{SAID}", took_s=0.5)
try:
    try:
        fails("{SAID}")
    except ValueError as first:
        raise RuntimeError("calling {NUMBER}") from first
except RuntimeError:
    log.exception("turn.crashed")
    for name in ("uvicorn.error", "dbos", "httpx2", "twilio.http_client"):
        logging.getLogger(name).exception("%s failed for %s", name, "{NUMBER}")
threading.Thread(target=fails, args=("{SAID}",)).start()
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join()
fails("{SAID}")
"""


def written(log_format, how="masked"):
    """What a process writes that logs, and fails, in every way."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, log_format, how],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_that_a_process_writes_holds_words_or_numbers(log_format):
    lines = written(log_format)

    assert "3035550199" not in lines
    assert SAID not in lines
    assert lines.count("+1******0199") >= 12
    for logger in ("uvicorn.error", "dbos", "httpx2", "twilio.http_client"):
        assert lines.count(f"{logger} failed for +1******0199") == 1
    assert lines.count("crashed") >= 3


def test_every_line_of_the_json_log_is_json_with_its_time_and_level():
    lines = [json.loads(line) for line in written("json").splitlines()]

    assert len(lines) == 8
    for line in lines:
        assert line["level"] in ("warning", "error")
        assert datetime.fromisoformat(line["timestamp"]).year >= datetime.now(UTC).year
    assert [line["event"] for line in lines if "exception" not in line] == ["turn.failed"]
    assert all("Traceback" in line["exception"] for line in lines[1:])


def test_whoever_asks_for_it_sees_words_and_whole_numbers():
    lines = written("text", "personal")

    assert SAID in lines
    assert f"shop:{NUMBER}" in lines
    assert "******" not in lines
