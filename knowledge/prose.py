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
        elif (match := _BOLD_LINE.match(line)) and match[2][-1] not in ".!,;":
            outline.open(_BELOW_HEADINGS, plain(match[2]))
        elif _asks(lines, place):
            outline.open(_BELOW_HEADINGS, plain(line))
        else:
            outline.add(line)
    return outline.sections()


@dataclass
class _Found:
    heading: str = ""
    lines: list[str] = field(default_factory=list[str])
    above: str = ""
    """The headings above it."""
    alone: str = ""
    """What to say under those when nothing stands below a bold line."""


@dataclass
class _Outline:
    path: list[tuple[int, str]] = field(default_factory=list)
    found: list[_Found] = field(default_factory=lambda: [_Found()])

    def open(self, level: int, heading: str) -> None:
        self.path = [(above, words) for above, words in self.path if above < level]
        above = " > ".join(words for _, words in self.path if words)
        self.path.append((level, heading))
        if heading.endswith("?"):
            self.found.append(_Found(heading))
            return
        path = " > ".join(filter(None, (above, heading)))
        alone = heading if level == _BELOW_HEADINGS else ""
        self.found.append(_Found(path, above=above, alone=alone))

    def add(self, line: str) -> None:
        lines = self.found[-1].lines
        if not any(lines) and self.found[-1].heading:
            line = _ANSWER.sub("", plain(line), count=1) if _ANSWER.match(plain(line)) else line
        lines.append(line)

    def sections(self) -> list[Section]:
        return list(filter(None, map(_section, self.found)))


def _section(found: _Found) -> Section | None:
    if text := _joined(found.lines):
        return Section(heading=found.heading, text=text)
    return Section(heading=found.above, text=found.alone) if found.alone else None


def _asks(lines: list[str], place: int) -> bool:
    """A question on a line of its own, with its answer below."""
    words = plain(lines[place])
    is_alone = place == 0 or not lines[place - 1].strip()
    if not words.endswith("?") or len(words) > _QUESTION_MAX or not is_alone:
        return False
    below = (lines[at] for at in range(place + 1, len(lines)))
    answer = next((plain(line) for line in below if line.strip()), "?")
    return (
        not _LIST_ITEM.match(lines[place])
        and not answer.endswith("?")
        and not _HEADING.match(answer)
    )


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
