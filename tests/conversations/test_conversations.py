"""Whole conversations on the virtual clock, each with the end state that its caller would expect."""

from pathlib import Path

import pytest
import yaml

from evals.playing import Stage

HERE = Path(__file__).parent
CASES = sorted((HERE / "booking").glob("*.yaml"))


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_conversation_ends_as_its_caller_expects(path, stage):
    unmet = stage.play(yaml.safe_load(path.read_text(encoding="utf-8")))

    assert not unmet, "\n".join(unmet)
