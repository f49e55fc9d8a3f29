"""How two replies to one text differ, and what of it matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rules.reply_changes import ChangeKind, Part, Said, Warn, compare, marked, weight

WORDS = st.text(st.sampled_from("ab 1$.,:\n?-é"), max_size=60)
SAID = st.builds(
    Said,
    reply=WORDS,
    handed=st.booleans(),
    reason=st.sampled_from(["", "unanswerable", "emergency"]),
    urgency=st.sampled_from(["routine", "urgent", "emergency"]),
    cut=st.tuples() | st.tuples(WORDS),
)


@given(WORDS, WORDS)
def test_the_marked_parts_put_together_are_the_replies(before, after):
    for words, parts in zip((before, after), marked(before, after), strict=True):
        assert "".join(part.words for part in parts) == words


@given(WORDS)
def test_nothing_is_marked_where_nothing_changed(words):
    assert not any(part.changed for side in marked(words, words) for part in side)


@given(WORDS, WORDS)
def test_different_replies_have_a_mark(before, after):
    has_mark = any(part.changed for side in marked(before, after) for part in side)
    assert has_mark == (before != after)


@given(SAID)
def test_a_reply_is_no_change_of_itself(said):
    assert compare(said, said) is None


@given(SAID, SAID)
def test_a_change_one_way_is_a_change_back(before, after):
    there, back = compare(before, after), compare(after, before)

    assert (there is None) == (back is None)
    if there and back and there.kind is ChangeKind.HANDED_OVER:
        assert back.kind is ChangeKind.ANSWERED


def test_the_changed_words_are_marked_as_one():
    old, new = marked("It is $149 for one line.", "It is $159.50 for one line.")

    assert old == [
        Part(words="It is ", changed=False),
        Part(words="$149", changed=True),
        Part(words=" for one line.", changed=False),
    ]
    assert [part.words for part in new if part.changed] == ["$159.50"]


def test_two_different_replies_are_marked_as_a_whole():
    before = "Yes. We hold a license and carry liability insurance."
    after = "I don't have that answer here, so I've passed your question to a person."

    assert marked(before, after) == (
        [Part(words=before, changed=True)],
        [Part(words=after, changed=True)],
    )


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (Said(reply="It is $149."), Said(reply="It is $159."), ChangeKind.FIGURES),
        (Said(reply="Open until 5 PM."), Said(reply="Open until 6 PM."), ChangeKind.FIGURES),
        (Said(reply="Closed on Sunday."), Said(reply="Closed on Monday."), ChangeKind.FIGURES),
        (Said(reply="Yes, we do."), Said(reply="We do that."), ChangeKind.WORDING),
        (Said(reply="Yes."), Said(reply="I'll ask.", handed=True), ChangeKind.HANDED_OVER),
        (Said(reply="I'll ask.", handed=True), Said(reply="Yes."), ChangeKind.ANSWERED),
        (
            Said(reply="I'll ask.", handed=True, reason="urgent"),
            Said(reply="I'll ask.", handed=True, reason="other"),
            ChangeKind.ALERTS,
        ),
    ],
)  # fmt: skip
def test_what_kind_of_change_it_is(before, after, kind):
    found = compare(before, after)

    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("before", "after", "warns"),
    [
        (
            Said(reply="A person is alerted.", handed=True, reason="emergency", urgency="emergency"),
            Said(reply="It is $149."),
            (Warn.LESS_URGENT,),
        ),
        (Said(reply="Yes."), Said(reply=""), (Warn.SILENT,)),
        (Said(reply="Yes."), Said(reply="Yes!", cut=("Only today!",)), (Warn.FORBIDDEN,)),
        (Said(reply="It is $149 for one line, by appointment."), Said(reply="It is $149."), (Warn.SAYS_LESS,)),
        (Said(reply="I have asked somebody who will tell you.", handed=True), Said(reply="Yes."), ()),
    ],
)  # fmt: skip
def test_what_may_be_worse_is_said(before, after, warns):
    found = compare(before, after)

    assert found is not None
    assert found.warns == warns


def test_what_goes_to_a_person_comes_before_a_price_and_that_before_words():
    answer, other = Said(reply="It is $149."), Said(reply="That is $149.")
    lost = compare(answer, Said(reply="I'll ask.", handed=True))
    price = compare(answer, Said(reply="It is $159."))
    words = compare(answer, other)

    assert lost is not None
    assert price is not None
    assert words is not None
    assert weight(lost) < weight(price) < weight(words)
