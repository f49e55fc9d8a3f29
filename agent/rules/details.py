"""Which details does a caller give: name, address, ZIP, phone, e-mail?

A detail that is made up sends somebody to the wrong door; one that is missed is asked for once more.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from agent.data import rule_data
from agent.rules import phone
from agent.rules.normal import pattern

_READ = "\0"
"""Stands for every sign of a detail that is read already."""
_LONG_NUMBER = 3
"""Digits from which a house number needs no other evidence."""
_MOST_WORDS = 5


@dataclass(frozen=True, kw_only=True)
class _Detail:
    key: Literal["name", "address", "zip", "phone", "email"]
    value: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class _Said:
    """A text, the same folded sign by sign, and what the last text asked for, folded."""

    text: str
    plain: str
    asked: str

    def asks(self, what: str) -> bool:
        return bool(pattern(_rules()["asks"][what]).search(self.asked))

    def written(self, match: re.Match[str], part: str) -> str:
        """A part of a match in the folded text, as the caller typed it."""
        return self.text[slice(*match.span(part))]

    def without(self, found: _Detail) -> "_Said":
        blank = _READ * (found.end - found.start)
        plain = self.plain[: found.start] + blank + self.plain[found.end :]
        return _Said(text=self.text, plain=plain, asked=self.asked)


def read(text: str, last_text: str | None = None) -> dict[str, str]:
    """The details found, the first of a kind, as a person would write them down.

    Args:
        last_text: what the caller answers; a question for the name or the address makes less be enough.
    """
    return {one.key: one.value for one in reversed(_details(text, last_text))}


def spans(text: str, last_text: str | None = None) -> list[str]:
    """The stretches of the text that hold the details, in their order."""
    found = sorted(_details(text, last_text), key=lambda one: one.start)
    return [text[one.start : one.end] for one in found]


def _details(text: str, last_text: str | None) -> list[_Detail]:
    """The surest kinds first: what one has read, the next does not see."""
    said = _Said(text=text, plain=_folded(text), asked=_folded(last_text or ""))
    found: list[_Detail] = []
    for find in (_emails, _phones, _addresses, _zips, _names):
        for one in find(said):
            found.append(one)
            said = said.without(one)
    return found


def _emails(said: _Said) -> list[_Detail]:
    rules = _rules()["email"]
    found = [
        _Detail(key="email", value=match[0].lower(), start=match.start(), end=match.end())
        for match in pattern(rules["written"]).finditer(said.plain if "@" in said.plain else "")
    ]
    if found:
        return found
    for match in pattern(rules["spoken"]).finditer(said.plain):
        if match["local"] not in _words("common"):
            value = f"{match['local'].replace(' dot ', '.')}@{match['host']}.{match['top']}"
            return [_Detail(key="email", value=value, start=match.start(), end=match.end())]
    return []


def _phones(said: _Said) -> list[_Detail]:
    rules = _rules()["phone"]
    return [
        _Detail(key="phone", value=number, start=match.start(), end=match.end())
        for match in pattern(rules["number"]).finditer(said.plain)
        if not pattern(rules["not_after"]).search(said.plain[: match.start()])
        and (number := phone.normalised(match[0]))
    ]


def _addresses(said: _Said) -> list[_Detail]:
    rules = _rules()["address"]
    forms = rules["anywhere"] + (rules["asked"] if said.asks("address") else [])
    for form in forms:
        for match in _matches(form, said.plain):
            if _is_place(said, match):
                return [_address(said, *match.span("it"))]
    return []


def _matches(form: str, plain: str) -> Iterator[re.Match[str]]:
    """Every match, also one that begins inside another: "2 guys at 45 Oak St"."""
    at = 0
    while match := pattern(form).search(plain, at):
        yield match
        at = max(match.start("it"), match.start()) + 1


def _is_place(said: _Said, match: re.Match[str]) -> bool:
    """Do the words name a street, not a count, a time or a thing?"""
    parts = match.groupdict()
    names = [parts[part] for part in ("name", "other", "loose") if parts.get(part)]
    if any(word in _words("not_street") for name in names for word in _split(name)):
        return False
    loose = parts.get("loose")
    if loose and any(word in _words("common") for word in _split(loose)):
        return False
    number = re.match(r"\d*", match["it"])
    is_short = len(number[0] if number else "") < _LONG_NUMBER
    if parts.get("rare") is not None and is_short:
        part = "loose" if loose else "name"
        return _is_titled(said.written(match, part))
    return True


def _address(said: _Said, start: int, end: int) -> _Detail:
    """The street with the unit before or after it, and the town where a state or a ZIP follows."""
    rules = _rules()["address"]
    if before := pattern(rules["unit_before"]).search(said.plain[:start]):
        start = before.start()
    if units := pattern(rules["units"]).match(said.plain, end):
        end = units.end()
    town = pattern(rules["town"]).match(said.plain, end)
    if town and _is_town(said, town):
        end = town.end()
    text = said.text[start:end].rstrip(" .,\n")
    end = start + len(text)
    value = " ".join(text.split())
    return _Detail(key="address", value=_mended_address(value), start=start, end=end)


def _is_town(said: _Said, match: re.Match[str]) -> bool:
    part = "only" if match["only"] else "town"
    if match["state"] and _is_state(said, match) and _is_titled(said.written(match, part)):
        return True
    town = _split(match[part] or "")
    if any(word in _words("common") for word in town):
        return False
    return not match["state"] or _is_state(said, match) or said.plain[match.end() :][1:6].isdigit()


def _is_state(said: _Said, match: re.Match[str]) -> bool:
    """CO, not "co": most of the short forms are also words."""
    written = said.written(match, "state")
    return written.isupper() or len(written) > len("CO")


def _zips(said: _Said) -> list[_Detail]:
    rules = _rules()["zip"]
    if not any(sign.isdigit() for sign in said.plain):
        return []
    for form in (*rules["sure"], rules["state"], rules["in_town"], rules["alone"], rules["asked"]):
        for match in pattern(form).finditer(said.plain):
            if _is_zip(said, match, form):
                start, end = match.span("zip")
                return [_Detail(key="zip", value=match["zip"], start=start, end=end)]
    return []


def _is_zip(said: _Said, match: re.Match[str], form: str) -> bool:
    rules = _rules()["zip"]
    if form in rules["sure"]:
        return True
    if form == rules["state"]:
        return _is_state(said, match) or match["state"] not in _words("common")
    if pattern(rules["not_after"]).search(said.plain[: match.start("zip")]):
        return False
    if said.asks("zip") or said.asks("address"):
        return True
    is_round = match["zip"].endswith("000")
    if form == rules["in_town"]:
        return not is_round and not any(word in _words("common") for word in match["name"].split())
    return form == rules["alone"] and not is_round and not said.asks("other_number")


def _names(said: _Said) -> list[_Detail]:
    """From the surest lead to the weakest; one name at most."""
    is_asked = said.asks("name") and not said.asks("other_name")
    for trust, leads in _rules()["leads"].items():
        if trust == "answer" and not is_asked:
            continue
        for lead in leads:
            for match in pattern(lead).finditer(said.plain):
                if found := _name(said, match, trust):
                    return [found]
    return _heading(said)


def _name(said: _Said, lead: re.Match[str], trust: str) -> _Detail | None:
    rules = _rules()["name"]
    is_trusted = trust == "sure" or (trust == "answer" and not said.asks("trouble"))
    is_known_only = trust in rules["known_only"]
    words = _name_words(said, lead.end(), is_known_only=is_known_only, is_trusted=is_trusted)
    if not words:
        return None
    end = words[-1].end("word")
    must_follow = rules["must_follow"].get(trust, "")
    if pattern(rules["not_after"]).match(said.plain, end):
        return None
    if not pattern(must_follow).match(said.plain, end):
        return None
    is_ours = trust == "ending" and words[0]["word"] in said.asked
    return None if is_ours else _named(said, words)


def _heading(said: _Said) -> list[_Detail]:
    """A known name and a surname before an address: "Fatima Noor, 14 Birch Ln"."""
    words = _name_words(said, 0, is_known_only=True, is_trusted=False)
    if len(words) > 1 and pattern(_rules()["name"]["before_place"]).match(
        said.plain, words[-1].end("word")
    ):
        return [_named(said, words)]
    return []


def _named(said: _Said, words: list[re.Match[str]]) -> _Detail:
    start, end = words[0].start("word"), words[-1].end("word")
    return _Detail(key="name", value=_mended_name(said.text[start:end]), start=start, end=end)


def _name_words(
    said: _Said, start: int, *, is_known_only: bool, is_trusted: bool
) -> list[re.Match[str]]:
    """The words of a name that begins here; none when it is no person's.

    Args:
        is_known_only: a capital letter is not enough.
        is_trusted: nor is one needed.
    """
    source, words, at = _rules()["name"]["word"], list[re.Match[str]](), start
    while len(words) < _MOST_WORDS and (match := pattern(source).match(said.plain, at)):
        firsts = [one for one in words if not _is_opening(one)]
        if firsts and not _goes_on(said, match, firsts[0]):
            return [] if match["word"] in _words("not_person") else _without_loose_ends(words)
        trusted = is_trusted or bool(words)
        is_opened = bool(firsts) or _is_opening(match)
        if not is_opened and not _begins(said, match, is_known_only, is_trusted=trusted):
            return []
        words.append(match)
        at = match.end() if _is_opening(match) or len(match["word"]) == 1 else match.end("word")
    return _without_loose_ends(words)


def _begins(said: _Said, match: re.Match[str], is_known_only: bool, *, is_trusted: bool) -> bool:
    """Can a word be the first name?"""
    word, written = match["word"], said.written(match, "word")
    if not _may_be_name(word):
        return False
    by_capital = _is_titled(written) and not is_known_only
    return is_trusted or by_capital or _is_known(word, written)


def _goes_on(said: _Said, match: re.Match[str], first: re.Match[str]) -> bool:
    """Is a word after the first name part of the name?"""
    rules = _rules()["name"]
    word, written = match["word"], said.written(match, "word")
    is_capital = _is_titled(said.written(first, "word"))
    ends = pattern(rules["stop"]).match(said.plain, match.end("word"))
    if word in _words("surnames") and first["word"] in _words("names"):
        return _is_titled(written) if is_capital else bool(ends)
    if _is(rules["particle"], word):
        return True
    if len(word) == 1:
        return written.isupper() and word != "i"
    if not _may_be_name(word) or word in _words("not_person"):
        return False
    return _is_titled(written) if is_capital else bool(ends) or _is_known(word, written)


def _without_loose_ends(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the particles after the last name; none of a title alone."""
    rules = _rules()["name"]
    while words and _is(rules["particle"], words[-1]["word"]):
        words = words[:-1]
    return [] if all(map(_is_opening, words)) else words


def _is_opening(match: re.Match[str]) -> bool:
    """A title or an initial: the name is still to come."""
    word = match["word"]
    return _is(_rules()["name"]["title"], word) or (len(word) == 1 and bool(match["dot"]))


def _may_be_name(word: str) -> bool:
    bare = word.replace("'", "")
    is_owner = word.endswith(("'s", "'"))
    is_word = bare in _words("common") or bare in _words("not_name")
    return len(bare) > 1 and not is_owner and not is_word


def _is_known(word: str, written: str) -> bool:
    if word in _words("word_names"):
        return _is_titled(written)
    return word.split("-", maxsplit=1)[0] in _words("names")


def _is_titled(written: str) -> bool:
    """A capital and small letters: a shouted word says nothing about what it is."""
    return written[:1].isupper() and not written.isupper()


def _mended_name(written: str) -> str:
    """Capitals for a name typed without: "sean o'malley"; else the caller's own."""
    written = " ".join(written.split())
    if not written.islower():
        return written
    particle = _rules()["name"]["particle"]
    first, *others = written.split(" ")
    kept = [word if _is(particle, word) else _capital(word) for word in others]
    return " ".join([_capital(first), *kept])


def _mended_address(written: str) -> str:
    if not written.islower():
        return written
    rules = _rules()["address"]
    state = pattern(rules["state_end"]).search(written)
    streets = written[: state.start()] if state else written
    mended = re.sub(
        r"[^\s,#]+",
        lambda word: _capital_in_address(word[0], is_first=word.start() == 0),
        streets,
    )
    return mended + written[len(streets) :].upper()


def _capital_in_address(word: str, *, is_first: bool) -> str:
    rules = _rules()["address"]
    if _is(rules["upper"], word):
        return word.upper()
    if word[0].isdigit() or (_is(rules["small"], word) and not is_first):
        return word
    return _capital(word)


def _capital(word: str) -> str:
    return re.sub(r"(^|[-'’])([^\W\d_])(?=[\w'’])", lambda part: part[0].upper(), word)  # noqa: RUF001 - phones type the curly one


def _split(name: str) -> list[str]:
    return re.findall(r"[\w'-]+", name)


def _is(source: str, word: str) -> bool:
    return bool(pattern(source).fullmatch(word))


def _folded(text: str) -> str:
    """Lower case, no accents, plain quotes, dashes and spaces, as long as the text itself."""
    return "".join(map(_folded_sign, text))


@lru_cache(maxsize=4096)
def _folded_sign(sign: str) -> str:
    if sign == "\n":
        return sign
    if sign.isspace() or sign == _READ:
        return " "
    if unicodedata.category(sign) == "Pd":
        return "-"
    if sign in "’‘`´ʼ":  # noqa: RUF001 - phones type the curly ones
        return "'"
    decomposed = unicodedata.normalize("NFKD", sign).lower()
    base = [one for one in decomposed if not unicodedata.combining(one)]
    return base[0] if len(base) == 1 else sign


def _rules() -> dict[str, Any]:
    return rule_data("details")


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(rule_data("details")["words"][kind].split())
