import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings

import server.demo
from agent.business import Business
from agent.errors import BadBusiness, BadInput
from server.business_yaml import parse_business, render_business
from server.folder import read_folder, write_folder
from tests.server.any_business import businesses

DEMO = Path(server.demo.__file__).parent / "alder-creek-plumbing"
FEW = settings(max_examples=60, deadline=None)
SMALLEST = {
    "slug": "b",
    "name": "B",
    "industry": "generic",
    "timezone": "America/New_York",
    "phone": "+15005550006",
    "hours": {"mon": ["09:00-17:00"]},
    "services": [],
    "calendars": [],
}


@pytest.fixture
def folder(tmp_path):
    """A folder whose business.yaml holds this text."""

    def make(text):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "business.yaml").write_bytes(content)
        return tmp_path

    return make


@pytest.fixture
def problems(folder):
    def told(text):
        with pytest.raises(BadBusiness) as caught:
            read_folder(folder(text))
        return str(caught.value).split("\n")

    return told


def demo_with(old, new):
    text = (DEMO / "business.yaml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def demo_line(words):
    lines = (DEMO / "business.yaml").read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if words in line)


class TestReading:
    def test_the_demo_is_read_with_its_documents(self):
        found = read_folder(DEMO)

        assert found.business.slug == "alder-creek-plumbing"
        assert [name for name, _ in found.documents] == ["faq.csv", "policies.md"]

    def test_json_is_yaml_too(self, folder):
        for indent in (None, 2, "\t"):
            text = json.dumps(
                {**SMALLEST, "name": "Caf\N{LATIN SMALL LETTER E WITH ACUTE} \U0001f527"},
                indent=indent,
            )

            assert read_folder(folder(text)).business.name.endswith("\U0001f527")

    def test_no_knowledge_folder_is_no_documents(self, folder):
        assert read_folder(folder(json.dumps(SMALLEST))).documents == ()

    def test_hidden_files_are_passed_over(self, folder):
        path = folder(json.dumps(SMALLEST))
        (path / "knowledge").mkdir()
        (path / "knowledge" / ".DS_Store").write_bytes(b"x")
        (path / "knowledge" / "faq.csv").write_bytes(b"y")

        assert read_folder(path).documents == (("faq.csv", b"y"),)

    def test_a_folder_inside_knowledge_is_refused(self, folder):
        path = folder(json.dumps(SMALLEST))
        (path / "knowledge" / "old").mkdir(parents=True)

        with pytest.raises(BadBusiness, match="knowledge/old: put files straight into knowledge/"):
            read_folder(path)

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(BadBusiness, match=r"business\.yaml: there is no such file"):
            read_folder(tmp_path)


class TestRefusals:
    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ('mon: ["08:00-17:00"]', 'mon: ["8-5"]', 'hours.mon[1]: write hours as "08:00-17:00"'),
            ('mon: ["08:00-17:00"]', "mon: [17:00]", 'hours.mon[1]: write hours as "08:00-17:00"'),
            ('mon: ["08:00-17:00"]', "mon: 08:00-17:00", "hours.mon: write hours as a list"),
            ('mon: ["08:00-17:00"]', "mon:", "hours.mon: write hours as a list"),
            (
                'mon: ["08:00-17:00"]',
                'mon: ["08:00-12:00", "11:00-13:00"]',
                "hours.mon: two spans of a day overlap",
            ),
            ("  mon:", "  monday:", "hours.monday: write one of 'mon', 'tue'"),
            ("  tue:", "  mon:", "hours.mon: stands twice, first on line 9"),
            ("timezone: America/Denver", "timezone: Denver", "timezone: use an IANA time zone"),
            ('phone: "+13035550140"', "phone: +13035550140", 'phone: put it in quotes: "+130'),
            ('phone: "+13035550140"', 'phone: "303 555 0140"', "phone: write the number with +"),
            ("address: 120", "adress: 120", "adress: there is no such key; did you mean address?"),
            ("industry: plumbing ", "industry: ", "industry: is empty"),
            ("languages: [en, es]", "languages: [no]", 'languages[1]: put it in quotes: "no"'),
            ("languages: [en, es]", "no: 1", "YAML reads the key 'no' as yes or no"),
            ("date: 2026-11-26", "date: 2026-13-45", "closures[1].date: there is no such date"),
            ("date: 2026-11-26", "date: Thanksgiving", "closures[1].date: write a date"),
            ("horizon_days: 30", "horizon_days: month", "booking.horizon_days: write a whole"),
            ("horizon_days: 30", "horizon_days: 0", "booking.horizon_days: should be greater"),
            ("lead_time_min", "lead_time", "booking.lead_time: there is no such key; did you mean"),
            ('"80301"', "80301", 'service_area.zips[1]: put it in quotes: "80301"'),
            ("login: owner", "login: boss", "staff[1].login: write one of 'owner', 'staff'"),
            ("{id: sam,", "{id: mia,", "staff[2].id: 'mia' stands twice"),
            ("staff: sam, when", "staff: bob, when", "on_call[2].staff: 'bob' is not under staff"),
            ("calendars: [van-1]", "calendars: []", "services[2].calendars: name at least one"),
            (
                "calendars: [van-1]",
                "calendars: [van-9]",
                "services[2].calendars[1]: 'van-9' is not under calendars",
            ),
            ('price: "$149"', "price: 149", 'services[1].price: put it in quotes: "149"'),
            (
                "booking: {",
                "holidays: {country: NO}\nbooking: {",
                "holidays.country: put it in quo",
            ),
            (
                "booking: {",
                "holidays: {country: us}\nbooking: {",
                "holidays.country: use a country's",
            ),
            (
                "booking: {",
                "holidays: {country: XQ}\nbooking: {",
                "holidays.country: use a country's",
            ),
            (
                "booking: {",
                "holidays: {country: AT, subdiv: Wien}\nbooking: {",
                "holidays.subdiv: is no part of AT; known are 1, 2",
            ),
            ("booking: {", "policy: {all_day: no}\nbooking: {", "policy.all_day: write one of"),
            (
                "booking: {",
                "policy: {owner_emails: [mia]}\nbooking: {",
                "policy.owner_emails[1]: wri",
            ),
            (
                "calendars: [van-1]",
                "need: [[van-1], [van-2, lift]]\n    calendars: [van-1]",
                "services[2].need[2][2]: 'lift' is not under calendars",
            ),
            (
                "calendars: [van-1]",
                "need: [[]]\n    calendars: [van-1]",
                "services[2].need[1]: name at least one",
            ),
        ],
    )
    def test_a_problem_is_told_with_its_line_and_mend(self, problems, old, new, says):
        (told,) = problems(demo_with(old, new))[:1]

        assert told.startswith(f"business.yaml:{demo_line(old)}: {says}")

    def test_missing_keys_are_named(self, problems):
        assert problems("slug: a\n") == [
            f"business.yaml:1: {key}: is missing, and needed"
            for key in ("name", "industry", "timezone", "phone", "hours", "calendars", "services")
        ]

    def test_every_problem_is_told_in_the_order_of_the_file(self, problems):
        text = demo_with("timezone: America/Denver", "timezone: Denver")

        told = problems(text.replace("van-2]", "van-3]").replace("slug: ", "slugg: "))

        lines = [int(line.split(":")[1]) for line in told]
        assert lines == sorted(lines)
        assert len(told) >= 3

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "business.yaml:1: the file is empty"),
            ("# nothing yet\n", "business.yaml:1: the file is empty"),
            ("- a\n", "business.yaml:1: write keys and values"),
            ("just words", "business.yaml:1: write keys and values"),
            ("slug: a\nname: b: c\n", "business.yaml:2: this is not YAML"),
            ("slug: 'a\n", "business.yaml:2: this is not YAML"),
            ("hours:\n\tmon: []\n", "business.yaml:2: indent with spaces"),
            (b"slug: a\nname: Caf\xe9\n", "business.yaml:2: these letters are not UTF-8"),
            ("slug: a\nname: \x00\n", "business.yaml:2: there is a sign here"),
            ("a: !!python/object:os.system x", "business.yaml:1: this is not YAML"),
            ("[" * 5000, "business.yaml:1: brackets are nested too deep"),
        ],
    )
    def test_what_is_no_profile_is_refused(self, problems, text, says):
        (told,) = problems(text)

        assert told.startswith(says)

    def test_references_are_refused_before_they_can_grow(self, problems):
        text = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: *c\n"

        assert any("& and * are not used" in line for line in problems(text))


class TestWriting:
    def test_what_is_written_reads_back_equal(self, tmp_path):
        found = read_folder(DEMO)

        write_folder(tmp_path / "out", found.business, found.documents)

        assert read_folder(tmp_path / "out") == found

    def test_everything_a_business_can_say_reads_back_equal(self, tmp_path):
        business = Business.model_validate(
            {
                **SMALLEST,
                "name": 'O\'Hara: "Pipes" # & Söhne \U0001f527',
                "phones": ["+15005550007"],
                "languages": ["no", "en"],
                "tone": "yes",
                "first_text": "{business}: line one\n\nline two  ",
                "hours": {"mon": ["00:00-24:00"], "sun": []},
                "closures": [{"date": dt.date(2026, 11, 26), "hours": ["08:00-12:00"]}],
                "holidays": {"country": "NO"},
                "booking": {"daily_limit": 3, "confirm": "staff"},
                "policy": {"all_day": "free", "owner_emails": ["mia@example.com"]},
                "service_area": {"zips": ["02134", "80301"]},
                "staff": [{"id": "mia", "name": "Mia", "phone": "+15005550008"}],
                "on_call": [{"staff": "mia", "reach": ["call"]}],
                "calendars": [
                    {
                        "id": "a",
                        "staff": "mia",
                        "days": ["mon"],
                        "hours": {"mon": ["22:00-02:00"]},
                        "url": "https://x/y?z=1",
                    }
                ],
                "services": [
                    {
                        "id": "s",
                        "name": "1e3",
                        "duration_min": 5,
                        "price": "149",
                        "calendars": ["a"],
                        "need": [["a"]],
                    }
                ],
                "texting": {"nudge": {"enabled": False}, "mode": "shadow"},
                "privacy": {"health": True},
            }
        )

        write_folder(tmp_path, business, [("faq.csv", b"\xff\x00")])

        assert read_folder(tmp_path).business == business
        assert read_folder(tmp_path).documents == (("faq.csv", b"\xff\x00"),)

    @FEW
    @given(businesses)
    def test_any_business_reads_back_equal(self, business):
        text = render_business(business)

        found = parse_business(text.encode())

        assert found == business
        assert render_business(found) == text

    def test_defaults_are_left_out_and_the_order_is_the_usual_one(self, tmp_path):
        write_folder(tmp_path, read_folder(DEMO).business, [])

        text = (tmp_path / "business.yaml").read_text(encoding="utf-8")

        keys = list(yaml.safe_load(text))
        assert keys == [key for key in Business.model_fields if key in keys]
        assert "texting" not in keys
        assert "null" not in text
        assert "  mon: ['08:00-17:00']\n" in text

    def test_writing_twice_gives_the_same(self, tmp_path):
        found = read_folder(DEMO)
        write_folder(tmp_path, found.business, found.documents)

        write_folder(tmp_path, found.business, found.documents)

        assert read_folder(tmp_path) == found

    def test_files_of_others_are_never_touched(self, tmp_path):
        found = read_folder(DEMO)
        shutil.copytree(DEMO, tmp_path, dirs_exist_ok=True)
        (tmp_path / "knowledge" / "notes.md").write_text("mine")

        with pytest.raises(BadInput, match=r"notes\.md"):
            write_folder(tmp_path, found.business, found.documents)

    @pytest.mark.parametrize("name", ["../x.md", "a/b.md", "/x.md", "", "..", ".hidden"])
    def test_a_document_cannot_leave_the_folder(self, tmp_path, name):
        with pytest.raises(BadInput, match="is no file name"):
            write_folder(tmp_path / "out", read_folder(DEMO).business, [(name, b"x")])

        assert not (tmp_path / "out").exists()
