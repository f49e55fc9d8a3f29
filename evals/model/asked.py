"""Reads a chat request back into what the product told the model."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict


class Hints(TypedDict):
    """What the rules read, as the model was told."""

    urgency: str
    opt_out: str
    intents: list[str]
    language: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request; what it did not say is empty."""

    texts: list[str] = field(default_factory=list[str])
    """The caller's unanswered texts, one a line."""
    passages: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Id -> heading and words."""
    slots: dict[str, str] = field(default_factory=dict[str, str])
    visits: dict[str, str] = field(default_factory=dict[str, str])
    before: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Who said what, oldest first."""
    hints: Hints
    now: str = ""
    known: str = ""
    system: str = ""


_INLINE = re.compile(r"(Now|Rules heard|Known of the caller): ?(.*)")
_BLOCKS = (
    "What the business has written",
    "Times on offer",
    "Visits booked",
    "Before",
    "New texts of the caller",
)
_ENTRY = re.compile(r"\[([^\]\s]+)\] ?(.*)")
_SPOKEN = re.compile(r"(\w+)> ?(.*)")
_FENCES = ("<<<", ">>>")


def parse(request: Mapping[str, Any]) -> Asked:
    """What `request` asks; a last user message of another layout is all the caller's texts."""
    messages = request.get("messages") or []
    shown = _last(messages, "user")
    sections = _sections(shown)
    texts = sections.get(_BLOCKS[4], []) if sections else shown.splitlines()
    return Asked(
        texts=[line for line in texts if line.strip() and line not in _FENCES],
        passages={
            id_: _halves(words) for id_, words in _entries(sections.get(_BLOCKS[0], []), _ENTRY)
        },
        slots=dict(_entries(sections.get(_BLOCKS[1], []), _ENTRY)),
        visits=dict(_entries(sections.get(_BLOCKS[2], []), _ENTRY)),
        before=_entries(sections.get(_BLOCKS[3], []), _SPOKEN),
        hints=_hints(" ".join(sections.get("Rules heard", []))),
        now=" ".join(sections.get("Now", [])),
        known="\n".join(sections.get("Known of the caller", [])),
        system=_last(messages, "system"),
    )


def content_of(message: Mapping[str, Any]) -> str:
    """A message's words, whether they came as one string or in parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def _last(messages: Iterable[Mapping[str, Any]], role: str) -> str:
    said = [content_of(message) for message in messages if message.get("role") == role]
    return said[-1] if said else ""


def _sections(shown: str) -> dict[str, list[str]]:
    """Heading -> its lines; a heading that comes again belongs to the words around it."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in shown.splitlines():
        heading, first = _heading(line)
        if heading and heading not in sections and _BLOCKS[4] not in sections:
            lines = sections[heading] = [first] if first else []
        else:
            lines.append(line)
    return sections


def _heading(line: str) -> tuple[str, str]:
    if inline := _INLINE.fullmatch(line):
        return inline[1], inline[2]
    return (line[:-1], "") if line.endswith(":") and line[:-1] in _BLOCKS else ("", "")


def _entries(lines: Iterable[str], shape: re.Pattern[str]) -> list[tuple[str, str]]:
    """Key and words of each entry; a line of another shape goes on with the entry before it."""
    found: list[tuple[str, str]] = []
    for line in lines:
        if entry := shape.fullmatch(line):
            found.append((entry[1], entry[2]))
        elif found:
            key, words = found[-1]
            found[-1] = (key, f"{words}\n{line}")
    return found


def _halves(entry: str) -> tuple[str, str]:
    heading, bar, words = entry.partition(" | ")
    return (heading, words) if bar else ("", entry)


def _hints(heard: str) -> Hints:
    said = dict(part.strip().partition(" ")[::2] for part in heard.split(";"))
    intents = [name.strip() for name in said.get("intents", "").split(",")]
    return Hints(
        urgency=said.get("urgency", "routine"),
        opt_out=said.get("opt_out", "none"),
        intents=[name for name in intents if name and name != "none"],
        language=said.get("language", "en"),
    )
