from knowledge.reading import read_document
from knowledge.section import Section
from knowledge.splitting import PIECE_MAX, split


def pieces(text, **more):
    return [passage.text for passage in split("a.md", [Section(text=text, **more)])]


def test_a_faq_row_is_one_passage_however_long():
    (passage,) = split(
        "faq.csv", read_document("faq.csv", b"question,answer\nQ?," + b"Yes. " * 500)
    )

    assert passage.heading == "Q?"
    assert len(passage.text) > PIECE_MAX


def test_a_short_section_stays_whole():
    text = "We serve:\n\n- Boulder\n- Louisville"

    assert pieces(text) == [text]


def test_long_prose_is_cut_at_the_ends_of_paragraphs():
    one, two, three = ("x" * 250 + ".", "y" * 250 + ".", "z" * 250 + ".")

    assert pieces("\n\n".join((one, two, three))) == [f"{one}\n\n{two}", three]


def test_a_long_paragraph_is_cut_at_the_ends_of_sentences():
    sentences = [f"We come back {n} times a year, e.g. for a leak." for n in range(30)]

    found = pieces(" ".join(sentences))

    assert all(len(piece) <= PIECE_MAX and piece.endswith("leak.") for piece in found)
    assert " ".join(found) == " ".join(sentences)


def test_a_long_list_is_cut_between_its_items():
    items = [f"- item number {number}" for number in range(100)]

    found = pieces("\n".join(items))

    assert "\n".join(found).split("\n") == items


def test_words_without_end_are_cut_all_the_same():
    assert [len(piece) for piece in pieces("x" * 700 + "y" * 800)] == [600, 600, 300]


def test_every_piece_keeps_its_heading():
    text = "\n\n".join(["x" * 400] * 3)

    found = split("a.md", [Section(text=text, heading="Warranty")])

    assert {passage.heading for passage in found} == {"Warranty"}


def test_ids_are_stable_and_differ_by_document_and_content():
    section = Section(text="Yes.", heading="Open?")
    (first,) = split("faq.csv", [section])

    assert split("faq.csv", [section])[0].id == first.id
    assert split("other.csv", [section])[0].id != first.id
    assert split("faq.csv", [Section(text="No.", heading="Open?")])[0].id != first.id


def test_a_passage_that_stands_twice_is_kept_once():
    section = Section(text="Yes.", heading="Open?")

    assert len(split("faq.csv", [section, section])) == 1
