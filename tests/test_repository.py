"""What the repository promises about itself."""

import argparse
import re
import subprocess
import tomllib

from agent.graph import Conversation
from agent.ports import Ports
from evals.product import ROOT
from server.cli import _parser
from server.settings import described
from tests.agent.test_conversation import NoDiary, Shelf

README = (ROOT / "README.md").read_text()


def test_the_picture_in_the_readme_is_the_graph():
    drawn = Conversation(Ports(knowledge=Shelf(), diary=NoDiary(), mind=None)).picture().strip()

    assert f"```mermaid\n{drawn}\n```" in README


def test_the_readme_lists_every_setting_with_its_default_and_meaning():
    for name, default, meaning in described():
        shown = f"`{default}`" if default else ""
        assert f"| `{name}` | {shown} | {meaning} |" in README


def test_the_readme_lists_every_command():
    (commands,) = [one for one in _parser()._actions if isinstance(one, argparse._SubParsersAction)]

    assert len(commands.choices) > 5
    for name in commands.choices:
        assert f"`ringback {name}" in README


def test_the_lock_has_a_hash_for_every_package_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()

    assert "://" not in lock
    assert lock.count("==") <= lock.count("--hash=sha256:")


def test_the_lock_fits_the_project():
    lock = (ROOT / "requirements.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for alone in ("train", "record"):  # for `make train` and `make record`
        project["dependency-groups"].pop(alone)
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    wanted = [
        re.split(r"[\[>=<]", name)[0] for group in groups for name in group if isinstance(name, str)
    ]

    assert [name for name in wanted if f"\n{name}==" not in f"\n{lock}"] == []


def test_ci_calls_the_readmes_own_test_command():
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert "make test" in README


def test_no_secret_or_database_is_committed():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [name for name in listed.stdout.split() if name.endswith((".db", ".env", ".pem"))] == []
