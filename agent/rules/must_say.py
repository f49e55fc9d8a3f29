"""What every first text says whatever its author wrote: who writes, the emergency line of health offices, how to stop."""

import re
from typing import Any

from agent.business import Business
from agent.data import rule_data
from agent.rules import packs
from agent.rules.segments import plain
from agent.rules.sentences import sentences

BRAND_WITHIN = 40
"""Signs at the beginning in which the business's name stands."""

_OPT_OUT = re.compile(
    r"(?:^|[.!?,;:(\-]\s*|\bor\s+|\band\s+)(?:please\s+|just\s+)?(?:reply|text|txt|send|responda|envie|escriba|mande)"
    r"(?:\s+with|\s+con)?\s+[\"']?STOP\b"
    r"|\b(?:or|o)\s+[\"']?STOP[\"']?\s+(?:to|para)\b",
    re.IGNORECASE,
)
_RATES = re.compile(r"rates may apply|tarifas", re.IGNORECASE)
_EMERGENCY = re.compile(
    r"(?:emergency|emergencia)\b.*\b(?:call|dial|llame al|marque el) 911|\b(?:call|dial|llame al|marque el) 911\b.*\b(?:emergency|emergencia)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:don.?t|do not|never|no|nunca)\s+(?:call|dial|llame|marque)", re.IGNORECASE)


def lines(language: str) -> dict[str, str]:
    """`opt_out`, `rates` and `emergency` in a language of the packs."""
    found: dict[str, Any] = rule_data("packs")["lines"]
    words: dict[str, str] = found[language]
    return words


def completed(business: Business, text: str, language: str) -> str:
    """The text with what it must say and does not."""
    said = lines(language)
    if not names(business, text):
        text = f"{business.name}: {text}"
    if packs.is_health(business) and not has_emergency_line(text):
        text = after_the_first(text, said["emergency"])
    if not has_opt_out(text):
        text = f"{_ended(text)} {said['opt_out']}"
    if business.texting.rates_line and not _RATES.search(text):
        text = f"{_ended(text)} {said['rates']}"
    return text


def names(business: Business, text: str) -> bool:
    name = re.escape(plain(business.name))
    return re.search(rf"(?<!\w){name}(?!\w)", plain(text), re.IGNORECASE) is not None


def has_opt_out(text: str) -> bool:
    return _OPT_OUT.search(text) is not None


def has_emergency_line(text: str) -> bool:
    return any(_EMERGENCY.search(one) and not _NOT.search(one) for one in sentences(text))


def is_line(sentence: str) -> bool:
    """A sentence that law asks for, which counts as none of the text's own."""
    return has_opt_out(sentence) or has_emergency_line(sentence) or bool(_RATES.search(sentence))


def after_the_first(text: str, line: str) -> str:
    """The text with a line behind its first sentence: after who writes and why, before what else is asked."""
    first, *rest = sentences(text)
    return " ".join([_ended(first), line, *rest])


def _ended(text: str) -> str:
    return text if re.search(r"[.!?][\"')]*$", text) else f"{text}."
