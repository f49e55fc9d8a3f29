"""Which passwords people may choose for themselves."""

import re
from collections.abc import Iterable

SHORTEST, LONGEST = 10, 200
_COMMON_WORDS = """
    password passw0rd letmein letmeinnow welcome welcome1 changeme changethis secret iloveyou sunshine princess dragon
    monkey football baseball basketball superman batman trustno1 whatever starwars computer internet
    administrator admin root login master shadow michael jennifer jordan qwerty qwertyui qwertyuiop qwertyuiopasdf
    asdfghjkl asdfghjklzxc zxcvbnm 1qaz2wsx 1q2w3e4r 1q2w3e4r5t qazwsxedc zaq12wsx abc123 ringback
    mypassword thisismypassword passwordpassword correcthorsebatterystaple
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEET = str.maketrans("@$!1035", "asiioes")
_NAMED_FROM = 4
"""Letters of the shortest name that counts as one."""


def fault(password: str, names: Iterable[str]) -> str:
    """Why it may not be used, with the mend; empty: it may.

    Args:
        names: the login, the person, the business: whatever a stranger tries first.
    """
    if len(password) < SHORTEST:
        return f"That password is too short: use {SHORTEST} characters or more. Three or four words are easy to keep in mind."
    if len(password) > LONGEST:
        return f"That password is too long: use {LONGEST} characters at most."
    bare = _bare(password)
    words = {_bare(word) for name in names for word in [name, *re.split(r"\W+", name)]}
    if bare in {word for word in words if len(word) >= _NAMED_FROM}:
        return "That is a name that others try first. Choose something that is not your name, login or business."
    if _is_common(password.casefold()) or _is_pattern(password.casefold()):
        return "That is one of the passwords that others try first. Choose another, like three or four words that have nothing to do with each other."
    return ""


def _is_common(password: str) -> bool:
    """Also with other signs for letters, and a year or a sign behind it."""
    stem = password.rstrip("0123456789!?.*#$ ")
    return bool({_bare(password), _bare(stem.translate(_LEET))} & _COMMON)


def _bare(words: str) -> str:
    """Without the digits and signs around it, which people add to a word that was refused."""
    plain = re.sub(r"[\W_]+", "", words.casefold())
    return plain.rstrip("0123456789") or plain


def _is_pattern(password: str) -> bool:
    """One thing again and again (aaaaaaaaaa, 1212121212), or a row of the alphabet or the keyboard."""
    repeats = any(
        password == (password[:size] * len(password))[: len(password)] for size in (1, 2, 3, 4)
    )
    return repeats or any(password in row * 2 or password[::-1] in row * 2 for row in _ROWS)
