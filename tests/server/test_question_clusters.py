"""Questions that ask the same stand together: purity and completeness on questions written for it."""

import pytest

from knowledge.embedding import embedder
from server.question_clusters import clusters

ALIKE = """
do you service teslas
can you guys work on a tesla model 3
hi do you fix teslas too?
my car is a tesla, is that something you do

do you work on hybrids
can i bring my hybrid to you? its a prius
do u guys service hybrid cars

do you have loaner cars
can i get a loaner while mine is in the shop
is there a rental car i can use while you fix mine
do you lend out cars during the repair

is there a shuttle that can take me to work
do you offer rides home after i drop the car off
can somebody drive me home after drop off

do you take care credit cards or just cash
can i pay with a card
what kinds of payment do you accept? visa?
do yall take apple pay

can i pay in installments
do you have payment plans
any financing for a big repair?

do you give a discount to veterans
military discount?
is there something off for vets, my husband served

is there a discount for seniors
do seniors get a discount
I'm 72, do you have a senior price

do you sell used tires
any second hand tires in stock
got used tires for sale?

can you store my winter tires over the summer
do you do tire storage
where can i leave my snow tires, do you keep them

do you patch a flat tire or do i need a new one
can a nail in the tire be repaired
can you plug a tire with a screw in it

can i wait there while its being done
is there a waiting room with wifi
do you have a place to sit and wait

can i bring my dog while i wait
are dogs allowed in the waiting area
is it ok if my puppy comes along

can i drop my car off the night before
is there a key drop box for after hours
do you have night drop

do you do state inspections
can i get my inspection sticker with you
is the annual safety inspection something you offer

do you do emissions testing
I need a smog check for my registration
can you do the smog test

do you work on motorcycles
can you look at my motorbike
my harley needs new brakes do you fix bikes

is the work guaranteed
what warranty do you give on repairs
if it breaks again is there a warranty

can i bring my own parts
will you install parts i bought online
i already have the brake pads, would you put them in

do you do window tinting
how dark can you tint the windows
can you tint my back windows

do you tow
can you send a tow truck
my car wont start can you come get it with a tow

do you fix dents
can you do paint and body work after an accident
do you do bodywork, someone scratched my door

is there somebody who speaks spanish
hablan espanol?
do you have spanish speaking staff

do you buy junk cars
would you take my old car for parts and pay me
"""
"""What callers of a garage might ask; each group asks one thing, and some groups are close to each other."""
GROUPS = [group.splitlines() for group in ALIKE.strip().split("\n\n")]
QUESTIONS = [question for group in GROUPS for question in group]
GROUP_OF = {question: place for place, group in enumerate(GROUPS) for question in group}


@pytest.fixture(scope="module")
def meaning():
    return embedder("minilm-int8")


def together(questions, vectors):
    return [[questions[place] for place in one] for one in clusters(questions, vectors)]


def shares(found):
    """Of a question's cluster, what asks the same; of what asks the same, what is in its cluster."""
    pure = complete = 0.0
    for cluster in found:
        for question in cluster:
            same = [one for one in cluster if GROUP_OF[one] == GROUP_OF[question]]
            pure += len(same) / len(cluster)
            complete += len(same) / len(GROUPS[GROUP_OF[question]])
    return pure / len(QUESTIONS), complete / len(QUESTIONS)


@pytest.mark.parametrize(("by", "complete"), [("minilm-int8", 0.7), ("lexical", 0.4)])
def test_nine_in_ten_of_what_stands_together_ask_the_same(by, complete):
    found = together(QUESTIONS, embedder(by))

    is_pure, is_complete = shares(found)

    assert is_pure >= 0.9
    assert is_complete >= complete


def test_every_question_is_in_one_cluster_whatever_their_order(meaning):
    forward, backward = together(QUESTIONS, meaning), together(QUESTIONS[::-1], meaning)

    assert sorted(one for cluster in forward for one in cluster) == sorted(QUESTIONS)
    assert {frozenset(one) for one in forward} == {frozenset(one) for one in backward}


def test_the_most_unusual_wording_stands_last(meaning):
    asked = [
        "my car is a tesla, is that something you do",
        "do you service teslas",
        "hi do you fix teslas too?",
    ]

    [cluster] = together(asked, meaning)

    assert cluster[-1] == "my car is a tesla, is that something you do"


@pytest.mark.parametrize("questions", [[], ["do you tow"]])
def test_none_and_one_need_no_company(questions, meaning):
    assert together(questions, meaning) == together(questions, None) == [[one] for one in questions]
