"""What a price as written is at least, in cents: read letter by letter."""

_FREE = ("free", "no charge", "no cost")
_AT_MOST = ("up to", "under", "below", "less than", "at most", "max", "max.", "maximum")
_MONEY_FOLLOWS = ("usd", "dollar", "dollars", "and up", "each", "per", "flat", "plus", "+")
_NO_MONEY = "%/"
_PART_OF_ANOTHER = "/.-"
"""Before a number: 24/7, 1.999, 90-120 minutes."""
_DECIMALS = 2


def cents(price: str | None) -> int | None:
    """None: it says no amount, or only what it is at most."""
    words = (price or "").lower()
    for place, letter in enumerate(words):
        if letter == "$":
            start = _skipped(words, place + 1)
            if start < len(words) and words[start].isdigit():
                return None if _is_bound(words[:place]) else _number(words, start)[0]
        if _is_free(words, place):
            return 0
    return _bare(words)


def _bare(words: str) -> int | None:
    place = 0
    while place < len(words):
        if not words[place].isdigit():
            place += 1
            continue
        amount, end = _number(words, place)
        end = _end_of_range(words, end)
        before = words[place - 1] if place else " "
        is_bare = not before.isalnum() and before not in _PART_OF_ANOTHER
        if is_bare and _is_money(words[end:]):
            return None if _is_bound(words[:place]) else amount
        place = end
    return None


def _end_of_range(words: str, end: int) -> int:
    """Where "80-120" and "80 to 120" end, if a second number follows the first."""
    rest = words[end:].lstrip(" ")
    for sign in ("-", "\u2013", "to "):
        second = rest.removeprefix(sign).lstrip(" ")
        if second != rest and second[:1].isdigit():
            return _number(words, len(words) - len(second))[1]
    return end


def _number(words: str, start: int) -> tuple[int, int]:
    """The amount in cents that begins here, and where it ends."""
    end, digits = start, ""
    while end < len(words):
        if words[end].isdigit():
            digits += words[end]
            end += 1
        elif words[end] == "," and _digits(words, end + 1) == len("000"):
            end += 1
        else:
            break
    decimals = _digits(words, end + 1) if words[end : end + 1] == "." else 0
    if decimals not in (1, _DECIMALS):
        return int(digits) * 100, end
    part = words[end + 1 : end + 1 + decimals].ljust(_DECIMALS, "0")
    return int(digits) * 100 + int(part), end + 1 + decimals


def _digits(words: str, start: int) -> int:
    """How many digits follow each other here."""
    count = 0
    while start + count < len(words) and words[start + count].isdigit():
        count += 1
    return count


def _is_money(rest: str) -> bool:
    follows = rest.lstrip(" ")
    if not follows:
        return True
    for word in _MONEY_FOLLOWS:
        ends = follows[len(word) : len(word) + 1]
        if follows.startswith(word) and not (word[-1].isalpha() and ends.isalnum()):
            return True
    return not follows[0].isalnum() and follows[0] not in _NO_MONEY


def _is_free(words: str, place: int) -> bool:
    before = words[place - 1] if place else " "
    for word in _FREE:
        after = words[place + len(word) : place + len(word) + 1]
        alone = not before.isalnum() and not after.isalnum()
        if words.startswith(word, place) and alone:
            return word != "free" or "-" not in (before, after)
    return False


def _is_bound(before: str) -> bool:
    said = before.rstrip(" ")
    for word in _AT_MOST:
        head = said[: -len(word)]
        if said.endswith(word) and not head[-1:].isalnum():
            return True
    return False


def _skipped(words: str, place: int) -> int:
    while place < len(words) and words[place] == " ":
        place += 1
    return place
