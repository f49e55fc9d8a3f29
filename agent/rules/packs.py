"""What an industry brings along: first texts and safety lines."""

from typing import Any

from agent.data import rule_data


def pack(industry: str) -> dict[str, Any]:
    """The pack of an industry; what it leaves out comes from the one it is like, then from `generic`."""
    packs: dict[str, dict[str, Any]] = rule_data("packs")
    own = packs.get(industry, {})
    return packs["generic"] | packs.get(own.get("like", ""), {}) | own


def safety_line(industry: str, reason: str | None) -> str | None:
    """The fixed line that a caller in danger reads before anything else."""
    by_reason: dict[str, str] = rule_data("packs")["safety"]
    own: str | None = pack(industry).get("safety")
    if reason in ("said to be an emergency", None):
        return own
    if own and reason in ("medical", "poisoning"):
        return own
    return by_reason.get(reason or "", own)
