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
            "question,answer\nOpen?,8-5\n".encode("utf-16-le"),
            "question,answer\nOpen?,8-5\n".encode("utf-16-be"),
            b"sep=;\r\nQuestion;Answer\r\nOpen?;8-5\r\n",
            b"Question|Answer\nOpen?|8-5\n",
            b'question, answer\n"Open?", "8-5"\n',
            b"Our FAQ for 2026,,\n,,\nNo.,Questions,Answers\n1,Open?,8-5\n",
            b"Category,Customer question,Response,Last changed\nHours,Open?,8-5,May\n",
            b"FAQ ID;FAQ question;FAQ answer\n3;Open?;8-5\n",
            b"PREGUNTA(S);Respuestas\nOpen?;8-5\n",
            b"Question category,Question,Answer author,Answer\nHours,Open?,Bob,8-5\n",
        ],
    )
    def test_what_spreadsheets_write_is_read(self, content):
        assert read("faq.csv", content) == [("Open?", "8-5")]

    @pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-8", "utf-16"])
    def test_letters_are_read_as_the_spreadsheet_wrote_them(self, encoding):
        answer = "We’re open from 8 – “sí” – at the café."

        assert read("faq.csv", f"question,answer\nOpen?,{answer}\n".encode(encoding)) == [
            ("Open?", answer)
        ]

    @pytest.mark.parametrize("between", ["|", "; ", "\n"])
    def test_other_phrasings_may_be_parted_in_several_ways(self, between):
        table = f'Question,Answer,Also asked as\nOpen?,Yes.,"you open{between}hours"\n'

        (section,) = read_document("faq.csv", table.encode())

        assert section.phrasings == ("you open", "hours")

    @pytest.mark.parametrize("rows", ["{q}\t{a}\n", "{q},{a}\n", "{a},{q}\n"])
    def test_two_columns_that_ask_and_answer_need_no_names(self, rows):
        pairs = [("Open?", "8-5"), ("Pets?", "All"), ("Cards?", "Visa")]
        table = "".join(rows.format(q=question, a=answer) for question, answer in pairs)

        assert read("faq.csv", table) == pairs

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
            (b"sep=;\n\nquestion;answer\nOpen?;\n", "row 4: the answer is empty"),
            (b"Service,Price\nDrain,$149\n", "row 1: no column named question or answer"),
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

    def test_a_bold_line_with_nothing_below_it_is_said_all_the_same(self):
        assert read("a.md", "# Hours\n**Open around the clock**\n\n**Parking**\nOut front.") == [
            ("Hours", "Open around the clock"),
            ("Hours > Parking", "Out front."),
        ]

    @pytest.mark.parametrize("lead", ["\t", "\t\t", "     ", " ....... ", ". . . . .", " … "])
    def test_what_leads_from_an_item_to_its_price_becomes_a_colon(self, lead):
        text = f"Drain cleaning{lead}$149\nLeak (small){lead}99.50\n\nCall... we come.\n"

        assert read("a.txt", text) == [
            ("", "Drain cleaning: $149\nLeak (small): 99.50\n\nCall... we come.")
        ]

    def test_a_table_may_leave_out_its_outer_marks(self):
        text = "Service | Price\n--- | ---\nDrain | $149\nLeak | $99\n\nCards | cash."

        assert read("a.md", text) == [("", "- Drain: $149\n- Leak: $99\n\nCards | cash.")]

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

    @pytest.mark.parametrize(
        "answered",
        [
            "<h3>Pets?</h3><p>All.</p>",
            "<h3><button aria-expanded=false>Pets?</button></h3><div hidden>All.</div>",
            "<button class=accordion>Pets?</button><div class=panel><p>All.</p></div>",
            "<div class=q>Pets?</div><div class=a>All.</div>",
            "<details><summary>Pets?</summary>All.</details>",
            "<dl><dt>Pets?</dt><dd>All.</dd></dl>",
            "<p><strong>Pets?</strong></p><p>All.</p>",
            "<table><tr><td>Pets?<td>All.</table>",
            "<p>Q: Pets?</p><p>A: All.</p>",
        ],
    )
    def test_questions_are_found_however_the_page_folds_them(self, answered):
        around = (
            "<div id=cookie-banner>We use cookies <button>OK</button></div>"
            "<nav>Home</nav>{}<form><label>Name</label><input><button>Send</button></form>"
            "<footer>All rights reserved</footer>"
        )

        assert read("p.html", around.format(answered)) == [("Pets?", "All.")]

    @pytest.mark.parametrize(
        ("table", "text"),
        [
            ("<tr><td>Drain<td>$149<tr><td>Leak<td>$99", "- Drain: $149\n- Leak: $99"),
            (
                "<tr><th>Job<th>Where<th>Price<tr><td rowspan=2>Drain<td>sink<td>$149<tr><td>tub<td>$9",
                "- Drain: Where sink, Price $149\n- Drain: Where tub, Price $9",
            ),
            ("<tr><td>Cut<td>$65<td>Color<td>$45", "- Cut: $65\n- Color: $45"),
            ("<tr><td>Cut<td>$65<tr><td colspan=2>Plus tax", "- Cut: $65\n\nPlus tax"),
        ],
    )
    def test_every_row_of_a_table_says_its_item_and_price(self, table, text):
        assert read("p.html", f"<table>{table}</table>") == [("", text)]

    def test_a_page_without_words_is_refused(self):
        assert "no text found" in refusal("p.html", b"<html><script>x()</script></html>")


class TestRefusals:
    @pytest.mark.parametrize("name", ["a.xlsx", "a.doc", "a.png", "a", ""])
    def test_other_kinds_are_refused_and_the_readable_ones_named(self, name):
        message = refusal(name, b"Words.")

        assert all(kind in message for kind in (".csv", ".pdf", ".docx", ".md", ".txt", ".html"))

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
