"""What is wrong with the first text that an owner has written; said when it is saved, and mended before it is sent."""

import re
from collections.abc import Iterator

from agent.business import Business
from agent.rules import links, marketing
from agent.rules.normal import normal
from agent.rules.segments import segments
from agent.rules.sentences import sentences

_BRAND_WITHIN = 40
_MISSED = re.compile(
    r"\b(miss(ed)?|couldnt (answer|get to|pick)|could not (answer|get to|pick)|cant (answer|get to|pick)|unable to (answer|take|pick)|perdimos|no pudimos)\b"
)


def without_selling_and_links(business: Business, text: str) -> str:
    """The sentences that a first text may hold: none that sells, and no link unless the owner has turned it on."""
    kept = [judged.kept for judged in marketing.judge(text, None) if judged.kept]
    return " ".join(one for one in kept if not _forbidden(business, one))


def faults(business: Business) -> list[str]:
    """The faults of the owner's own templates, in plain words with the mend; empty: none, or none is written."""
    own = {"first_text": business.first_text, "after_hours_text": business.after_hours_text}
    return [
        f"{name}: {fault}" for name, text in own.items() if text for fault in _of(business, text)
    ]


def _of(business: Business, template: str) -> Iterator[str]:
    link = business.links.booking or ""
    text = template.replace("{business}", business.name).replace("{booking_link}", link)
    text = " ".join(text.replace("{call_time}", "3:42 PM").replace("{expect}", "Mon 8 AM").split())
    if business.name.lower() not in text[:_BRAND_WITHIN].lower():
        yield "callers should see at once who writes: put {business} first."
    if not _MISSED.search(normal(text)):
        yield 'say that you missed their call, as in "Sorry we missed your call".'
    if text.count("?") > 1:
        yield "it asks more than one question: ask the one that is easy to answer."
    for sentence in marketing.selling_in(text):
        yield f"this sells and is left out: {sentence!r}. One selling sentence makes the whole text advertising."
    for sentence in sentences(text):
        if _forbidden(business, sentence):
            yield f"this link is left out: {sentence!r}. Name its host under links.hosts and set links.allow_in_first_text."
    if segments(text) > 1:
        yield f"it takes {segments(text)} SMS: shorten it, and use plain letters and signs."


def _forbidden(business: Business, sentence: str) -> bool:
    found = set(links.hosts(sentence)) | ({"?"} if "{booking_link}" in sentence else set())
    if not found:
        return False
    may = links.allowed(business) | {"?"}
    return (
        not business.links.allow_in_first_text or links.is_shortened(sentence) or not found <= may
    )
