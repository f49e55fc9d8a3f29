"""Reading TwiML, and where a document can lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self
from xml.etree import ElementTree


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One element, its children included."""

    name: str
    text: str
    attributes: Mapping[str, str]
    children: tuple["Verb", ...]

    @classmethod
    def of(cls, element: ElementTree.Element) -> Self:
        return cls(
            name=element.tag,
            text=" ".join("".join(element.itertext()).split()),
            attributes=dict(element.attrib),
            children=tuple(cls.of(child) for child in element),
        )

    def seconds(self, name: str, default: float) -> float:
        try:
            return float(self.attributes.get(name, default))
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        return self.attributes.get(name, "").lower() == "true"


class Ending(Enum):
    RAN_OUT = auto()  # the document had no more verbs
    HANG_UP = auto()  # the document, or a failure, ended the call


@dataclass(frozen=True, kw_only=True)
class Page:
    """The next document to fetch."""

    url: str
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """Parameters over and above the usual ones."""


def read_twiml(document: str) -> tuple[Verb, ...] | None:
    """The verbs of a document; None when it is not TwiML. An empty body is no verbs."""
    if not document.strip():
        return ()
    try:
        root = ElementTree.fromstring(document.encode())  # noqa: S314  # the product's own answer
    except ElementTree.ParseError:
        return None
    return Verb.of(root).children if root.tag == "Response" else None
