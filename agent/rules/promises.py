"""Does a sentence promise that a person will do something? Then a committed task must stand behind it."""

import re

_PROMISE = re.compile(
    r"\b(?:(?:i|we|he|she|they|someone|somebody|a person|a technician|our team|the team|[A-Z][a-z]+)(?:'ll| will| is going to| are going to)"
    r" (?:\w+ ){0,2}?(?:check|call|phone|text|reply|reach out|be in touch|contact|follow up|find out|let you know|send (?:you|someone)|get (?:back|someone|a person)|confirm|be (?:there|right)))"
    r"|\bget(?:ting)? back to you\b|\bI've passed (?:it|this|your)|\bwill be in touch\b",
    re.IGNORECASE,
)


def promise_in(sentence: str) -> str | None:
    """The words that promise, or None."""
    match = _PROMISE.search(sentence)
    return match.group(0) if match else None
