"""A chain of seals: whatever is changed, dropped, swapped or added later shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.seals import Seal, broken_facts, broken_links, sealed

NOON = datetime(2026, 11, 2, 19, 0, tzinfo=UTC)


def a_chain(bodies):
    chain: list[Seal] = []
    facts = {}
    for place, body in enumerate(bodies):
        key, fact = f"t{place}", {"body": body, "at": place}
        last = chain[-1] if chain else None
        chain.append(sealed(last, "text", key, fact, NOON + timedelta(seconds=place)))
        facts["text", key] = fact
    return chain, facts


def found(chain, facts):
    return [*broken_links(chain), *broken_facts(chain, facts)]


BODIES = st.lists(st.text(max_size=8), min_size=2, max_size=8)


@given(bodies=BODIES)
def test_what_nobody_touched_is_whole(bodies):
    assert found(*a_chain(bodies)) == []


@given(bodies=BODIES, data=st.data())
def test_a_changed_fact_shows(bodies, data):
    chain, facts = a_chain(bodies)
    place = data.draw(st.integers(0, len(bodies) - 1))
    key = ("text", f"t{place}")
    facts[key] = facts[key] | data.draw(st.sampled_from([{"body": "x" * 9}, {"at": -1}]))

    breaks = found(chain, facts)

    assert [one.place for one in breaks] == [place + 1]


@given(bodies=BODIES, data=st.data())
def test_a_dropped_fact_shows(bodies, data):
    chain, facts = a_chain(bodies)
    place = data.draw(st.integers(0, len(bodies) - 1))
    del facts["text", f"t{place}"]

    assert [one.place for one in found(chain, facts)] == [place + 1]


@given(bodies=BODIES, data=st.data())
def test_a_fact_dropped_with_its_seal_shows(bodies, data):
    chain, facts = a_chain(bodies)
    place = data.draw(st.integers(0, len(bodies) - 2))
    del facts["text", f"t{place}"]
    del chain[place]

    assert found(chain, facts)


@given(bodies=BODIES, data=st.data())
def test_two_swapped_seals_show(bodies, data):
    chain, facts = a_chain(bodies)
    one, other = data.draw(
        st.lists(st.integers(0, len(bodies) - 1), min_size=2, max_size=2, unique=True)
    )
    chain[one], chain[other] = chain[other], chain[one]

    assert found(chain, facts)


@given(bodies=BODIES)
def test_an_added_fact_without_a_seal_shows(bodies):
    chain, facts = a_chain(bodies)
    facts["text", "late"] = {"body": "added", "at": 0}

    assert [one.place for one in found(chain, facts)] == [None]


@given(bodies=BODIES, data=st.data())
def test_a_changed_seal_shows(bodies, data):
    chain, facts = a_chain(bodies)
    place = data.draw(st.integers(0, len(bodies) - 1))
    change = data.draw(
        st.sampled_from([{"at": NOON - timedelta(days=1)}, {"digest": "0" * 64}, {"link": "0" * 64}, {"kind": "consent"}])
    )  # fmt: skip
    chain[place] = replace(chain[place], **change)

    assert found(chain, facts)


def test_two_swapped_bodies_show():
    chain, facts = a_chain(["yes", "no"])
    facts["text", "t0"], facts["text", "t1"] = facts["text", "t1"], facts["text", "t0"]

    assert [one.place for one in found(chain, facts)] == [1, 2]
