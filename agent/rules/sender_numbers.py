"""What a number needs before American carriers let texts out of it, told by its digits alone."""

from typing import Literal

Needed = Literal["10DLC", "toll-free"]

NEEDED: dict[Needed, str] = {
    "10DLC": "10DLC registration (brand and campaign)",
    "toll-free": "toll-free verification",
}
"""In words."""

TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})


def is_real(number: str) -> bool:
    """False: it only stands where an owner has not said a number yet; no area code begins with 0 or 1."""
    return not number.startswith(("+10", "+11"))


def needed(number: str) -> Needed | None:
    """What has to be approved before this E.164 number may text; None: nothing that we know of."""
    if not number.startswith("+1") or not is_real(number):
        return None
    return "toll-free" if number[2:5] in TOLL_FREE else "10DLC"
