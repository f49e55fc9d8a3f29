import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.errors import UnreadableDocument
from agent.ports import Knowledge

PRICE = ("How much is a drain cleaning?", "Drain cleaning is $149.")
HOURS = ("When are you open?", "We are open 8 to 5 on weekdays.")
CARDS = ("Do you take credit cards?", "Yes, Visa and Mastercard.")


def best(library, business, question):
    found = library.search(business, question, 1)
    return found[0].text if found else None


def test_the_library_plays_the_knowledge_port(library):
    knowledge: Knowledge = library

    assert knowledge.search("alder", "anything", 3) == []


def test_a_question_finds_the_answer_that_means_the_same(library, faq):
    library.put("alder", "faq.csv", faq(PRICE, HOURS, CARDS))

    found = library.search("alder", "whats it cost to unclog a sink", 3)

    assert found[0].text == "Drain cleaning is $149."
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert all(0 <= p.score <= 1 for p in found)


def test_what_the_documents_do_not_say_scores_below_a_half(library, faq):
    library.put("alder", "faq.csv", faq(PRICE, HOURS, CARDS))

    assert library.search("alder", "who won the game last night", 1)[0].score < 0.5
    assert library.search("alder", "do u take credit cards", 1)[0].score > 0.5


def test_no_passage_of_one_business_reaches_another(library, faq):
    library.put("alder", "faq.csv", faq(PRICE))
    library.put("birch", "faq.csv", faq(("How much is a drain cleaning?", "It is $999.")))

    assert {p.text for p in library.search("alder", "drain cleaning price", 9)} == {
        "Drain cleaning is $149."
    }
    assert {p.text for p in library.search("birch", "drain cleaning price", 9)} == {"It is $999."}


@pytest.mark.parametrize(
    "other", ["alder-creek", "Alder", "alder.", "alder minilm-int8", "alder/x"]
)
def test_a_name_that_looks_alike_is_another_business(library, faq, other):
    library.put("alder", "faq.csv", faq(PRICE))
    library.put(other, "faq.csv", faq(HOURS))
    library.remove(other, "faq.csv")

    assert library.search(other, "drain cleaning", 3) == []
    assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."


def test_the_same_name_replaces_the_document(library, faq):
    library.put("alder", "faq.csv", faq(PRICE, HOURS))

    library.put("alder", "faq.csv", faq((PRICE[0], "Drain cleaning is $159.")))

    assert [p.text for p in library.search("alder", "drain price", 9)] == [
        "Drain cleaning is $159."
    ]
    assert [d.passages for d in library.documents("alder")] == [1]


def test_the_same_bytes_again_change_nothing(library, faq, shelf, embedder):
    first = library.put("alder", "faq.csv", faq(PRICE))
    asked = len(embedder.asked)

    second = library.put("alder", "faq.csv", faq(PRICE))

    assert second == first
    assert shelf.revision("alder") == 1
    assert len(embedder.asked) == asked


def test_a_changed_document_embeds_only_what_is_new(library, faq, embedder):
    library.put("alder", "faq.csv", faq(PRICE, HOURS))
    embedder.asked.clear()

    library.put("alder", "faq.csv", faq(PRICE, HOURS, CARDS))

    assert embedder.asked
    assert all("card" in text for text in embedder.asked)


def test_the_old_passages_serve_until_the_new_ones_are_whole(library, faq, embedder):
    library.put("alder", "faq.csv", faq(PRICE))
    embedding, go_on = threading.Event(), threading.Event()
    embed = embedder.embed

    def slow(texts):
        if any("159" in text for text in texts):
            embedding.set()
            assert go_on.wait(20)
        return embed(texts)

    embedder.embed = slow
    with ThreadPoolExecutor(1) as pool:
        new = faq((PRICE[0], "Drain cleaning is $159."))
        put = pool.submit(library.put, "alder", "faq.csv", new)
        assert embedding.wait(20)
        meanwhile = best(library, "alder", "drain cleaning")
        go_on.set()
        put.result(20)

    assert meanwhile == "Drain cleaning is $149."
    assert best(library, "alder", "drain cleaning") == "Drain cleaning is $159."


def test_an_unreadable_document_leaves_the_old_one_in_place(library, faq):
    library.put("alder", "faq.csv", faq(PRICE))

    with pytest.raises(UnreadableDocument):
        library.put("alder", "faq.csv", b"question,answer\nhalf a row,\n")

    assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."


def test_a_removed_document_is_not_found_any_more(library, faq):
    library.put("alder", "faq.csv", faq(PRICE))
    library.put("alder", "more.csv", faq(HOURS))

    assert library.remove("alder", "faq.csv")
    assert not library.remove("alder", "faq.csv")

    assert [p.document for p in library.search("alder", "drain cleaning", 9)] == ["more.csv"]
    assert library.passages("alder", "faq.csv") == []


def test_the_last_document_can_be_removed(library, faq):
    library.put("alder", "faq.csv", faq(PRICE))
    library.remove("alder", "faq.csv")

    assert library.search("alder", "drain cleaning", 3) == []
    assert library.documents("alder") == []


def test_a_document_says_what_it_is(library, faq):
    document = library.put("alder", "faq.csv", faq(PRICE, HOURS))

    assert (document.kind, document.passages) == ("csv", 2)
    assert document.added_at == "2026-11-24T12:00:00+00:00"
    assert library.documents("alder") == [document]


def test_the_shelf_keeps_the_bytes_as_uploaded(library, faq, shelf):
    library.put("alder", "faq.csv", faq(PRICE))

    assert shelf.contents["alder", "faq.csv"] == faq(PRICE)


def test_another_process_sees_the_change_at_its_next_search(library_of, faq):
    here, there = library_of(), library_of()
    here.put("alder", "faq.csv", faq(PRICE))
    assert best(there, "alder", "drain cleaning") == "Drain cleaning is $149."

    here.put("alder", "faq.csv", faq((PRICE[0], "Drain cleaning is $159."), CARDS))

    assert best(there, "alder", "drain cleaning") == "Drain cleaning is $159."
    assert best(there, "alder", "can I pay by card") == "Yes, Visa and Mastercard."
    there.remove("alder", "faq.csv")
    there.put("alder", "hours.csv", faq(HOURS))
    assert best(here, "alder", "opening hours") == "We are open 8 to 5 on weekdays."


def test_a_restart_embeds_nothing_again(library_of, faq, embedder):
    library_of().put("alder", "faq.csv", faq(PRICE, HOURS))
    embedder.asked.clear()

    assert best(library_of(), "alder", "drain cleaning") == "Drain cleaning is $149."
    assert embedder.asked == ["drain cleaning"]


def test_another_embedder_embeds_again_and_leaves_no_old_vectors(library_of, faq, renamed):
    library_of().put("alder", "faq.csv", faq(PRICE))
    other = renamed("other-embedder")

    assert best(library_of(embedder=other), "alder", "drain cleaning") == "Drain cleaning is $149."
    assert len(other.asked) > 1


def test_without_an_embedder_words_are_compared(library_of, faq, tmp_path):
    library = library_of(embedder=None)
    library.put("alder", "faq.csv", faq(PRICE, HOURS, CARDS))

    found = library.search("alder", "do u take credit cards", 3)

    assert found[0].text == "Yes, Visa and Mastercard."
    assert found[0].score > 0.5
    assert library.search("alder", "zebra", 1)[0].score < 0.5
    assert not (tmp_path / "index").exists()


def test_a_business_that_left_memory_is_opened_again(library_of, faq, embedder):
    library = library_of(open_max=1)
    library.put("alder", "faq.csv", faq(PRICE))
    library.put("birch", "faq.csv", faq(HOURS))
    embedder.asked.clear()

    assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."
    assert best(library, "birch", "opening hours") == "We are open 8 to 5 on weekdays."
    assert embedder.asked == ["drain cleaning", "opening hours"]


def test_many_threads_may_search_and_change_at_once(library, faq):
    for number in range(4):
        library.put(f"shop-{number}", "faq.csv", faq(PRICE, ("Who owns it?", f"Owner {number}.")))

    def work(turn):
        shop = f"shop-{turn % 4}"
        if turn % 10 == 0:
            library.put(shop, "more.csv", faq(("Where is parking?", f"Lot {turn}.")))
        return shop, best(library, shop, "who is the owner")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(120)))

    assert {(shop, text) for shop, text in found} == {
        (f"shop-{number}", f"Owner {number}.") for number in range(4)
    }


class TestLostIndex:
    """The index is a copy: whatever happens to its directory, the answers stay."""

    def test_deleted_while_closed_it_is_made_again(self, library_of, faq, tmp_path):
        library_of().put("alder", "faq.csv", faq(PRICE))
        shutil.rmtree(tmp_path / "index")

        assert best(library_of(), "alder", "drain cleaning") == "Drain cleaning is $149."

    def test_deleted_while_open_it_still_answers_and_takes_changes(self, library, faq, tmp_path):
        library.put("alder", "faq.csv", faq(PRICE))
        library.put("birch", "faq.csv", faq(HOURS))
        shutil.rmtree(tmp_path / "index")

        assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."
        library.put("alder", "faq.csv", faq(PRICE, CARDS))
        assert best(library, "alder", "can I pay by card") == "Yes, Visa and Mastercard."
        assert best(library, "birch", "opening hours") == "We are open 8 to 5 on weekdays."

    @pytest.mark.parametrize("share", [0, 0.5])
    def test_cut_short_it_is_made_again(self, library_of, faq, tmp_path, share):
        library_of().put("alder", "faq.csv", faq(PRICE))
        for database in (tmp_path / "index").rglob("chroma.sqlite3"):
            database.write_bytes(database.read_bytes()[: int(database.stat().st_size * share)])

        assert best(library_of(), "alder", "drain cleaning") == "Drain cleaning is $149."

    def test_overwritten_with_junk_it_is_made_again(self, library_of, faq, tmp_path):
        library_of().put("alder", "faq.csv", faq(PRICE))
        for database in (tmp_path / "index").rglob("chroma.sqlite3"):
            database.write_bytes(b"junk" * 4096)

        library = library_of()

        assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."
        library.put("alder", "faq.csv", faq(CARDS))
        assert best(library_of(), "alder", "credit card") == "Yes, Visa and Mastercard."

    def test_a_file_in_its_place_is_replaced(self, library_of, faq, tmp_path):
        library_of().put("alder", "faq.csv", faq(PRICE))
        for directory in (tmp_path / "index").iterdir():
            shutil.rmtree(directory)
            directory.write_text("not a directory")
        library = library_of()

        library.put("alder", "faq.csv", faq(PRICE))

        assert all(place.is_dir() for place in (tmp_path / "index").iterdir())
        assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."

    def test_where_nothing_can_be_written_words_are_compared(self, library_of, faq, tmp_path):
        (tmp_path / "blocked").write_text("a file, so that no directory can be made here")
        library = library_of(directory=tmp_path / "blocked")

        library.put("alder", "faq.csv", faq(PRICE, HOURS))

        assert best(library, "alder", "drain cleaning") == "Drain cleaning is $149."

    def test_half_a_collection_is_completed(self, library_of, faq, tmp_path, chroma):
        library_of().put("alder", "faq.csv", faq(PRICE, HOURS))
        for directory in (tmp_path / "index").iterdir():
            with chroma(directory) as client:
                collection = client.get_collection("passages")
                collection.delete(ids=collection.get()["ids"][:2])

        library = library_of()

        assert best(library, "alder", "what does a drain cleaning cost") == PRICE[1]
        assert best(library, "alder", "opening hours") == HOURS[1]

    def test_collections_deleted_by_another_process_are_made_again(
        self, library, library_of, faq, tmp_path, chroma, embedder
    ):
        library.put("alder", "faq.csv", faq(PRICE, HOURS))
        for directory in (tmp_path / "index").iterdir():
            with chroma(directory) as client:
                client.delete_collection("passages")

        assert best(library, "alder", "opening hours") == HOURS[1]
        assert best(library_of(), "alder", "opening hours") == HOURS[1]
        embedder.asked.clear()
        assert best(library_of(), "alder", "opening hours") == HOURS[1]
        assert embedder.asked == ["opening hours"]
