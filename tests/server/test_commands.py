"""The commands, in the shapes that others build on."""

import json
import subprocess
import sys

import pytest

from evals.product import FOLDER, ROOT

SHOP = "alder-creek-plumbing"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ringback(home):
    """Runs a command in an installation of its own, with the demo business imported."""

    def run(*words, lines=None, fails=False):
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *words],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "RINGBACK_DATA_DIR": str(home / "data")},
            input="".join(json.dumps(line) + "\n" for line in lines or []),
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()] if lines else done

    run("import", str(FOLDER))
    return run


def test_explain_reading_has_the_documented_shape(ringback):
    line = {
        "text": "STOP texting me and get somebody over here the basement is filling up w water",
        "now": "2026-11-05T06:50:00-06:00", "time_zone": "America/Chicago", "industry": "plumbing",
    }  # fmt: skip

    (read,) = ringback("explain", "reading", lines=[line])

    assert read.pop("fired")
    assert read == {
        "opt_out": "revoke",
        "urgency": "emergency",
        "urgency_reason": "flooding",
        "intents": ["request_human"],
        "choice": None,
        "when": None,
        "details": {},
        "callback": None,
        "language": "en",
    }


def test_a_bad_line_is_answered_in_its_place(ringback):
    answers = ringback("explain", "reading", lines=[{"nothing": 1}, {"text": "stop"}, [1]])

    assert "text" in answers[0]["error"]
    assert answers[1]["opt_out"] == "revoke"
    assert "object" in answers[2]["error"]


def test_explain_guard_says_what_was_cut_and_why(ringback):
    draft = "Drain cleaning is $149. Only 2 slots left this week! We open at 6 AM."
    line = {"draft": draft, "asked": "how much?", "evidence": ["Drain cleaning is 149 dollars"]}

    guarded, nothing_left = ringback(
        "explain", "guard", lines=[line, {"draft": "It is $5.", "asked": None, "evidence": []}]
    )

    assert guarded["text"] == "Drain cleaning is $149."
    assert [cut["sentence"] for cut in guarded["removed"]] == ["Only 2 slots left this week!"]
    assert guarded["unsupported"] == [{"span": "6 AM", "kind": "time"}]
    assert nothing_left["text"] is None


def test_explain_answer_shows_three_passages_also_when_it_hands_off(ringback):
    known, unknown = ringback(
        "explain", "answer", "--business", SHOP,
        lines=[{"question": "how much is a drain cleaning?"}, {"question": "do you tune pianos?"}],
    )  # fmt: skip

    assert "$149" in known["reply"]
    assert not known["handed_off"]
    assert len(known["passages"]) == len(unknown["passages"]) == 3
    assert set(known["passages"][0]) == {"id", "source_id", "document", "score"}
    assert (unknown["reply"], unknown["handed_off"]) == (None, True)
    assert 0 <= unknown["confidence"] < 0.5 <= known["confidence"] <= 1


def test_explain_slots_gives_free_times_and_says_what_a_case_lacks(ringback):
    case = {
        "id": "a1",
        "now": "2026-11-23T08:00:00-05:00",
        "rules": {
            "timezone": "America/New_York",
            "hours": {"tue": [["09:00", "11:00"]]},
            "service": {
                "duration_min": 60,
                "step_min": 60,
                "buffer_before_min": 0,
                "buffer_after_min": 0,
                "min_notice_min": 0,
                "horizon_days": 30,
            },
            "resources": {"alice": {"calendars": ["alice"]}},
        },
        "calendars": {"alice": []},
        "query": {"from": "2026-11-24", "to": "2026-11-24"},
    }

    free, lacking = ringback("explain", "slots", lines=[case, {"id": "a2"}])

    assert free == {"id": "a1", "slots": ["2026-11-24T09:00-05:00", "2026-11-24T10:00-05:00"]}
    assert "rules: Field required" in lacking["error"]


def test_explain_answer_names_the_businesses_there_are(ringback):
    done = ringback("explain", "answer", "--business", "nobody", fails=True)

    assert SHOP in done.stderr


def test_import_twice_changes_nothing(ringback):
    report = ringback("import", str(FOLDER)).stdout

    assert f"{SHOP}: unchanged" in report
    assert "faq.csv: unchanged" in report


def test_export_reads_back_the_same(ringback, tmp_path):
    ringback("export", SHOP, str(tmp_path / "out"))

    report = ringback("import", str(tmp_path / "out")).stdout

    assert f"{SHOP}: unchanged" in report
    assert "changed," not in report.replace("unchanged,", "")
    assert (tmp_path / "out/knowledge/faq.csv").read_bytes() == (
        FOLDER / "knowledge/faq.csv"
    ).read_bytes()


def test_documents_are_kept_from_the_command_line(ringback, tmp_path):
    (tmp_path / "winter.csv").write_text("question,answer\nDo you thaw pipes?,It is $189.\n")

    added = ringback("documents", SHOP, "add", str(tmp_path / "winter.csv"))
    ringback("documents", SHOP, "remove", "winter.csv")

    assert added.stdout == "winter.csv: 1 passage, in use now\n"
    assert "winter.csv: removed" in ringback("documents", SHOP).stdout
    gone = ringback("documents", SHOP, "remove", "winter.csv", fails=True)
    assert gone.stderr == "winter.csv: there is no such document.\n"
    asked = ringback("documents", SHOP, "restore", "winter.csv", fails=True)
    assert (asked.returncode, "restore NAME N" in asked.stderr) == (2, True)


def test_a_bad_folder_is_refused_with_file_line_and_mend(ringback, tmp_path):
    (tmp_path / "business.yaml").write_text("slug: x\nname: X\nhours: {mon: ['8-5']}\n")

    done = ringback("import", str(tmp_path), fails=True)

    assert "business.yaml:3" in done.stderr
    assert '"08:00-17:00"' in done.stderr
    assert "Traceback" not in done.stderr


def test_rehearse_books_what_is_free_and_shows_it(ringback):
    offered, booked = rehearse(
        ringback, {"caller": "can someone snake my drain tomorrow at 3?"}, {"caller": "yes"}
    )

    wanted = {"service": "drain-cleaning", "start_local": "2026-11-17T15:00"}
    assert offered["state"]["offers"] == [wanted]
    assert offered["state"]["appointments"] == []
    assert booked["state"]["offers"] == []
    assert booked["state"]["appointments"] == [wanted | {"duration_min": 90, "calendar": "van-1"}]
    assert booked["alerts"][0].startswith("Alder Creek Plumbing: Booked Drain cleaning")


def test_rehearse_notes_when_to_call_back(ringback):
    (asked,) = rehearse(ringback, {"caller": "please call me tomorrow after 3"})

    assert asked["state"]["callback"] == {"date": "2026-11-17", "from": "15:00", "to": None}
    assert asked["state"]["tasks"][0]["kind"] == "callback"
    assert asked["state"]["tasks"][0]["due_local"] == "2026-11-17T15:00"


def test_doctor_says_what_is_missing_and_how_to_mend_it(ringback):
    said = ringback("doctor").stdout

    assert "[ok  ] businesses: " in said
    assert "TWILIO_ACCOUNT_SID" in said


def test_doctor_says_what_a_calendar_elsewhere_lacks(ringback, tmp_path):
    there = {"id": "chair", "url": "http://127.0.0.1:9/dav/", "username": "ann", "password_env": "ANN_PASSWORD"}  # fmt: skip
    salon = {
        "slug": "ann-cuts", "name": "Ann Cuts", "industry": "salon", "timezone": "America/Denver", "phone": "+13035550190",
        "hours": {"mon": ["09:00-17:00"]}, "services": [], "calendars": [there],
    }  # fmt: skip
    (tmp_path / "business.yaml").write_text(json.dumps(salon))
    ringback("import", str(tmp_path))

    said = ringback("doctor").stdout

    assert "[todo] calendar chair of ann-cuts" in said
    assert "ANN_PASSWORD is empty" in said


def rehearse(ringback, *events, more=()):
    return ringback(
        "rehearse", str(FOLDER), "--now", "2026-11-16T10:00:00-07:00", *more, lines=list(events)
    )


def test_rehearse_answers_a_lone_text_on_its_own_line(ringback):
    (line,) = rehearse(ringback, {"caller": "how much is a drain cleaning"})

    assert "$149" in line["replies"][0]
    assert line["alerts"] == []
    assert line["state"] == {
        "opted_out": False, "owner": "agent", "escalated": False, "reason": None, "tasks": [],
        "appointments": [], "offers": [], "callback": None, "proactive": True,
    }  # fmt: skip


def test_rehearse_answers_a_burst_once_on_the_line_in_which_it_ends(ringback):
    lines = rehearse(
        ringback,
        {"caller": "hi"},
        {"caller": "my drain is clogged", "delay_s": 2},
        {"caller": "how much is a drain cleaning?", "delay_s": 2},
        {"wait_s": 20},
    )

    assert [len(line["replies"]) for line in lines] == [0, 0, 0, 1]
    assert "$149" in lines[3]["replies"][0]


def test_rehearse_plays_the_missed_call_the_emergency_and_the_person(ringback):
    called, urgent, taken, sent, released, answered = rehearse(
        ringback,
        {"missed_call": True},
        {"caller": "a pipe burst and water is everywhere"},
        {"staff": {"action": "takeover", "name": "Mia Torres"}},
        {"staff": {"action": "send", "name": "Mia Torres", "text": "On my way."}},
        {"staff": {"action": "release", "name": "Mia Torres"}},
        {"caller": "how much is a drain cleaning?"},
    )

    assert called["replies"][0].startswith("Alder Creek Plumbing: Sorry we missed your call")
    assert len(urgent["alerts"]) == 3
    assert urgent["alerts"][2].startswith("Call to Mia Torres: Alder Creek Plumbing: EMERGENCY")
    assert (urgent["state"]["owner"], urgent["state"]["reason"]) == ("human", "emergency")
    assert taken["replies"] == ["Mia at Alder Creek Plumbing has your message."]
    assert sent["replies"] == []
    assert released["state"]["owner"] == "agent"
    assert "$149" in answered["replies"][0]


def test_rehearse_keeps_silent_after_stop(ringback):
    stopped, asked, called = rehearse(
        ringback,
        {"caller": "take me off your list"},
        {"caller": "how much?"},
        {"missed_call": True},
    )

    assert len(stopped["replies"]) == 1
    assert "opted out" in stopped["replies"][0]
    assert stopped["state"]["opted_out"]
    assert asked["replies"] == called["replies"] == []
    assert called["state"]["tasks"][0]["kind"] == "phone_caller"


def test_rehearse_takes_what_happened_before(ringback, tmp_path):
    setup = tmp_path / "setup.json"
    setup.write_text(json.dumps({"first_text": "Reply 1 to book, 2 with your question, or 3 for a callback."}))  # fmt: skip

    (line,) = rehearse(ringback, {"caller": "3"}, more=["--setup", str(setup)])

    assert line["state"]["tasks"][0]["kind"] == "callback"
    assert line["state"]["reason"] == "callback_request"
