"""What staff and owners see of the model: why a reply says what it says, whether the model is well, what it took, and what could be replied."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from evals.model.behaviours import honest
from evals.model.double import ModelDouble
from evals.product import until
from server.store import model_calls
from server.store.tables import model_call, text
from tests.server.conftest import SECOND
from tests.visitor import Visitor, give_login, rows_of

SHOP, OTHER = "alder-creek-plumbing", "north-fork-locks"
PAGE, DAYS = "/business/model", "/business/model/days.csv"
ASKS_PRICE = "how much is a drain cleaning?"
CALL = {
    "model": "double", "prompt": "understand 7 0123abcd", "tokens_in": 900, "tokens_out": 100, "took_ms": 1500, "ended": "answered",
}  # fmt: skip


@pytest.fixture(scope="module")
def model():
    """A model that does what a test tells it to: `behaviour`, `fault`."""
    told = SimpleNamespace(behaviour=honest, fault=None)

    def behaves(asked):
        return told.behaviour(asked)

    with ModelDouble(behaves, faults=lambda _number: told.fault) as double:
        told.double = double
        yield told


@pytest.fixture(autouse=True)
def obedient(model):
    yield
    model.behaviour, model.fault = honest, None


@pytest.fixture(scope="module")
def product(start_product, model):
    """Two businesses and a model that has its price."""
    running = start_product(
        OPENAI_BASE_URL=model.double.url,
        OPENAI_API_KEY="for-tests-only",
        RINGBACK_MODEL="double",
        RINGBACK_MODEL_PRICE_IN="2",
        RINGBACK_MODEL_PRICE_OUT="10",
        RINGBACK_MODEL_TOKENS_PER_DAY="500000",
    )
    running.run("import", str(SECOND))
    give_login(running, SHOP, "sam", "staff")
    give_login(running, OTHER, "nora", "owner")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def owner(product):
    visitor = Visitor(product).signs_in("mia", product.password)
    yield visitor
    visitor.http.close()


@pytest.fixture(scope="module")
def locksmith(product):
    visitor = Visitor(product).signs_in("nora", "for-tests-only")
    yield visitor
    visitor.http.close()


@pytest.fixture
def took(product):
    """Notes calls of the other business, which none of its callers causes; they are gone after the test."""

    def noted(*ended, days_ago=0, turn="turn", **more):
        whose = {"business": OTHER, "thread": None, "turn": turn}
        at = datetime.now(UTC) - timedelta(days=days_ago)
        calls = [CALL | whose | {"ended": one, "at": at} | more for one in ended]
        with product.database().begin() as connection:
            connection.execute(sa.insert(model_call), calls)

    yield noted
    with product.database().begin() as connection:
        connection.execute(sa.delete(model_call).where(model_call.c.business == OTHER))


def texted(product, words, caller, replies=1):
    product.text(words, caller=caller)
    return product.replied(replies, to=caller)[-1]


def thread(visitor, caller):
    return unescape(visitor.sees(f"/inbox/{caller[1:]}"))


def part(html, name):
    """The words of the element with this test id, tags left out; None: it is not there."""
    found = re.search(rf'<(\w+)[^>]*data-testid="{name}".*?</\1>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else None


def suggested(visitor, caller, **form):
    """What is proposed as a reply, and the words around it."""
    answered = visitor.sends(f"/inbox/{caller[1:]}/suggest", form, headers={"HX-Request": "true"})
    assert answered.status_code == 200, answered.text
    html = unescape(answered.text)
    return re.findall(r'name="use" value="([^"]+)"', html), html


def waits_for_mia(product, owner, words, caller):
    """A caller of whom Mia has taken over writes."""
    product.call(caller)
    product.replied(1, to=caller)
    owner.sends(f"/inbox/{caller[1:]}/claim")
    product.text(words, caller=caller)
    wanted = sa.select(text.c.status).where(
        text.c.thread == f"{SHOP}:{caller}", text.c.body == words
    )
    with product.database().connect() as connection:
        until(lambda: connection.scalar(wanted) == "answered", "the turn is over")
        under_way = sa.select(sa.func.count()).where(
            text.c.status.in_(("queued", "sending", "accepted", "sent"))
        )
        until(lambda: connection.scalar(under_way) == 0, "all has arrived")


def test_a_reply_says_that_the_model_read_along_and_what_it_took(product, owner):
    caller = "+17205550901"
    texted(product, ASKS_PRICE, caller)

    html = thread(owner, caller)

    why = part(html, "why")
    assert "With the model." in why
    assert re.search(
        r"Prompt understand, version \d+ \([0-9a-f]{8}\): 1 call, [\d,]+ tokens read", why
    )
    assert re.search(r"\d\.\d s, \$0\.\d+", why)
    assert re.match(r"With the model: 1 turn, 1 call, [\d,]+ tokens, \$0\.\d+", part(html, "took"))


def test_a_reply_without_the_model_says_why(product, owner, model):
    caller, model.fault = "+17205550902", "status_401"
    assert "$149" in texted(product, ASKS_PRICE, caller)

    assert "The model was out: status 401. The rules answered." in part(
        thread(owner, caller), "why"
    )


def test_without_a_model_nothing_is_said_of_one(two_businesses, mia, sam):
    caller = "+17205550903"
    texted(two_businesses, ASKS_PRICE, caller)

    html = thread(mia, caller)
    assert "By the rules." in part(html, "why")
    assert part(html, "took") is None
    assert "language model" not in html
    assert mia.sees("/inbox/model").strip() == ""
    assert "the rules answer alone" in mia.sees(PAGE)
    assert "OPENAI_API_KEY" in mia.sees(PAGE)
    assert PAGE in mia.sees("/business")
    assert PAGE not in sam.sees("/business")


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (("status 500", "answered"), None),
        (("answered", "it refused"), None),
        (
            ("answered", "status 500", "status 500"),
            r"has not answered since \d+:\d\d [AP]M\. The rules answer",
        ),
    ],
)
def test_the_inbox_says_that_the_model_is_out_until_it_answers_again(locksmith, took, ended, words):
    took(*ended)

    seen = locksmith.sees("/inbox")

    if words is None:
        assert "language model" not in seen
    else:
        assert re.search(words, seen)
    assert ("language model" in locksmith.sees("/inbox/model")) == (words is not None)


def test_a_spent_budget_is_said_and_keeps_the_model_unasked(product, owner, locksmith, took, model):
    took("answered", tokens_in=500_000)

    assert "Today's budget for the language model is spent" in unescape(locksmith.sees("/inbox"))
    assert "budget for the language model is spent" not in owner.sees("/inbox")
    assert "500,100 of 500,000 tokens" in part(locksmith.sees(PAGE), "budget")


def test_the_owner_sees_what_the_model_took_by_day_by_fault_and_by_prompt(locksmith, took):
    took("answered", "no answer in time", turn="a", days_ago=1)
    took("answered", "answered", "answered", turn="b", days_ago=1, prompt="understand 8 4567cdef")
    took("answered", turn="c", days_ago=31, tokens_in=77_777)

    html = locksmith.sees(PAGE)
    table = list(csv.DictReader(locksmith.sees(DAYS).splitlines()))

    figures = part(html, "figures")
    for words in ("Turns with the model 2", "Calls a turn 2.50", "Failed calls 1", "Tokens 5,000", "Seconds a call 1.5", "Cost $0.01"):  # fmt: skip
        assert words in figures, figures
    assert "No answer in time 1" in part(html, "faults")
    prompts = part(html, "prompts")
    assert prompts.index("version 8 (4567cdef)") < prompts.index("version 7 (0123abcd)")
    assert "77,777" not in html
    assert len(table) == 30
    [busy] = [row for row in table if row["calls"] != "0"]
    assert busy == table[-2]
    assert (busy["turns"], busy["calls"], busy["failed"]) == ("2", "5", "1")
    assert (busy["tokens_read"], busy["tokens_written"]) == ("4500", "500")
    assert (busy["seconds"], busy["cost_usd"]) == ("7.500", "0.014000")


def test_a_model_that_was_never_asked_has_no_figures_and_no_trouble(locksmith):
    html = locksmith.sees(PAGE)

    assert "language model" not in locksmith.sees("/inbox")
    assert "was not asked in the last 30 days" in html
    assert part(html, "figures") is None
    assert len(locksmith.sees(DAYS).splitlines()) == 31


def test_only_an_owner_sees_what_the_model_took(product):
    sam = Visitor(product).signs_in("sam", "for-tests-only")

    refused = [sam.http.get(path).status_code for path in (PAGE, DAYS)]

    assert refused == [403, 403]
    assert PAGE not in sam.sees("/business")
    sam.http.close()


def test_a_thread_that_needs_a_person_begins_with_a_summary(product, owner):
    caller = "+17205550904"
    texted(product, ASKS_PRICE, caller)
    assert part(thread(owner, caller), "summary") is None

    texted(product, "this is Dana Reyes. i want to talk to a real person", caller, replies=2)

    told = part(thread(owner, caller), "summary")
    assert "Dana Reyes, (720) 555-0904" in told
    assert "i want to talk to a real person" in told
    assert "Why a person Asked for a person" in told
    assert "Promised A reply by" in told


def test_suggestions_come_from_the_documents_and_change_nothing(product, owner, model):
    caller = "+17205550905"
    waits_for_mia(product, owner, ASKS_PRICE, caller)
    before, asked = kept(product), model.double.calls

    replies, html = suggested(owner, caller)

    assert "$149" in replies[0]
    assert "From what you have written" in html
    assert ASKS_PRICE in html
    assert kept(product) == before
    assert model.double.calls == asked + 1
    with product.database().connect() as connection:
        turns = model_calls.by_turn(connection, f"{SHOP}:{caller}")
    assert [spent.calls for turn, spent in turns.items() if turn.startswith("suggest:")] == [1]
    assert "With the model: 1 suggestion, 1 call," in part(thread(owner, caller), "took")


def test_a_models_draft_that_the_documents_bear_out_is_a_suggestion_of_its_own(
    product, owner, model
):
    caller = "+17205550906"
    waits_for_mia(product, owner, ASKS_PRICE, caller)
    drafted = "Happy to help! A drain cleaning is $149."
    model.behaviour = lambda asked: honest(asked) | {"draft": drafted}

    replies, html = suggested(owner, caller)

    assert len(replies) == 2
    assert replies[1].endswith("A drain cleaning is $149.")
    assert "By the language model" in html


@pytest.mark.parametrize(
    ("line", "words", "first"),
    [
        (21, "do you tune pianos?", "Thanks for your message."),
        (22, "you people ruined my floor, this is unacceptable", "I'm sorry about that."),
        (23, "¿pueden afinar mi piano por favor?", "Gracias por su mensaje."),
        (24, "our carbon monoxide alarm is going off", "I have your message and am looking"),
    ],
)
def test_where_nothing_is_known_a_courteous_reply_is_suggested(product, owner, line, words, first):
    caller = f"+172055509{line}"
    waits_for_mia(product, owner, words, caller)

    replies, html = suggested(owner, caller)

    assert replies[0].startswith(first)
    assert "A general reply" in html


def test_a_model_that_is_out_leaves_the_suggestions_of_the_rules(product, owner, model):
    caller, model.fault = "+17205550907", "status_401"
    waits_for_mia(product, owner, ASKS_PRICE, caller)

    replies, html = suggested(owner, caller)

    assert "$149" in replies[0]
    assert "The language model was out:" in html


def test_what_a_person_has_answered_waits_for_no_reply(product, owner):
    caller = "+17205550908"
    waits_for_mia(product, owner, ASKS_PRICE, caller)
    owner.sends(f"/inbox/{caller[1:]}/send", {"body": "It is $149.", "key": "once"})
    product.replied(2, to=caller)

    replies, html = suggested(owner, caller)

    assert replies == []
    assert "Nothing waits for a reply." in html


def test_who_has_opted_out_is_suggested_nothing(product, owner):
    caller = "+17205550909"
    texted(product, "please stop texting me", caller)

    assert suggested(owner, caller)[0] == []
    assert "Suggest a reply" not in thread(owner, caller)


def test_without_scripts_a_suggestion_goes_into_the_reply_box_and_is_not_sent(product, owner):
    caller = "+17205550910"
    waits_for_mia(product, owner, ASKS_PRICE, caller)
    address = f"/inbox/{caller[1:]}/suggest"
    whole = unescape(owner.sends(address, {"body": "Hi Dana,"}).text)
    [reply] = re.findall(r'name="use" value="([^"]+)"', whole)
    assert ">Hi Dana,</textarea>" in whole

    chosen = unescape(owner.sends(address, {"body": "Hi Dana,", "use": reply}).text)

    assert f">Hi Dana,\n{reply}</textarea>" in chosen
    product.stays_silent(1, to=caller)


def kept(product):
    """All that is stored of the first business, but what was asked of the model and when a thread was last locked."""
    asked = {"model_call", "usage"}
    found = {name: rows for name, rows in rows_of(product, SHOP).items() if name not in asked}
    return found | {"thread": [row.rpartition(", ")[0] for row in found["thread"]]}
