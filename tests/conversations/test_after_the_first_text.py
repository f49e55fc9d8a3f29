"""What follows the first text: menus, calls that are asked for, promises of staff; each ends as its caller would expect."""

from pathlib import Path

import pytest
import yaml

from evals.playing import Stage

FOLDER = Path(__file__).parents[2] / "evals" / "conversations"
CASES = sorted(path for name in ("menu_", "callback_", "staff_") for path in FOLDER.glob(f"*/{name}*.yaml"))  # fmt: skip


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_conversation_ends_as_its_caller_expects(path, stage):
    unmet = stage.play(yaml.safe_load(path.read_text(encoding="utf-8")))

    assert not unmet, "\n".join(unmet)
