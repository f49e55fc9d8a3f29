"""llama.cpp's own OpenAI-compatible server over the small model, on loopback and one thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evals.recording.weights import MODEL

CONTEXT_TOKENS = 8192
ANSWER_TOKENS = 700
"""The longest answer; a schema with free strings would let a small model go on for ever."""


class NotInstalled(Exception):
    """The runtime of the model is not there."""


@contextmanager
def local_server(weights: Path, port: int = 0) -> Iterator[str]:
    """Serve the model and yield its base URL, such as `http://127.0.0.1:4711/v1`.

    Args:
        weights: a .gguf file.
        port: 0 takes a free one.

    Raises:
        NotInstalled: the dependency group `record` is missing.
    """
    try:
        import xllamacpp  # noqa: PLC0415 - 100 MB that only recording needs
    except ImportError as error:
        raise NotInstalled("xllamacpp is not installed: make record does it") from error
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights)
    wanted.model_alias = {MODEL}
    wanted.hostnames, wanted.port = ["127.0.0.1"], port
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    wanted.n_parallel = 1
    wanted.n_ctx, wanted.n_predict = CONTEXT_TOKENS, ANSWER_TOKENS
    wanted.sampling.temp = 0.0
    wanted.cache_prompt = True
    wanted.ui = False
    wanted.verbosity = 0
    server = xllamacpp.Server(wanted)
    yield f"{server.listening_address}/v1"
    del server  # the only way it stops
