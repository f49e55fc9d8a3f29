"""What comes out of the PDF and Word files that owners have, and of those that are broken or hostile."""

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.errors import UnreadableDocument
from knowledge.reading import document_kind, read_document
from knowledge.splitting import PIECE_MAX, split
from tests.knowledge import files
from tests.knowledge.trial import readers_left

PATIENCE_S = 60


def read(name, content):
    return [(section.heading, section.text) for section in read_document(name, content)]


def refusal(name, content):
    with pytest.raises(UnreadableDocument) as caught:
        read_document(name, content)
    return str(caught.value)


class TestPdf:
    def test_a_ruled_table_comes_out_row_by_row(self):
        ((heading, text),) = read("prices.pdf", files.ruled_prices())

        assert heading == "Price list"
        assert text.split("\n") == [
            "- Drain cleaning: Price $149, Time 90 min",
            "- Clearing the main line from a cleanout that can be reached from outside: Price $285, Time 2 hours",
            "- Camera inspection: Price $195, Time 1 hour",
        ]

    def test_a_merged_cell_names_the_rows_that_it_spans(self):
        assert read("prices.pdf", files.merged_prices()) == [
            (
                "Price list > Drains",
                "- Cleaning: Price $149, Time sink\n- Cleaning: Price $159, Time tub",
            )
        ]

    def test_prices_that_stand_right_stay_with_their_item_and_their_heading(self):
        assert read("prices.pdf", files.unruled_prices()) == [
            (
                "Prices > Drains",
                "- Drain cleaning: $149\n- Main line: $285\n- Camera inspection: $195",
            ),
            (
                "Prices > Water heaters",
                "- Flush: $99\n- Replacement of a 40 gallon gas heater: $1,450",
            ),
        ]

    def test_dots_lead_from_the_item_to_its_price(self):
        ((heading, text),) = read("prices.pdf", files.dotted_prices())

        assert heading == "Price sheet"
        assert text.startswith("- Drain cleaning: $149\n- Main line: $285\n")

    def test_columns_are_read_one_after_the_other(self):
        assert read("faq.pdf", files.two_columns()) == list(files.QUESTIONS)

    def test_what_every_page_repeats_is_left_out(self):
        sections = read("rules.pdf", files.many_pages())
        text = " ".join(text for _, text in sections)

        assert [heading for heading, _ in sections] == [f"Rule {letter}" for letter in "ABCDEF"]
        assert text.count("The third part") == 6 * 20
        assert "Alder Creek" not in text
        assert "Page" not in text

    def test_lines_and_words_that_were_cut_are_whole_again(self):
        ((_, text),) = read("a.pdf", files.wrapped_words())

        assert text.endswith("a drain that we have cleared is blocked again.")

    def test_a_page_that_is_turned_is_read_as_it_is_shown(self):
        paper = files.Paper()
        with paper.rotation(90, 100, 100):
            paper.text_of("Drain cleaning is $149.\nA leak is $99.")
        turned = paper.bytes().replace(b"/Type /Page\n", b"/Type /Page\n/Rotate 90\n")

        assert read("a.pdf", turned) == [("", "Drain cleaning is $149.\n\nA leak is $99.")]


class TestWord:
    def test_bold_questions_titles_and_lists_are_seen(self):
        assert read("faq.docx", files.word_faq()) == [
            *files.QUESTIONS[:3],
            ("What we bring", "- a camera\n- a cable machine"),
        ]

    def test_a_table_with_merged_cells_comes_out_row_by_row(self):
        assert read("prices.docx", files.word_prices()) == [
            (
                "Prices > Drains",
                "- Cleaning: Price $149, Time sink\n- Cleaning: Price $159, Time tub",
            )
        ]

    def test_a_table_of_questions_gives_questions_with_their_answers(self):
        found = read("faq.docx", files.word_table_of_questions())

        assert found[-2:] == list(files.QUESTIONS[:2])


def test_a_long_price_list_is_cut_between_rows_and_each_piece_knows_its_name():
    paper = files.Paper()
    paper.heading("Summer prices")
    rows = [(f"Repair number {n}", f"${n}.50", f"{n} min") for n in range(100, 180)]
    paper.ruled([("Service", "Price", "Time"), *rows])

    passages = split("p.pdf", read_document("p.pdf", paper.bytes()))
    lines = [line for passage in passages for line in passage.text.split("\n") if line]

    assert lines == [f"- {item}: Price {price}, Time {time}" for item, price, time in rows]
    assert {passage.heading for passage in passages} == {"Summer prices"}
    assert all(len(passage.text) <= PIECE_MAX for passage in passages)


def test_a_file_is_read_by_what_it_is():
    assert document_kind("a.PDF") == "pdf"
    assert document_kind("a.docx") == "docx"
    assert read("faq.pdf", files.word_faq()) == read("faq.docx", files.word_faq())
    assert read("prices.txt", files.dotted_prices()) == read("p.pdf", files.dotted_prices())


def test_several_threads_may_read_at_once():
    contents = [("a.pdf", files.ruled_prices()), ("b.docx", files.word_faq())] * 3

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda given: read(*given), contents))

    assert found == [*found[:2]] * 3


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("scan.pdf", files.scan, "it is a scan"),
        ("many.pdf", lambda: files.scan(501), "at most 500"),
        ("locked.pdf", files.locked, "password"),
        ("locked.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        ("cut.pdf", lambda: files.ruled_prices()[:900], "damaged"),
        ("cut.docx", lambda: files.word_faq()[:9000], "damaged"),
        ("bomb.pdf", files.pdf_bomb, "too large inside"),
        ("bomb.docx", lambda: files.word_xml("<w:p/>" * 8_000_000), "far more text"),
        ("entities.docx", files.entity_bomb, "damaged"),
        ("deep.docx", lambda: files.word_xml("<w:p>" * 50_000 + "</w:p>" * 50_000), "damaged"),
        ("photo.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(600), "not a PDF"),
        ("photo.docx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(600), "not a Word"),
        ("table.csv", lambda: files.zipped({"xl/workbook.xml": "<a/>"}), "Excel"),
        ("macros.docm", files.word_faq, "macros"),
        ("large.pdf", lambda: bytes(200_000_000), "20 MB"),
        ("nothing.docx", lambda: files.word_xml("<w:p/>"), "no text found"),
        ("divs.html", lambda: b"<div>" * 100_000, "no text found"),
        ("long.html", lambda: b"<p>Plain words.</p>\n" * 200_000, "2 million"),
        ("long.txt", lambda: b"Plain words.\n\n" * 150_000, "2 million"),
        ("cell.csv", lambda: b'question,answer\nq?,"' + b"a" * 5_000_000 + b'"', "2 million"),
        ("open.csv", lambda: b'question,answer\nq?,"' + b"a" * 500_000, "row 2"),
        ("wide.csv", lambda: b"," * 100_000, "no column named"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_mend(name, make, says):
    content = make()
    started = time.monotonic()

    message = refusal(name, content)

    assert message.startswith(f"{name}: ")
    assert says in message
    assert time.monotonic() - started < PATIENCE_S
    assert readers_left() == []


def test_macros_in_a_word_file_are_passed_over():
    packed = io.BytesIO(files.word_faq())
    with zipfile.ZipFile(packed, "a") as file:
        file.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub AutoOpen()")

    assert read("faq.docx", packed.getvalue()) == read("faq.docx", files.word_faq())
