"""The owner's documents over time: pasted, edited, brought back, looked at before they are published."""

import re
from datetime import UTC, datetime

import pytest

from server.store import questions
from tests.server.test_owner_pages import outcome

SHOP = "alder-creek-plumbing"
ASKED = "do you sweep chimneys?"
TABLE = b"question,answer\nDo you sweep chimneys?,Yes. Sweeping a chimney is $189.\n"
DEARER = TABLE.replace(b"189", b"199")
LIST = "/business/documents"


@pytest.fixture
def chimneys(mia):
    """A document of one entry, gone again after the test."""
    outcome(mia.uploads(("chimneys.csv", TABLE)))
    yield "chimneys.csv"
    mia.sees(LIST)
    mia.sends(f"{LIST}/chimneys.csv/remove")


@pytest.fixture
def asked_before(two_businesses):
    """Callers have asked this lately, twice, and got no answer."""
    with two_businesses.database().begin() as connection:
        for _ in range(2):
            questions.add(
                connection, business=SHOP, thread=None, at=datetime.now(UTC), words=ASKED,
                reply="", passage=None, score=0.1, answered=False,
            )  # fmt: skip


def stage(mia, content):
    mia.sees(LIST)
    mia.sends(LIST, {"look": "1"}, files=[("documents", ("chimneys.csv", content))])


def seen_in(html):
    return part(r'name="seen" value="(\w+)"', html)


def text_of(html):
    """The words of a page as a person reads them."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def part(pattern, html):
    found = re.search(pattern, html)
    assert found, pattern
    return found[1]


def passage_id(html):
    return part(r'id="([^"]+)" data-testid="passage"', html)


def said(html):
    return part(r'data-testid="said">([^<]*)<', html)


class TestPaste:
    def test_a_pasted_text_answers_the_next_caller(self, mia):
        mia.sees(f"{LIST}/paste")

        done = mia.sends(
            f"{LIST}/paste",
            {"name": "Gutters", "text": "# Gutters\r\n\r\nWe clean gutters for $75."},
        )

        assert done.headers["location"] == LIST
        assert "Gutters.md: 1 passage, in use now" in mia.sees(LIST)
        assert said(mia.asks("do you clean gutters")) == "We clean gutters for $75."
        mia.sends(f"{LIST}/Gutters.md/remove")

    @pytest.mark.parametrize(
        ("name", "text", "words"),
        [
            ("", "We clean gutters.", "Give the text a name"),
            ("Gutters", "  ", "Paste or type the text first"),
            ("gutters.pdf", "We clean gutters.", "kept as .txt, .md or .csv"),
            ("policies.md", "We clean gutters.", "There is a document policies.md already"),
            ("gutters.csv", "We clean gutters.", "gutters.csv"),
        ],
    )
    def test_what_is_refused_comes_back_as_it_was_typed(self, mia, name, text, words):
        answered = mia.sends(f"{LIST}/paste", {"name": name, "text": text})

        problem = part(r'data-testid="problem">([^<]*)<', answered.text)
        assert words in problem
        assert text.strip() in answered.text
        assert f'value="{name}"' in answered.text

    def test_a_document_is_edited_in_place_and_its_old_text_kept(self, mia, chimneys):
        form = mia.sees(f"{LIST}/{chimneys}/edit")
        assert "Sweeping a chimney is $189." in form
        base = part(r'name="base" value="(\w+)"', form)

        mia.sends(f"{LIST}/{chimneys}/edit", {"text": DEARER.decode(), "base": base})

        assert said(mia.asks(ASKED)) == "Yes. Sweeping a chimney is $199."
        assert "$189" in mia.sees(f"{LIST}/{chimneys}/versions/{_newest(mia, chimneys)}")

    def test_who_edits_what_somebody_else_has_changed_is_told_and_loses_nothing(
        self, mia, chimneys
    ):
        base = part(r'name="base" value="(\w+)"', mia.sees(f"{LIST}/{chimneys}/edit"))
        outcome(mia.uploads((chimneys, DEARER)))
        mine = TABLE.decode().replace("189", "179")

        answered = mia.sends(f"{LIST}/{chimneys}/edit", {"text": mine, "base": base})

        assert "Somebody has changed this document" in answered.text
        assert "$179" in answered.text
        assert "$199" in said(mia.asks(ASKED))


def _newest(mia, name):
    return part(rf"/{name}/versions/(\d+)/restore", mia.sees(f"{LIST}/{name}"))


class TestVersions:
    def test_a_replaced_document_is_brought_back(self, mia, chimneys):
        outcome(mia.uploads((chimneys, DEARER)))
        page = text_of(mia.sees(f"{LIST}/{chimneys}"))
        assert re.search(
            r"Version \d+ FAQ table, 1 KB &middot; added .* by Mia Torres, replaced .* by Mia Torres",
            page,
        )

        mia.sends(f"{LIST}/{chimneys}/versions/{_newest(mia, chimneys)}/restore")

        assert said(mia.asks(ASKED)) == "Yes. Sweeping a chimney is $189."

    def test_a_removed_document_is_listed_and_brought_back(self, mia, chimneys):
        mia.sends(f"{LIST}/{chimneys}/remove")
        listed = mia.sees(LIST)
        assert "Removed documents" in listed
        number = part(rf"/{chimneys}/versions/(\d+)/restore", listed)

        mia.sends(f"{LIST}/{chimneys}/versions/{number}/restore")

        assert said(mia.asks(ASKED)) == "Yes. Sweeping a chimney is $189."
        assert f"/{chimneys}/versions/" not in mia.sees(f"{LIST}/list")

    def test_a_version_that_is_not_kept_is_said(self, mia, chimneys):
        assert mia.http.get(f"{LIST}/{chimneys}/versions/999").status_code == 404
        assert mia.sends(f"{LIST}/{chimneys}/versions/999/restore").status_code == 404


class TestPreview:
    def test_what_would_change_is_seen_then_published(self, mia, two_businesses, asked_before):
        staged = mia.sends(LIST, {"look": "1"}, files=[("documents", ("chimneys.csv", TABLE))])
        assert staged.headers["location"] == f"{LIST}/draft"

        seen = mia.sees(f"{LIST}/draft")

        words = text_of(seen)
        assert "recent questions would be answered otherwise" in words
        assert re.search(rf"&ldquo;{re.escape(ASKED)}&rdquo; asked \d+ times", words)
        assert re.search(r'data-testid="now">A person would be asked.<', seen)
        assert re.search(r'data-testid="then">Yes. Sweeping a chimney is \$189.<', seen)
        assert "$189" not in said(mia.asks(ASKED))
        assert "Not published yet: chimneys.csv" in text_of(mia.sees(LIST))
        mia.sends(f"{LIST}/draft/publish", {"seen": seen_in(seen)})
        assert "chimneys.csv: 1 passage, in use now" in mia.sees(LIST)
        assert "$189" in said(mia.asks(ASKED))

        mia.sends(f"{LIST}/chimneys.csv/remove", {"look": "1"})
        seen = mia.sees(f"{LIST}/draft")
        assert "1 would go to a person" in text_of(seen)
        assert "Remove chimneys.csv" in text_of(seen)
        mia.sends(f"{LIST}/draft/discard", {"seen": seen_in(seen)})
        assert "$189" in said(mia.asks(ASKED))
        mia.sends(f"{LIST}/chimneys.csv/remove")

    @pytest.mark.parametrize("act", ["publish", "discard"])
    def test_what_was_not_seen_is_shown_before_anything_is_done(self, mia, act):
        stage(mia, TABLE)
        seen = seen_in(mia.sees(f"{LIST}/draft"))
        stage(mia, DEARER)

        done = mia.sends(f"{LIST}/draft/{act}", {"seen": seen})

        assert done.headers["location"] == f"{LIST}/draft"
        again = mia.sees(f"{LIST}/draft")
        assert "Something has changed since you looked" in text_of(again)
        assert "$189" not in said(mia.asks(ASKED))
        mia.sends(f"{LIST}/draft/discard", {"seen": seen_in(again)})

    def test_a_draft_whose_document_has_changed_meanwhile_says_so(self, mia, chimneys):
        stage(mia, DEARER)
        assert 'data-testid="overtaken"' not in mia.sees(f"{LIST}/draft")
        outcome(mia.uploads((chimneys, TABLE.replace(b"189", b"150"))))

        seen = mia.sees(f"{LIST}/draft")

        assert 'data-testid="overtaken"' in seen
        mia.sends(f"{LIST}/draft/discard", {"seen": seen_in(seen)})

    def test_the_text_of_a_draft_is_edited_on_and_a_direct_save_settles_it(self, mia, chimneys):
        stage(mia, DEARER)

        form = mia.sees(f"{LIST}/{chimneys}/edit")

        assert "$199" in form
        assert 'data-testid="is-draft"' in form
        base = part(r'name="base" value="(\w+)"', form)
        mia.sends(f"{LIST}/{chimneys}/edit", {"text": DEARER.decode(), "base": base})
        assert "$199" in said(mia.asks(ASKED))
        assert "Not published yet" not in mia.sees(LIST)

    def test_a_refused_file_is_told_and_not_kept(self, mia):
        refused = mia.sends(
            LIST, {"look": "1"}, files=[("documents", ("chimneys.csv", b"price,amount\n1,2\n"))]
        )

        assert "chimneys.csv" in text_of(refused.text)
        assert mia.sends(f"{LIST}/draft/discard").headers["location"] == LIST
        assert "Not published yet" not in mia.sees(LIST)

    def test_without_changes_there_is_nothing_to_see(self, mia):
        assert mia.http.get(f"{LIST}/draft").headers["location"] == LIST
        assert "No changes wait to be published" in mia.sees(LIST)


class TestPhrasings:
    def test_an_approved_wording_finds_the_answer_and_outlives_a_replacement(self, mia, chimneys):
        odd = "creosote rate?"
        assert "$189" not in said(mia.asks(odd))
        entry = passage_id(mia.sees(f"{LIST}/{chimneys}"))

        mia.sends(f"{LIST}/{chimneys}/phrasings", {"passage": entry, "words": [odd, " "]})
        outcome(mia.uploads((chimneys, DEARER)))

        assert said(mia.asks(odd)) == "Yes. Sweeping a chimney is $199."
        page = mia.sees(f"{LIST}/{chimneys}")
        assert f'value="{odd}" checked' in page
        mia.sends(f"{LIST}/{chimneys}/phrasings", {"passage": passage_id(page)})
        assert "$199" not in said(mia.asks(odd))

    def test_a_passage_without_a_heading_has_no_other_ways_to_ask(self, mia):
        mia.sees(LIST)
        mia.sends(f"{LIST}/paste", {"name": "bare", "text": "We clean gutters.\n\nWe fix roofs."})
        entry = passage_id(mia.sees(f"{LIST}/bare.txt"))

        refused = mia.sends(f"{LIST}/bare.txt/phrasings", {"passage": entry, "words": ["moss?"]})

        assert refused.status_code == 400
        assert "This passage has no heading" in refused.text
        mia.sends(f"{LIST}/bare.txt/remove")

    def test_what_callers_asked_in_vain_is_proposed(self, mia, two_businesses, chimneys):
        near = ("my chimney is full of soot", "chimney height rules", "a bird is in the chimney")
        with two_businesses.database().begin() as connection:
            for words in near:
                questions.add(
                    connection, business=SHOP, thread=None, at=datetime.now(UTC), words=words,
                    reply="", passage=None, score=0.4, answered=False,
                )  # fmt: skip

        page = mia.sees(f"{LIST}/{chimneys}")

        assert [words for words in near if f'value="{words}">' in page]
        assert "A caller asked this and got no answer." in page


def test_staff_look_at_versions_and_change_nothing(mia, sam, chimneys):
    outcome(mia.uploads((chimneys, DEARER)))
    number = _newest(mia, chimneys)
    seen = sam.sees(f"{LIST}/{chimneys}/versions/{number}")
    assert "$189" in seen
    assert "Bring back" not in seen
    assert "Edit text" not in sam.sees(f"{LIST}/{chimneys}")
    sam.sees("/business")

    refused = [
        sam.http.get(f"{LIST}/paste"),
        sam.http.get(f"{LIST}/{chimneys}/edit"),
        sam.http.get(f"{LIST}/draft"),
        *(
            sam.sends(f"{LIST}{path}", {"name": "x", "text": "x", "passage": "x", "look": "1"})
            for path in (
                "/paste", f"/{chimneys}/edit", "/draft/publish", "/draft/discard", f"/{chimneys}/phrasings",
                f"/{chimneys}/versions/{number}/restore",
            )
        ),
    ]  # fmt: skip

    assert {one.status_code for one in refused} == {403}


def test_the_sms_count_of_an_answer_is_shown(mia, chimneys):
    assert 'data-testid="segments">1 SMS<' in mia.asks(ASKED)
