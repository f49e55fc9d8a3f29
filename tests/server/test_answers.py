"""The document of an owner's answers: what is added, replaced, and never written."""

import pytest

from knowledge.reading import read_document
from server.answers import NAME, can_keep, with_answer

FIRST = with_answer(b"", "Do you tune pianos?", 'Yes, "uprights", $90.', ["my piano is off"])


def entries(content):
    return [
        (one.source_id, one.heading, one.text, one.phrasings)
        for one in read_document(NAME, content)
    ]


def test_an_answer_is_added_after_the_others():
    content = with_answer(FIRST, "Do you fix clocks?", "No.\nAsk Ann.", [])

    assert entries(content) == [
        ("a1", "Do you tune pianos?", 'Yes, "uprights", $90.', ("my piano is off",)),
        ("a2", "Do you fix clocks?", "No.\nAsk Ann.", ()),
    ]


def test_the_same_question_again_is_replaced_and_keeps_its_id_and_phrasings():
    content = with_answer(FIRST, "do you tune pianos", "No.", ["My piano is off!", "piano tuner?"])

    assert entries(content) == [
        ("a1", "do you tune pianos", "No.", ("my piano is off", "piano tuner?"))
    ]


def test_questions_in_another_script_are_told_apart():
    content = with_answer(b"", "Вы чините часы?", "Да.", [])

    assert len(entries(with_answer(content, "Вы чините пианино?", "Да.", []))) == 2
    assert len(entries(with_answer(content, "вы чините часы", "Нет.", []))) == 1


def test_an_id_is_never_given_twice():
    content = with_answer(FIRST.replace(b"a1,", b"a2,"), "Do you fix clocks?", "No.", [])

    assert [one[0] for one in entries(content)] == ["a2", "a1"]


def test_a_document_that_the_owner_wrote_in_another_shape_is_understood():
    theirs = "Reply;Q\nIn the alley.;Where do I park?\n".encode("utf-16")

    content = with_answer(theirs, "Do you fix clocks?", "No.", [])

    assert [one[1:3] for one in entries(content)] == [
        ("Where do I park?", "In the alley."),
        ("Do you fix clocks?", "No."),
    ]


@pytest.mark.parametrize("words", ['=cmd("x")', "+1+1", "@SUM(A1)", "- =2"])
def test_a_callers_words_are_no_formula_and_no_second_phrasing(words):
    content = with_answer(b"", "Do you fix clocks?", "No.", [f"{words} | second"])

    [(_, _, _, phrasings)] = entries(content)
    assert len(phrasings) == 1
    assert phrasings[0][0] not in "=+-@"


@pytest.mark.parametrize(
    ("words", "is_kept"),
    [
        ("is $1,250 a fair price for 2 of them?", True),
        ("can you come to 12044 alder street", False),
        ("do you take this card 4111-1111-1111-1111", False),
        ("can you write to ann@example.com", False),
        ("call me at (720) 555 0111 about it", False),
        ("so what happened was " * 12, False),
        ("this is Mary Johnson at 12 Oak St, do you fix gutters", False),
        ("do you work with Kohler and Moen", True),
    ],
)
def test_what_tells_of_a_person_or_a_story_is_not_kept(words, is_kept):
    assert can_keep(words) is is_kept
