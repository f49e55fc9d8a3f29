"""What a text costs: GSM-7 or UCS-2, and how many segments."""

import math
import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_PLAIN = str.maketrans(
    {
        "—": "-", "–": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"',  # noqa: RUF001 - what to replace
        "…": "...", "•": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\t": " ",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The same words in GSM-7 where a plain sign says the same: dashes, quotes, dots, odd spaces."""
    return "".join(_plain_sign(sign) for sign in text.translate(_PLAIN))


def is_gsm7(text: str) -> bool:
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def segments(text: str) -> int:
    """How many SMS segments a text takes; an empty one takes 1."""
    if is_gsm7(text):
        length = len(text) + sum(sign in _EXTENDED for sign in text)
        single, joined = 160, 153
    else:
        length = len(text.encode("utf-16-le")) // 2
        single, joined = 70, 67
    return 1 if length <= single else math.ceil(length / joined)


def _plain_sign(sign: str) -> str:
    if sign in _BASIC or sign in _EXTENDED:
        return sign
    base = unicodedata.normalize("NFKD", sign)[0]
    return base if base in _BASIC and base.isalpha() else sign
