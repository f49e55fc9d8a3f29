"""Reads Markdown and plain text: headings, questions, lists and tables become sections."""

import re
from dataclasses import dataclass, field

from knowledge.markup import heading_lines, plain, table_lines
from knowledge.section import Section

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_BOLD_LINE = re.compile(r"(\*\*|__)(?!\s)(.{1,120}?)\1:?$")
_QUESTION = re.compile(r"(?:q|question)\s*\d*\s*[:.)]\s*(\S.*)", re.IGNORECASE)
_ANSWER = re.compile(r"(?:a|answer)\s*\d*\s*[:.)]\s*(?=\S)", re.IGNORECASE)
_LIST_ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)])\s+")
_QUESTION_MAX = 150
_BELOW_HEADINGS = 7
_WRAPPED_FROM = 60


def read_prose(text: str) -> list[Section]:
    outline = _Outline()
    lines = table_lines(heading_lines(text))
    for place, line in enumerate(lines):
        if match := _HEADING.match(line):
            outline.open(len(match[1]), plain(match[2]))
        elif match := _QUESTION.match(plain(line)):
            outline.open(_BELOW_HEADINGS, match[1])
        elif match := _BOLD_LINE.match(line):
            outline.open(_BELOW_HEADINGS, plain(match[2]))
        elif _asks(line, lines[place - 1] if place else "", lines[place + 1 :]):
            outline.open(_BELOW_HEADINGS, plain(line))
        else:
            outline.add(line)
    return outline.sections()


@dataclass
class _Outline:
    path: list[tuple[int, str]] = field(default_factory=list)
    found: list[tuple[str, list[str]]] = field(default_factory=lambda: [("", [])])

    def open(self, level: int, heading: str) -> None:
        self.path = [(above, words) for above, words in self.path if above < level]
        self.path.append((level, heading))
        path = [words for _, words in self.path if words]
        self.found.append((heading if heading.endswith("?") else " > ".join(path), []))

    def add(self, line: str) -> None:
        heading, lines = self.found[-1]
        if not any(lines) and heading:
            line = _ANSWER.sub("", plain(line), count=1) if _ANSWER.match(plain(line)) else line
        lines.append(line)

    def sections(self) -> list[Section]:
        texts = ((heading, _joined(lines)) for heading, lines in self.found)
        return [Section(heading=heading, text=text) for heading, text in texts if text]


def _asks(line: str, before: str, after: list[str]) -> bool:
    """A question on a line of its own, with its answer below."""
    words = plain(line)
    if not words.endswith("?") or len(words) > _QUESTION_MAX or before.strip():
        return False
    answer = next((plain(below) for below in after if below.strip()), "?")
    return not _LIST_ITEM.match(line) and not answer.endswith("?") and not _HEADING.match(answer)


def _joined(lines: list[str]) -> str:
    """Plain text again, with the lines of a wrapped paragraph put together."""
    out: list[str] = []
    for line in lines:
        words = plain(line)
        starts_anew = not out or not words or _LIST_ITEM.match(words)
        if starts_anew or len(out[-1]) < _WRAPPED_FROM:
            out.append(words)
        else:
            out[-1] += f" {words}"
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()
