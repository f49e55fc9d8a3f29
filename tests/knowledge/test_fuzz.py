"""Whatever a file holds, reading it ends soon, and in sections or in words for its owner."""

import random

import pytest

from tests.knowledge import mutations
from tests.knowledge.trial import Trial

SECONDS = 20
LEAST = 20


@pytest.mark.timeout(120)
def test_damaged_files_give_sections_or_a_plain_refusal():
    trial = Trial(mutations.good_files(), random.Random(20261122))

    tried = trial.run_for(SECONDS)

    assert trial.findings() == []
    assert tried >= LEAST
