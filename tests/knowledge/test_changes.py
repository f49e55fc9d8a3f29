"""A change of documents before it is served: tried, told how far it is, found by approved wordings."""

import pytest

from knowledge.library import passages_of
from knowledge.phrasings import Approved
from knowledge.progress import Progress, WatchedEmbedder

PRICE = ("How much is a drain cleaning?", "Drain cleaning is $149.")
DEARER = (PRICE[0], "Drain cleaning is $159.")


def best(documents, question, business="alder"):
    found = documents.search(business, question, 1)
    return found[0].text if found else None


def test_a_trial_answers_otherwise_and_changes_nothing(library, shelf, faq):
    library.put("alder", "faq.csv", faq(PRICE))

    trial = library.trial("alder", {"faq.csv": passages_of("faq.csv", faq(DEARER))})

    assert best(trial, "drain cleaning") == DEARER[1]
    assert best(library, "drain cleaning") == PRICE[1]
    assert shelf.revision("alder") == 1


def test_a_trial_may_add_and_remove(library, faq):
    library.put("alder", "faq.csv", faq(PRICE))
    cards = passages_of("more.csv", faq(("Do you take cards?", "Yes, Visa.")))

    trial = library.trial("alder", {"faq.csv": (), "more.csv": cards})

    assert [found.document for found in trial.search("alder", "drain cleaning", 9)] == ["more.csv"]
    assert library.trial("alder", {"faq.csv": ()}).search("alder", "drain cleaning", 9) == []


def test_a_trial_is_of_one_business(library, faq):
    library.put("alder", "faq.csv", faq(PRICE))

    with pytest.raises(ValueError, match="alder"):
        library.trial("alder", {}).search("birch", "drain cleaning", 1)


def test_how_far_it_is_is_told_from_reading_to_the_last_passage(library_of, minilm, faq):
    library = library_of(embedder=WatchedEmbedder(minilm))
    told: list[Progress] = []
    table = faq(*((f"What is valve {n}?", f"Valve {n} is ${n}.") for n in range(40)))

    library.put("alder", "faq.csv", table, told=told.append)

    assert told[:2] == [Progress(step="reading"), Progress(step="indexing", done=0, of=40)]
    done = [one.done for one in told[1:]]
    assert done == sorted(done)
    assert len(set(done)) > 2
    told.clear()
    library.put("alder", "faq.csv", table, told=told.append)
    assert told == [Progress(step="reading")]


def test_an_approved_wording_finds_its_entry_also_after_a_replacement(library, shelf, faq):
    odd = Approved(document="faq.csv", question=PRICE[0], words="rooter rate")
    shelf.phrasings = lambda _business: [odd]
    library.put("alder", "faq.csv", faq(PRICE))
    library.put("alder", "faq.csv", faq(DEARER))

    (found,) = library.search("alder", "rooter rate", 1)

    assert (found.text, found.phrasings) == (DEARER[1], ("rooter rate",))
    assert found.score > 0.5


def test_a_wording_of_another_document_or_question_finds_nothing(library, shelf, faq):
    shelf.phrasings = lambda _business: [
        Approved(document="other.csv", question=PRICE[0], words="rooter rate"),
        Approved(document="faq.csv", question="Another?", words="rooter rate"),
    ]
    library.put("alder", "faq.csv", faq(PRICE))

    assert library.passages("alder", "faq.csv")[0].phrasings == ()
