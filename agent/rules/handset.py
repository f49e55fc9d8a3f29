"""What a person of the staff means who texts the business from their own phone.

Pure. A command is a command only if the whole text is one. When it is not certain what is meant, or for whom words
are, the answer is `ask`: a word that a caller should never have read costs more than one question.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from agent.data import rule_data
from agent.model import OptOut
from agent.rules import handset_times, opt_out
from agent.rules.handset_times import number as number_of
from agent.rules.normal import pattern

LARGEST = 99
"""No conversation has a larger short number: 911, 400 Elm Street."""
_ADDITION = re.compile("[\ufffc\ufeff\u200b-\u200f\u2060-\u2064\u202a-\u202e]")
"""Marks that a phone leaves for a photo, and those that nobody sees."""
_KEPT = re.compile(r"[^a-z0-9#:.,;?!()&$%/@ -]+")
_STARTS_NOTHING = ("yes", "y", "si", "resume")
"""START to those who had stopped, and to no one else."""
_BARE = re.compile(
    r"(?P<tell>(?:tell|to)\s+)?(?P<n>\d{1,4})\s+(?P<words>\S.*)", re.IGNORECASE | re.DOTALL
)
_CODE = re.compile(r"(?:(?:the )?code(?: is)? ?:? ?)?(\d{3})[ -]?(\d{3})")
_DIGITS = re.compile(r"[\d\s#.,()+-]*\d[\d\s#.,()+-]*[a-z]?")
_CODE_WITHIN = re.compile(r"\D*\d{3}[ -]?\d{3}\D{0,2}")


_NAMED = ("take", "done", "who", "free", "pause", "resume", "release", "call", "commands")
"""The commands of `[whole]` in the data."""


class Act(StrEnum):
    """What a text asks of us."""

    ACCEPT = "accept"  # the alert: take the conversation it told of
    TAKE = "take"
    DONE = "done"
    WHO = "who"
    BUSY = "busy"
    FREE = "free"
    PAUSE = "pause"
    RESUME = "resume"
    RELEASE = "release"
    CALL = "call"
    COMMANDS = "commands"
    CONSENT = "consent"  # the law's and the carrier's words
    RELAY = "relay"  # words for the caller of the conversation in hand
    RELAY_TO = "relay_to"  # words for another conversation's
    ASK = "ask"  # not certain
    CONFIRM = "confirm"  # a code


@dataclass(frozen=True, kw_only=True)
class Said:
    act: Act
    number: int | None = None
    """Of the conversation that the text names, or seems to; None: the one in hand, or the only one."""
    until: datetime | None = None
    words: str = ""
    """What the caller is to read, letter by letter; the note of `done`; the code of `confirm`."""
    lacks_time: bool = False
    """It says busy, and until when is not certain."""
    by_machine: bool = False
    """A phone wrote it, not a person: it is not even asked about."""


def read(text: str, *, waiting: Collection[int], in_hand: int | None, now: datetime) -> Said:
    """What one text means. It never raises.

    Args:
        waiting: the short numbers that exist, the one in hand too.
        in_hand: of the conversation that this person has in hand.
        now: in the business's zone.
    """
    words = _without_additions(text)
    plain = _folded(words)
    if not plain.strip(" .,;:!()-") or _by_machine(words):
        return Said(act=Act.ASK, by_machine=_by_machine(words) or not _is_emoji(words))
    said = (
        _consent(words)
        or _code(plain)
        or _command(words, plain, waiting, in_hand)
        or _busy(plain, now, in_hand)
        or _addressed(words, waiting)
        or _unsure(words, plain)
        or _numbered(words, waiting, in_hand)
        or (Said(act=Act.RELAY, words=words) if in_hand is not None else Said(act=Act.ASK))
    )
    says_busy = said.act is Act.ASK and re.match(r"(?:im |i am )?(?:busy|ocupad[oa])\b", plain)
    return replace(said, lacks_time=True) if says_busy else said


def _without_additions(text: str) -> str:
    words = _ADDITION.sub("", text)
    for source in rule_data("handset")["additions"]:
        words = re.sub(source, "", words, flags=re.IGNORECASE | re.DOTALL)
    return words.strip()


def _is_emoji(words: str) -> bool:
    """Says something, though not in words."""
    return any(unicodedata.category(sign) == "So" for sign in words)


def _by_machine(words: str) -> bool:
    sources = rule_data("handset")["machine"]
    return any(re.match(source, words, re.IGNORECASE) for source in sources)


def _folded(words: str) -> str:
    """For matching: lower case, no accents, apostrophes, quotes or emoji; courtesy and closing marks taken off."""
    decomposed = unicodedata.normalize("NFKD", words).lower()
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    letters = re.sub(r"['’‘`´]", "", letters)  # noqa: RUF001 - phones type the curly one
    plain = " ".join(_KEPT.sub(" ", letters).replace("#", " # ").split()).replace("# ", "# ")
    courtesy = rule_data("handset")["courtesy"]
    plain = re.sub(rf"^(?:{courtesy})\b[ ,]*", "", plain) or plain
    while (shorter := re.sub(rf"(?:[ ,]+(?:{courtesy})|[\s.,;:!)-])+$", "", plain)) != plain:
        plain = shorter
    return plain


def _consent(words: str) -> Said | None:
    """Whatever waits or is in hand: the desk has acted on it already."""
    found = opt_out.read(words)
    own = found.meaning in (OptOut.REVOKE, OptOut.START) and found.rule != opt_out.KEYWORD
    keyword = found.rule == opt_out.KEYWORD and found.meaning is not OptOut.NONE
    plain = _folded(words)
    if found.meaning is OptOut.START and plain in _STARTS_NOTHING:
        return None
    if re.fullmatch(r"(?:# ?)?\d{1,2}\W+[a-z ]+|[a-z ]+ (?:# ?)?\d{1,2}\W*", plain):  # "Stop 4"
        return None
    return Said(act=Act.CONSENT) if keyword or own else None


def _code(plain: str) -> Said | None:
    if found := _CODE.fullmatch(plain):
        return Said(act=Act.CONFIRM, words="".join(found.groups()))
    return None


def _command(words: str, plain: str, waiting: Collection[int], in_hand: int | None) -> Said | None:
    if _whole("accept", plain):
        is_digit = "1" in plain
        return Said(act=Act.ACCEPT if is_digit or in_hand is None else Act.ASK)
    act = next((one for one in _NAMED if _whole(one, plain)), None)
    if act and (said := _named(Act(act), words, plain, waiting)):
        offers = plain.startswith(("ill ", "i will ")) and said.number not in waiting
        return Said(act=Act.ASK) if offers and in_hand is not None else said
    kind = "alone" if in_hand is None else "in_hand"
    is_answer = plain == "done" and words.rstrip().endswith("!")  # "Can you do 3?" "Done!"
    thanks = re.search(r"than?ks|thank|thx|gracias", words, re.IGNORECASE)
    for act, sources in rule_data("handset")[kind].items():
        if _matches(sources, plain) and not is_answer:
            return Said(act=Act.ASK if thanks and in_hand is not None else Act(act))
    if in_hand is None and len(waiting) == 1 and re.fullmatch(r"(?:ill )?take(?: it)?", plain):
        return Said(act=Act.TAKE)
    return Said(act=Act.RELAY, words=words) if is_answer and in_hand is not None else None


def _named(act: Act, words: str, plain: str, waiting: Collection[int]) -> Said | None:
    """A whole command, with the number that it names."""
    found = re.search(rf"\d+|\b(?:{rule_data('handset')['number_words']})\b", plain)
    named = number_of(found[0]) if found else None
    if named is not None and named > LARGEST and named not in waiting:
        return None
    if act is Act.TAKE and named == 1 and 1 not in waiting:  # rather the alert's 1
        return Said(act=Act.ASK)
    if act is Act.DONE and found:
        note = plain[found.end() :].strip(" ,;:-")
        if note.endswith("?") or re.match(rf"{_quantity()}|(?:and|&|y) |\d|[ap]m\b|o ?clock", note):
            return Said(act=Act.ASK)
        return Said(act=act, number=named, words=_note(words, note))
    return Said(act=act, number=named)


def _note(words: str, note: str) -> str:
    """A note as it was written, where its place can be found again."""
    found = re.search(r"\d+\W*(.*)", words, re.DOTALL)
    return (found[1] if found else note).strip() if note else ""


def _busy(plain: str, now: datetime, in_hand: int | None) -> Said | None:
    found = re.fullmatch(
        r"(?P<own>im |i am )?(?:(?P<busy>busy|ocupad[oa])(?: (?P<until>until|untill|till|til|hasta)(?: las?)?)?|back) (?P<when>.+)",
        plain,
    )
    if found is None:
        return None
    is_hour = re.fullmatch(r"\S+", found["when"]) and found["busy"] and not found["until"]
    if is_hour and found["when"].isdecimal():  # "busy 4": hours, until, or with #4?
        return Said(act=Act.ASK)
    until = handset_times.until(found["when"], now)
    if until is None:
        return None
    if in_hand is not None and (found["own"] or not found["busy"]):  # as likely for the caller
        return Said(act=Act.ASK)
    return Said(act=Act.BUSY, until=until)


def _addressed(words: str, waiting: Collection[int]) -> Said | None:
    """Certain for whom: "#4 ...", "4: ...", "4, ...", "4 - ..."."""
    found = _address(words)
    if found is None:
        return None
    named, rest = number_of(found["n"].lower()), found["words"].strip()
    if named not in waiting or not _may_be_said(rest):
        return Said(act=Act.ASK, number=named)
    return Said(act=Act.RELAY_TO, number=named, words=rest)


def _address(words: str) -> re.Match[str] | None:
    sources = rule_data("handset")["addresses"]
    found = (re.fullmatch(source, words, re.IGNORECASE | re.DOTALL) for source in sources)
    return next((one for one in found if one), None)


def _may_be_said(rest: str) -> bool:
    """Words for a caller behind an address: not nothing, no code, no second address, no command."""
    plain = _folded(rest)
    if not plain.strip(" .,;:?!()-"):
        return _is_emoji(rest)
    if _CODE_WITHIN.fullmatch(rest) or re.match(r"# ?\d", plain):
        return False
    sources = rule_data("handset")
    is_command = plain.replace(" ", "") in sources["commands"] or any(
        _whole(act, plain) and _named(Act(act), rest, plain, ()) for act in _NAMED
    )
    is_consent = opt_out.read(rest).rule == opt_out.KEYWORD and plain not in ("yes", "y", "si")
    return not is_command and not is_consent


def _unsure(words: str, plain: str) -> Said | None:
    """Near a command, speaks about the caller, or is nothing but digits."""
    sources = rule_data("handset")
    emergency = re.match(r"call (?:911|112|999|000)\b", plain)
    if emergency:
        return None
    near = _matches(sources["asks"], plain) and not re.fullmatch(r"free at .+\?", plain)
    if near or _matches_start(sources["third_person"], plain):
        return Said(act=Act.ASK)
    digits = words.lower().rstrip(" .,;:!")
    if _DIGITS.fullmatch(digits) and not re.fullmatch(
        r"\d{1,2}(?::\d\d)? ?[ap]|\d{1,2}[:/-]\d{1,2}", digits
    ):
        return Said(act=Act.ASK)
    if re.fullmatch(r"\d{1,4}\?+", plain) or plain == "?":
        return Said(act=Act.ASK)
    return Said(act=Act.ASK) if _is_slip(plain) else None


def _is_slip(plain: str) -> bool:
    """One letter off a command, alone or with a number."""
    found = re.fullmatch(r"([a-z ]+?) ?(?:# )?(\d{0,2}|all|it)\W?", plain)
    if found is None or (plain.endswith("?") and not found[2]):
        return False
    sources = rule_data("handset")
    if re.fullmatch(r"[a-z]+ \w", plain) and found[2] and found[1] not in sources["before_a_time"]:
        return True
    typed = found[1].replace(" ", "")
    return any(typed == one or _is_one_off(typed, one) for one in sources["commands"])


def _is_one_off(typed: str, meant: str) -> bool:
    """A letter too many, too few, another, or two swapped."""
    shorter, longer = sorted((typed, meant), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    pairs = enumerate(zip(shorter, longer, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), len(shorter))
    if len(shorter) != len(longer):
        return shorter[same:] == longer[same + 1 :]
    swapped = shorter[same + 1 : same + 2] + shorter[same : same + 1] + shorter[same + 2 :]
    return longer[same:] == swapped or shorter[same + 1 :] == longer[same + 1 :]


def _numbered(words: str, waiting: Collection[int], in_hand: int | None) -> Said | None:
    """A bare number is an address only if it exists and cannot belong to the sentence; None: it addresses nobody."""
    found = _BARE.fullmatch(words)
    if found is None:
        return None
    named, rest = int(found["n"]), _folded(found["words"])
    if _matches_start(rule_data("handset")["continues"], rest) and not found["tell"]:
        return None
    counts = re.match(_quantity(), rest) is not None
    opens = re.match(rule_data("handset")["opens"], rest) is not None
    if named not in waiting:
        is_amount = (counts and not found["tell"]) or (named > LARGEST and not opens)
        return None if is_amount else Said(act=Act.ASK, number=named)
    if opens and _may_be_said(found["words"]):
        return Said(act=Act.RELAY_TO, number=named, words=found["words"].strip())
    if named == in_hand and not found["tell"] and _may_be_said(found["words"]):
        return None
    return Said(act=Act.ASK)


def _quantity() -> str:
    return str(rule_data("handset")["quantity"])


def _whole(act: str, plain: str) -> bool:
    return _matches(rule_data("handset")["whole"][act], plain)


def _matches(sources: list[str], plain: str) -> bool:
    return any(pattern(source).fullmatch(plain) for source in sources)


def _matches_start(sources: list[str], plain: str) -> bool:
    return any(pattern(source).match(plain) for source in sources)
