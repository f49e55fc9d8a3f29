"""How many SMS segments a text costs."""

# GSM 03.38, basic character set and its extension.
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_ESCAPED = frozenset("^{}\\[~]|€\f")
"""Characters that take two places."""

GSM_7_SINGLE, GSM_7_JOINED = 160, 153
UCS_2_SINGLE, UCS_2_JOINED = 70, 67


def count_segments(body: str) -> int:
    """Segments as the carrier bills them; an empty body is one."""
    if set(body) <= GSM_7 | GSM_7_ESCAPED:
        places = len(body) + sum(character in GSM_7_ESCAPED for character in body)
        return _parts(places, GSM_7_SINGLE, GSM_7_JOINED)
    return _parts(len(body.encode("utf-16-be")) // 2, UCS_2_SINGLE, UCS_2_JOINED)


def _parts(places: int, single: int, joined: int) -> int:
    return 1 if places <= single else -(-places // joined)
