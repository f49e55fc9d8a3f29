"""Telephone numbers as people write them, and which of them can be texted."""

import phonenumbers

_SHOWN_DIGITS = 4


def spoken(number: str) -> str:
    """+13035550140 -> (303) 555-0140; a number that cannot be read stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code == 1:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def masked(number: str) -> str:
    """+13035550199 -> (303) ***-0199; enough to know a caller by, too little to call."""
    if not number.lstrip("+").isdigit():
        return number
    words, last = spoken(number), number[-_SHOWN_DIGITS:]
    if words.startswith("(") and ")" in words:
        return f"{words.split(')')[0]}) ***-{last}"
    return f"***{last}"


def normalised(number: str | None) -> str | None:
    """The number in E.164, or None for anonymous, blocked and malformed callers."""
    try:
        parsed = phonenumbers.parse(number or "", "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
