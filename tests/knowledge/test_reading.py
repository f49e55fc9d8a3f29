import pytest

from agent.errors import UnreadableDocument
from knowledge.reading import read_document


def read(name, text):
    content = text if isinstance(text, bytes) else text.encode()
    return [(section.heading, section.text) for section in read_document(name, content)]


def refusal(name, content):
    with pytest.raises(UnreadableDocument) as caught:
        read_document(name, content)
    return str(caught.value)


class TestFaqTable:
    def test_a_row_is_a_question_with_its_answer(self):
        (section,) = read_document(
            "faq.csv", b"id,question,answer,other_phrasings\n7,Open?,Yes.,you open| hours |\n"
        )

        assert (section.heading, section.text, section.source_id) == ("Open?", "Yes.", "7")
        assert section.phrasings == ("you open", "hours")

    @pytest.mark.parametrize(
        "content",
        [
            b"question,answer\nOpen?,8-5\n",
            b"\xef\xbb\xbfQuestion,Answer\r\nOpen?,8-5\r\n",
            b"Question;Answer\nOpen?;8-5\n",
            b"QUESTION\tANSWER\nOpen?\t8-5",
            b"Answer,Notes,Question\n8-5,x,Open?\n",
            b"q,a\n\n,\nOpen?,8-5\n",
            "question,answer\nOpen?,8-5\n".encode("utf-16"),
        ],
    )
    def test_what_spreadsheets_write_is_read(self, content):
        assert read("faq.csv", content) == [("Open?", "8-5")]

    def test_windows_letters_are_read(self):
        content = "question,answer\nOpen?,“Sí” 8 €\n".encode("cp1252")

        assert read("faq.csv", content) == [("Open?", "“Sí” 8 €")]

    def test_an_answer_may_hold_commas_quotes_and_lines(self):
        assert read("faq.csv", 'question,answer\nOpen?,"a, ""b""\nc"\n') == [("Open?", 'a, "b"\nc')]

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"question,answer\nOpen?,8-5\nPrice?,\n", "row 3: the answer is empty"),
            (b"question,answer\n,8-5\n", "row 2: the question is empty"),
            (b'question,answer\nOpen?,8-5\n"Pr"ice?,$5\n', "row 3: the quotes do not match"),
            (b"frage,antwort\nx,y\n", "row 1: no column named question or answer"),
            (b"question,text\nx,y\n", "row 1: no column named answer"),
            (b"question,answer\n", "no rows"),
        ],
    )
    def test_a_row_that_cannot_be_used_is_named(self, content, says):
        assert says in refusal("faq.csv", content)


class TestProse:
    def test_headings_go_along(self):
        text = "# Policies\nGeneral.\n\n## Warranty ##\nOne year.\n\nPrices\n------\nFair.\n"

        assert read("p.md", text) == [
            ("Policies", "General."),
            ("Policies > Warranty", "One year."),
            ("Policies > Prices", "Fair."),
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "Q: Parking?\nA: Out front.",
            "**Q: Parking?**\n**A:** Out front.",
            "Question: Parking?\n\nAnswer: Out front.",
            "# FAQ\n### Parking?\nOut front.",
            "# FAQ\n**Parking?**\n\nOut front.",
            "Parking?\nOut front.",
        ],
    )
    def test_a_question_becomes_the_heading_of_its_answer(self, text):
        assert read("faq.md", text) == [("Parking?", "Out front.")]

    def test_marks_are_taken_away(self):
        text = "We **do** *not* `pay` ~~now~~ \\*, see [our page](https://a.example/x) &amp; snake_case_name.\n![logo](l.png)"

        assert read("a.md", text) == [
            ("", "We do not pay now *, see our page (https://a.example/x) & snake_case_name.")
        ]

    def test_lists_keep_their_lines_and_wrapped_paragraphs_do_not(self):
        text = (
            "This line was wrapped by an editor because it is long enough\nhere.\n\n* one\n+ two\n"
        )

        assert read("a.txt", text) == [
            (
                "",
                "This line was wrapped by an editor because it is long enough here.\n\n- one\n- two",
            )
        ]

    def test_a_table_row_can_be_read_alone(self):
        two = "| Service | Price |\n|---|---|\n| Drain | $149 |\n| Leak | $99 |"
        three = "| Service | Price | Time |\n|:--|--:|---|\n| Drain | $149 | 90 min |"

        assert read("a.md", two) == [("", "- Drain: $149\n- Leak: $99")]
        assert read("a.md", three) == [("", "- Drain: Price $149, Time 90 min")]

    def test_front_matter_comments_rules_and_fences_are_no_text(self):
        text = "---\ntitle: x\n---\n<!-- note -->\nA.\n\n***\n\n```\nB.\n```\n"

        assert read("a.md", text) == [("", "A.\n\nB.")]

    def test_a_document_of_headings_alone_is_refused(self):
        assert "no text found" in refusal("a.md", b"# One\n## Two\n")


class TestHtml:
    def test_a_page_is_read_without_its_scripts(self):
        page = b"""<!doctype html><html><head><title>T</title><style>p{}</style><body>
        <nav><a href=/>Home</a></nav><h1>Hours</h1><script>alert("x")</script>
        <p>Open   8&ndash;5<br>on weekdays.<ul><li>Sat<li>Sun</ul>
        <table><tr><th>S<th>P<tr><td>Drain<td>$149</table></body></html>"""

        assert read("p.html", page) == [
            ("Hours", "Open 8\N{EN DASH}5\non weekdays.\n\n- Sat\n- Sun\n\n- Drain: $149")
        ]

    def test_a_page_without_words_is_refused(self):
        assert "no text found" in refusal("p.html", b"<html><script>x()</script></html>")


class TestRefusals:
    @pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.xlsx", "a.png", "a", ""])
    def test_other_kinds_are_refused_and_the_readable_ones_named(self, name):
        message = refusal(name, b"%PDF-1.7")

        assert all(kind in message for kind in (".csv", ".md", ".txt", ".html"))

    def test_an_empty_file_is_refused(self):
        assert "empty" in refusal("a.txt", b"")
        assert "empty" in refusal("a.txt", b" \r\n")

    def test_more_than_20_megabytes_are_refused(self):
        assert "20 MB" in refusal("a.txt", b"a " * (10 * 1024 * 1024 + 1))

    @pytest.mark.parametrize(
        "content", [bytes(range(256)) * 8, b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04\x00\x01" * 9]
    )
    def test_junk_is_refused_whatever_its_ending(self, content):
        assert "not text" in refusal("a.txt", content)
        assert "not text" in refusal("a.csv", content)
