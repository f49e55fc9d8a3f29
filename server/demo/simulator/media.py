"""Pictures that callers send, and recordings, served to the product."""

import base64
import io
import wave
from collections import Counter, OrderedDict
from dataclasses import dataclass

from server.demo.simulator.records import new_sid

SHELF_BYTES = 200_000_000
LARGEST_BYTES = 5_000_000
RECORDING_RATE_HZ = 8_000

SAMPLE_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
SAMPLE_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////"
    "////////////////////////////////////wAARCAABAAEDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
    "AAH/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAAP/EABQRAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAMAwEAAhEDEQA/AKAD/9k="
)
SAMPLES = {"image/png": SAMPLE_PNG, "image/jpeg": SAMPLE_JPEG}


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    type: str
    content: bytes


class MediaShelf:
    """Keeps the newest files up to a total size."""

    def __init__(self, limit_bytes: int = SHELF_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._files: OrderedDict[str, MediaFile] = OrderedDict()
        self._mishaps: dict[str, list[str]] = {}
        self.asked: Counter[str] = Counter()
        """How often the product has asked for a file."""

    def put(self, media: MediaFile, prefix: str = "ME") -> str:
        """Store one file and return its id."""
        media_id = new_sid(prefix)
        self._files[media_id] = media
        self._bytes += len(media.content)
        while self._bytes > self._limit_bytes:
            _, oldest = self._files.popitem(last=False)
            self._bytes -= len(oldest.content)
        return media_id

    def put_sample(self, media_type: str) -> str:
        """Store the smallest valid picture of that type, for texts that are sent without one."""
        return self.put(MediaFile(type=media_type, content=SAMPLES.get(media_type, b"")))

    def get(self, media_id: str) -> MediaFile | None:
        return self._files.get(media_id)

    def plan(self, media_id: str, mishaps: list[str]) -> None:
        """The first requests for a file go wrong, each in its own way."""
        self._mishaps[media_id] = mishaps

    def mishap(self, media_id: str) -> str:
        """What goes wrong with this request; empty: nothing."""
        self.asked[media_id] += 1
        planned = self._mishaps.get(media_id)
        return planned.pop(0) if planned else ""

    def clear(self) -> None:
        self._files.clear()
        self._mishaps.clear()
        self.asked.clear()
        self._bytes = 0


def silence(seconds: int) -> bytes:
    """A WAV file in which nobody says anything."""
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(1)
        recording.setframerate(RECORDING_RATE_HZ)
        recording.writeframes(b"\x80" * RECORDING_RATE_HZ * seconds)
    return file.getvalue()
