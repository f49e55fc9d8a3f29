import os
import subprocess
import sys

import numpy as np
import pytest

from knowledge.embedding import embedder
from knowledge.lexical import Words, plain_words, stems


def test_slang_and_slips_are_written_out():
    assert plain_words("How much 4 a leeking toliet tmrw pls?") == (
        "how much 4 a leaking toilet tomorrow please?"
    )


def test_endings_accents_and_small_words_do_not_count():
    assert stems("The drains are cleaned") == stems("drain cleaning")
    assert stems("Sí, café") == ["si", "cafe"]
    assert stems("what is it?") == []


def test_the_text_that_shares_the_rare_word_scores_best():
    words = Words(["drain cleaning price", "drain camera", "drain permit"])

    shared = words.shared("do u have a camera for a drain")

    assert int(np.argmax(shared.bm25)) == 1
    assert shared.covered[1] == pytest.approx(1.0)


@pytest.mark.parametrize("question", ["", "???", "zebra", "\N{PILE OF POO}"])
def test_nothing_shared_scores_nothing(question):
    assert not Words(["drain cleaning"]).shared(question).bm25.any()
    assert Words([]).shared(question).bm25.size == 0


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(minilm):
    alone = minilm.embed(["drain cleaning"])
    together = minilm.embed(["drain cleaning", "a much longer text " * 300, ""])

    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert float(alone[0] @ together[0]) == pytest.approx(1.0, abs=1e-5)
    assert minilm.embed([]).shape == (0, 384)


def test_the_embedder_goes_by_its_name():
    assert embedder("lexical") is None
    with pytest.raises(ValueError, match="minilm-int8, lexical"):
        embedder("word2vec")


def test_the_embedder_leaves_no_telemetry_files(tmp_path):
    code = "from knowledge.embedding import MiniLm; MiniLm().embed(['x'])"
    environment = {"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}

    subprocess.run([sys.executable, "-c", code], check=True, env=environment)

    assert list(tmp_path.rglob("*onnx*")) == []
