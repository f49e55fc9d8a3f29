"""PDF, Word and other files as owners make them, and as nobody should."""

import io
import zipfile
import zlib

import docx
from fpdf import FPDF

RULED = (
    ("Service", "Price", "Time"),
    ("Drain cleaning", "$149", "90 min"),
    ("Clearing the main line from a cleanout that can be reached from outside", "$285", "2 hours"),
    ("Camera inspection", "$195", "1 hour"),
)
UNRULED = {
    "Drains": (("Drain cleaning", "$149"), ("Main line", "$285"), ("Camera inspection", "$195")),
    "Water heaters": (("Flush", "$99"), ("Replacement of a 40 gallon gas heater", "$1,450")),
}
QUESTIONS = (
    ("Do you take credit cards?", "Yes, Visa and Mastercard, and checks of Boulder county banks."),
    ("Are you insured?", "Yes, we are licensed, bonded and insured for two million dollars."),
    ("How soon can you come?", "Most visits are on the same day when you call us before noon."),
    ("Do you work on Sundays?", "Only when water is running, and then the visit costs $89 more."),
    ("Is there a warranty?", "Ninety days on every repair and on each part that we have fitted."),
    ("Do you fit my own parts?", "Yes, but then there is no warranty on them from our side."),
)


class Paper(FPDF):
    """Black on white, as a small office prints it."""

    def __init__(self, *, above="", below=""):
        super().__init__()
        self.above, self.below = above, below
        self.set_auto_page_break(True, 25)
        self.set_font("Helvetica", "", 11)
        self.add_page()

    def header(self):
        if self.above:
            self.cell(0, 6, self.above, new_x="LMARGIN", new_y="NEXT")

    def footer(self):
        if self.below:
            self.set_y(-15)
            self.cell(0, 6, self.below.format(self.page_no()), align="C")

    def line_of(self, text, *, size=11, style=""):
        self.set_font("Helvetica", style, size)
        self.cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")
        self.set_font("Helvetica", "", 11)

    def heading(self, text, size=18):
        self.line_of(text, size=size, style="B")

    def text_of(self, text):
        self.multi_cell(0, 5.5, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(3)

    def ruled(self, rows):
        with self.table() as table:
            for row in rows:
                table.row(row)

    def bytes(self):
        return bytes(self.output())


def ruled_prices():
    paper = Paper()
    paper.heading("Price list")
    paper.ruled(RULED)
    return paper.bytes()


def merged_prices():
    paper = Paper()
    paper.heading("Price list")
    with paper.table() as table:
        table.row(("Service", "Price", "Time"))
        table.row().cell("Drains", colspan=3)
        row = table.row()
        row.cell("Cleaning", rowspan=2)
        row.cell("$149")
        row.cell("sink")
        row = table.row()
        row.cell("$159")
        row.cell("tub")
    return paper.bytes()


def unruled_prices():
    paper = Paper()
    paper.heading("Prices")
    for name, rows in UNRULED.items():
        paper.line_of(name, style="B")
        for item, price in rows:
            paper.cell(100, 7, item)
            paper.cell(30, 7, price, align="R", new_x="LMARGIN", new_y="NEXT")
    return paper.bytes()


def dotted_prices():
    paper = Paper()
    paper.heading("Price sheet")
    for rows in UNRULED.values():
        for item, price in rows:
            paper.line_of(f"{item} {'.' * (60 - len(item))} {price}")
    return paper.bytes()


def two_columns():
    paper = Paper()
    paper.heading("Questions and answers")
    with paper.text_columns(ncols=2, gutter=8, text_align="L") as columns:
        for number, (question, answer) in enumerate(QUESTIONS):
            paper.set_font("Helvetica", "B", 11)
            columns.write(f"{question}\n")
            paper.set_font("Helvetica", "", 11)
            columns.write(f"{answer}\n\n")
            if number == 2:
                columns.new_column()
    return paper.bytes()


def many_pages(pages=6):
    paper = Paper(above="Alder Creek Plumbing - house rules", below="Page {} - call 303 555 0100")
    for number in range(pages):
        paper.heading(f"Rule {chr(65 + number)}")
        for word in ("first", "second", "third", "fourth"):
            paper.text_of(f"The {word} part of rule {chr(65 + number)}. " * 20)
    return paper.bytes()


def wrapped_words():
    paper = Paper()
    for line in (
        "We come back free of charge when a drain that we have cleared is block-",
        "ed again.",
    ):
        paper.line_of(line)
    return paper.bytes()


def scan(pages=500):
    paper = Paper()
    for _ in range(pages - 1):
        paper.rect(20, 20, 150, 200, "F")
        paper.add_page()
    return paper.bytes()


def locked():
    paper = Paper()
    paper.text_of("Secret.")
    paper.set_encryption(owner_password="owner", user_password="user")
    return paper.bytes()


def pdf_bomb(shows=400_000):
    """A page of 20 KB that unpacks to seven million letters."""
    squeezed = zlib.compress(b"BT /F1 12 Tf " + b"(aaaaaaaaaaaaaaaaa) Tj " * shows + b" ET", 9)
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources"
        b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        b"4 0 obj<</Length " + str(len(squeezed)).encode() + b"/Filter/FlateDecode>>stream\n"
        + squeezed
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
    )  # fmt: skip


def word_faq():
    document = docx.Document()
    document.add_heading("Alder Creek Plumbing", 0)
    for question, answer in QUESTIONS[:3]:
        document.add_paragraph().add_run(question).bold = True
        document.add_paragraph(answer)
    document.add_heading("What we bring", 1)
    for item in ("a camera", "a cable machine"):
        document.add_paragraph(item, style="List Bullet")
    return _saved(document)


def word_prices():
    document = docx.Document()
    document.add_heading("Prices", 1)
    rows = [("Service", "Price", "Time"), ("Drains", "", ""), ("Cleaning", "$149", "sink")]
    table = _word_table(document, [*rows, ("", "$159", "tub")])
    table.cell(1, 0).merge(table.cell(1, 2))
    table.cell(2, 0).merge(table.cell(3, 0))
    return _saved(document)


def word_table_of_questions():
    document = docx.Document()
    _word_table(document, [("Question", "Answer"), *QUESTIONS[:2]])
    return _saved(document)


def word_xml(body, *, before=""):
    """A Word document of this XML; `before` stands where entities are declared."""
    schema = "http://schemas.openxmlformats.org"
    kinds = "application/vnd.openxmlformats"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{schema}/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{kinds}-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kinds}-officedocument.wordprocessingml.document.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{schema}/package/2006/relationships"><Relationship Id="r1"'
            f' Type="{schema}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<?xml version="1.0"?>{before}<w:document xmlns:w="{schema}/wordprocessingml/2006/main">'
            f"<w:body>{body}</w:body></w:document>",
        }
    )


def word_paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def entity_bomb():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    before = f'<!DOCTYPE bomb [<!ENTITY e0 "{"a" * 20}">{entities}]>'
    return word_xml(word_paragraph("&e9;"), before=before)


def zipped(parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return packed.getvalue()


def _word_table(document, rows):
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for at, row in enumerate(rows):
        for side, words in enumerate(row):
            table.cell(at, side).text = words
    return table


def _saved(document):
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()
