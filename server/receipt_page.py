"""A receipt as a page to read and to print, in one file."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.rules.phone import spoken
from server.receipts import Receipt

_TEMPLATES = Path(__file__).parent / "web" / "templates"
_BASIS = {
    "inbound_call": "They called the business",
    "opt_out": "They asked for no more texts",
    "opt_in": "They asked for texts again",
    "marketing_opt_in": "They said yes to offers by text",
}
_CAME = {
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "failed",
    "dropped": "not sent",
}


def receipt_page(told: Receipt) -> str:
    """HTML that needs nothing else; times in the zone of the business."""
    zone = ZoneInfo(told["time_zone"])

    def local(moment: str) -> str:
        return f"{datetime.fromisoformat(moment).astimezone(zone):%b %-d, %Y %-I:%M:%S %p}"

    entries = [one for one in told["record"] if one["kind"] in ("text", "consent")]
    came = {
        one["key"]: _CAME.get(one["fact"]["status"], one["fact"]["status"])
        for one in told["record"]
        if one["kind"] == "outcome" and one["fact"]
    }
    return (
        _environment()
        .get_template("data_receipt.html")
        .render(told=told, entries=entries, came=came, local=local, basis=_BASIS, why=_why, by=_by)
    )


def _by(fact: Mapping[str, Any]) -> str:
    author = str(fact["author"])
    if author.startswith("staff:"):
        return f"Staff ({author.partition(':')[2]})"
    names = {"caller": "The caller", "agent": "The agent", "template": "Fixed wording"}
    return names.get(author, author)


def _why(fact: Mapping[str, Any]) -> list[str]:
    """What the guard took out, and what the text leans on."""
    kept = fact.get("why") or {}
    removed = kept.get("removed") or []
    lines = [f"Taken out: {one.get('sentence', '')} ({one.get('why', '')})" for one in removed]
    if kept.get("evidence"):
        lines.append(f"Leans on: {', '.join(str(one) for one in kept['evidence'])}")
    return lines


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spoken"] = spoken
    return environment
