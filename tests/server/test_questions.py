"""Questions that found no answer: put together, answered once by the owner, told to the next caller."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.model import TaskKind
from server.housekeeping import QUESTIONS_KEPT
from server.settings import Settings
from server.store import questions, tasks, threads
from server.store.engine import create, make_engine
from server.store.tables import business, question, task

SHOP, OTHER = "alder-creek-plumbing", "north-fork-locks"
PAGE, DOCUMENT = "/business/questions", "/business/documents/answers.csv"
NOW, DAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC), timedelta(days=1)
PIANO = {
    "+17205550801": "do you tune pianos?",
    "+17205550802": "can you guys tune my piano",
    "+17205550803": "hello, do you do piano tuning?",
}


@pytest.fixture
def ask(two_businesses, mia):
    """Callers who asked and were told nothing; after the test nothing is open and no answers are left."""

    def asked(words, caller="+17205550810", slug=SHOP):
        now = datetime.now(UTC)
        with two_businesses.database().begin() as connection:
            thread, _ = threads.locked(connection, slug, caller, now)
            questions.add(
                connection, business=slug, thread=thread.id, at=now, words=words,
                reply="", passage=None, score=0.1, answered=False,
            )  # fmt: skip
        return found(two_businesses, words)

    yield asked
    mia.sends(f"{DOCUMENT}/remove")
    with two_businesses.database().begin() as connection:
        connection.execute(sa.update(question).values(settled_at=datetime.now(UTC)))


def found(product, words):
    """The id of the newest question in these words; None: it was not asked."""
    query = sa.select(sa.func.max(question.c.id)).where(question.c.words == words)
    with product.database().connect() as connection:
        return connection.scalar(query)


def answers(visitor, question_id, answer, *wordings, words="Do you tune pianos?"):
    form = {"question": words, "answer": answer, "wordings": [str(one) for one in wordings]}
    return visitor.sends(f"{PAGE}/{question_id}/answer", form)


@pytest.fixture(autouse=True)
def nothing_open(two_businesses):
    """The shop is shared with other files, whose callers ask as well."""
    gone = sa.update(question).where(question.c.settled_at.is_(None))
    with two_businesses.database().begin() as connection:
        connection.execute(gone.values(settled_at=datetime.now(UTC)))


def clusters(html):
    """(who asked, wording) of each entry of the page."""
    heads = re.findall(r"<b>([^<]+) asked([^<]*)</b>.*?<h2[^>]*>([^<]+)</h2>", html, re.DOTALL)
    return [(callers + often, words.strip()) for callers, often, words in heads]


def test_three_callers_ask_the_owner_answers_once_the_fourth_is_told(two_businesses, mia, ask):
    for caller, words in PIANO.items():
        two_businesses.text(words, caller=caller)
        two_businesses.replied(1, to=caller)
    ids = [found(two_businesses, words) for words in PIANO.values()]

    page = mia.sees(PAGE)
    [(callers, central)] = clusters(page)
    assert callers == "3 callers"
    assert central in PIANO.values()
    for caller in PIANO:
        assert f'href="/inbox/{caller[1:]}"' in page
    assert '<span class="count">3<' in page

    answered = answers(mia, ids[0], "Yes, an upright is $90.", *ids)
    assert answered.status_code == 303
    settled = mia.sees(answered.headers["location"])
    assert settled.count("Yes, an upright is $90.") + settled.count(">An upright is $90.") == 3
    assert "No questions are open." in mia.sees(PAGE)
    entry = mia.sees(DOCUMENT)
    assert "Do you tune pianos?" in entry
    assert "can you guys tune my piano" in entry

    two_businesses.text("do you tune pianos??", caller="+17205550804")
    assert "an upright is $90" in two_businesses.replied(1, to="+17205550804")[0]
    waits = mia.sees("/inbox/17205550802")
    assert "<q><bdi>Yes, an upright is $90.</bdi></q>" in waits
    assert "Text this to the caller" in waits


def test_what_was_answered_is_kept_but_is_no_open_question(two_businesses, mia, ask):
    caller = "+17205550805"
    two_businesses.text("how much is a drain cleaning?", caller=caller)
    two_businesses.replied(1, to=caller)
    since = datetime.now(UTC) - timedelta(minutes=5)

    with two_businesses.database().connect() as connection:
        kept = questions.recent(connection, SHOP, since=since, limit=50)

    [row] = [one for one in kept if one.thread == f"{SHOP}:{caller}"]
    assert row.answered
    assert row.passage
    assert "$149" in row.reply
    assert "No questions are open." in mia.sees(PAGE)


def test_what_is_unticked_stays_open_and_is_kept_nowhere(mia, ask):
    tune = ask("do you tune pianos?", "+17205550811")
    move = ask("do you move pianos?", "+17205550812")
    assert len(clusters(mia.sees(PAGE))) == 1

    answers(mia, tune, "Yes.", tune)

    assert clusters(mia.sees(PAGE)) == [("1 caller", "do you move pianos?")]
    assert "move pianos" not in mia.sees(DOCUMENT)
    assert f'value="{move}"' in mia.sees(f"{PAGE}/{move}")


def test_a_dismissal_can_be_undone(mia, ask):
    asked = ask("are you hiring?")
    assert "are you hiring?" in mia.sees(PAGE)

    mia.sends(f"{PAGE}/{asked}/dismiss", {"wordings": [str(asked)]})

    gone = mia.sees(PAGE)
    assert clusters(gone) == []
    assert "Dismissed: &ldquo;are you hiring?&rdquo;" in gone
    assert "Dismissed" not in mia.sees(PAGE)
    mia.sends(f"{PAGE}/{asked}/reopen")
    assert clusters(mia.sees(PAGE)) == [("1 caller", "are you hiring?")]


def test_a_caller_who_asks_again_is_one_caller_and_most_callers_come_first(mia, ask):
    ask("do you fix clocks?", "+17205550813")
    ask("Do you fix clocks", "+17205550814")
    for _ in range(3):
        ask("are you hiring?", "+17205550815")

    assert clusters(mia.sees(PAGE)) == [
        ("2 callers", "Do you fix clocks"),
        ("1 caller 3 times", "are you hiring?"),
    ]


@pytest.mark.parametrize(
    ("words", "answer", "ticked", "problem"),
    [
        ("Do you fix clocks?", " ", True, "Write the answer first."),
        (" ", "No.", True, "Write the question first."),
        ("Do you fix clocks?", "No.", False, "Tick at least one question"),
        ("Do you fix clocks?", "x" * 1601, True, "The answer has 1601 characters"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    mia, ask, words, answer, ticked, problem
):
    asked = ask("do you fix clocks?")

    refused = answers(mia, asked, answer, *([asked] if ticked else []), words=words)

    assert refused.status_code == 400
    assert problem in refused.text
    assert answer.strip() in refused.text
    assert mia.http.get(DOCUMENT).status_code == 404


def test_a_form_sent_twice_answers_once(mia, ask):
    asked = ask("do you fix clocks?")
    answers(mia, asked, "No.", asked, words="Do you fix clocks?")

    again = answers(mia, asked, "Yes!", asked, words="Do you fix clocks?")

    assert "Settled" in again.text
    assert "Yes!" not in mia.sees(DOCUMENT)


def test_answers_given_at_once_are_all_kept(mia, ask):
    subjects = ("clocks", "pianos", "bicycles", "violins")
    asked = {one: ask(f"do you fix {one}?", f"+1720555083{len(one)}") for one in subjects}
    mia.sees(PAGE)

    def give(subject):
        words = f"Do you fix {subject}?"
        return answers(mia, asked[subject], f"No {subject}.", asked[subject], words=words)

    with ThreadPoolExecutor() as owners:
        assert [one.status_code for one in owners.map(give, subjects)] == [303] * 4

    entries = mia.sees(DOCUMENT)
    assert [one for one in subjects if f"No {one}." not in entries] == []


def test_an_answer_is_weighed_while_it_is_written(mia):
    long = "We come out. " * 30
    mia.sees(PAGE)
    said = mia.sends(f"{PAGE}/check", {"question": "Do you fix clocks?", "answer": "No."}).text
    sells = mia.sends(f"{PAGE}/check", {"question": "?", "answer": "We do. Book now and save 20%!"})

    assert "3 characters, 1 text segment." in said
    assert "reads like advertising: &ldquo;Book now and save 20%!&rdquo;" in sells.text
    assert "Long for a text" in mia.sends(f"{PAGE}/check", {"answer": long}).text


def test_what_sells_is_not_proposed_to_staff(two_businesses, mia, ask):
    caller = "+17205550816"
    two_businesses.text("do you repair grandfather clocks?", caller=caller)
    two_businesses.replied(1, to=caller)
    asked = found(two_businesses, "do you repair grandfather clocks?")

    answers(mia, asked, "Yes, from $80. Book now and save 20%!", asked, words="Clocks?")

    query = sa.select(task.c.tell).where(task.c.thread == f"{SHOP}:{caller}")
    with two_businesses.database().connect() as connection:
        assert connection.scalars(query).all() == ["Yes, from $80."]


def test_a_task_is_proposed_the_answer_to_its_own_question_once(two_businesses, mia, ask):
    asked = ("tune pianos?", "piano tuning?", "do you fix roofs?")
    notes = (*asked, "Hi! Tune pianos? Piano tuning?")
    moment = datetime.now(UTC)
    with two_businesses.database().begin() as connection:
        thread, _ = threads.locked(connection, SHOP, "+17205550817", moment)
        for words in asked:
            questions.add(
                connection, business=SHOP, thread=thread.id, at=moment, words=words,
                reply="", passage=None, score=0.1, answered=False,
            )  # fmt: skip
        for note in notes:
            tasks.add(
                connection, f"proposed:{note}", business=SHOP, thread=thread.id,
                kind=TaskKind.QUESTION, note=note, due_at=None, created_at=moment,
            )  # fmt: skip
    ids = [found(two_businesses, words) for words in asked[:2]]
    mia.sees(PAGE)

    answers(mia, ids[0], "Yes, an upright is $90.", *ids)

    query = sa.select(task.c.note, task.c.tell).where(task.c.thread == thread.id)
    with two_businesses.database().connect() as connection:
        proposed = {row.note: row.tell for row in connection.execute(query)}
    told = "Yes, an upright is $90."
    assert [proposed[note] for note in notes] == [told, told, None, told]


def test_what_was_answered_is_not_opened_again(mia, ask):
    asked = ask("do you fix clocks?")
    answers(mia, asked, "No.", asked, words="Do you fix clocks?")

    mia.sends(f"{PAGE}/{asked}/reopen")

    assert clusters(mia.sees(PAGE)) == []


def test_words_that_tell_who_asked_are_not_offered_as_the_entrys_question(mia, ask):
    asked = ask("this is Mary Johnson at 12 Oak St, do you fix clocks")

    form = mia.sees(f"{PAGE}/{asked}")

    assert 'name="question" maxlength="300" required autocomplete="off" value=""' in form
    assert "These words are not kept" in form


def test_what_a_document_answers_by_now_is_said_on_the_form(mia, ask):
    asked = ask("how much is a drain cleaning?")
    other = ask("do you fix clocks?")

    assert "a caller who asks this is told" in mia.sees(f"{PAGE}/{asked}")
    assert "Your documents do not answer it yet." in mia.sees(f"{PAGE}/{other}")


def test_callers_words_are_escaped(mia, ask):
    asked = ask('<script>alert("1")</script> do you fix clocks?')

    for page in (PAGE, f"{PAGE}/{asked}"):
        assert "<script>alert" not in mia.sees(page)


def test_staff_look_and_change_nothing(mia, sam, ask):
    asked = ask("do you fix clocks?")
    seen = sam.sees(PAGE)
    assert clusters(seen) == [("1 caller", "do you fix clocks?")]
    assert "Add answer" not in seen
    assert "<textarea" not in sam.sees(f"{PAGE}/{asked}")

    refused = [
        answers(sam, asked, "No.", asked),
        sam.sends(f"{PAGE}/{asked}/dismiss", {"wordings": [str(asked)]}),
        sam.sends(f"{PAGE}/{asked}/reopen"),
        sam.sends(f"{PAGE}/check", {"answer": "No."}),
    ]

    assert [one.status_code for one in refused] == [403] * 4
    assert clusters(mia.sees(PAGE)) == [("1 caller", "do you fix clocks?")]


def test_another_business_neither_sees_nor_settles_it(mia, nora, ask):
    theirs, ours = ask("do you fix clocks?"), ask("do you cut keys?", slug=OTHER)
    assert clusters(nora.sees(PAGE)) == [("1 caller", "do you cut keys?")]

    nora.sends(f"{PAGE}/{ours}/dismiss", {"wordings": [str(ours), str(theirs)]})
    nora.sends(f"{PAGE}/{theirs}/reopen")

    assert clusters(mia.sees(PAGE)) == [("1 caller", "do you fix clocks?")]


@pytest.fixture
def shelf_of_questions(tmp_path, database_url):
    """A connection to a new database of each kind that holds one business."""
    url = Settings(_env_file=None, data_dir=tmp_path, database_url=database_url).url
    create(url)
    database = make_engine(url)
    with database.begin() as connection:
        connection.execute(sa.insert(business).values(slug=SHOP, profile={}, updated_at=NOW))
        yield connection
    database.dispose()


def keep(connection, words, days=0, answered=False):
    questions.add(
        connection, business=SHOP, thread=None, at=NOW - timedelta(days=days), words=words,
        reply="", passage=None, score=0.0, answered=answered,
    )  # fmt: skip


def test_old_questions_are_forgotten_oldest_first(shelf_of_questions):
    for days in (200, 190, 181, 179, 1):
        keep(shelf_of_questions, f"{days} days ago", days)

    gone = [questions.forget(shelf_of_questions, NOW - QUESTIONS_KEPT, 2) for _ in range(3)]

    assert gone == [2, 1, 0]
    left = questions.open_ones(shelf_of_questions, SHOP, 10)
    assert [one.words for one in left] == ["1 days ago", "179 days ago"]


def test_what_is_settled_together_is_opened_together(shelf_of_questions):
    for words in ("first", "second", "third"):
        keep(shelf_of_questions, words)
    keep(shelf_of_questions, "told", answered=True)
    rows = questions.recent(shelf_of_questions, SHOP, since=NOW, limit=10)
    ids = {row.words: row.id for row in rows}
    questions.settle(shelf_of_questions, SHOP, [ids["third"]], NOW)

    every = list(ids.values())
    settled = questions.settle(shelf_of_questions, SHOP, every, NOW + DAY, dismissed=True)

    assert {row.words for row in settled} == {"first", "second"}
    assert questions.count_open(shelf_of_questions, SHOP) == 0
    questions.reopen(shelf_of_questions, SHOP, NOW + DAY)
    assert questions.count_open(shelf_of_questions, SHOP) == 2
    assert questions.get(shelf_of_questions, OTHER, ids["first"]) is None
