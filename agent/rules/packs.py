"""What an industry brings along: first texts and safety lines."""

import re
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from agent.business import Business
from agent.data import rule_data

TextName = Literal["first_text", "after_hours_text", "called_back"]

LANGUAGES = ("en", "es")
"""In which every pack is written."""
GENERIC = "generic"


def name(industry: str) -> str:
    """The name of an industry's pack, however the owner writes the industry; `generic` where there is none."""
    known = _known()
    words = re.findall(r"[a-z]+", industry.lower())
    pairs = [first + second for first, second in pairwise(words)]
    return next((known[one] for one in ("".join(words), *pairs, *words) if one in known), GENERIC)


def titles() -> dict[str, str]:
    """Every pack's name with its title for people, the general ones first."""
    return {name: pack["title"] for name, pack in _packs().items()}


def pack(industry: str) -> dict[str, Any]:
    """The pack of an industry; what it leaves out comes from `generic`."""
    packs = _packs()
    return packs[GENERIC] | packs[name(industry)]


def template(industry: str, text: TextName, language: str = "en") -> str:
    """The template of a pack, in one of `LANGUAGES`."""
    found = pack(industry)
    if language == "en":
        return str(found[text])
    words = _packs()[GENERIC][language] | found[language]
    return str(words[text])


def is_health(business: Business) -> bool:
    """Its first texts name the emergency number, and it keeps health matters out of texts."""
    return business.privacy.health or pack(business.industry).get("health", False)


def safety_line(industry: str, reason: str | None) -> str | None:
    """The fixed line that a caller in danger reads before anything else."""
    by_reason: dict[str, str] = rule_data("packs")["safety"]
    own: str | None = pack(industry).get("safety")
    if reason in ("said to be an emergency", None):
        return own
    if own and reason in ("medical", "poisoning"):
        return own
    return by_reason.get(reason or "", own)


def _packs() -> dict[str, dict[str, Any]]:
    found: dict[str, Any] = rule_data("packs")
    return {key: one for key, one in found.items() if isinstance(one, dict) and "title" in one}


@cache
def _known() -> dict[str, str]:
    """Every way to write an industry, in letters alone, with the name of its pack."""
    ways = {way: name for name, pack in _packs().items() for way in (name, *pack.get("also", []))}
    return {"".join(re.findall(r"[a-z]+", way)): name for way, name in ways.items()}
