"""A section: what one heading, or one question, of a document covers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Section:
    text: str
    """Plain words; paragraphs are parted by an empty line, list items and table rows by a new line."""
    heading: str = ""
    """The headings above the text, joined with ` > `, or the question that it answers."""
    phrasings: tuple[str, ...] = ()
    """Other ways to ask."""
    source_id: str | None = None
    """The owner's own id of a FAQ row."""
    whole: bool = False
    """A FAQ row: never cut into pieces."""
