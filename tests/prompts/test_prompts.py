"""Prompts as files: every input is used, every use is an input, and the words are reviewed."""

import re
from pathlib import Path

import pytest
from inline_snapshot import external_file

import prompts

NAMES = [path.stem for path in Path(prompts.__file__).parent.glob("*.md")]


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_renders_to_the_reviewed_text(name):
    prompt = prompts.load(name)
    messages = prompt.messages(**prompt.sample)
    rendered = "\n\n".join(f"=== {role}\n{content}" for role, content in messages)

    assert rendered + "\n" == external_file(f"rendered/{name}.txt")


@pytest.mark.parametrize("name", NAMES)
def test_every_input_is_used(name):
    prompt = prompts.load(name)

    for given in prompt.inputs:
        assert any(re.search(rf"\b{given}\b", block.text) for block in prompt.blocks), given


def test_a_missing_input_is_an_error():
    with pytest.raises(ValueError, match="understand takes"):
        prompts.load("understand").messages(name="A")


def test_the_version_moves_with_the_words():
    """Change the words: raise `version` in the prompt, then the fingerprint here."""
    prompt = prompts.load("understand")

    assert (prompt.version, prompt.fingerprint) == (2, "cc7589ec")
