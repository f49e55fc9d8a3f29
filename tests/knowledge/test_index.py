"""The index behind the library: what is kept, what is searched, and what no fault of it can do."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.model import Passage
from knowledge.index import PassageIndex


def passage(heading, text, *phrasings):
    return Passage(
        id=f"faq-{heading}", document="faq.csv", heading=heading, text=text, phrasings=phrasings
    )


PRICE = passage("How much is a drain cleaning?", "Drain cleaning is $149.")
HOURS = passage("When are you open?", "We are open 8 to 5 on weekdays.")
CARDS = passage("Do you take credit cards?", "Yes, Visa and Mastercard.", "paying by card", "visa?")
PETS = passage("Is my dog welcome?", "Dogs may wait with you in the hall.")
DESK = [PRICE, HOURS, CARDS, PETS]


@pytest.fixture
def index(tmp_path, embedder):
    return PassageIndex(tmp_path, embedder)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("whats it cost to unclog a sink", PRICE),
        ("r u open on monday", HOURS),
        ("can i pay with mastercard", CARDS),
        ("ok if i bring my puppy", PETS),
    ],
)
def test_a_question_in_other_words_is_answered(index, question, answer):
    opened = index.open("alder", DESK, 1)

    best = index.search(opened, question, 3)[0]

    assert best.text == answer.text
    assert best.score > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "helo",
        "why so",
        "it",
        "tie",
        "refund",
        "yes",
        "10459",
        "jo.smith@example.com",
        "???",
        "",
        "ok thx",
        "who won the match",
        "my son did it",
    ],
)
def test_what_asks_nothing_that_is_written_down_is_not_worth_saying(index, text):
    opened = index.open("alder", DESK, 1)

    assert all(found.score < 0.5 for found in index.search(opened, text, 3))


def test_an_entry_that_sounds_like_small_talk_is_still_found(index):
    bot = passage("Are you a robot?", "You text with our assistant; Ann reads along.")
    opened = index.open("alder", [*DESK, bot], 1)

    best = index.search(opened, "r u a robot", 3)[0]

    assert best.text == bot.text
    assert best.score > 0.5


def test_phrasings_that_are_alike_do_not_outvote_a_better_passage(index):
    noise = [f"what does a drain camera cost nr {number}" for number in range(9)]
    camera = passage("What does a drain camera cost?", "The camera is $89.", *noise)
    opened = index.open("alder", [PRICE, camera], 1)

    assert index.search(opened, "what does a drain cleaning cost", 1)[0].text == PRICE.text


def test_a_trial_is_searchable_but_served_to_nobody(index, embedder):
    served = index.open("alder", [PRICE, HOURS], 1)
    embedder.asked.clear()

    trial = index.trial("alder", [PRICE, CARDS])

    assert index.search(trial, "can i pay by card", 1)[0].text == CARDS.text
    assert index.opened("alder") is served
    assert index.opened("birch") is None
    assert not any("drain" in text for text in embedder.asked)


def test_a_trial_is_kept_nowhere(index, tmp_path, renamed):
    index.open("alder", [PRICE], 1)
    index.trial("alder", [PRICE, CARDS])
    index.trial("birch", [CARDS])
    other = renamed("minilm-int8")

    PassageIndex(tmp_path, other).open("alder", [PRICE, CARDS], 1)

    assert other.asked
    assert any("card" in text for text in other.asked)
    assert not any("drain" in text for text in other.asked)


def test_a_business_without_documents_takes_no_space(index, tmp_path):
    opened = index.open("alder", [], 1)

    assert index.search(opened, "anything", 3) == []
    assert list(tmp_path.glob("kb-alder.*")) == []


def test_what_is_prepared_is_not_embedded_again(index, embedder):
    index.open("alder", [PRICE], 1)
    index.prepare("alder", [PRICE, CARDS])
    embedder.asked.clear()

    index.open("alder", [PRICE, CARDS], 2)

    assert embedder.asked == []


def test_vectors_of_removed_passages_are_kept_no_longer(index, tmp_path, chroma):
    index.open("alder", [PRICE, CARDS], 1)
    index.open("alder", [PRICE], 2)
    index.open("birch", [HOURS], 1)
    index.open("birch", [], 2)

    (alder,) = tmp_path.glob("kb-alder.*")
    with chroma(alder) as client:
        assert client.get_collection("passages").count() == 2
    assert list(tmp_path.glob("kb-birch.*")) == []


def test_files_of_another_business_in_its_place_are_never_used(index, tmp_path, embedder):
    index.open("alder", [PRICE], 1)
    index.open("birch", [PRICE], 1)
    (alder,) = tmp_path.glob("kb-alder.*")
    (birch,) = tmp_path.glob("kb-birch.*")
    shutil.rmtree(birch)
    alder.rename(birch)
    embedder.asked.clear()

    opened = index.open("birch", [PRICE], 2)

    assert any("drain" in text for text in embedder.asked)
    assert index.search(opened, "drain cleaning", 1)[0].text == PRICE.text


def test_only_the_last_used_stay_in_memory_within_the_bound(tmp_path, embedder):
    index = PassageIndex(tmp_path, embedder, open_max=8)
    for business in ("alder", "birch", "cedar", "dogwood"):
        index.open(business, [PRICE, HOURS], 1)
        index.opened("alder")

    assert index.opened("alder")
    assert index.opened("dogwood")
    assert index.opened("birch") is None
    assert index.opened("cedar") is None


def test_one_business_larger_than_the_bound_is_still_served(tmp_path, embedder):
    index = PassageIndex(tmp_path, embedder, open_max=1)

    opened = index.open("alder", DESK, 1)

    assert index.opened("alder") is opened


def test_others_are_searched_while_one_is_embedded(index, embedder):
    opened = index.open("alder", DESK, 1)
    embed = embedder.embed

    def slow(texts):
        if len(texts) > 1:
            time.sleep(2)
        return embed(texts)

    embedder.embed = slow
    with ThreadPoolExecutor(1) as pool:
        birch = pool.submit(index.open, "birch", [PETS, CARDS], 1)
        assert index.search(opened, "opening hours", 1)[0].text == HOURS.text
        assert not birch.done()
        assert birch.result(20).business == "birch"


def test_killed_in_the_middle_of_keeping_nothing_is_lost(tmp_path, embedder):
    code = """
import sys
from pathlib import Path
from agent.model import Passage
from knowledge.embedding import MiniLm
from knowledge.index import PassageIndex
index = PassageIndex(Path(sys.argv[1]), MiniLm())
for turn in range(1000):
    many = [Passage(id=f"p{n}", document="d", heading="", text=f"drain {n} {turn}") for n in range(40)]
    index.open("alder", many, turn)
    print(turn, flush=True)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout
        begun = writer.stdout.readline()
        time.sleep(0.3)
        writer.kill()
    assert begun

    index = PassageIndex(tmp_path, embedder)

    opened = index.open("alder", DESK, 1)
    assert index.search(opened, "opening hours", 1)[0].text == HOURS.text


def test_the_store_of_all_businesses_together_is_deleted(tmp_path, embedder):
    old = tmp_path / "chroma" / "some" / "file"
    old.parent.mkdir(parents=True)
    old.write_text("vectors")

    PassageIndex(tmp_path, embedder)

    assert not (tmp_path / "chroma").exists()
