"""The page of figures, its tables, the sheet to reckon with, and the form of the weekly summary."""

import csv
import re
from html import unescape

import pytest
import sqlalchemy as sa

from agent.rules import first_text
from server.store import businesses, threads
from server.store.tables import call, text
from tests.server.at_desk import SHOP, AtDesk
from tests.server.figures import DEMO, local

PAGE, ROI, WEEKLY = "/business/numbers", "/business/numbers/roi", "/business/numbers/weekly"


class Counted(AtDesk):
    """A shop whose callers are missed."""

    def misses(self, name="A"):
        """The present caller's call rings out."""
        self._second += 1
        at = {"at": self._second, "from": self.caller, "call": name}
        self.line.happens(at | {"post": "voice"}, 0)
        self.passes(25)
        over = {"at": self._second, "post": "dialed", "status": "no-answer", "bridged": False}
        self.line.happens(at | over, 0)
        self.line.happens(at | {"at": self._second, "post": "status", "status": "completed"}, 0)
        self.passes(20)

    def noted(self, day, callers, decision="shadow", reason="no answer"):
        """So many missed calls of other days, as rows."""
        at = local(day)
        with self.house.database.begin() as connection:
            for place in range(callers):
                caller = f"+1303557{place:04d}"
                name = threads.locked(connection, SHOP, caller, at)[0].id
                row = {
                    "sid": f"CA{day}{place}",
                    "thread": name,
                    "caller": caller,
                    "dialled": DEMO.phone,
                    "at": at,
                }
                row |= {"outcome": "missed", "reason": reason, "decision": decision, "raw": {}}
                connection.execute(sa.insert(call).values(business=SHOP, **row))
        return f"period=own&first={day}&last={day}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """One caller was missed and wrote back."""
    one = Counted(tmp_path_factory.mktemp("numbers")).meets()
    one.misses()
    one.texts("thanks, can somebody call me back?")
    yield one
    one.close()


def said(page, mark):
    """The words of the element with this mark."""
    found = re.search(rf'<(\w+)[^>]*data-testid="{mark}"[^>]*>(.*?)</\1>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[2])).split()) if found else None


def rows(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(answer.text.splitlines()))


def test_the_page_says_what_became_of_a_missed_call(desk):
    page = desk.mia.sees(PAGE)

    assert said(page, "missed").startswith("1 call was missed.")
    assert said(page, "texted").startswith("1 got a text. Half of them within 5 seconds")
    assert said(page, "replied").startswith("1 wrote back. Too few to say how many of 100.")
    assert said(page, "booked").startswith("None booked.")


def test_each_figure_says_how_it_is_counted(desk):
    assert desk.mia.sees(PAGE).count("How this is counted") >= 5


def test_a_chart_has_a_title_a_description_and_its_table(desk):
    page = desk.mia.sees(PAGE)

    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) == 5
    assert all(
        "<title id=" in one and "<desc id=" in one and "aria-labelledby" in one for one in charts
    )
    assert page.count("As a table") == 5


def test_a_first_text_keeps_the_version_of_its_words(desk):
    with desk.house.database.connect() as connection:
        why = connection.scalar(sa.select(text.c.why).where(text.c.kind == "first_text"))

    assert re.fullmatch(r"plumbing first_text en [0-9a-f]{8}", why["template"])
    assert "The words of your trade, while you are open, English" in desk.mia.sees(PAGE)


def test_own_words_are_another_version():
    def version(words):
        own = DEMO.model_copy(update={"first_text": words})
        return first_text.write(own, local("2026-09-15")).template

    one, other = (
        version("{business} here, what do you need?"),
        version("{business} here, we call back."),
    )

    assert one != other
    assert all(re.fullmatch("own first_text en [0-9a-f]{8}", name) for name in (one, other))
    assert version("{business} here, what do you need?") == one


def test_calls_that_were_only_noted_are_said(desk):
    page = desk.mia.sees(f"{PAGE}?{desk.noted('2026-08-04', 30)}")

    assert said(page, "missed").startswith("30 calls were missed.")
    assert "30 would have got one, but sending was off." in said(page, "texted")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("period=own&first=2026-09-15&last=2026-09-14", "The first day comes after the last one."),
        ("period=own&first=nonsense&last=2026-09-14", "Choose a first and a last day."),
        ("period=own&first=2020-01-01&last=2026-09-14", "That is more than a year at once."),
        ("period=own&first=2027-01-01&last=2027-01-02", "Choose days that lie in the past."),
    ],
)
def test_dates_that_make_no_sense_are_told_and_the_page_stands(desk, query, words):
    page = desk.mia.sees(f"{PAGE}?{query}")

    assert said(page, "problem").startswith(words)
    assert said(page, "missed")


@pytest.mark.parametrize("name", ["this-week", "4-weeks", "own&first=2026-09-15&last=2026-09-15"])
def test_a_period_holds_todays_call(desk, name):
    assert said(desk.mia.sees(f"{PAGE}?period={name}"), "missed").startswith("1 call")


def test_last_week_holds_no_call_of_today_and_says_so(desk):
    page = desk.mia.sees(f"{PAGE}?period=last-week")

    assert said(page, "none").startswith("No call was missed in these days.")


def test_days_are_a_table(desk):
    found = rows(desk.mia.http.get(f"{PAGE}/days.csv?period=this-week"))

    assert [(one["day"], one["missed_calls"], one["wrote_back"]) for one in found] == [
        ("2026-09-14", "0", "0"), ("2026-09-15", "1", "1"),
    ]  # fmt: skip


def test_episodes_are_a_table_with_a_line_each(desk):
    [found] = rows(desk.mia.http.get(f"{PAGE}/episodes.csv"))

    assert (found["date"], found["caller"], found["text"]) == ("2026-09-15", desk.caller, "sent")
    assert found["came_to"] in ("callback", "replied")


def test_no_cell_of_a_table_is_run_by_a_spreadsheet(desk):
    period = desk.noted("2026-08-05", 1, reason="=HYPERLINK(1)", decision="@cmd")

    [found] = rows(desk.mia.http.get(f"{PAGE}/episodes.csv?{period}"))

    assert (found["why_missed"], found["text"]) == ("'=HYPERLINK(1)", "'@cmd")


def test_the_seeds_example_gives_37_and_a_half_leads(desk):
    page = desk.mia.sees(f"{ROI}?missed=20&reply=30&book=25&days=25&close=100&ticket=200&cost=450")

    assert "37.5 leads" in said(page, "sums")
    assert said(page, "break-even").startswith("3 jobs a month pay for it.")


def test_the_sheet_begins_with_own_figures(desk):
    page = desk.mia.sees(ROI)

    assert 'name="missed"' in page
    assert "From your last 4 weeks." in page
    assert 'value="149"' in page


@pytest.mark.parametrize("typed", ["x", "-1", "nan", "inf", "1e999", "99999999999"])
def test_what_is_no_number_is_kept_and_told(desk, typed):
    page = desk.mia.sees(f"{ROI}?missed={typed}")

    assert f'value="{typed}"' in page
    assert 'aria-invalid="true"' in page


def test_the_owner_chooses_who_gets_the_week(desk):
    form = {"enabled": "yes", "to": ["sam"], "by": ["text", "channels"]}
    desk.mia.sees(WEEKLY)
    answer = desk.mia.sends(WEEKLY, form)

    assert answer.status_code == 303
    with desk.house.database.connect() as connection:
        business = businesses.get(connection, SHOP)
    assert business is not None
    kept = business.weekly_summary
    assert (kept.enabled, kept.to, kept.by) == (True, ("sam",), ("text", "channels"))
    assert "Saved." in desk.mia.sees(WEEKLY)


def test_a_form_without_a_way_is_told_and_keeps_what_was_ticked(desk):
    desk.mia.sees(WEEKLY)
    answer = desk.mia.sends(WEEKLY, {"enabled": "yes", "to": ["sam"]})

    assert answer.status_code == 400
    assert said(answer.text, "problem").startswith("Choose at least one way")
    assert 'value="sam" checked' in answer.text


def test_staff_read_the_figures_and_change_nothing(desk):
    sam = desk.sits("sam")

    assert said(sam.sees(PAGE), "missed")
    assert "<form" not in sam.sees(WEEKLY)
    assert sam.sends(WEEKLY, {"enabled": "yes", "by": "text"}).status_code == 403
