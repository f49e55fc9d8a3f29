"""Ten minutes of damaged uploads, half of them by several threads at once, as a web server reads them."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.knowledge import mutations
from tests.knowledge.trial import Trial

SECONDS = 300


@pytest.mark.full
@pytest.mark.timeout(3 * SECONDS)
@pytest.mark.parametrize("threads", [1, 4])
def test_no_damaged_upload_harms_the_process_that_takes_it(threads):
    trials = [Trial(mutations.good_files(), random.Random()) for _ in range(threads)]

    with ThreadPoolExecutor(threads) as pool:
        tried = list(pool.map(lambda trial: trial.run_for(SECONDS), trials))

    print(f"{sum(tried)} files, slowest {max(trial.slowest for trial in trials):.1f} s")
    assert [found for trial in trials for found in trial.findings()] == []
    assert min(tried) > 0
