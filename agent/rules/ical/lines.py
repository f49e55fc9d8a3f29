"""iCalendar text as components and properties (RFC 5545, 3.1).

Not icalendar's reader: that keeps every VTIMEZONE it meets for the whole process, so that one business's
"Shop time" would move another's events, and it takes 0.3 ms an object.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FOLD = re.compile(r"\n[ \t]")
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:[^":]++|"[^"]*+")*+)?):(.*)')
_PARAMETER = re.compile(r';([^=;":]+)=((?:"[^"]*"|[^";])*)')


@dataclass(frozen=True, kw_only=True)
class Property:
    params: str
    """As written, each with its semicolon."""
    value: str

    def param(self, name: str) -> str | None:
        """A parameter's value without quotes."""
        for key, value in _PARAMETER.findall(self.params):
            if key.upper() == name:
                return str(value).strip('"')
        return None


@dataclass(frozen=True, kw_only=True)
class Component:
    name: str
    """In capitals, as the names of its properties."""
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list["Component"] = field(default_factory=list)

    def every(self, name: str) -> list[Property]:
        return self.properties.get(name, [])

    def value(self, name: str) -> str:
        """The first value of this property; empty when there is none."""
        found = self.properties.get(name)
        return found[0].value.strip() if found else ""

    def walk(self, name: str) -> Iterator["Component"]:
        for part in self.parts:
            if part.name == name:
                yield part
            else:
                yield from part.walk(name)


def unfolded(text: str) -> str:
    """Each property in one line; lines end with a line feed, however they did."""
    return _FOLD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def read(text: str) -> tuple[Component, bool]:
    """What stands in the text, and whether every component is closed; lines that are no property are passed over."""
    root = Component(name="")
    open_parts = [root]
    for line in unfolded(text).lstrip("\ufeff").split("\n"):
        found = _LINE.match(line)
        if not found:
            continue
        name, params, value = found[1].upper(), found[2], found[3]
        if name == "BEGIN":
            part = Component(name=value.strip().upper())
            open_parts[-1].parts.append(part)
            open_parts.append(part)
        elif name == "END":
            _close(open_parts, value.strip().upper())
        else:
            one = Property(params=params, value=value)
            open_parts[-1].properties.setdefault(name, []).append(one)
    return root, len(open_parts) == 1


def _close(open_parts: list[Component], name: str) -> None:
    if any(part.name == name for part in open_parts):
        while open_parts.pop().name != name:
            pass
