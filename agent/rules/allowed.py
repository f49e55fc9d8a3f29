"""What of an owner's template may leave: nothing that sells, no link that is not allowed, no {variable} that means nothing."""

import re
from collections.abc import Iterator

from agent.business import Business
from agent.rules import filling, links, marketing
from agent.rules.marketing import Judged

_GAP = "Qgapq"
_WE_ANSWER = re.compile(
    r"(?:,?\s*\b(?:and|so)\s+)?\b(?:we|i)\s?(?:['’]ll|\s?will)\s(?:(?:get|be|text|call|write|come)\s(?:right\s)?back(?:\s(?:to|with)\syou)?|text\syou|call\syou|reply|respond|answer)"  # noqa: RUF001 - phones type the curly one
    r"(?:\s(?:very\s|as\s)?(?:fast|quickly|soon|shortly|promptly|right\saway|asap))?",
    re.IGNORECASE,
)
"""A promise to answer is no advertising, however brisk: a sentence is judged by what else it says."""
_SHOUTED = re.compile(r"\b[A-Z0-9-]+(?:\.[A-Z0-9-]+)*\.[A-Z]{2,}\b")
_FILLED = re.compile(r"\{\s*\w+\s*\}(?=\.\w)")
_ANY_PATH = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\w", re.IGNORECASE)


def kept(business: Business, template: str) -> str:
    """The template as far as it may leave; empty: nothing of it, and the pack's own words take its place."""
    if filling.unknown(template):
        return ""
    text = _without_links(business, template)
    cut = " ".join(one.kept for one in _judged(business, text) if one.kept)
    left = _shown(cut)
    return left if may_leave(business, left) else ""


def may_leave(business: Business, text: str) -> bool:
    """A text, filled or not, holds nothing that is kept back."""
    return not (filling.unknown(text) or selling(business, text) or forbidden_links(business, text))


def selling(business: Business, template: str) -> list[str]:
    """The sentences of a template that sell."""
    return [_shown(one.sentence) for one in _judged(business, template) if one.why]


def forbidden_links(business: Business, template: str) -> list[str]:
    """The words of a template that are links which no first text of this business may hold."""
    text = _nameless(business, template)
    text = text.replace("{booking_link}", f" {business.links.booking or ''} ")
    words = _FILLED.sub("x", text).split()  # {business}.com becomes a link
    return [word for word in words if _is_link(word) and not _is_allowed(business, word)]


def is_hidden_or_foreign(business: Business, link: str) -> bool:
    """A shortener, or a host that the owner has not named."""
    found = {host for form in _forms(link) for host in links.hosts(form)}
    return bool(found & links.SHORTENERS) or not found or not found <= links.allowed(business)


def _judged(business: Business, template: str) -> Iterator[Judged]:
    for one in marketing.judge(_hidden(business, template), None):
        rest = _WE_ANSWER.sub("", one.sentence)
        is_answer = rest != one.sentence and not marketing.push_in(rest, None)
        yield Judged(sentence=one.sentence, kept=one.sentence) if is_answer else one


def _is_link(word: str) -> bool:
    return any(links.hosts(form) for form in _forms(word)) or bool(_ANY_PATH.search(word))


def _is_allowed(business: Business, link: str) -> bool:
    return business.links.allow_in_first_text and not is_hidden_or_foreign(business, link)


def _forms(word: str) -> Iterator[str]:
    """A word as written; in small letters too where an address is shouted or begins as one."""
    yield word
    looks_like_one = _SHOUTED.search(word) or re.search(r"://|www\.", word, re.IGNORECASE)
    if looks_like_one or set(links.hosts(word.lower())) & links.SHORTENERS:
        yield word.lower()


def _without_links(business: Business, template: str) -> str:
    booking = business.links.booking
    if not booking or not _is_allowed(business, booking):
        template = template.replace("{booking_link}", _GAP)
    for link in set(forbidden_links(business, template)):
        template = template.replace(link, _GAP)
    while _GAP in template:
        template = filling.without_clauses(template, _GAP)
    return template


def _hidden(business: Business, template: str) -> str:
    """The name and the values stand aside while the words are judged: a business may be called Best Deals."""
    text = _nameless(business, template)
    for name in filling.VARIABLES:
        text = text.replace("{" + name + "}", _token(name))
    return text


def _nameless(business: Business, template: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(business.name)}(?![\w/])", "{business}", template)


def _shown(text: str) -> str:
    for name in filling.VARIABLES:
        text = text.replace(_token(name), "{" + name + "}")
    return text


def _token(name: str) -> str:
    return f"Q{name.replace('_', '')}q"
