"""How long to wait for the rest of what a caller is writing, by how finished a text looks."""

import re

WHOLE_S = 2.0
OPEN_S = 3.0
PHOTO_S = 5.0
CUT_OFF_S = 6.0

_GOES_ON = re.compile(
    r"(\.\.+|…|[,:;-]|\b(and|but|also|so|or|because|cuz|y|pero|tambien|porque))\s*$", re.IGNORECASE
)
_ENDS = re.compile(r"[.?!]\s*$")


def wait_s(body: str, *, asks: bool) -> float:
    """Seconds, 2 to 6: a photo is mostly followed by words, a comma by the rest, a question by nothing.

    Args:
        asks: a question or a request was read in it, so that it can stand alone.
    """
    if not body.strip():
        return PHOTO_S
    if _GOES_ON.search(body):
        return CUT_OFF_S
    return WHOLE_S if asks or _ENDS.search(body) else OPEN_S
