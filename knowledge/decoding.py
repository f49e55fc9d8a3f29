"""Turns a file's bytes into text, whatever program has written them."""

import charset_normalizer

from agent.errors import UnreadableDocument

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_SPREADSHEETS_WRITE = ["cp1252", "mac_roman", "cp850", "cp437"]
_SAMPLE = 64 * 1024


def decode(content: bytes) -> str:
    """The text, its lines ended by a line feed.

    Raises:
        UnreadableDocument: no text at all; without the document's name.
    """
    text = content.decode(_encoding(content), errors="replace")
    if _looks_binary(text):
        raise UnreadableDocument(
            "this is not text, whatever its ending says. "
            "Save it as PDF, Word (.docx), plain text or CSV UTF-8, and upload that."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return encoding
    if wide := _wide(content[:_SAMPLE]):
        return wide
    return "utf-8" if _is_utf8(content) else _guessed(content)


def _wide(sample: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of Western letters is zero."""
    zeros = [sample[first::2].count(0) for first in (0, 1)]
    if max(zeros) < len(sample) / 2 * 0.6 or min(zeros) > len(sample) / 2 * 0.05:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guessed(content: bytes) -> str:
    """Of those that spreadsheets write under Windows, macOS and DOS; only the telling lines are looked at."""
    telling = b"\n".join(line for line in content.splitlines() if not line.isascii())
    found = charset_normalizer.from_bytes(
        telling[:_SAMPLE], cp_isolation=_SPREADSHEETS_WRITE, language_threshold=0
    ).best()
    return found.encoding if found else "cp1252"


def _looks_binary(text: str) -> bool:
    odd = sum(1 for char in text if char == "\ufffd" or (char < " " and char not in "\t\n\r\f\v"))
    return "\x00" in text or odd > len(text) * 0.02
